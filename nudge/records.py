"""What the cards say, as rows: for the report's tables and pictures, and for the pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean, stdev

from models import PRETRAINED, VARIANTS, Variant
from models.cards import REPETITIONS, Repetition, read_repetitions


@dataclass(frozen=True)
class LearningPoint:
    """One accuracy at the end of an epoch, as a fraction of 1."""

    variant: Variant
    epoch: int  # from 1
    on: str  # "training" or "test"
    accuracy: float


def learning_points(variants: Iterable[Variant] = VARIANTS.values()) -> list[LearningPoint]:
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

    Raises PretrainedError.
    """
    recorded = read_repetitions(PRETRAINED / REPETITIONS)
    return {  # by another recipe it is no repetition
        v.id: [run for run in recorded.get(v.id, []) if run.recipe == v.card.recipe]
        for v in VARIANTS.values()
    }


def spread(runs: Iterable[Repetition]) -> tuple[float, float] | None:
    """Mean and standard deviation of the clean accuracy in percent; None for less than two."""
    percent = [100 * run.correct / run.total for run in runs]
    return (mean(percent), stdev(percent)) if len(percent) > 1 else None
