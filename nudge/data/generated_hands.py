"""The generated hands: pictures of Sign's letters that nobody took, and what was measured of them.

They come with the checkout and stand in where the official test pictures of Sign-Language-MNIST
are not there. `scripts/make_hands.py` makes them. They are no part of the data set: nothing that
is counted on them may stand beside what was counted on the test set as if it were the same.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import CLASSES, PRETRAINED, SIDE, Dataset
from models.card_files import RESTORE_COMMAND, damage_told
from models.npz import read_npz
from models.zoo import find_variant
from nudge.argument_checks import check_split
from nudge.data.splits import DataError, Split, digest
from nudge.files import replacing, write_npz

PICTURES = "generated-hands.npz"  # pictures, labels, and flip steps by the variant's id
CARD = "generated-hands.json"
HANDS = "The generated hands"  # in errors


@dataclass(frozen=True, kw_only=True)
class HandsCard:
    """Where the hands come from and what was measured of them; none was chosen or left out."""

    total: int
    sha256: str  # of pictures and labels, see `nudge.data.splits.digest`
    command: str  # draws them again, on the same hardware
    seed: int
    recipe: Mapping[str, Any]
    seconds: float  # wall time of the training
    hardware: str
    versions: Mapping[str, str]
    data_sha256: Mapping[str, str]  # of the splits, "train" to learn from and "test" to compare
    weights: Mapping[str, str]  # SHA-256 of the weights of each network that classified them
    read_as_meant: Mapping[str, int]  # hands, by network
    # L2 to the nearest training picture, pixels in [0, 1], at the percentages of
    # `nudge.evaluation.generated_hands`.
    distances: Mapping[str, float]
    test_distances: Mapping[str, float]  # the same of the official test pictures, to compare


# What only the training knows; a card that is measured again keeps it.
FACTS = ("command", "seed", "recipe", "seconds", "hardware", "versions")


def load_generated_hands(folder: Path = PRETRAINED) -> Split:
    """The generated hands; letters take turns.

    >>> images, labels = load_generated_hands()
    >>> images.shape, labels[:3].tolist()
    (torch.Size([1200, 28, 28]), [0, 1, 2])

    Raises DataError where they are missing or damaged.
    """
    arrays, card = _read(folder), read_card(folder)
    images, labels = arrays.get("images"), arrays.get("labels")
    if images is None or labels is None or images.shape != (card.total, SIDE, SIDE):
        raise _damaged(folder / PICTURES, f"{card.total} pictures and their labels", "other arrays")
    if images.dtype != np.uint8 or labels.dtype != np.int64:
        found = f"{images.dtype} and {labels.dtype}"
        raise _damaged(folder / PICTURES, "pictures of uint8 and labels of int64", found)
    if (found := digest(images, labels)) != card.sha256:
        raise _damaged(folder / PICTURES, f"SHA-256 {card.sha256}", found)
    return Split(torch.from_numpy(images), torch.from_numpy(labels))


def generated_flip_steps(variant_id: str, folder: Path = PRETRAINED) -> Tensor:
    """The step of `EPSILONS` at which each hand is first misclassified: uint8 (N,), 255 for never.

    Raises DataError where they are damaged or not measured with the weights that are there, and
    PretrainedError where the variant's card cannot be read.
    """
    arrays = _read(folder)
    if variant_id not in arrays:
        raise DataError(
            f"{HANDS} were not measured with {variant_id}",
            where=folder / PICTURES,
            expected=f"what {variant_id} makes of the hands",
            found=", ".join(arrays),
            mend="python scripts/make_hands.py --measure",
        )
    with damage_told(HANDS, folder / CARD, "the weights that they were measured with", DataError):
        measured = str(read_card(folder).weights.get(variant_id))
    if measured != (weights := find_variant(variant_id).card.sha256):
        raise DataError(
            f"{HANDS} were measured with other weights of {variant_id}",
            where=folder / CARD,
            expected=weights[:8],
            found=measured[:8],
            mend="python scripts/make_hands.py --measure",
        )
    flip_steps, labels = arrays[variant_id], arrays.get("labels", np.empty(0))
    if flip_steps.dtype != np.uint8 or flip_steps.shape != labels.shape:
        found = f"{flip_steps.dtype} of shape {flip_steps.shape}"
        raise _damaged(folder / PICTURES, f"a flip step of {variant_id} for each hand", found)
    return torch.from_numpy(flip_steps)


def read_card(folder: Path = PRETRAINED) -> HandsCard:
    """Raises DataError."""
    path, expected = folder / CARD, "the fields of nudge.data.generated_hands.HandsCard"
    with damage_told(HANDS, path, expected, DataError):
        record = json.loads(path.read_text(encoding="utf-8"))
        return HandsCard(**{field.name: record[field.name] for field in fields(HandsCard)})


def publish(
    folder: Path, hands: Split, card: HandsCard, flip_steps: Mapping[str, NDArray[np.uint8]]
) -> None:
    """Write the pictures, then their card. Raises OSError, and ValueError of what is no split."""
    check_split(hands, len(CLASSES[Dataset.SIGN]))
    arrays = {"images": hands.images.numpy(), "labels": hands.labels.numpy(), **flip_steps}
    write_npz(folder / PICTURES, arrays)
    with replacing(folder / CARD) as temporary:
        temporary.write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")


def _read(folder: Path) -> dict[str, NDArray[Any]]:
    path, expected = folder / PICTURES, "an .npz of pictures, labels and flip steps"
    with damage_told(HANDS, path, expected, DataError):
        return read_npz(path)


def _damaged(path: Path, expected: str, found: str) -> DataError:
    return DataError(
        f"{HANDS} cannot be read",
        where=path,
        expected=expected,
        found=found,
        mend=RESTORE_COMMAND,
    )
