"""A computation that people watch while it runs in the background, once for all of them."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from nudge import background

T = TypeVar("T")

PATIENCE = 5.0  # seconds after which nobody is taken to be looking any more


@dataclass(frozen=True)
class Look(Generic[T]):
    """What somebody sees who looks at a job."""

    value: T
    done: int  # steps
    steps: int
    seconds_left: float | None  # None before the first step

    @property
    def complete(self) -> bool:
        return self.done == self.steps


class Job(Generic[T]):
    """A stream of ever better values, computed a step at a time as long as somebody looks.

    Looking never waits. A job that nobody has looked at for `PATIENCE` seconds rests where it is.

    >>> job = Job(lambda: stream_transfer(models, images, labels), steps=4)
    >>> while not (look := job.look()).complete:
    ...     time.sleep(0.5)
    """

    def __init__(self, stream: Callable[[], Iterator[T]], *, steps: int) -> None:
        """`stream` yields a value before the first step, which costs nothing, and one for each."""
        self._make, self._steps = stream, steps
        self._lock = threading.Lock()  # guards all that follows
        self._looked = 0.0
        self._worker: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._start_over()

    def _start_over(self) -> None:
        self._stream = self._make()
        self._value = next(self._stream)
        self._done, self._seconds = 0, 0.0

    def look(self) -> Look[T]:
        """The value so far, and go on computing.

        Whatever made the computation fail is raised here, once; looking again starts it over.
        """
        with self._lock:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                self._start_over()
                raise failure
            self._looked = time.monotonic()
            if self._worker is None and self._done < self._steps:
                self._worker = background.start(self._work)
            left = None
            if self._done:
                left = self._seconds / self._done * (self._steps - self._done)
            return Look(self._value, self._done, self._steps, left)

    def _work(self) -> None:
        while self._is_wanted():
            with background.TURN:
                start = time.perf_counter()
                try:
                    value = next(self._stream)
                except BaseException as error:  # told to whoever looks next
                    with self._lock:
                        self._failure, self._worker = error, None
                    return
                seconds = time.perf_counter() - start
            with self._lock:
                self._value = value
                self._done += 1
                self._seconds += seconds

    def _is_wanted(self) -> bool:
        """Whether to take a further step; if not, the worker is dismissed at once."""
        with self._lock:
            awaited = time.monotonic() - self._looked < PATIENCE
            if awaited and self._done < self._steps and not background.closing.is_set():
                return True
            self._worker = None
            return False
