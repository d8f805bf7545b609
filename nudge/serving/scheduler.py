"""Computing in the background: a step at a time, while somebody watches, after what is urgent."""

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, Self, TypeVar

T = TypeVar("T")

WATCH_TIMEOUT = 5.0  # seconds without a look after which nobody is watching any more
PRIORITY = 19  # the least of all, of the thread that counts
LONGEST_WAIT = 0.1  # seconds at most: whatever else is asked for, a count comes to its end


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
            self._changed.wait_for(lambda: not self._inside, timeout=LONGEST_WAIT)


class StepExecutor:
    """A thread that takes the steps of all computations, in the order in which they come.

    So there is one step at a time in the whole process, pages stay quick however many people ask
    for something, and a little is soon done beside a lot. It is always the same thread, because
    PyTorch keeps 20 MB of room to work in for each.
    """

    def __init__(self) -> None:
        self._steps = SimpleQueue[Callable[[], None] | None]()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, step: Callable[[], None]) -> None:
        """Take a step when those before it are done."""
        self._steps.put(step)
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lane", daemon=True)
                self._thread.start()
                # Python kills threads at its end wherever they are, which within PyTorch ends in
                # a crash.
                atexit.register(self._close)

    def _run(self) -> None:
        lower_thread_priority(PRIORITY)
        while step := self._steps.get():
            step()

    def _close(self) -> None:
        with suppress(Empty):
            while True:  # what waits will not be taken
                self._steps.get_nowait()
        self._steps.put(None)
        if self._thread is not None:
            self._thread.join()


FOREGROUND = ForegroundPriority()
EXECUTOR = StepExecutor()


class BackgroundStream(Generic[T]):
    """A stream of values, taken a step at a time in the background as long as it is wanted.

    Subclasses say what is wanted and what becomes of a value. All that they have is
    guarded by `_lock`, which every hook finds taken.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scheduled = False
        self._failure: BaseException | None = None
        self._start_over()

    @property
    def rests(self) -> bool:
        """Whether no further step will be taken unless somebody looks."""
        return not self._scheduled

    def _start_over(self) -> None:
        """Hook: begin again, with nothing kept."""
        self._stream = self._begin()

    def _begin(self) -> Iterator[T]:
        """Hook: the stream."""
        raise NotImplementedError

    def _is_wanted(self) -> bool:
        """Hook: whether to take a further step."""
        raise NotImplementedError

    def _keep(self, value: T, seconds: float) -> None:
        """Hook: take what a step gave, and how long it took."""
        raise NotImplementedError

    def _go_on(self) -> None:
        """Have computed what is wanted; with the lock taken, and without waiting.

        Whatever made the computation fail is raised here, once; the next time starts it over.
        """
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self._start_over()
            raise failure
        if not self._scheduled:
            self._queue_up()

    def _queue_up(self) -> None:
        self._scheduled = self._is_wanted()
        if self._scheduled:
            EXECUTOR.take(self._step)

    def _step(self) -> None:
        begun = time.perf_counter()
        try:
            value = next(self._stream)
        except BaseException as error:  # raised where somebody looks next
            with self._lock:
                self._failure, self._scheduled = error, False
            return
        seconds = time.perf_counter() - begun
        with self._lock:
            self._keep(value, seconds)
            self._queue_up()
