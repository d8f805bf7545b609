"""What the course assignment reported, beside what the cards measured, with a plain verdict.

Every figure and every verdict is computed from the cards by the rules below, so that other weights
can change them.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from models import PRETRAINED, VARIANTS, Card, Dataset
from models.card_files import CONFUSIONS, read_array
from models.epsilons import step_of
from nudge.evaluation.class_similarity import NearFlips, near_flips
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


class Figures:
    """What the cards say, by variant id; accuracies in percent.

    Where some cards are left out, what asks for one of them raises KeyError.
    """

    def __init__(self, cards: Mapping[str, Card] | None = None) -> None:
        self.cards = (
            cards
            if cards is not None
            else {name: variant.card for name, variant in VARIANTS.items()}
        )

    def accuracy(self, variant: str, epsilon: float = 0.0) -> float:
        """Top-1 accuracy under FGSM, in percent. Raises ValueError where none was measured."""
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
        """The epsilon with the largest product of SSIM and the share of its accuracy lost."""
        return trade_off(self.cards[variant]).best


def claims(figures: Figures, flips: Mapping[str, NearFlips]) -> list[Claim]:
    """The assignment's findings in its order. `flips` goes by variant id, see `read_flips`.

    Findings are left out where figures or flips leave out what they speak of.
    """
    checks: list[Callable[[], Claim]] = [
        partial(_clean, figures, "fashion-fcnn", "about 87 %", 87),
        partial(_twin, figures, "fashion-fcnn", "scrambled: the same"),
        partial(_falls, figures, "fashion-fcnn", "about 20 % at 0.08", 20, 0.08),
        partial(_eye, figures, "fashion-fcnn", "readable at 0.08", 0.08, READABLE, above=True),
        partial(_clean, figures, "fashion-cnn", "about 91.3 %", 91.3),
        partial(_between, figures, "fashion-cnn-scrambled", "scrambled: 87 to 88 %", 87, 88),
        partial(_trade_off, figures, "fashion-cnn", *ASSIGNMENT[Dataset.FASHION]),
        partial(_falls, figures, "fashion-cnn", "about 20 % at 0.1", 20, 0.1),
        partial(_sturdier, figures),
        partial(_clean, figures, "sign-fcnn", "about 74 %", 74),
        partial(_clean, figures, "sign-fcnn-scrambled", "scrambled: about 73 %", 73),
        partial(_falls, figures, "sign-fcnn", "about 10 % at 0.04", 10, 0.04),
        partial(
            _eye,
            figures,
            "sign-fcnn",
            "looks tampered with above 0.02",
            0.025,
            UNTOUCHED,
            above=False,
        ),
        partial(_clean, figures, "sign-cnn", "95.9 %", 95.9),
        partial(_between, figures, "sign-cnn-scrambled", "scrambled: about 78.8 %", 78.8, 78.8),
        partial(_stays_above, figures, "sign-cnn", "above 20 % below 0.04", 20, 0.04),
        partial(
            _eye, figures, "sign-cnn", "looks very different above 0.02", 0.025, ALIKE, above=False
        ),
        *(partial(_close, flips, dataset) for dataset in Dataset),
    ]
    found = []
    for check in checks:
        with suppress(KeyError):
            found.append(check())
    return found


def read_flips() -> dict[str, NearFlips]:
    """Near and far flips of every variant, from the recorded confusions."""
    path = PRETRAINED / CONFUSIONS
    return {v.id: near_flips(read_array(path, v.id)[1], v.dataset) for v in VARIANTS.values()}


SUBJECTS: Mapping[str, str] = {
    "fashion-fcnn": "Fashion, fully connected",
    "fashion-cnn": "Fashion, CNN",
    "sign-fcnn": "Sign, fully connected",
    "sign-cnn": "Sign, CNN",
}


def subject(variant: str) -> str:
    """What a variant and its twin are called."""
    return SUBJECTS[variant.removesuffix("-scrambled")]


def _clean(figures: Figures, variant: str, reported: str, percent: float) -> Claim:
    found = figures.accuracy(variant)
    higher = found - percent
    verdict = Verdict.HOLDS if higher >= -SAME else Verdict.FAILS
    why = f"{abs(higher):.1f} points {'higher' if higher > 0 else 'lower'}"
    return Claim(subject(variant), f"clean, {reported}", f"{found:.2f} %", verdict, why)


def _between(figures: Figures, variant: str, reported: str, low: float, high: float) -> Claim:
    """A CNN on scrambled pictures: lower than its twin, and in that range."""
    found, twin = figures.accuracy(variant), figures.accuracy(variant.removesuffix("-scrambled"))
    inside = low - SAME <= found <= high + SAME
    verdict = Verdict.HOLDS if inside and found < twin else Verdict.IN_PART
    if found >= twin:
        verdict = Verdict.FAILS
    why = f"{twin - found:.1f} points below its twin"
    if found > high + SAME:
        why += f", {found - high:.1f} above what was reported"
    return Claim(subject(variant), f"clean, {reported}", f"{found:.2f} %", verdict, why)


def _twin(figures: Figures, variant: str, reported: str) -> Claim:
    ordered, scrambled = figures.accuracy(variant), figures.accuracy(f"{variant}-scrambled")
    apart = abs(ordered - scrambled)
    verdict = Verdict.HOLDS if apart <= SAME else Verdict.FAILS
    return Claim(
        subject(variant),
        f"clean, {reported}",
        f"{scrambled:.2f} % against {ordered:.2f} %",
        verdict,
        f"{apart:.2f} points apart",
    )


def _falls(figures: Figures, variant: str, reported: str, percent: float, epsilon: float) -> Claim:
    found = figures.accuracy(variant, epsilon)
    if abs(found - percent) <= NEAR_ENOUGH:
        verdict = Verdict.HOLDS
    elif found < figures.accuracy(variant) / 2:
        verdict = Verdict.IN_PART
    else:
        verdict = Verdict.FAILS
    why = figures.falls_to(variant, percent)
    return Claim(subject(variant), f"FGSM, {reported}", f"{found:.2f} %", verdict, why)


def _stays_above(
    figures: Figures, variant: str, reported: str, percent: float, epsilon: float
) -> Claim:
    grid = [e for e in figures.cards[variant].epsilons if e < epsilon]
    last = figures.accuracy(variant, grid[-1])
    above = [e for e in grid if figures.accuracy(variant, e) > percent]
    if len(above) == len(grid):
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.IN_PART if len(above) >= len(grid) / 2 else Verdict.FAILS
    why = figures.falls_to(variant, percent)
    measured = f"{last:.2f} % at {grid[-1]:g}"
    return Claim(subject(variant), f"FGSM, {reported}", measured, verdict, why)


def _eye(
    figures: Figures, variant: str, reported: str, epsilon: float, limit: float, *, above: bool
) -> Claim:
    found = figures.ssim(variant, epsilon)
    verdict = Verdict.HOLDS if (found >= limit) == above else Verdict.FAILS
    side = "at least" if above else "below"
    return Claim(
        subject(variant),
        f"the picture {'is still ' if above else ''}{reported}",
        f"SSIM {found:.3f} at {epsilon:g}",
        verdict,
        f"by our convention that means {side} {limit:g}",
    )


def _trade_off(figures: Figures, variant: str, low: float, high: float) -> Claim:
    reported = f"best trade-off at {low:g} to {high:g}"
    found = figures.best_trade_off(variant)
    verdict = Verdict.HOLDS if low <= found <= high else Verdict.FAILS
    if verdict is Verdict.FAILS and low / 2 <= found <= high * 1.5:
        verdict = Verdict.IN_PART
    why = "there SSIM times the share of accuracy lost is largest"
    return Claim(subject(variant), f"FGSM, {reported}", f"{found:g}", verdict, why)


def _sturdier(figures: Figures, large: tuple[float, ...] = (0.15, 0.2, 0.25, 0.3)) -> Claim:
    pairs = [[figures.accuracy(v, e) for v in ("fashion-cnn", "fashion-fcnn")] for e in large]
    wins = sum(cnn > fcnn for cnn, fcnn in pairs)
    verdict = {len(large): Verdict.HOLDS, 0: Verdict.FAILS}.get(wins, Verdict.IN_PART)
    at = large[1]
    cnn, fcnn = pairs[1]
    return Claim(
        SUBJECTS["fashion-cnn"],
        "FGSM, holds up better than the fully connected net at large epsilon",
        f"{cnn:.2f} % against {fcnn:.2f} % at {at:g}",
        verdict,
        f"it is ahead at {wins} of {len(large)} epsilons from {large[0]:g} to {large[-1]:g}",
    )


SMALL = 0.01


def _close(by_variant: Mapping[str, NearFlips], dataset: Dataset) -> Claim:
    at, flips = EPSILONS.index(SMALL), by_variant[f"{dataset}-cnn"]
    share, chance = 100 * flips.fraction[at], 100 * flips.chance[at]
    if share > 50:
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.IN_PART if share > 1.5 * chance else Verdict.FAILS
    return Claim(
        SUBJECTS[f"{dataset}-cnn"],
        "at small epsilon the wrong label is usually close in meaning",
        f"{share:.0f} % of {flips.flipped[at]} flips at {SMALL:g}",
        verdict,
        f"{chance:.0f} % would be by chance",
    )
