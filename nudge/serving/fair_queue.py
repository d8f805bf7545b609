"""Taking turns: one computation at a time per server, for many people."""

import threading
import time
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

QUEUE_TIMEOUT = 10.0  # seconds after which somebody who was not heard of has left the line


@dataclass(frozen=True)
class Ticket(Generic[T]):
    """Somebody in line."""

    number: int  # counts those who ever joined; what people are told of each other
    what: T


@dataclass(frozen=True)
class Position(Generic[T]):
    """Where somebody stands."""

    ahead: tuple[Ticket[T], ...]  # the first of them is served
    own: Ticket[T]

    @property
    def served(self) -> bool:
        return not self.ahead


class FairQueue(Generic[T]):
    """A line of people of whom the first is served until it leaves.

    Nothing waits in here: a page that stands in line says so again and again, and has left it when
    `QUEUE_TIMEOUT` seconds go by without that, as when it was closed.

    >>> line = FairQueue[str]()
    >>> line.stand("ada", "curves").served
    True
    >>> line.stand("ben", "matrix").ahead
    (Ticket(number=1, what='curves'),)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards all that follows
        self._people: dict[str, tuple[Ticket[T], float]] = {}  # in their order; when last heard
        self._joined = 0

    def stand(self, who: str, what: T) -> Position[T]:
        """Join the line, or stay in it. Who comes to want something else goes to its end."""
        with self._lock:
            now = self._drop_silent()
            known = self._people.get(who)
            if known is not None and known[0].what == what:
                own = known[0]
            else:
                self._people.pop(who, None)
                self._joined += 1
                own = Ticket(self._joined, what)
            self._people[who] = own, now
            people = [standing for standing, _ in self._people.values()]
            return Position(tuple(people[: people.index(own)]), own)

    def leave(self, who: str) -> None:
        """Leave the line, wherever in it one stands; who is not in it may say so too."""
        with self._lock:
            self._people.pop(who, None)

    def poll(self) -> tuple[Ticket[T], ...]:
        """Everybody in line; the first is served."""
        with self._lock:
            self._drop_silent()
            return tuple(standing for standing, _ in self._people.values())

    def _drop_silent(self) -> float:
        now = time.monotonic()
        heard = {who: at for who, (_, at) in self._people.items()}
        for who, at in heard.items():
            if now - at > QUEUE_TIMEOUT:
                del self._people[who]
        return now
