"""What a training withstands beside the standard one: what it gains, and what that costs."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models import VARIANTS, Card, PretrainedError, Regime, Variant
from models.cards import Withstood
from models.epsilons import step_of
from nudge.evaluation.robustness import DEFENDED_AT, RECORDED, STRONGEST
from nudge.evaluation.transferability import nearest, networks, read_transfer

MOVES = ("shift", "rotation", "scale", "flip")  # hyperparameters that move the training pictures


@dataclass(frozen=True)
class Withstands:
    """Accuracies of one network at one epsilon, as fractions of 1."""

    clean: float
    random: float  # a random nudge
    fgsm: float
    pgd: float  # twenty steps
    strongest: float  # the strongest attack that both networks were put to
    # Where one step within epsilon fools most, and what it leaves there: not always the largest.
    worst_step: tuple[float, float]


@dataclass(frozen=True)
class Defence:
    """A training beside the standard one, at the epsilon that the data set is defended at."""

    variant: Variant
    epsilon: float
    attack: str  # the strongest that both were put to: "PGD, 40 steps, 5 restarts"
    defended: Withstands
    standard: Withstands
    # Of the defended network under FGSM along the standard one's gradient; None if not recorded.
    transferred: float | None
    moves: tuple[str, ...]  # what else its training did to pictures, by the recipe's names

    @property
    def carried(self) -> float | None:
        """What the standard network's attack costs, as a fraction of what its own PGD costs."""
        most = self.defended.clean - self.defended.pgd
        if self.transferred is None or most <= 0:
            return None
        return (self.defended.clean - self.transferred) / most


def defence(variant: Variant) -> Defence | None:
    """A training held against the standard one; None where there is none, or it is not measured.

    Raises PretrainedError where a card cannot be read.
    """
    standard = replace(variant, regime=Regime.STANDARD)
    if variant.id not in VARIANTS:
        return None
    cards = variant.card, standard.card
    epsilon = DEFENDED_AT[variant.dataset]
    at = [step_of(card.epsilons, epsilon) for card in cards]
    twenty = [c.pgd[i] / c.total for c, i in zip(cards, at, strict=True) if c.pgd is not None]
    if len(twenty) < len(cards):
        return None
    forty = [left for card in cards if (left := _strongest(card)) is not None]
    both = len(forty) == len(cards)
    strongest = forty if both else twenty
    defended, usual = map(_withstands, cards, twenty, strongest, at)
    return Defence(
        variant,
        epsilon,
        STRONGEST.name if both else RECORDED.name,
        defended,
        usual,
        _carried_over(standard, variant, epsilon),
        _moves(standard, variant),
    )


def left_by_pgd(flips: NDArray[np.uint8], found: Withstood, card: Card) -> int:
    """How many of the first pictures, those that another attack met, twenty steps of PGD leave.

    `flips` is by picture of the test set where PGD first flips it among the card's epsilons.
    """
    return int((flips[: found.total] > step_of(card.epsilons, found.epsilon)).sum())


def _strongest(card: Card) -> float | None:
    """Accuracy under the strongest attack that every variant is put to, if this one was."""
    counts = (w.correct / w.total for w in card.withstood if w.attack == STRONGEST.name)
    return next(counts, None)


def _withstands(card: Card, pgd: float, strongest: float, at: int) -> Withstands:
    """At the epsilon in place `at`."""
    left, worst = min((card.fgsm[i], i) for i in range(at + 1))
    return Withstands(
        clean=card.accuracy,
        random=card.random[at] / card.total,
        fgsm=card.fgsm[at] / card.total,
        pgd=pgd,
        strongest=strongest,
        worst_step=(card.epsilons[worst], left / card.total),
    )


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
