"""Networks that somebody brings along: a folder with cards and weights, beside the shipped ones.

`scripts/train.py --output-dir FOLDER` writes such a folder, and so does `scripts/import_network.py`
for networks of any architecture.
"""

import re
from dataclasses import replace
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
            _check(variant)
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
    if not NAME.fullmatch(name) or name in KNOWN:
        raise ValueError(
            f"expected a name of lower-case letters, digits and hyphens that no shipped network "
            f"has, got {name!r}"
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


@torch.inference_mode()
def _check(variant: Variant) -> None:
    """Raises PretrainedError where pages could not show the network."""
    card = variant.card
    logits = load_model(variant)(torch.zeros(2, 1, SIDE, SIDE))
    classes = len(variant.classes)
    wrong = None
    if logits.shape != (2, classes) or len(card.class_totals) != classes:
        wrong = f"{classes} classes", f"logits {tuple(logits.shape)}"
    for name in (FLIP_STEPS, CONFUSIONS):
        array = read_array(variant.weights.with_name(name), variant.key)
        counted = len(array) if name == FLIP_STEPS else array[0].sum() + array[1].sum()
        fits = array.shape[1:] in ((), (len(card.epsilons), classes, classes))
        if not fits or counted not in (card.total, card.total * len(card.epsilons)):
            wrong = f"{card.total} pictures of {classes} classes", f"{name}, {array.shape}"
    if wrong:
        raise PretrainedError(
            f"What was measured of {variant.id} does not belong to it",
            where=variant.weights,
            expected=wrong[0],
            found=wrong[1],
        )


def _without_mend(error: PretrainedError) -> PretrainedError:
    """The repository cannot bring back what is not its own."""
    return PretrainedError(
        error.what, where=error.where, expected=error.expected, found=error.found, hint=error.hint
    )
