"""What a training withstands beside the standard one: what it gains, and what that costs."""

from dataclasses import dataclass, replace

from models import VARIANTS, PretrainedError, Regime, Variant
from models.epsilons import step_of
from nudge.evaluation.robustness import DEFENDED_AT
from nudge.evaluation.transferability import nearest, networks, read_transfer


@dataclass(frozen=True)
class Withstands:
    """Accuracies of one network at one epsilon, as fractions of 1."""

    clean: float
    fgsm: float
    pgd: float  # twenty steps


@dataclass(frozen=True)
class Defence:
    """A training beside the standard one, at the epsilon that the data set is defended at."""

    variant: Variant
    epsilon: float
    defended: Withstands
    standard: Withstands
    # Of the defended network under FGSM along the standard one's gradient; None if not recorded.
    transferred: float | None


def defence(variant: Variant) -> Defence | None:
    """A training held against the standard one; None where there is none, or it is not measured.

    Raises PretrainedError where a card cannot be read.
    """
    standard = replace(variant, regime=Regime.STANDARD)
    if variant.id not in VARIANTS:
        return None
    epsilon = DEFENDED_AT[variant.dataset]
    defended, usual = _withstands(variant, epsilon), _withstands(standard, epsilon)
    if defended is None or usual is None:
        return None
    return Defence(variant, epsilon, defended, usual, _carried_over(standard, variant, epsilon))


def _withstands(variant: Variant, epsilon: float) -> Withstands | None:
    card = variant.card
    at = step_of(card.epsilons, epsilon)
    if card.pgd is None:
        return None
    return Withstands(card.accuracy, card.fgsm[at] / card.total, card.pgd[at] / card.total)


def _carried_over(source: Variant, target: Variant, epsilon: float) -> float | None:
    """The target's accuracy on what fools the source; None where it was not recorded."""
    trainings = networks(source.dataset, source.architecture)
    try:
        found = read_transfer(source.dataset, trainings_of=source.architecture)
    except PretrainedError:  # its own page says what is the matter
        return None
    counts = found.at(nearest(found.epsilons, epsilon))
    return float(counts[trainings.index(source), trainings.index(target)] / found.total)
