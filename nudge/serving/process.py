"""What lets one server process answer many people quickly, and keeps it small."""

import ctypes
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

import torch

from models import NudgeError
from nudge.devices import AUTO, CPU, find_device
from nudge.serving import scheduler
from nudge.serving.device_choice import DEVICE

P = ParamSpec("P")
R = TypeVar("R")

# Settings of the C library's allocator, by the numbers of glibc's malloc.h. Each page runs in a
# thread of its own; with a heap for each thread, each would keep what it once held. A forward pass
# needs again what the one before gave back: returning it to the system and fetching it again stops
# all threads of the process for a moment each time.
_MALLOC = {
    -8: 1,  # M_ARENA_MAX
    -1: 1 << 30,  # M_TRIM_THRESHOLD, bytes
    -3: 32 << 20,  # M_MMAP_THRESHOLD, bytes
    -2: 16 << 20,  # M_TOP_PAD, bytes
}

# Two threads that stay: PyTorch keeps 20 MB of working memory per thread, which otherwise each
# visitor's thread would hold. A third would compute no faster on two cores. Their priority is lower
# than that of the threads that serve pages, which need little time.
_FOREGROUND_THREADS = ThreadPoolExecutor(
    2, "attack", initializer=scheduler.lower_thread_priority, initargs=(15,)
)


_LOOKS_FOR = 0.3  # seconds; enough to find that there is no card, or no such one


def tune() -> None:
    """Set PyTorch's threads and the allocator for many small computations at a time."""
    # One picture is too little work to share between cores: with one thread each, visitors do
    # not fight over them.
    torch.set_num_threads(1)
    with suppress(OSError, AttributeError):  # another system has another C library
        libc = ctypes.CDLL("libc.so.6")
        for name, value in _MALLOC.items():
            libc.mallopt(name, value)


def choose_device(name: str, *, where: str) -> None:
    """Have counts run on the device of that name, as soon as it is ready; see `find_device`.

    A card takes seconds to get ready, which no page waits for. What is wrong with a name is one
    line on standard error, and `DEVICE.problem`; the CPU counts then. `where` is the name's place.
    """

    def choose() -> None:
        try:
            DEVICE.choose(find_device(name or AUTO, where=where))
        except NudgeError as error:
            DEVICE.choose(CPU)
            DEVICE.problem = error
            print(f"error: {error}", file=sys.stderr, flush=True)

    thread = threading.Thread(target=choose, name="device", daemon=True)
    thread.start()
    thread.join(timeout=_LOOKS_FOR)


def compute_in_foreground(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the function returns, computed while background work waits."""
    with scheduler.FOREGROUND:
        return _FOREGROUND_THREADS.submit(function, *args, **kwargs).result()
