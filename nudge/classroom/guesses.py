"""How often codes may be tried that belong to no room."""

import threading
from collections import deque

WINDOW = 60.0  # seconds
MOST = 600  # misses of all visitors together in a window: a class that misreads stays far below


class Guesses:
    """Misses of the last minute.

    With at most ten a second on each server, guessing codes finds a given room within the four
    hours in which it lives unused with a probability below 1e-5; a test holds the figure.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._misses: deque[float] = deque()

    def note(self, now: float) -> None:
        """A code belonged to no room, at a time in seconds."""
        with self._lock:
            self._misses.append(now)

    def too_many(self, now: float) -> bool:
        """Whether nobody may try for now."""
        with self._lock:
            while self._misses and now - self._misses[0] > WINDOW:
                self._misses.popleft()
            return len(self._misses) >= MOST
