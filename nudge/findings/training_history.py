"""What the cards say, as rows: for the report's tables and pictures, and for the pages."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from statistics import mean, stdev

from models import PRETRAINED, STANDARD, VARIANTS, PretrainedError, Variant
from models.card_files import REPETITIONS, read_repetitions
from models.cards import Repetition


@dataclass(frozen=True)
class LearningPoint:
    """One accuracy at the end of an epoch, as a fraction of 1."""

    variant: Variant
    epoch: int  # from 1
    on: str  # "training" or "test"
    accuracy: float


def learning_points(variants: Iterable[Variant] = STANDARD.values()) -> list[LearningPoint]:
    """Top-1 accuracy by epoch, in training and on the test set.

    In training it is that of the network at work, with all that regularises it; on the test set
    that of the averaged weights.
    """
    return [
        LearningPoint(variant, i + 1, on, value)
        for variant in variants
        for i, point in enumerate(variant.card.learning_curve)
        for on, value in (("training", point.train_accuracy), ("test", point.test_accuracy))
    ]


def repetitions() -> Mapping[str, list[Repetition]]:
    """All trainings of each variant by the recipe of its card, by id, in the order of seeds.

    A variant whose card cannot be read has none. Raises PretrainedError.
    """
    recorded = read_repetitions(PRETRAINED / REPETITIONS)
    found = {}
    for name, variant in VARIANTS.items():
        with suppress(PretrainedError):  # by another recipe it is no repetition
            recipe = variant.card.recipe
            found[name] = [run for run in recorded.get(name, []) if run.recipe == recipe]
    return {name: found.get(name, []) for name in VARIANTS}


def spread(runs: Iterable[Repetition]) -> tuple[float, float] | None:
    """Mean and standard deviation of the clean accuracy in percent; None for less than two."""
    percent = [100 * run.correct / run.total for run in runs]
    return (mean(percent), stdev(percent)) if len(percent) > 1 else None
