"""Curves that many people watch while they are computed, once for all of them."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import nn

from nudge.attacks import random_direction
from nudge.data import Split
from nudge.sweep import BATCH_SIZE, AccuracyCurve, stream_accuracy_curve


@dataclass(frozen=True)
class CurvePair:
    """The same pictures under FGSM and under a random nudge of the same size."""

    fgsm: AccuracyCurve
    random: AccuracyCurve

    @property
    def total(self) -> int:
        """Pictures so far."""
        return self.fgsm.total


class LiveCurves:
    """Both curves of one model, computed batch by batch as long as somebody asks for more.

    A page can be left in the middle of a computation and another one can ask for the same. So no
    caller owns it: whoever comes first computes the next batch, everyone sees every result, and
    nothing is computed twice.

    >>> curves = LiveCurves(model, load_split("fashion", "test"), EPSILONS)
    >>> for pair in curves.over(1000):
    ...     print(pair.total, pair.fgsm.accuracy)
    """

    def __init__(self, model: nn.Module, split: Split, epsilons: Sequence[float]) -> None:
        self._arguments = model, split.images, split.labels, tuple(epsilons)
        self.total = len(split.labels)
        self._lock = threading.Lock()
        self._restart()

    def _restart(self) -> None:
        directions = random_direction(self.total)
        self._stream = zip(
            stream_accuracy_curve(*self._arguments),
            stream_accuracy_curve(*self._arguments, directions=directions),
            strict=True,
        )
        self._pairs = [CurvePair(*next(self._stream))]  # over no picture

    def over(self, count: int) -> Iterator[CurvePair]:
        """The pair as known now, then after every batch until it is over `count` pictures.

        `count` is rounded up to whole batches, and down to the pictures there are.
        """
        batches = -(-min(count, self.total) // BATCH_SIZE)
        for i in range(min(len(self._pairs) - 1, batches), batches + 1):
            yield self._pair(i)

    def _pair(self, i: int) -> CurvePair:
        with self._lock:
            while len(self._pairs) <= i:
                try:
                    self._pairs.append(CurvePair(*next(self._stream)))
                except BaseException:  # a dead stream would answer nobody ever again
                    self._restart()
                    raise
            return self._pairs[i]
