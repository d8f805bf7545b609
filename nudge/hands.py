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

from models import CLASSES, PRETRAINED, SIDE, VARIANTS, Dataset, Variant, load_model
from models.cards import MEND, UNREADABLE_JSON, UNREADABLE_NPZ
from nudge.checks import as_count, check_split, check_stored, check_tensor
from nudge.data import DataError, Split, digest
from nudge.files import replacing
from nudge.sweep import EPSILONS, first_misses, stream_predictions

PICTURES = "generated-hands.npz"  # pictures, labels, and first misses by the variant's id
CARD = "generated-hands.json"
READERS = tuple(v for v in VARIANTS.values() if v.dataset is Dataset.SIGN)
SHARES = (0, 5, 50, 95)  # percent: the smallest distance, and those that so many are below


@dataclass(frozen=True, kw_only=True)
class HandsCard:
    """Where the hands come from and what was measured of them; none was chosen or left out."""

    total: int
    sha256: str  # of pictures and labels, see `nudge.data.digest`
    command: str  # draws them again, on the same hardware
    seed: int
    recipe: Mapping[str, Any]
    seconds: float  # wall time of the training
    hardware: str
    versions: Mapping[str, str]
    data_sha256: Mapping[str, str]  # of the splits, "train" to learn from and "test" to compare
    weights: Mapping[str, str]  # SHA-256 of the weights of each network that read them
    read_as_meant: Mapping[str, int]  # hands, by network
    # L2 to the nearest training picture, pixels in [0, 1], at `SHARES` of the pictures.
    distances: Mapping[str, float]
    test_distances: Mapping[str, float]  # the same of the official test pictures, to compare


# What only the training knows; a card that is measured anew keeps it.
FACTS = ("command", "seed", "recipe", "seconds", "hardware", "versions")


def load_hands(folder: Path = PRETRAINED) -> Split:
    """The generated hands; letters take turns.

    >>> images, labels = load_hands()
    >>> images.shape, labels[:3].tolist()
    (torch.Size([1200, 28, 28]), [0, 1, 2])

    Raises:
        DataError: they are missing or damaged.
    """
    arrays, card = _read(folder), read_card(folder)
    images, labels = arrays.get("images"), arrays.get("labels")
    if images is None or labels is None or images.shape != (card.total, SIDE, SIDE):
        raise _damaged(folder / PICTURES, f"{card.total} pictures and their labels", "other arrays")
    if images.dtype != np.uint8 or labels.dtype != np.int64:  # bytes, where it is no array
        found = f"{images.dtype} and {labels.dtype}"
        raise _damaged(folder / PICTURES, "pictures of uint8 and labels of int64", found)
    if (found := digest(images, labels)) != card.sha256:
        raise _damaged(folder / PICTURES, f"SHA-256 {card.sha256}", found)
    return Split(torch.from_numpy(images), torch.from_numpy(labels))


def hands_misses(variant_id: str, folder: Path = PRETRAINED) -> Tensor:
    """The step of `EPSILONS` at which each hand is first read wrong: uint8 (N,), 255 for never.

    Raises DataError.
    """
    arrays = _read(folder)
    if variant_id not in arrays:
        found = ", ".join(arrays)
        raise _damaged(folder / PICTURES, f"what {variant_id} makes of the hands", found)
    misses, labels = arrays[variant_id], arrays.get("labels", np.empty(0))
    if misses.dtype != np.uint8 or misses.shape != labels.shape:
        found = f"{misses.dtype} of shape {misses.shape}"
        raise _damaged(folder / PICTURES, f"a first miss of {variant_id} for each hand", found)
    return torch.from_numpy(misses)


def read_card(folder: Path = PRETRAINED) -> HandsCard:
    """Raises DataError."""
    path = folder / CARD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return HandsCard(**{field.name: record[field.name] for field in fields(HandsCard)})
    except UNREADABLE_JSON as error:
        said = f"{type(error).__name__}: {error}"
        raise _damaged(path, "the fields of nudge.hands.HandsCard", said) from error


def measure_hands(
    hands: Split, train: Split, test: Split, facts: Mapping[str, Any]
) -> tuple[HandsCard, dict[str, NDArray[np.uint8]]]:
    """Their card, and by network the step at which each hand is first read wrong.

    `train` and `test` are the official splits; `facts` are the `FACTS`. Raises ValueError where
    pictures or labels are none.
    """
    for split in (hands, train, test):
        check_split(split, len(CLASSES[Dataset.SIGN]))
    misses = {variant.id: _misses(variant, hands) for variant in READERS}
    card = HandsCard(
        total=len(hands.labels),
        sha256=digest(*hands),
        data_sha256={"train": digest(*train), "test": digest(*test)},
        weights={variant.id: variant.card.sha256 for variant in READERS},
        read_as_meant={name: int((steps > 0).sum()) for name, steps in misses.items()},
        distances=at_shares(nearest_distances(hands.images, train.images)),
        test_distances=at_shares(nearest_distances(test.images, train.images)),
        **facts,
    )
    return card, misses


def publish(
    folder: Path, hands: Split, card: HandsCard, misses: Mapping[str, NDArray[np.uint8]]
) -> None:
    """Write the pictures, then their card. Raises OSError, and ValueError of what is no split."""
    check_split(hands, len(CLASSES[Dataset.SIGN]))
    arrays = {"images": hands.images.numpy(), "labels": hands.labels.numpy(), **misses}
    with replacing(folder / PICTURES) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    with replacing(folder / CARD) as temporary:
        temporary.write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")


def nearest_distances(images: Tensor, others: Tensor) -> Tensor:
    """From each picture to the nearest of the others: L2 of pixels in [0, 1], float64 (N,).

    Both are uint8 (N, 28, 28). Squares of whole numbers are added up without rounding, so that a
    copy has distance 0 and nothing else has. Raises ValueError of other pictures, and where there
    are no others.
    """
    check_stored(images)
    check_stored(others, "others")
    as_count(len(others), "a count of others", least=1)
    there = others.flatten(1).double()
    lengths = there.square().sum(dim=1)
    nearest = [torch.empty(0, dtype=torch.float64)]
    for some in images.flatten(1).double().split(256):  # type: ignore[no-untyped-call]
        squares = some.square().sum(dim=1, keepdim=True) + lengths - 2 * some @ there.T
        nearest.append(squares.amin(dim=1).sqrt() / 255)
    return torch.cat(nearest)


def at_shares(distances: Tensor) -> dict[str, float]:
    """The distances that `SHARES` of all are at most. Raises ValueError where there are none."""
    check_tensor(distances, "distances")
    as_count(distances.numel(), "a count of distances", least=1)
    return {
        f"{share} %": round(float(np.percentile(distances.numpy(), share)), 4) for share in SHARES
    }


def _misses(variant: Variant, hands: Split) -> NDArray[np.uint8]:
    read = torch.cat([*stream_predictions(load_model(variant), *hands, EPSILONS)], dim=1)
    return first_misses(read == hands.labels)


def _read(folder: Path) -> dict[str, NDArray[Any]]:
    path = folder / PICTURES
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            # What is no array in there comes as bytes.
            return {name: np.asarray(array) for name, array in arrays.items()}
    except UNREADABLE_NPZ as error:
        said = f"{type(error).__name__}: {error}"
        raise _damaged(path, "an .npz of pictures, labels and first misses", said) from error


def _damaged(path: Path, expected: str, found: str) -> DataError:
    return DataError(
        "The generated hands cannot be read", where=path, expected=expected, found=found, mend=MEND
    )
