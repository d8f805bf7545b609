"""Curves that many people watch while they are computed, once for all of them."""

import atexit
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from nudge.data import Split
from nudge.sweep import AccuracyCurve, stream_accuracy_curve

BATCH_SIZE = 50  # pictures; a page sees the curve sharpen after every batch
PATIENCE = 5.0  # seconds after which nobody is taken to be looking any more

# One batch at a time in the whole process, so that pages stay quick however many curves are asked.
_turn = threading.Lock()

# Python kills threads at its end wherever they are; within PyTorch that ends in a crash.
_closing = threading.Event()
_workers: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


@atexit.register
def _close() -> None:
    _closing.set()
    for worker in list(_workers):
        worker.join()


@dataclass(frozen=True)
class CurvePair:
    """The same pictures under FGSM and under a random nudge of the same size."""

    fgsm: AccuracyCurve
    random: AccuracyCurve

    @property
    def total(self) -> int:
        """Pictures so far."""
        return self.fgsm.total


@dataclass(frozen=True)
class Sight:
    """What somebody sees who looks at curves in the making."""

    pair: CurvePair
    wanted: int  # pictures
    seconds_left: float | None  # None before the first batch

    @property
    def complete(self) -> bool:
        return self.pair.total >= self.wanted


class LiveCurves:
    """Both curves of one model, computed in the background as long as somebody looks.

    Looking never waits. Everybody who looks sees the same curves, nothing is computed twice, and a
    computation that nobody has looked at for `PATIENCE` seconds rests where it is.

    >>> curves = LiveCurves(model, load_split("fashion", "test"), EPSILONS, directions)
    >>> while not (sight := curves.look(1000)).complete:
    ...     print(sight.pair.total, sight.seconds_left)
    ...     time.sleep(0.5)
    """

    def __init__(
        self, model: nn.Module, split: Split, epsilons: Sequence[float], directions: Tensor
    ) -> None:
        """`directions`, (N, 1, 28, 28), are those of the random nudge; the rest is a curve's."""
        self._model, self._split, self._epsilons = model, split, tuple(epsilons)
        self._directions = directions
        self.total = len(split.labels)
        self._lock = threading.Lock()  # guards all that follows
        self._wanted: dict[int, float] = {}  # pictures -> when somebody last looked for as many
        self._worker: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._start_over()

    def _start_over(self) -> None:
        self._stream = self._pairs_in_the_making()
        self._pairs = [next(self._stream)]  # over no picture
        self._seconds_a_picture: float | None = None

    def _pairs_in_the_making(self) -> Iterator[CurvePair]:
        fgsm, random = (
            stream_accuracy_curve(
                self._model,
                *self._split,
                self._epsilons,
                directions=directions,
                batch_size=BATCH_SIZE,
            )
            for directions in (None, self._directions)
        )
        for pair in zip(fgsm, random, strict=True):
            yield CurvePair(*pair)

    def look(self, count: int) -> Sight:
        """The pair over the first `count` pictures, or as many as are done, and go on computing.

        `count` is brought down to the pictures there are. Whatever made the computation fail is
        raised here, once; looking again starts it over.
        """
        count = min(count, self.total)
        with self._lock:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                self._start_over()
                raise failure
            self._wanted[count] = time.monotonic()
            if self._worker is None and len(self._pairs) <= _batches(count):
                self._worker = threading.Thread(target=self._work, daemon=True)
                _workers.add(self._worker)
                self._worker.start()
            pair = self._pairs[min(len(self._pairs) - 1, _batches(count))]
            left = (
                None
                if self._seconds_a_picture is None
                else self._seconds_a_picture * max(count - pair.total, 0)
            )
            return Sight(pair, count, left)

    def _work(self) -> None:
        while self._is_wanted():
            with _turn:
                start = time.perf_counter()
                try:
                    pair = next(self._stream)
                except BaseException as error:  # told to whoever looks next
                    with self._lock:
                        self._failure, self._worker = error, None
                    return
                seconds = time.perf_counter() - start
            with self._lock:
                new = pair.total - self._pairs[-1].total
                self._pairs.append(pair)
                self._seconds_a_picture = seconds / new

    def _is_wanted(self) -> bool:
        """Whether to compute a further batch; if not, the worker is dismissed at once."""
        now = time.monotonic()
        with self._lock:
            self._wanted = {n: at for n, at in self._wanted.items() if now - at < PATIENCE}
            unfinished = len(self._pairs) <= _batches(max(self._wanted, default=0))
            if unfinished and not _closing.is_set():
                return True
            self._worker = None
            return False


def _batches(count: int) -> int:
    return -(-count // BATCH_SIZE)
