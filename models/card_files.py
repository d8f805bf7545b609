"""Reading what `pretrained/` holds beside the weights: cards, arrays and repeated trainings."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from models.card_checks import parse_card
from models.cards import Card, Repetition
from models.epsilons import EPSILONS
from models.errors import NudgeError, PretrainedError, script_command
from models.npz import UNREADABLE_NPZ, read_npz

# What is too long for a card: an array for each variant, by its id, in one file for all.
FLIP_STEPS = "first_misses.npz"  # by test picture: the step at which FGSM first fools the network
CONFUSIONS = "confusions.npz"  # pictures by (right before, epsilon, true class, predicted class)
PGD_FLIP_STEPS = "pgd_flip_steps.npz"  # the same under twenty steps of PGD
JOURNEYS = "journeys.npz"  # where embeddings put pictures, see nudge/evaluation/journey.py
JOURNEY_CLASSES = "journey_classes.npz"  # what is predicted there
JOURNEY_FITS = "journey_fits.npz"  # the drawings in which t-SNE finds those places
REPETITIONS = "seeds.json"
# Of each file of arrays: their dimensions, and the size of the first where it is fixed.
_SHAPES: Mapping[str, tuple[int, int | None]] = {
    FLIP_STEPS: (1, None),
    PGD_FLIP_STEPS: (1, None),
    CONFUSIONS: (4, 2),
    JOURNEYS: (5, 2),
    JOURNEY_CLASSES: (3, 2),
    JOURNEY_FITS: (2, None),
}
# Which script measures the arrays of a file; those of the others come with the training.
_SCRIPTS = {
    PGD_FLIP_STEPS: "robustness",
    **dict.fromkeys((JOURNEYS, JOURNEY_CLASSES, JOURNEY_FITS), "journey"),
}

RESTORE_COMMAND = "git checkout -- pretrained"  # brings back what the repository holds

# What reading our JSON raises; RecursionError is a RuntimeError, of brackets without end.
UNREADABLE_JSON = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def read_card(index: Path, variant: str) -> Card:
    """The card of `variant` in the file `index`.

    Raises PretrainedError where the file or the card is missing or malformed.
    """
    expected = "one JSON object per variant"
    with damage_told("The model cards", index, expected):
        if not index.exists():
            raise PretrainedError("The model cards are missing", where=index, mend=RESTORE_COMMAND)
        version = _version(index)
        _parse(index, version)
    expected += ", with every field of models.Card"
    with damage_told(f"The card of {variant}", index, expected):
        return _read_card(index, version, variant)


def read_arrays(path: Path, *, missing_ok: bool = False) -> dict[str, NDArray[Any]]:
    """The arrays of one of the files named above, by variant id; none of a file yet to be written.

    `FLIP_STEPS` holds uint8 (N,), `CONFUSIONS` int32 (2, K, true, predicted), as
    `nudge.evaluation.measurement.Measurement.confusions` describes it.

    Raises PretrainedError where the file is damaged, or missing where that is not `missing_ok`.
    """
    if missing_ok and not path.exists():
        return {}
    what = "What was measured picture by picture"
    with damage_told(what, path, "an .npz of one array per variant"):
        return read_npz(path)


def read_array(path: Path, variant: str) -> NDArray[Any]:
    """The array of one variant, by its id. Raises PretrainedError as `read_arrays` does."""
    arrays = read_arrays(path)
    what = f"What was measured picture by picture of {variant}"
    if variant not in arrays:
        mend = script_command(_SCRIPTS.get(path.name, "train"), variant)
        raise PretrainedError(f"{what} is missing", where=path, mend=mend)
    array = arrays[variant]
    dimensions, first = _SHAPES.get(path.name, (array.ndim, None))
    fits = array.dtype.kind in "iu" and array.ndim == dimensions and array.size > 0
    if not fits or first not in (None, array.shape[0]):
        raise PretrainedError(
            f"{what} cannot be read",
            where=path,
            expected=f"whole numbers, in {dimensions} dimensions",
            found=f"{array.dtype} of shape {array.shape}",
            mend=RESTORE_COMMAND,
        )
    return array


def read_repetitions(path: Path) -> dict[str, list[Repetition]]:
    """The repeated trainings in the file `path`, by variant id, in the order of their seeds.

    Raises PretrainedError where the file is missing or malformed.
    """
    expected = "one JSON list per variant, of the fields of models.cards.Repetition"
    with damage_told("The repeated trainings", path, expected):
        records = read_index(path)
        return {v: [Repetition(**r) for r in rows] for v, rows in records.items()}


def read_index(index: Path) -> dict[str, Any]:
    """All records of `index`, by variant id, as parsed JSON. Raises one of `UNREADABLE_JSON`."""
    return _parse(index, _version(index))


@contextmanager
def damage_told(
    what: str, path: Path, expected: str, kind: type[NudgeError] = PretrainedError
) -> Iterator[None]:
    """Raises an error of that kind in place of whatever reading a damaged file raises."""
    try:
        yield
    except (*UNREADABLE_JSON, *UNREADABLE_NPZ) as error:
        raise kind(
            f"{what} cannot be read",
            where=path,
            expected=expected,
            found=f"{type(error).__name__}: {error}",
            mend=RESTORE_COMMAND,
        ) from error


def _version(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=64)  # a page asks for cards at every run; the file changes only by training
def _read_card(index: Path, version: tuple[int, ...], variant: str) -> Card:
    card = parse_card(_parse(index, version)[variant])
    if tuple(card.epsilons) != EPSILONS:
        raise ValueError("epsilons: expected 0, 0.005, ... 0.3")
    return card


@lru_cache(maxsize=4)
def _parse(index: Path, _version: tuple[int, ...]) -> dict[str, Any]:
    records = json.loads(index.read_text(encoding="utf-8"))
    if not isinstance(records, dict):
        raise TypeError(f"the file holds a {type(records).__name__}")
    return records
