"""Networks that somebody brings along: a folder with cards and weights, beside the shipped ones.

`scripts/train.py --output-dir FOLDER` writes such a folder, and so does `scripts/import_network.py`
for networks of any architecture.
"""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from models.card_files import (
    CONFUSIONS,
    FLIP_STEPS,
    damage_told,
    read_array,
    read_index,
)
from models.errors import NudgeError, PretrainedError
from models.networks import SIDE
from models.zoo import (
    KNOWN,
    OWN,
    Architecture,
    PixelOrder,
    Variant,
    find_dataset,
    load_model,
)

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # of an imported network: as it stands in an address
LONGEST = 60  # letters of a name, which is that of a file, too
TAKEN = {*KNOWN, "file"}  # NumPy's archives can hold no array of that name


def bring(folder: Path) -> list[NudgeError]:
    """Make the networks in `folder` known by their names, in place of those known so far.

    >>> bring(Path("my-networks"))
    []
    >>> load_model("my-net")

    A trained network goes by the names of the folder and of its kind, such as
    `my-networks-fashion-cnn`, an imported one by its own. Returns what is wrong of those that are
    left out: a card, weights or counts that are missing, damaged, or do not belong together.
    """
    OWN.clear()
    try:
        with damage_told("The cards of your networks", folder / "index.json", "a JSON object"):
            records = read_index(folder / "index.json")
    except PretrainedError as error:
        return [_without_mend(error)]
    found, problems = dict[str, Variant](), list[NudgeError]()
    for key in records:
        try:
            variant = _variant(folder, key, records[key])
            # As the server started: another card must not come to weights that were read before.
            variant = replace(variant, own_card=variant.card)
            _check(variant)
            if variant.id in found:
                raise PretrainedError(
                    f"Two of your networks are called {variant.id}",
                    where=folder,
                    expected="a name for each, or another name for their folder",
                    found=f"{found[variant.id].key} and {key}",
                )
        except PretrainedError as error:
            problems.append(_without_mend(error))
        else:
            found[variant.id] = variant
    OWN.update(found)
    return problems


def slug(name: str) -> str:
    """A name as addresses and files have it: lower-case letters, digits and hyphens."""
    return "-".join(re.findall("[a-z0-9]+", name.lower())) or "own"


def imported(name: str, dataset: str, folder: Path) -> Variant:
    """An imported network of that name. Raises ValueError where the name or data set cannot be."""
    if not NAME.fullmatch(name) or name in TAKEN or len(name) > LONGEST:
        raise ValueError(
            f"expected a name of at most {LONGEST} lower-case letters, digits and hyphens that no "
            f"shipped network has, got {name!r}"
        )
    kind = find_dataset(dataset), Architecture.IMPORTED, PixelOrder.ORDERED
    return Variant(*kind, name=name, own_folder=folder)


def _variant(folder: Path, key: str, record: object) -> Variant:
    if key in KNOWN:
        name = f"{slug(folder.resolve().name)}-{key}"
        return replace(KNOWN[key], name=name, own_folder=folder)
    expected = "an object with its data set"
    with damage_told(f"The card of {key[:40]}", folder / "index.json", expected):
        if not isinstance(record, dict):
            raise TypeError(f"a card is a {type(record).__name__}")
        return imported(key, str(record["dataset"]), folder)


def _check(variant: Variant) -> None:
    """Raises PretrainedError where pages could not show the network."""
    card, classes = variant.card, len(variant.classes)
    belongs = partial(
        PretrainedError, f"What is in the folder of {variant.id} does not belong together"
    )
    logits = _logits_shape(variant)
    if logits != (2, classes) or len(card.class_totals) != classes:
        found = f"logits {logits}, {len(card.class_totals)} classes on its card"
        raise belongs(where=variant.weights, expected=f"{classes} classes", found=found)
    shapes = {FLIP_STEPS: (card.total,), CONFUSIONS: (2, len(card.epsilons), classes, classes)}
    for name, shape in shapes.items():
        path = variant.weights.with_name(name)
        array = read_array(path, variant.key)
        counted = array.sum() if name == CONFUSIONS else card.total * len(card.epsilons)
        if array.shape != shape or counted != card.total * len(card.epsilons):
            expected = f"shape {shape}, of {card.total} pictures"
            raise belongs(where=path, expected=expected, found=f"shape {array.shape}")


@torch.inference_mode()
def _logits_shape(variant: Variant) -> tuple[int, ...]:
    """Of two pictures. Raises PretrainedError where the network takes none."""
    model = load_model(variant)
    try:
        return tuple(model(torch.zeros(2, 1, SIDE, SIDE)).shape)
    except Exception as error:  # somebody else's code, which may raise anything
        raise PretrainedError(
            f"The network {variant.id} takes no pictures",
            where=variant.weights,
            expected=f"pictures (N, 1, {SIDE}, {SIDE})",
            found=" ".join(str(error).split())[:300],
        ) from error


def _without_mend(error: PretrainedError) -> PretrainedError:
    """The repository cannot bring back what is not its own."""
    return PretrainedError(
        error.what, where=error.where, expected=error.expected, found=error.found, hint=error.hint
    )
