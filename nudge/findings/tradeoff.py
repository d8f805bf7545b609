"""Fooling the network against leaving the picture readable: which epsilon does both best."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import Card, Dataset

NEARLY = 0.95  # of the best score: what nobody could tell from it

# What the assignment recommends, as the lowest and the highest epsilon. For Sign it says that the
# picture looks tampered with, or very different, above 0.02.
ASSIGNMENT: Mapping[Dataset, tuple[float, float]] = {
    Dataset.FASHION: (0.04, 0.08),
    Dataset.SIGN: (0.02, 0.02),
}


@dataclass(frozen=True)
class TradeOff:
    """How well each epsilon does both.

    Two ends are wanted at once: that the network is wrong, measured by the fraction of its accuracy
    that is lost, and that people still see what they saw, measured by structural similarity (SSIM).
    Both are 0 where the end is missed and 1 where it is reached. The score is their product, which
    is 0 where either is missed and does not change its maximum with the unit of either: Nash's
    solution of a bargain between two (1950, doi:10.2307/1907266). It is large only where much is
    lost to the network and little to the eye, and a single best epsilon stands on a broad hill, so
    the range that is nearly as good is part of the answer.
    """

    epsilons: tuple[float, ...]  # K of them
    lost: NDArray[np.float64]  # (K,), fraction of the clean accuracy that is lost, at least 0
    similarity: NDArray[np.float64]  # (K,), SSIM

    @property
    def scores(self) -> NDArray[np.float64]:
        """float64 (K,), between 0 and 1."""
        return self.lost * np.clip(self.similarity, 0, 1)

    @property
    def best(self) -> float:
        """The epsilon of the highest score, the smallest of them where several have it."""
        return self.epsilons[int(self.scores.argmax())]

    @property
    def nearly(self) -> tuple[float, float]:
        """The range around the best in which every score is at least `NEARLY` times its own."""
        scores = self.scores
        best, worse = scores.argmax(), np.flatnonzero(scores < NEARLY * scores.max())
        first = worse[worse < best].max(initial=-1) + 1
        last = worse[worse > best].min(initial=len(scores)) - 1
        return self.epsilons[first], self.epsilons[last]


def trade_off(card: Card) -> TradeOff:
    """From what the card says of FGSM on the full test set."""
    lost = np.clip(1 - np.array(card.fgsm) / card.fgsm[0], 0, 1)
    return TradeOff(tuple(card.epsilons), lost, np.array(card.ssim))
