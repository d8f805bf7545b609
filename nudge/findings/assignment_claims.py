"""What the course assignment reported, beside what the cards measured, with a plain verdict.

Every figure and every verdict is computed from the cards by the rules below, so that other weights
can change them.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np

from models import PRETRAINED, STANDARD, VARIANTS, Card, Dataset
from models.card_files import CONFUSIONS, read_array
from models.epsilons import step_of
from nudge.evaluation.class_similarity import NearFlips, near_flips
from nudge.evaluation.robustness import SMALL
from nudge.evaluation.sweep import EPSILONS
from nudge.findings.tradeoff import ASSIGNMENT, trade_off

NEAR_ENOUGH = 5.0  # points of accuracy that "about" allows
SAME = 1.0  # points by which two accuracies may differ and be "the same"
# Conventions for the eye: the structural similarity (SSIM) from which on a picture counts as
# untouched, as much the same, and as readable.
UNTOUCHED, ALIKE, READABLE = 0.9, 0.7, 0.5

# In words, as Markdown.
RULES = f"""\
Verdicts follow fixed rules (`nudge/findings/assignment_claims.py`). A clean accuracy holds when it
is reached within {SAME:g} point; that of a scrambled CNN when it lies within {SAME:g} point of the
range and below its twin. "About" allows {NEAR_ENOUGH:g} points under attack; an accuracy
that has at least halved there holds in part. "Usually" means more than half of the flips.

"And in twenty steps?" asks PGD (arXiv:1706.06083) the same under the same rule, of what FGSM fools:
twenty steps from a random start, none leading further than epsilon from the original. The SSIM of
its pictures, which the trade-off asks for, is that of the first 200 at every second epsilon; under
FGSM it is that of 1,000 at every one.

What an eye makes of a picture is put down as a convention: it looks untouched from an SSIM of
{UNTOUCHED:g} on, much the same from {ALIKE:g} on, and is readable down to
{READABLE:g}."""


class Verdict(StrEnum):
    HOLDS = "holds"
    IN_PART = "holds in part"
    FAILS = "does not hold"


@dataclass(frozen=True)
class Claim:
    """One sentence of the assignment, checked."""

    subject: str
    reported: str
    measured: str
    verdict: Verdict
    why: str
    # What twenty steps of PGD say of a claim about one step; None of others, and unmeasured.
    stronger: "Claim | None" = None

    @property
    def again(self) -> str:
        """What became of it in twenty steps, in words; empty where that was not asked."""
        if (found := self.stronger) is None:
            return ""
        return f"{found.verdict}: {found.measured}; {found.why}"


Finding = tuple[str, str, Verdict, str]  # a claim without its subject


class Figures:
    """What the cards say, by variant id; accuracies in percent.

    Where some cards are left out, what asks for one of them raises KeyError.
    """

    def __init__(self, cards: Mapping[str, Card] | None = None) -> None:
        if cards is None:
            cards = {name: variant.card for name, variant in STANDARD.items()}
        self.cards = cards

    def under_pgd(self) -> "Figures":
        """The same of PGD in twenty steps, for those variants of which it was measured."""
        return Figures(
            {
                name: replace(card, fgsm=card.pgd)
                for name, card in self.cards.items()
                if card.pgd is not None
            }
        )

    def scored_under_pgd(self) -> "Figures":
        """Accuracy and similarity under PGD at every second epsilon, where both were measured."""
        return Figures(
            {
                name: replace(
                    card, epsilons=card.epsilons[::2], fgsm=card.pgd[::2], ssim=card.pgd_ssim
                )
                for name, card in self.cards.items()
                if card.pgd is not None and card.pgd_ssim is not None
            }
        )

    def accuracy(self, variant: str, epsilon: float = 0.0) -> float:
        """Top-1 accuracy under the attack, in percent. Raises ValueError where none is known."""
        card = self.cards[variant]
        return 100 * card.fgsm[step_of(card.epsilons, epsilon)] / card.total

    def ssim(self, variant: str, epsilon: float) -> float:
        """Structural similarity under FGSM. Raises ValueError where none was measured."""
        card = self.cards[variant]
        return card.ssim[step_of(card.epsilons, epsilon)]

    def falls_to(self, variant: str, percent: float) -> str:
        """The smallest epsilon at which accuracy is at most `percent`, in words."""
        card = self.cards[variant]
        below = [e for e in card.epsilons if self.accuracy(variant, e) <= percent]
        return f"falls to {percent:g} % at {below[0]:g}" if below else f"stays above {percent:g} %"

    def best_trade_off(self, variant: str) -> float:
        """The epsilon with the largest product of SSIM and the fraction of its accuracy lost."""
        return trade_off(self.cards[variant]).best


SUBJECTS: Mapping[str, str] = {
    "fashion-fcnn": "Fashion, fully connected",
    "fashion-cnn": "Fashion, CNN",
    "sign-fcnn": "Sign, fully connected",
    "sign-cnn": "Sign, CNN",
}


def subject(variant: str) -> str:
    """What a variant and its scrambled twin are called."""
    return SUBJECTS[variant.removesuffix("-scrambled")]


def flips_under_pgd(figures: Figures) -> dict[str, NearFlips]:
    """Near and far flips under PGD at the small epsilon alone, of those that were measured."""
    return {
        name: near_flips(np.array([card.pgd_confusion]), VARIANTS[name].dataset)
        for name, card in figures.cards.items()
        if card.pgd_confusion is not None
    }


def read_flips() -> dict[str, NearFlips]:
    """Near and far flips of every variant, from the recorded confusions."""
    path = PRETRAINED / CONFUSIONS
    return {v.id: near_flips(read_array(path, v.id)[1], v.dataset) for v in STANDARD.values()}


def claims(figures: Figures, flips: Mapping[str, NearFlips]) -> list[Claim]:
    """The assignment's findings in its order. `flips` goes by variant id, see `read_flips`.

    Findings are left out where figures or flips leave out what they speak of.
    """
    under_pgd, scored = figures.under_pgd(), figures.scored_under_pgd()
    # Each claim, and how to put it to twenty steps.
    asked: list[tuple[str, Callable[[], Finding], Callable[[], Finding] | None]] = []
    for rule, variant, *arguments in CHECKS:
        stronger = under_pgd if rule in OF_ACCURACY else scored if rule is _trade_off else None
        again = None if stronger is None else partial(rule, stronger, variant, *arguments)
        asked.append((variant, partial(rule, figures, variant, *arguments), again))
    for variant in ("fashion-cnn", "sign-cnn"):
        small, again = EPSILONS.index(SMALL), partial(_close, flips_under_pgd(figures), variant, 0)
        asked.append((variant, partial(_close, flips, variant, small), again))
    found = []
    for variant, ask, ask_again in asked:
        with suppress(KeyError):
            claim = Claim(subject(variant), *ask())
            with suppress(KeyError):
                if ask_again is not None:
                    claim = replace(claim, stronger=Claim(subject(variant), *ask_again()))
            found.append(claim)
    return found


def _verdict(holds: bool, in_part: bool = False) -> Verdict:
    if holds:
        return Verdict.HOLDS
    return Verdict.IN_PART if in_part else Verdict.FAILS


def _clean(figures: Figures, variant: str, reported: str, percent: float) -> Finding:
    found = figures.accuracy(variant)
    higher = found - percent
    why = f"{abs(higher):.1f} points {'higher' if higher > 0 else 'lower'}"
    return f"clean, {reported}", f"{found:.2f} %", _verdict(higher >= -SAME), why


def _between(figures: Figures, variant: str, reported: str, low: float, high: float) -> Finding:
    """A CNN on scrambled pictures: lower than its twin, and in that range."""
    found, twin = figures.accuracy(variant), figures.accuracy(variant.removesuffix("-scrambled"))
    inside = low - SAME <= found <= high + SAME
    why = f"{twin - found:.1f} points below its twin"
    if found > high + SAME:
        why += f", {found - high:.1f} above what was reported"
    verdict = _verdict(inside and found < twin, found < twin)
    return f"clean, {reported}", f"{found:.2f} %", verdict, why


def _twin(figures: Figures, variant: str, reported: str) -> Finding:
    ordered, scrambled = figures.accuracy(variant), figures.accuracy(f"{variant}-scrambled")
    apart = abs(ordered - scrambled)
    measured = f"{scrambled:.2f} % against {ordered:.2f} %"
    return f"clean, {reported}", measured, _verdict(apart <= SAME), f"{apart:.2f} points apart"


def _falls(
    figures: Figures, variant: str, reported: str, percent: float, epsilon: float
) -> Finding:
    found = figures.accuracy(variant, epsilon)
    halved = found < figures.accuracy(variant) / 2
    verdict = _verdict(abs(found - percent) <= NEAR_ENOUGH, halved)
    return f"FGSM, {reported}", f"{found:.2f} %", verdict, figures.falls_to(variant, percent)


def _stays_above(
    figures: Figures, variant: str, reported: str, percent: float, epsilon: float
) -> Finding:
    grid = [e for e in figures.cards[variant].epsilons if e < epsilon]
    above = sum(figures.accuracy(variant, e) > percent for e in grid)
    verdict = _verdict(above == len(grid), above >= len(grid) / 2)
    measured = f"{figures.accuracy(variant, grid[-1]):.2f} % at {grid[-1]:g}"
    return f"FGSM, {reported}", measured, verdict, figures.falls_to(variant, percent)


def _looks(
    figures: Figures, variant: str, reported: str, epsilon: float, limit: float, side: str
) -> Finding:
    """`side` is where of the limit the structural similarity should be."""
    found = figures.ssim(variant, epsilon)
    verdict = _verdict((found >= limit) == (side == "at least"))
    why = f"by our convention that means {side} {limit:g}"
    return f"the picture {reported}", f"SSIM {found:.3f} at {epsilon:g}", verdict, why


def _trade_off(figures: Figures, variant: str, low: float, high: float) -> Finding:
    found = figures.best_trade_off(variant)
    verdict = _verdict(low <= found <= high, low / 2 <= found <= high * 1.5)
    why = "there SSIM times the share of accuracy lost is largest"
    return f"FGSM, best trade-off at {low:g} to {high:g}", f"{found:g}", verdict, why


def _sturdier(figures: Figures, variant: str, other: str, *large: float) -> Finding:
    pairs = [[figures.accuracy(v, e) for v in (variant, other)] for e in large]
    wins = sum(found > others for found, others in pairs)
    return (
        "FGSM, holds up better than the fully connected net at large epsilon",
        f"{pairs[1][0]:.2f} % against {pairs[1][1]:.2f} % at {large[1]:g}",
        _verdict(wins == len(large), wins > 0),
        f"it is ahead at {wins} of {len(large)} epsilons from {large[0]:g} to {large[-1]:g}",
    )


def _close(flips: Mapping[str, NearFlips], variant: str, at: int) -> Finding:
    """`at` is where the small epsilon stands among those of the flips."""
    found = flips[variant]
    near, chance = 100 * found.fraction[at], 100 * found.chance[at]
    return (
        "at small epsilon the wrong label is usually close in meaning",
        f"{near:.0f} % of {found.flipped[at]} flips at {SMALL:g}",
        _verdict(near > 50, near > 1.5 * chance),
        f"{chance:.0f} % would be by chance",
    )


# Rules about the accuracy under attack alone.
OF_ACCURACY = (_falls, _stays_above, _sturdier)

# What was reported: the rule that checks it, the variant, and what the rule needs to know.
CHECKS: tuple[Any, ...] = (
    (_clean, "fashion-fcnn", "about 87 %", 87),
    (_twin, "fashion-fcnn", "scrambled: the same"),
    (_falls, "fashion-fcnn", "about 20 % at 0.08", 20, 0.08),
    (_looks, "fashion-fcnn", "is still readable at 0.08", 0.08, READABLE, "at least"),
    (_clean, "fashion-cnn", "about 91.3 %", 91.3),
    (_between, "fashion-cnn-scrambled", "scrambled: 87 to 88 %", 87, 88),
    (_trade_off, "fashion-cnn", *ASSIGNMENT[Dataset.FASHION]),
    (_falls, "fashion-cnn", "about 20 % at 0.1", 20, 0.1),
    (_sturdier, "fashion-cnn", "fashion-fcnn", 0.15, 0.2, 0.25, 0.3),
    (_clean, "sign-fcnn", "about 74 %", 74),
    (_clean, "sign-fcnn-scrambled", "scrambled: about 73 %", 73),
    (_falls, "sign-fcnn", "about 10 % at 0.04", 10, 0.04),
    (_looks, "sign-fcnn", "looks tampered with above 0.02", 0.025, UNTOUCHED, "below"),
    (_clean, "sign-cnn", "95.9 %", 95.9),
    (_between, "sign-cnn-scrambled", "scrambled: about 78.8 %", 78.8, 78.8),
    (_stays_above, "sign-cnn", "above 20 % below 0.04", 20, 0.04),
    (_looks, "sign-cnn", "looks very different above 0.02", 0.025, ALIKE, "below"),
)
