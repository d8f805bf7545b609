"""What a room is: a teacher's questions, and what a class answers on its phones.

Nothing here is about a person. Somebody who answers is a random name that their browser made up,
and of an answer the choice and the time are kept. A room that nobody touches for `IDLE` seconds is
gone: nobody can read it, and what was answered in it is deleted, by Redis at once, from a file when
the next class starts or a server first opens it.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Protocol

from models import NudgeError
from nudge.argument_checks import as_count

# Capital letters and digits that nobody takes for another one, on a projector or in handwriting.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 7  # 2.2e10 codes
IDLE = 4 * 3600.0  # seconds
MOST_CHOICES = 64  # of a question
_NAME_BYTES = 16


class RoomsError(NudgeError):
    """The store of rooms cannot be reached; what it holds is there again when it can."""


class Kind(StrEnum):
    """What is asked. The names are those in addresses."""

    FLIP = "flip"  # at which epsilon does the prediction flip?
    CLASS = "class"  # what will the picture be taken for?
    LONGEST = "longest"  # which network stands longest?
    PIXELS = "pixels"  # ordered or scrambled: which stands longer?
    HALF = "half"  # at which epsilon is half of the test set wrong?
    BEST = "best"  # at which epsilon does an attack gain most for what is seen of it?


class Phase(StrEnum):
    """How far a question is."""

    OPEN = "open"  # answers are taken, and may be changed
    CLOSED = "closed"  # no more of them
    SHOWN = "shown"  # the truth stands beside what was answered


@dataclass(frozen=True)
class Question:
    """One question about a view of the explorer; an answer is a place among its choices."""

    kind: Kind
    view: str  # the explorer's address, without the page: "image=17&architecture=cnn"
    choices: tuple[str, ...]  # at least two

    def __post_init__(self) -> None:
        """Raises ValueError of a kind that there is not, and of too few or too many choices."""
        Kind(self.kind)
        as_count(len(self.choices), "a number of choices", least=2, most=MOST_CHOICES)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Question":
        found = json.loads(text)
        return cls(Kind(found["kind"]), found["view"], tuple(found["choices"]))


@dataclass(frozen=True)
class Room:
    """A room as everybody in it sees it."""

    code: str
    version: int  # counts whatever changed: who has seen one need not look again
    questions: tuple[Question, ...]  # in the order in which they were asked
    phase: Phase | None  # of the last one; None before the first

    @property
    def current(self) -> int | None:
        """The place of the question that is asked now; None before the first."""
        return len(self.questions) - 1 if self.questions else None


class RoomStore(Protocol):
    """Where rooms are kept. Every method may be called from any thread, and raises RoomsError.

    A room that is not there, or no more, is None, False or nothing, never an error.
    """

    def create(self) -> tuple[str, str]:
        """A new room: its code, and the key that its teacher alone has."""

    def room(self, code: str) -> Room | None:
        """The room of that code."""

    def version(self, code: str) -> int | None:
        """What `Room.version` is now, for the price of one look."""

    def owns(self, code: str, key: str) -> bool:
        """Whether the key is that of the room's teacher; compared in constant time."""

    def ask(self, code: str, question: Question, number: int) -> bool:
        """Ask a further question, the one of that number from 0; the one before is over.

        Whether it is asked: a button pressed twice, or in two windows, asks once.
        """

    def turn(self, code: str, phase: Phase) -> bool:
        """Bring the question that is asked now to that phase."""

    def answer(self, code: str, number: int, who: str, choice: int) -> bool:
        """Take an answer, in the place of an earlier one of the same name.

        Whether it was taken: the question is asked now and open, and the choice was offered.
        """

    def answer_of(self, code: str, number: int, who: str) -> int | None:
        """What somebody chose."""

    def counts(self, code: str, number: int) -> Mapping[int, int]:
        """How often each choice was taken; those that nobody took are left out."""

    def end(self, code: str) -> None:
        """The room and all that was answered in it are gone."""

    def close(self) -> None:
        """Let go of what holds the store open."""


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def new_name() -> str:
    """Of somebody who answers, or of a teacher's key: nobody guesses it."""
    return secrets.token_urlsafe(_NAME_BYTES)


def as_code(text: str) -> str | None:
    """A code as somebody typed it: spaces, hyphens and small letters do not matter.

    None where it cannot be one.
    """
    code = "".join(c for c in text.upper() if c.isalnum())
    fits = len(code) == CODE_LENGTH and set(code) <= set(ALPHABET)
    return code if fits else None


def digest(key: str) -> str:
    """What is kept of a key: who reads the store cannot lead its rooms."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_key(key: str, kept: str) -> bool:
    return hmac.compare_digest(digest(key), kept)


def may_answer(room: Room | None, number: int, choice: int) -> bool:
    """Whether that choice is offered now."""
    if room is None or room.current != number or room.phase is not Phase.OPEN:
        return False
    # What is no int, True among it, was not offered: 0.5 lies between the bounds, too.
    return type(choice) is int and 0 <= choice < len(room.questions[number].choices)
