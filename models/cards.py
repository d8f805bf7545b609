"""Model cards: what was measured about each trained variant, read from `pretrained/index.json`."""

import json
import lzma
import math
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import PretrainedError, script_command

# What is too long for a card: an array for each variant, by its id, in one file for all.
FIRST_MISSES = "first_misses.npz"  # position in the epsilons of each test picture's first miss
CONFUSIONS = "confusions.npz"  # pictures by (right before, epsilon, true class, class read)
REPETITIONS = "seeds.json"
GRID = tuple(round(i * 0.005, 3) for i in range(61))  # the epsilons of every card
NEVER_FLIPS = 255  # the first miss of a picture that FGSM fools at no epsilon of the grid

RESTORE_COMMAND = "git checkout -- pretrained"  # brings back what the repository holds

# What NumPy raises on a damaged .npz; RuntimeError is zipfile's for what it cannot unpack, and the
# last three come of headers that promise more than there is, or are no Python.
UNREADABLE_NPZ = (
    OSError,
    ValueError,
    LookupError,
    EOFError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
)

# What reading our JSON raises; RecursionError is a RuntimeError, of brackets without end.
UNREADABLE_JSON = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One point of a learning curve. Accuracies are top-1, as fractions of 1."""

    train_loss: float  # of the network in training: with dropout and whatever else regularises
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    # Of training pictures under PGD, where the training attacks them: it falls to nothing where
    # the network overfits to the attack.
    robust_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known of one trained variant. Counts are over the full official test set."""

    sha256: str  # of the weight file
    data_sha256: Mapping[str, str]  # of the decoded splits, by name: "train", "test"
    permutation_sha256: str | None  # of its int64 bytes; None where pixels stay in order
    parameters: int
    total: int  # test pictures
    epsilons: Sequence[float]
    fgsm: Sequence[int]  # pictures right at each epsilon; the first is the clean count
    random: Sequence[int]  # the same under a random nudge of the same size
    ssim: Sequence[float]  # mean structural similarity of attacked and original, at each epsilon
    class_totals: Sequence[int]  # test pictures of each class
    class_correct: Sequence[int]  # those right before any nudge
    learning_curve: Sequence[Epoch]
    recipe: Mapping[str, Any]
    seed: int
    seconds: float  # wall time of the training
    hardware: str
    versions: Mapping[str, str]
    command: str  # recreates the weights

    @property
    def accuracy(self) -> float:
        """Clean top-1 accuracy on the full test set, as a fraction of 1."""
        return self.fgsm[0] / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the clean accuracy (Wilson's, which stays inside [0, 1])."""
        return wilson_interval(self.fgsm[0], self.total)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Card":
        """Raises KeyError, TypeError or ValueError where the record is no card."""
        values = {field.name: record[field.name] for field in fields(cls)}
        values["learning_curve"] = tuple(Epoch(**point) for point in record["learning_curve"])
        for name in ("epsilons", "fgsm", "random", "ssim", "class_totals", "class_correct"):
            values[name] = tuple(record[name])
        card = cls(**values)
        check_card(card)
        return card


def check_card(card: Card) -> None:
    """Raises TypeError or ValueError where pages could not draw what the card says.

    A file that was edited by hand may be JSON of the right fields and hold anything.
    """
    for name in ("sha256", "hardware", "command"):
        _expect(isinstance(getattr(card, name), str), name, "a text")
    _expect(isinstance(card.permutation_sha256, str | None), "permutation_sha256", "a text or null")
    for name in ("data_sha256", "recipe", "versions"):
        _expect(isinstance(getattr(card, name), dict), name, "an object")
    _expect(all(isinstance(v, str) for v in card.data_sha256.values()), "data_sha256", "texts")
    numbers = [v for v in card.recipe.values() if isinstance(v, int | float)]
    _expect(all(abs(v) < 1e300 for v in numbers), "recipe", "finite numbers")
    _expect(_are_counts([card.total, card.parameters]) and card.total > 0, "total", "a count")
    _expect(_are_counts([card.seed]), "seed", "a whole number")
    _expect(_are_finite([card.seconds]), "seconds", "a number")
    grid = card.epsilons
    rising = _are_finite(grid) and all(a < b for a, b in pairwise(grid))
    _expect(rising and grid[:1] == (0,) and grid[-1] <= 1, "epsilons", "rising from 0, at most 1")
    for name in ("fgsm", "random"):
        counts = getattr(card, name)
        _expect(_are_counts(counts, card.total), name, f"counts out of {card.total}")
        _expect(len(counts) == len(grid), name, f"{len(grid)} of them")
    _expect(card.fgsm[0] > 0, "fgsm", "a network that reads something right")  # others divide by it
    _expect(_are_finite(card.ssim) and len(card.ssim) == len(grid), "ssim", f"{len(grid)} numbers")
    totals, right = card.class_totals, card.class_correct
    _expect(_are_counts(totals) and sum(totals) == card.total, "class_totals", "of all pictures")
    fits = _are_counts(right) and len(right) == len(totals)
    _expect(fits and all(r <= t for r, t in zip(right, totals, strict=True)), "class_correct",
            "counts out of class_totals")  # fmt: skip
    points = [v for epoch in card.learning_curve for v in vars(epoch).values() if v is not None]
    _expect(bool(points) and _are_finite(points), "learning_curve", "finite numbers")


def _expect(holds: bool, name: str, what: str) -> None:
    if not holds:
        raise ValueError(f"{name}: expected {what}")


def _are_counts(values: Sequence[object], most: float = math.inf) -> bool:
    return all(type(value) is int and 0 <= value <= most for value in values)


def _are_finite(values: Sequence[object]) -> bool:
    return all(type(value) in (int, float) and abs(value) < 1e300 for value in values)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """One training of a variant among several that differ in their seed alone."""

    seed: int
    correct: int  # of the full official test set, in half precision, as published weights are
    total: int
    seconds: float  # wall time of the training
    recipe: Mapping[str, Any]
    sha256: str  # of the weight file, were it published
    command: str


def step_of(epsilons: Sequence[float], epsilon: float) -> int:
    """Where an epsilon stands in a grid. Raises ValueError where it does not."""
    if epsilon not in epsilons:
        first, last = (f"{end:g}" for end in (epsilons[0], epsilons[-1])) if epsilons else ("", "")
        raise ValueError(
            f"expected one of the {len(epsilons)} epsilons {first} ... {last}, got {epsilon!r}"
        )
    return tuple(epsilons).index(epsilon)


def wilson_interval(correct: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share; `z` is the normal quantile, 1.96 for 95 %.

    >>> low, high = wilson_interval(9_400, 10_000)
    >>> f"{low:.4f} {high:.4f}"
    '0.9352 0.9445'

    Raises ValueError where `correct` is no part of `total`, or that is nothing.
    """
    if not 0 <= correct <= total or not 0 < total < math.inf or not 0 <= z < math.inf:
        raise ValueError(
            "expected a share of at least one and a quantile of at least 0, "
            f"got {correct} of {total} and {z}"
        )
    share, weight = correct / total, z * z / total
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight * weight / 4) / (1 + weight)
    return middle - half, middle + half


def read_card(index: Path, variant: str) -> Card:
    """The card of `variant` in the file `index`.

    Raises:
        PretrainedError: the file or the card is missing or malformed.
    """
    try:
        version = _version(index)
        _parse(index, version)
    except FileNotFoundError:
        raise PretrainedError(
            "The model cards are missing", where=index, mend=RESTORE_COMMAND
        ) from None
    except UNREADABLE_JSON as error:
        raise PretrainedError(
            "The model cards cannot be read",
            where=index,
            expected="one JSON object per variant",
            found=f"{type(error).__name__}: {error}",
            mend=RESTORE_COMMAND,
        ) from error
    try:
        return _read_card(index, version, variant)
    except UNREADABLE_JSON as error:
        raise PretrainedError(
            f"The card of {variant} cannot be read",
            where=index,
            expected="one JSON object per variant, with every field of models.Card",
            found=f"{type(error).__name__}: {error}",
            mend=RESTORE_COMMAND,
        ) from error


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of one of the files named above, by variant id.

    `FIRST_MISSES` holds uint8 (N,), `CONFUSIONS` int32 (2, K, true, read), as
    `nudge.evaluation.measurement.Measurement.confusions` describes it.

    Raises:
        PretrainedError: the file is missing or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = dict(arrays)
        if strange := [name for name, array in found.items() if not isinstance(array, np.ndarray)]:
            raise ValueError(f"{strange[0]} is no array")  # NumPy hands over the bytes as they are
        return found
    except UNREADABLE_NPZ as error:
        raise PretrainedError(
            "What was measured picture by picture cannot be read",
            where=path,
            expected="an .npz of one array per variant",
            found=f"{type(error).__name__}: {error}",
            mend=RESTORE_COMMAND,
        ) from error


def read_array(path: Path, variant: str) -> NDArray[Any]:
    """The array of one variant, by its id. Raises PretrainedError as `read_arrays` does."""
    arrays = read_arrays(path)
    shape = _SHAPES.get(path.name)
    if variant in arrays and shape and not _fits(arrays[variant], *shape):
        raise PretrainedError(
            f"What was measured picture by picture of {variant} cannot be read",
            where=path,
            expected=f"whole numbers, in {shape[0]} dimensions",
            found=f"{arrays[variant].dtype} of shape {arrays[variant].shape}",
            mend=RESTORE_COMMAND,
        )
    if variant not in arrays:
        raise PretrainedError(
            f"What was measured picture by picture of {variant} is missing",
            where=path,
            mend=script_command("train", variant),
        )
    return arrays[variant]


# Of each file the dimensions of its arrays, and the size of the first where it is fixed.
_SHAPES: Mapping[str, tuple[int, int | None]] = {FIRST_MISSES: (1, None), CONFUSIONS: (4, 2)}


def _fits(array: NDArray[Any], dimensions: int, first: int | None) -> bool:
    return (
        array.dtype.kind in "iu"
        and array.ndim == dimensions
        and array.size > 0
        and first in (None, array.shape[0])
    )


def read_repetitions(path: Path) -> dict[str, list[Repetition]]:
    """The repeated trainings in the file `path`, by variant id, in the order of their seeds.

    Raises:
        PretrainedError: the file is missing or malformed.
    """
    try:
        records = _parse(path, _version(path))
        return {v: [Repetition(**r) for r in rows] for v, rows in records.items()}
    except UNREADABLE_JSON as error:
        raise PretrainedError(
            "The repeated trainings cannot be read",
            where=path,
            expected="one JSON list per variant, of the fields of models.cards.Repetition",
            found=f"{type(error).__name__}: {error}",
            mend=RESTORE_COMMAND,
        ) from error


def read_index(index: Path) -> dict[str, Any]:
    """All records of `index`, by variant id, as parsed JSON."""
    return _parse(index, _version(index))


def _version(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=64)  # a page asks for cards at every run; the file changes only by training
def _read_card(index: Path, version: tuple[int, ...], variant: str) -> Card:
    card = Card.from_json(_parse(index, version)[variant])
    _expect(tuple(card.epsilons) == GRID, "epsilons", "0, 0.005, ... 0.3")
    return card


@lru_cache(maxsize=4)
def _parse(index: Path, _version: tuple[int, ...]) -> dict[str, Any]:
    records = json.loads(index.read_text(encoding="utf-8"))
    if not isinstance(records, dict):
        raise TypeError(f"the file holds a {type(records).__name__}")
    return records
