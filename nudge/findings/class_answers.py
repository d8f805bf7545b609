"""What is right of a question that a class is asked, and how the class did.

An answer is a place among a question's choices. Where the choices are epsilons, a place is a step
of their grid, and the place after the last step says "never".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.cards import Card
from nudge.argument_checks import as_count
from nudge.findings.tradeoff import trade_off
from nudge.neighbourhood.probability_path import ProbabilityPath


@dataclass(frozen=True)
class Truth:
    """What is right, as places among a question's choices: several where networks tie."""

    places: frozenset[int]

    def is_right(self, choice: int) -> bool:
        return choice in self.places

    def distance(self, choice: int) -> int:
        """Steps between a choice and the nearest right one."""
        return min(abs(choice - place) for place in self.places)

    def of(self, choices: Sequence[str]) -> list[str]:
        """The right ones among the choices' names."""
        return [choices[place] for place in sorted(self.places)]


@dataclass(frozen=True)
class Tally:
    """What a class answered to one question."""

    counts: Mapping[int, int]  # how often each choice was taken
    truth: Truth

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def right(self) -> int:
        return sum(n for choice, n in self.counts.items() if self.truth.is_right(choice))

    @property
    def most_frequent(self) -> int | None:
        """The choice that most took, the first of several; None where nobody answered."""
        return max(sorted(self.counts), key=self.counts.__getitem__) if self.counts else None


def predicted(path: ProbabilityPath, step: int) -> Truth:
    """The class that the network predicts at that step of the path."""
    return _one(int(path.predictions[step]))


def first_wrong(path: ProbabilityPath, label: int, *, never: int) -> Truth:
    """The first step at which the prediction is not `label`; `never` where it always is.

    Raises ValueError where there is no such class.
    """
    return _one(_flip(path, label, never))


def stands_longest(paths: Sequence[ProbabilityPath], label: int) -> Truth:
    """Which of several networks, a path for each, is wrong last; all that tie.

    Raises ValueError where there is no such class.
    """
    flips = [_flip(path, label, len(path.predictions)) for path in paths]
    return Truth(frozenset(i for i, step in enumerate(flips) if step == max(flips)))


def half_wrong(card: Card, *, never: int) -> Truth:
    """The first step at which FGSM leaves at most half of what is right on clean pictures."""
    halves = (i for i, right in enumerate(card.fgsm) if 2 * right <= card.fgsm[0])
    return _one(next(halves, never))


def best_trade_off(card: Card) -> Truth:
    """The step at which an attack gains most for what is seen of it."""
    return _one(card.epsilons.index(trade_off(card).best))


def _one(place: int) -> Truth:
    return Truth(frozenset([place]))


def _flip(path: ProbabilityPath, label: int, never: int) -> int:
    label = as_count(label, "a class", most=path.probabilities.shape[1] - 1)
    wrong = (path.predictions != label).nonzero()
    return int(wrong[0]) if len(wrong) else never
