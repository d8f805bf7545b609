"""A count that people watch while it runs in the background, once for all of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import torch

from nudge.serving import scheduler
from nudge.serving.scheduler import BackgroundCount, Counter, Effort


class Addable(Protocol):
    def __add__(self, other: Self, /) -> Self: ...


T = TypeVar("T", bound=Addable)


@dataclass(frozen=True)
class JobSnapshot(Generic[T]):
    """What somebody sees who looks at a job."""

    value: T
    total: int  # pictures
    seconds_left: float | None  # None before the first batch
    effort: Effort

    @property
    def complete(self) -> bool:
        return self.effort.pictures == self.total


class Job(BackgroundCount[T]):
    """A sum over batches of pictures, counted as long as somebody looks.

    Looking never waits. A job that nobody has looked at for `WATCH_TIMEOUT` seconds rests.

    >>> count = transfer_counter(models, images, labels)
    >>> job = Job(lambda device: Counter(count, most=100), count(slice(0)), total=200)
    >>> while not (look := job.poll()).complete:
    ...     time.sleep(0.5)
    """

    def __init__(
        self,
        counter: Callable[[torch.device], Counter[T]],
        nothing: T,
        *,
        total: int,
        batch_size: int = BackgroundCount.batch_size,
    ) -> None:
        """`counter` gives what counts on a device; `nothing` is the sum over no picture."""
        self._counter_for, self._nothing, self.batch_size = counter, nothing, batch_size
        self._looked = 0.0
        super().__init__(total)

    def _counter(self, device: torch.device) -> Counter[T]:
        return self._counter_for(device)

    def _start_over(self) -> None:
        super()._start_over()
        self._value = self._nothing

    def poll(self) -> JobSnapshot[T]:
        """The sum so far, and go on counting.

        Whatever made it fail is raised here, once; looking again starts it over.
        """
        with self._lock:
            self._looked = time.monotonic()
            self._go_on()
            left = self._seconds_left(self.total)
            return JobSnapshot(self._value, self.total, left, self._effort())

    def _wanted(self) -> int:
        awaited = time.monotonic() - self._looked < scheduler.WATCH_TIMEOUT
        return self.total if awaited else 0

    def _keep(self, value: T) -> None:
        self._value = self._value + value
