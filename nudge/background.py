"""Computing while pages look on: a step at a time, only what is wanted, and never past the end."""

import atexit
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

from nudge.turns import FairLock

T = TypeVar("T")

_NICE = 10  # of 19
PATIENCE = 5.0  # seconds after which nobody is taken to be looking any more

# One step at a time in the whole process, whatever is computed, so that pages stay quick however
# many people ask for something, and in turns, so that a little is soon done beside a lot.
TURN = FairLock()

# Python kills threads at its end wherever they are; within PyTorch that ends in a crash.
closing = threading.Event()
workers: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


@atexit.register
def _close() -> None:
    closing.set()
    for worker in list(workers):
        worker.join()


def start(work: Callable[[], None]) -> threading.Thread:
    """Run `work` in a thread of its own. It looks at `closing` between its steps."""

    def behind_the_pages() -> None:
        # Linux knows priorities of threads: what nobody waits for takes the time that is left.
        if sys.platform == "linux":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        work()

    worker = threading.Thread(target=behind_the_pages, daemon=True)
    workers.add(worker)
    worker.start()
    return worker


class Watched(Generic[T]):
    """A stream of values, taken a step at a time in the background as long as it is wanted.

    What is wanted, and what becomes of a value, is for subclasses to say. All that they have is
    guarded by `_lock`, which every hook finds taken.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._start_over()

    def _start_over(self) -> None:
        """Hook: begin anew, with nothing kept."""
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
        if self._worker is None and self._is_wanted():
            self._worker = start(self._work)

    def _work(self) -> None:
        while self._has_work():
            with TURN:
                begun = time.perf_counter()
                try:
                    value = next(self._stream)
                except BaseException as error:  # told to whoever looks next
                    with self._lock:
                        self._failure, self._worker = error, None
                    return
                seconds = time.perf_counter() - begun
            with self._lock:
                self._keep(value, seconds)

    def _has_work(self) -> bool:
        """If not, the worker is dismissed at once, so that whoever looks next starts another."""
        with self._lock:
            if self._is_wanted() and not closing.is_set():
                return True
            self._worker = None
            return False
