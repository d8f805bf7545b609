"""Curves that many people watch while they are computed, once for all of them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from nudge.argument_checks import as_count, as_epsilons, check_directions, check_split
from nudge.batch_size import suitable_batch_size
from nudge.data import Split
from nudge.devices import CPU
from nudge.evaluation.methods import Counted, Method, method_counter
from nudge.evaluation.predictions import batch_counter
from nudge.evaluation.sweep import AccuracyCurve, flip_steps_of
from nudge.serving import scheduler
from nudge.serving.device_choice import placed
from nudge.serving.scheduler import NO_EFFORT, BackgroundCount, Counter, Effort

BATCH_SIZE = BackgroundCount.batch_size  # pictures; pages see the curve sharpen after each batch


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
    effort: Effort = NO_EFFORT  # of all that was counted, which may be more pictures

    @property
    def complete(self) -> bool:
        return self.pair.total >= self.wanted


PairBatch = tuple[Counted, Tensor]  # under attack; right under the random nudge, bool (K, n)


class LiveCurves(BackgroundCount[PairBatch]):
    """Both curves of one model, counted in the background as long as somebody looks.

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
        check_directions(directions, len(split.labels))
        self.method, self.generated = method, generated
        self._model, self._split, self._epsilons = model, split, as_epsilons(epsilons)
        self._directions = directions
        # (viewer, pictures) -> when that viewer last looked for as many
        self._asked: dict[tuple[str, int], float] = {}
        super().__init__(len(split.labels))
        self._counter_on(CPU)  # which finds what is wrong with the arguments

    def _start_over(self) -> None:
        super()._start_over()
        nothing = AccuracyCurve(self._epsilons, (0,) * len(self._epsilons), 0)
        self._pairs = [CurvePair(replace(nothing, zero_gradients=0), nothing)]
        self._flip_steps = bytearray()

    def _counter(self, device: torch.device) -> Counter[PairBatch]:
        # On a card they stay until the count is gone: nothing is sent again for a batch.
        model = placed(self._model, device)
        images, labels, directions = (
            values.to(device) for values in (*self._split, self._directions)
        )
        yield_to = scheduler.FOREGROUND.yield_to_foreground
        attacked = method_counter(
            self.method, model, images, labels, self._epsilons, yield_to=yield_to
        )
        random = batch_counter(
            model, images, labels, self._epsilons, directions=directions, yield_to=yield_to
        )
        truth = self._split.labels.cpu()

        def count(batch: slice) -> PairBatch:
            found, control = attacked(batch), random(batch)
            return found, control.predictions == truth[batch]

        return Counter(count, suitable_batch_size(model))

    def poll(self, count: int, viewer: str = "") -> CurveSnapshot:
        """The pair over the first `count` pictures, or as many as are done, and go on computing.

        `count` is brought down to the pictures there are. Whatever made the computation fail is
        raised here, once; looking again starts it over. Raises ValueError of what is no count.
        """
        count = min(as_count(count, "a count"), self.total)
        with self._lock:
            self._asked[viewer, count] = time.monotonic()
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
            self._asked = {key: at for key, at in self._asked.items() if key[0] != viewer}

    def _snapshot(self, count: int) -> CurveSnapshot:
        pair = self._pairs[min(len(self._pairs) - 1, -(-count // BATCH_SIZE))]
        return CurveSnapshot(
            pair,
            count,
            self._seconds_left(count),
            bytes(self._flip_steps[: pair.total]),
            self.method,
            self.generated,
            self._effort(),
        )

    def _wanted(self) -> int:
        now, patience = time.monotonic(), scheduler.WATCH_TIMEOUT
        self._asked = {key: at for key, at in self._asked.items() if now - at < patience}
        return max((count for _, count in self._asked), default=0)

    def _keep(self, value: PairBatch) -> None:
        found, control = value
        zeros = found.zero_gradient
        lost = torch.zeros(found.right.shape[1]) if zeros is None else zeros
        parts = (torch.split(v, BATCH_SIZE, dim=-1) for v in (found.right, control, lost))
        for attacked, random, zero in zip(*parts, strict=True):
            self._pairs.append(_further(self._pairs[-1], attacked, random, int(zero.sum())))
        self._flip_steps += flip_steps_of(found.right).tobytes()


def _further(pair: CurvePair, attacked: Tensor, random: Tensor, zeros: int) -> CurvePair:
    """The pair with some pictures more, that stay right as said: bool (K, n)."""
    grown = []
    for curve, right in zip((pair.attacked, pair.random), (attacked, random), strict=True):
        counts = (torch.tensor(curve.correct) + right.sum(dim=1)).tolist()
        total = curve.total + right.shape[1]
        grown.append(replace(curve, correct=tuple(counts), total=total))
    before = pair.attacked.zero_gradients or 0
    return CurvePair(replace(grown[0], zero_gradients=before + zeros), grown[1])
