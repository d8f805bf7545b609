"""What a training withstands beside the standard one: what it gains, and what that costs."""

from dataclasses import dataclass, replace

from models import VARIANTS, PretrainedError, Regime, Variant
from models.epsilons import step_of
from nudge.evaluation.robustness import DEFENDED_AT
from nudge.evaluation.transferability import nearest, networks, read_transfer

MOVES = ("shift", "rotation", "scale", "flip")  # hyperparameters that move the training pictures


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
    moves: tuple[str, ...]  # what else its training did to pictures, by the recipe's names


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
    carried, moves = _carried_over(standard, variant, epsilon), _moves(standard, variant)
    return Defence(variant, epsilon, defended, usual, carried, moves)


def _withstands(variant: Variant, epsilon: float) -> Withstands | None:
    card = variant.card
    at = step_of(card.epsilons, epsilon)
    if card.pgd is None:
        return None
    return Withstands(card.accuracy, card.fgsm[at] / card.total, card.pgd[at] / card.total)


def _carried_over(source: Variant, target: Variant, epsilon: float) -> float | None:
    """The target's accuracy on what fools the source; None where it was not recorded."""
    trainings = networks(source.dataset, source.architecture)
    if source not in trainings or target not in trainings:  # scrambled ones were never counted
        return None
    try:
        found = read_transfer(source.dataset, trainings_of=source.architecture)
    except PretrainedError:  # its own page says what is the matter
        return None
    counts = found.at(nearest(found.epsilons, epsilon))
    return float(counts[trainings.index(source), trainings.index(target)] / found.total)


def _moves(standard: Variant, variant: Variant) -> tuple[str, ...]:
    usual, other = standard.card.recipe, variant.card.recipe
    return tuple(name for name in MOVES if other.get(name) and not usual.get(name))
