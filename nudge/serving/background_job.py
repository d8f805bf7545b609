"""A computation that people watch while it runs in the background, once for all of them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from nudge.serving import scheduler
from nudge.serving.scheduler import BackgroundStream

T = TypeVar("T")


@dataclass(frozen=True)
class JobSnapshot(Generic[T]):
    """What somebody sees who looks at a job."""

    value: T
    done: int  # steps
    steps: int
    seconds_left: float | None  # None before the first step

    @property
    def complete(self) -> bool:
        return self.done == self.steps


class Job(BackgroundStream[T]):
    """A stream of ever better values, computed a step at a time as long as somebody looks.

    Looking never waits. A job that nobody has looked at for `WATCH_TIMEOUT` seconds rests.

    >>> job = Job(lambda: stream_transfer(models, images, labels), steps=4)
    >>> while not (look := job.poll()).complete:
    ...     time.sleep(0.5)
    """

    def __init__(self, stream: Callable[[], Iterator[T]], *, steps: int) -> None:
        """`stream` yields a value before the first step, which costs nothing, and one for each."""
        self._make, self._steps = stream, steps
        self._looked = 0.0
        super().__init__()

    def _begin(self) -> Iterator[T]:
        return self._make()

    def _start_over(self) -> None:
        super()._start_over()
        self._value = next(self._stream)
        self._done, self._seconds = 0, 0.0

    def poll(self) -> JobSnapshot[T]:
        """The value so far, and go on computing.

        Whatever made the computation fail is raised here, once; looking again starts it over.
        """
        with self._lock:
            self._looked = time.monotonic()
            self._go_on()
            left = None
            if self._done:
                left = self._seconds / self._done * (self._steps - self._done)
            return JobSnapshot(self._value, self._done, self._steps, left)

    def _is_wanted(self) -> bool:
        awaited = time.monotonic() - self._looked < scheduler.WATCH_TIMEOUT
        return awaited and self._done < self._steps

    def _keep(self, value: T, seconds: float) -> None:
        self._value = value
        self._done += 1
        self._seconds += seconds
