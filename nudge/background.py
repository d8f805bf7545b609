"""Threads that compute while pages look on: one step at a time, and none outlives the process."""

import atexit
import threading
import weakref
from collections.abc import Callable

from nudge.turns import FairLock

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
    worker = threading.Thread(target=work, daemon=True)
    workers.add(worker)
    worker.start()
    return worker
