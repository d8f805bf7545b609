"""Counting in the background: a batch at a time, while somebody watches, after what is urgent.

On a CPU each batch is computed by one thread, and as many batches at once as there are cores. So
counts are the same with any number of threads, and no thread ever waits for another one within a
batch, as threads that share an operation do: with other people's work on the cores, such a pair
takes several times as long as one thread alone (docs/performance.md). A card has one thread that
drives it, and large batches.
"""

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Generic, Self, TypeVar

import torch

from nudge.devices import CPU, cores, device_name
from nudge.serving.device_choice import DEVICE

T = TypeVar("T")

WATCH_TIMEOUT = 5.0  # seconds without a look after which nobody is watching any more
PRIORITY = 19  # the least of all, of the threads that count
# Seconds at most: whatever else is asked for, a count comes to its end. Several threads share it.
LONGEST_WAIT = 0.1
# A card's batch grows until it takes about that many seconds: people see the count sharpen, and
# something else can go first.
CARD_STEP = 0.25
GROWTH = 4


def lower_thread_priority(level: int) -> None:
    """Leave the processor to threads of a lower level, from here on and in this thread alone."""
    if sys.platform == "linux":  # which knows priorities of threads
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), level)


class ForegroundPriority:
    """What somebody waits for; computations in the background stand still meanwhile.

    >>> with FOREGROUND:
    ...     attack(picture)
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0

    def __enter__(self) -> Self:
        with self._changed:
            self._inside += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def yield_to_foreground(self) -> None:
        """Wait until nothing is urgent, but not for long: called between two forward passes.

        Two that compute at the same time take Python's lock from each other at every operation,
        and from everybody who only wants a page.
        """
        with self._changed:
            most = LONGEST_WAIT * EXECUTOR.threads
            self._changed.wait_for(lambda: not self._inside, timeout=most)


class StepExecutor:
    """Threads that take the steps of all computations, in the order in which they come.

    So pages stay quick however many people ask for something, and a little is soon done beside a
    lot. They are always the same threads, because PyTorch keeps 20 MB of room to work in for each.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._steps = SimpleQueue[Callable[[], None] | None]()
        self._guard = threading.Lock()
        self._running: list[threading.Thread] = []

    def take(self, step: Callable[[], None]) -> None:
        """Take a step when those before it are done, or in the hands of other threads."""
        self._steps.put(step)
        with self._guard:
            if self._running:
                return
            for i in range(self.threads):
                name = f"count-{i}"
                self._running.append(threading.Thread(target=self._run, name=name, daemon=True))
                self._running[-1].start()
            # Python kills threads at its end wherever they are, which within PyTorch ends in a
            # crash.
            atexit.register(self.close)

    def _run(self) -> None:
        lower_thread_priority(PRIORITY)
        while step := self._steps.get():
            step()

    def close(self) -> None:
        """End the threads, each after the step that it is in; what waits is not taken."""
        with suppress(Empty):
            while True:
                self._steps.get_nowait()
        for _ in self._running:
            self._steps.put(None)
        for thread in self._running:
            thread.join()


FOREGROUND = ForegroundPriority()
EXECUTOR = StepExecutor(cores())
CARD_EXECUTOR = StepExecutor(1)


@dataclass(frozen=True)
class Effort:
    """What a count took so far."""

    pictures: int
    seconds: float  # in which at least one thread was computing
    threads: int = 0  # of the CPU, where it took part
    cards: tuple[str, ...] = ()  # names of the other devices that took part
    failure: str | None = None  # why a device was left for the CPU


NO_EFFORT = Effort(0, 0.0)


def next_effort() -> Effort:
    """What would count now: nothing yet, and the device that stands ready."""
    device = DEVICE.now
    if device == CPU:
        return Effort(0, 0.0, threads=EXECUTOR.threads, failure=DEVICE.failure)
    return Effort(0, 0.0, cards=(device_name(device),))


@dataclass(frozen=True)
class Counter(Generic[T]):
    """What counts a batch on a device, from several threads at once; and how large one may be."""

    count: Callable[[slice], T]
    most: int


class BackgroundCount(Generic[T]):
    """Pictures counted batch by batch in the background, as long as it is wanted.

    Several batches may be computed at once; they are kept in the pictures' order. Where a card
    fails, the CPU goes on behind the last batch that was kept. Subclasses say how to count, how
    many pictures are wanted and what becomes of a batch. All that they have is guarded by `_lock`,
    which every hook but `_counter` finds taken.
    """

    batch_size = 50  # pictures on a CPU; a card takes multiples of it

    def __init__(self, total: int) -> None:
        self.total = total
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._counters: dict[torch.device, Counter[T]] = {}
        self._failure: BaseException | None = None
        self._round = 0
        self._start_over()

    @property
    def rests(self) -> bool:
        """Whether no further batch will be computed unless somebody looks."""
        return not self._in_flight

    def _counter(self, device: torch.device) -> Counter[T]:
        """Hook: what counts on that device."""
        raise NotImplementedError

    def _wanted(self) -> int:
        """Hook: how many pictures somebody waits for."""
        raise NotImplementedError

    def _keep(self, value: T) -> None:
        """Hook: take what came of the next batch."""
        raise NotImplementedError

    def _start_over(self) -> None:
        """Hook: begin again, with nothing kept."""
        self._kept, self._seconds = 0, 0.0
        self._devices: dict[torch.device, None] = {}
        self._left_because: str | None = None
        self._resume()

    def _resume(self) -> None:
        """Go on behind what is kept; batches that are being computed count for nothing."""
        self._round += 1
        self._begun, self._in_flight = self._kept, 0
        self._early: dict[int, tuple[slice, T]] = {}  # behind one that is not there yet
        self._card_batch = self.batch_size
        self._stint = self._kept, self._seconds  # by which the time that is left is told
        self._running, self._since = 0, 0.0

    def _go_on(self) -> None:
        """Have counted what is wanted; with the lock taken, and without waiting.

        Whatever made it fail is raised here, once; the next time starts it over.
        """
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self._start_over()
            raise failure
        self._queue_up()

    def _queue_up(self) -> None:
        device = DEVICE.now
        on_cpu = device == CPU
        executor = EXECUTOR if on_cpu else CARD_EXECUTOR
        size = self.batch_size if on_cpu else self._card_batch
        while self._in_flight < executor.threads and self._begun < (wanted := self._whole()):
            batch = slice(self._begun, min(self._begun + size, wanted))
            self._begun = batch.stop
            self._in_flight += 1
            executor.take(partial(self._step, batch, device, self._round))

    def _whole(self) -> int:
        """What is wanted, in whole batches."""
        return min(-(-self._wanted() // self.batch_size) * self.batch_size, self.total)

    def _step(self, batch: slice, device: torch.device, of_round: int) -> None:
        with self._lock:
            if of_round != self._round:
                return
            begun = time.perf_counter()
            if not self._running:
                self._since = begun
            self._running += 1
        failure: BaseException | None = None
        try:
            counter = self._counter_on(device)
            value = counter.count(batch)
        except BaseException as error:  # raised where somebody looks next
            failure = error
        now = time.perf_counter()
        with self._lock:
            if of_round != self._round:
                return
            self._running -= 1
            self._in_flight -= 1
            self._seconds += now - self._since
            self._since = now
            if failure is not None:
                self._give_up(device, failure)
                return
            self._devices.setdefault(device)
            self._early[batch.start] = batch, value
            while self._kept in self._early:
                whole, found = self._early.pop(self._kept)
                self._kept = whole.stop
                self._keep(found)
            if device != CPU and now - begun < CARD_STEP / GROWTH:
                fits = counter.most // self.batch_size * self.batch_size
                self._card_batch = max(self.batch_size, min(GROWTH * self._card_batch, fits))
            self._queue_up()

    def _counter_on(self, device: torch.device) -> Counter[T]:
        with self._making:
            if device not in self._counters:
                self._counters[device] = self._counter(device)
            return self._counters[device]

    def _give_up(self, device: torch.device, failure: BaseException) -> None:
        self._resume()
        if DEVICE.note_failure(device, failure):
            self._counters.pop(device, None)
            self._left_because = DEVICE.failure
            self._queue_up()
        else:
            self._failure = failure

    def _effort(self) -> Effort:
        threads = EXECUTOR.threads if CPU in self._devices else 0
        cards = tuple(device_name(device) for device in self._devices if device != CPU)
        return Effort(self._kept, self._seconds, threads, cards, self._left_because)

    def _seconds_left(self, count: int) -> float | None:
        """Of computing; None before the first batch."""
        pictures, seconds = self._kept - self._stint[0], self._seconds - self._stint[1]
        return seconds / pictures * max(count - self._kept, 0) if pictures else None
