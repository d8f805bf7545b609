"""What a training withstands beside the standard one: what it gains, and what that costs."""

from dataclasses import dataclass, replace

from models import PRETRAINED, VARIANTS, Card, PretrainedError, Regime, Variant
from models.card_files import PGD_FLIP_STEPS, read_array
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
    def fooled_by_transfer(self) -> bool | None:
        """Whether the standard network's attack costs at least half of what its own PGD costs."""
        if self.transferred is None:
            return None
        lost, most = self.defended.clean - self.transferred, self.defended.clean - self.defended.pgd
        return 2 * lost >= most


def defence(variant: Variant) -> Defence | None:
    """A training held against the standard one; None where there is none, or it is not measured.

    Raises PretrainedError where a card cannot be read.
    """
    standard = replace(variant, regime=Regime.STANDARD)
    if variant.id not in VARIANTS:
        return None
    if variant.card.pgd is None or standard.card.pgd is None:
        return None
    epsilon = DEFENDED_AT[variant.dataset]
    put_to_both = all(_strongest(v.card) is not None for v in (variant, standard))
    attack = STRONGEST.name if put_to_both else RECORDED.name
    return Defence(
        variant,
        epsilon,
        attack,
        _withstands(variant.card, epsilon, attack),
        _withstands(standard.card, epsilon, attack),
        _carried_over(standard, variant, epsilon),
        _moves(standard, variant),
    )


def pgd_on_first(variant: Variant, count: int, epsilon: float) -> int | None:
    """Of the first `count` test pictures, how many twenty steps of PGD leave.

    None where that was not recorded, as of somebody's own network.
    """
    try:
        flips = read_array(PRETRAINED / PGD_FLIP_STEPS, variant.id)
    except PretrainedError:
        return None
    return int((flips[:count] > step_of(variant.card.epsilons, epsilon)).sum())


def _strongest(card: Card) -> float | None:
    """Accuracy under the strongest attack that every variant is put to, if this one was."""
    counts = (w.correct / w.total for w in card.withstood if w.attack == STRONGEST.name)
    return next(counts, None)


def _withstands(card: Card, epsilon: float, attack: str) -> Withstands:
    assert card.pgd is not None  # as `defence` has made sure
    at = step_of(card.epsilons, epsilon)
    pgd, strongest = card.pgd[at] / card.total, _strongest(card)
    left, worst = min((card.fgsm[i], i) for i in range(at + 1))
    return Withstands(
        clean=card.accuracy,
        random=card.random[at] / card.total,
        fgsm=card.fgsm[at] / card.total,
        pgd=pgd,
        strongest=strongest if strongest is not None and attack == STRONGEST.name else pgd,
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
