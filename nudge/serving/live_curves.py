"""Curves that many people watch while they are computed, once for all of them."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from nudge.argument_checks import as_count, as_epsilons, check_split
from nudge.data import Split
from nudge.evaluation.methods import Counted, Method, stream_counted
from nudge.evaluation.predictions import Batch, stream_batches
from nudge.evaluation.sweep import AccuracyCurve, flip_steps_of
from nudge.serving import scheduler
from nudge.serving.scheduler import BackgroundStream

BATCH_SIZE = 50  # pictures; a page sees the curve sharpen after every batch


@dataclass(frozen=True)
class CurvePair:
    """The same pictures under an attack and under a random nudge of the same size."""

    attacked: AccuracyCurve
    random: AccuracyCurve

    @property
    def total(self) -> int:
        """Pictures so far."""
        return self.attacked.total


@dataclass(frozen=True)
class CurveSnapshot:
    """What somebody sees who looks at curves in the making."""

    pair: CurvePair
    wanted: int  # pictures
    seconds_left: float | None  # of computing; None before the first batch
    flip_steps: bytes  # the grid position of each picture's first wrong prediction, or NEVER_FLIPS
    method: Method = Method.FGSM
    generated: bool = False  # over pictures that are none of the test set

    @property
    def complete(self) -> bool:
        return self.pair.total >= self.wanted


class LiveCurves(BackgroundStream[tuple[CurvePair, bytes]]):
    """Both curves of one model, computed in the background as long as somebody looks.

    Looking never waits. Everybody who looks sees the same curves, nothing is computed twice, and a
    computation that nobody has looked at for `WATCH_TIMEOUT` seconds rests where it is.

    >>> curves = LiveCurves(model, load_split("fashion", "test"), EPSILONS, directions)
    >>> while not (snapshot := curves.poll(1000)).complete:
    ...     print(snapshot.pair.total, snapshot.seconds_left)
    ...     time.sleep(0.5)
    """

    def __init__(
        self,
        model: nn.Module,
        split: Split,
        epsilons: Iterable[SupportsFloat],
        directions: Tensor,
        *,
        method: Method = Method.FGSM,
        generated: bool = False,
    ) -> None:
        """`directions`, (N, 1, 28, 28), are those of the random nudge; the rest is a curve's.

        The attack is a `method` of those in `COUNTED`. `generated` says of the split that it is
        none of the official ones. Raises ValueError as `accuracy_curve` does, of the arguments at
        once and of values where somebody looks.
        """
        check_split(split)
        self.method, self.generated = method, generated
        self._model, self._split, self._epsilons = model, split, as_epsilons(epsilons)
        self._directions = directions
        self.total = len(split.labels)
        # (viewer, pictures) -> when that viewer last looked for as many
        self._wanted: dict[tuple[str, int], float] = {}
        super().__init__()

    def _start_over(self) -> None:
        super()._start_over()
        nothing = AccuracyCurve(self._epsilons, (0,) * len(self._epsilons), 0)
        self._pairs = [CurvePair(replace(nothing, zero_gradients=0), nothing)]
        self._flip_steps = bytearray()
        self._seconds_a_picture: float | None = None

    def _begin(self) -> Iterator[tuple[CurvePair, bytes]]:
        """After every batch the pair so far, and the flip steps of the batch."""
        images, labels = self._split
        yield_to = scheduler.FOREGROUND.yield_to_foreground
        attacked = stream_counted(
            self.method,
            self._model,
            images,
            labels,
            self._epsilons,
            batch_size=BATCH_SIZE,
            yield_to=yield_to,
        )
        random = stream_batches(
            self._model,
            images,
            labels,
            self._epsilons,
            directions=self._directions,
            batch_size=BATCH_SIZE,
            yield_to=yield_to,
        )
        return self._paired(attacked, random)

    def _paired(
        self, attacked: Iterator[Counted], random: Iterator[Batch]
    ) -> Iterator[tuple[CurvePair, bytes]]:
        labels = self._split.labels.cpu()
        correct = torch.zeros(2, len(self._epsilons), dtype=torch.int64)
        total = zeros = 0
        for found, control in zip(attacked, random, strict=True):
            size = found.right.shape[1]
            right = control.predictions == labels[total : total + size]
            correct += torch.stack([found.right.sum(dim=1), right.sum(dim=1)])
            total += size
            zeros += found.zero_gradients or 0
            attacked_at, control_at = (tuple(counts) for counts in correct.tolist())
            pair = CurvePair(
                AccuracyCurve(self._epsilons, attacked_at, total, zeros),
                AccuracyCurve(self._epsilons, control_at, total),
            )
            yield pair, flip_steps_of(found.right).tobytes()

    def poll(self, count: int, viewer: str = "") -> CurveSnapshot:
        """The pair over the first `count` pictures, or as many as are done, and go on computing.

        `count` is brought down to the pictures there are. Whatever made the computation fail is
        raised here, once; looking again starts it over. Raises ValueError of what is no count.
        """
        count = min(as_count(count, "a count"), self.total)
        with self._lock:
            self._wanted[viewer, count] = time.monotonic()
            self._go_on()
            return self._snapshot(count)

    def snapshot(self, count: int) -> CurveSnapshot:
        """What `poll` gives, and have nothing computed for it."""
        count = min(as_count(count, "a count"), self.total)
        with self._lock:
            return self._snapshot(count)

    def forget(self, viewer: str) -> None:
        """Compute nothing more for that viewer: at most the batch that is begun."""
        with self._lock:
            self._wanted = {key: at for key, at in self._wanted.items() if key[0] != viewer}

    def _snapshot(self, count: int) -> CurveSnapshot:
        pair = self._pairs[min(len(self._pairs) - 1, _batches(count))]
        a_picture = self._seconds_a_picture
        left = None if a_picture is None else a_picture * max(count - pair.total, 0)
        flip_steps = bytes(self._flip_steps[: pair.total])
        return CurveSnapshot(pair, count, left, flip_steps, self.method, self.generated)

    def _is_wanted(self) -> bool:
        now, patience = time.monotonic(), scheduler.WATCH_TIMEOUT
        self._wanted = {key: at for key, at in self._wanted.items() if now - at < patience}
        most = max((count for _, count in self._wanted), default=0)
        return len(self._pairs) <= _batches(most)

    def _keep(self, value: tuple[CurvePair, bytes], seconds: float) -> None:
        pair, flip_steps = value
        self._seconds_a_picture = seconds / (pair.total - self._pairs[-1].total)
        self._pairs.append(pair)
        self._flip_steps += flip_steps


def _batches(count: int) -> int:
    return -(-count // BATCH_SIZE)
