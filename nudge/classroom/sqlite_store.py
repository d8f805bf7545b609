"""Rooms in a file of SQLite: for one server, or for several on one machine."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from nudge.classroom import rooms
from nudge.classroom.rooms import Phase, Question, Room, RoomsError

_TABLES = """
CREATE TABLE IF NOT EXISTS rooms (
    code TEXT PRIMARY KEY, key TEXT NOT NULL, touched REAL NOT NULL,
    version INTEGER NOT NULL DEFAULT 0, phase TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions (
    code TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE, number INTEGER NOT NULL,
    content TEXT NOT NULL, PRIMARY KEY (code, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    code TEXT NOT NULL, number INTEGER NOT NULL, who TEXT NOT NULL, choice INTEGER NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (code, number, who),
    FOREIGN KEY (code, number) REFERENCES questions ON DELETE CASCADE
) WITHOUT ROWID;
"""
_READ = "BEGIN"  # a transaction that does not wait for one that writes
_WAITS = 5.0  # seconds at most for another process that writes


class SqliteStore:
    """See `RoomStore`. One connection serves all threads, one after the other."""

    def __init__(self, path: Path) -> None:
        """Rooms live in the file at `path`, which is made where it is missing."""
        self.path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: int | None = None  # the file that it reads

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """What is read in it and what is written belong together, for other processes, too."""
        with self._lock:
            try:
                if self._connection is not None and self._file() != self._opened:
                    self._let_go()  # somebody has cleaned the folder up
                if self._connection is None:
                    self._connection = self._connect()
                    self._opened = self._file()
                with self._connection:
                    self._connection.execute(begin)
                    yield self._connection
            except (sqlite3.Error, OSError) as error:
                self._let_go()  # the next call opens the file again
                raise RoomsError(
                    "The answers of this class cannot be kept", where=self.path, hint=str(error)
                ) from error

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # for its owner alone
        connection = sqlite3.connect(
            self.path, timeout=_WAITS, check_same_thread=False, isolation_level=None
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last second
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(_TABLES)
        _forget_old(connection)
        return connection

    def _file(self) -> int | None:
        """Which file lies at the path; None where none does."""
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return None

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def create(self) -> tuple[str, str]:
        code, key = rooms.new_code(), rooms.new_name()
        with self._transaction() as held:
            _forget_old(held)
            held.execute(
                "INSERT INTO rooms (code, key, touched) VALUES (?, ?, ?)",
                (code, rooms.digest(key), time.time()),
            )
        return code, key

    def room(self, code: str) -> Room | None:
        with self._transaction(_READ) as held:
            return _room(held, code)

    def version(self, code: str) -> int | None:
        with self._transaction(_READ) as held:
            found = _row(held, code)
        return None if found is None else found.version

    def owns(self, code: str, key: str) -> bool:
        with self._transaction(_READ) as held:
            found = _row(held, code)
        return found is not None and rooms.is_key(key, found.key)

    def ask(self, code: str, question: Question, number: int) -> bool:
        with self._transaction() as held:
            room = _room(held, code)
            if room is None or number != len(room.questions):
                return False
            held.execute(
                "INSERT INTO questions VALUES (?, ?, ?)", (code, number, question.to_json())
            )
            _touch(held, code, Phase.OPEN)
        return True

    def turn(self, code: str, phase: Phase) -> bool:
        with self._transaction() as held:
            room = _room(held, code)
            if room is None or not room.questions:
                return False
            _touch(held, code, Phase(phase))
        return True

    def answer(self, code: str, number: int, who: str, choice: int) -> bool:
        with self._transaction() as held:
            room = _room(held, code)
            if room is None or not rooms.may_answer(room, number, choice):
                return False
            held.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "choice = excluded.choice, at = excluded.at",
                (code, number, who, choice, time.time()),
            )
            _touch(held, code, room.phase)
        return True

    def answer_of(self, code: str, number: int, who: str) -> int | None:
        with self._transaction(_READ) as held:
            if _row(held, code) is None:
                return None
            found = held.execute(
                "SELECT choice FROM answers WHERE code = ? AND number = ? AND who = ?",
                (code, number, who),
            ).fetchone()
        return None if found is None else int(found[0])

    def counts(self, code: str, number: int) -> Mapping[int, int]:
        with self._transaction(_READ) as held:
            if _row(held, code) is None:
                return {}
            return dict(
                held.execute(
                    "SELECT choice, count(*) FROM answers WHERE code = ? AND number = ? "
                    "GROUP BY choice ORDER BY choice",
                    (code, number),
                )
            )

    def end(self, code: str) -> None:
        with self._transaction() as held:
            held.execute("DELETE FROM rooms WHERE code = ?", (code,))

    def close(self) -> None:
        with self._lock:
            self._let_go()


def _forget_old(held: sqlite3.Connection) -> None:
    """Delete rooms that nobody touches any more, with all that was answered in them."""
    held.execute("DELETE FROM rooms WHERE touched < ?", (time.time() - rooms.IDLE,))


class _Row(NamedTuple):
    key: str
    version: int
    phase: str | None


def _row(held: sqlite3.Connection, code: str) -> _Row | None:
    """Of a room that is there, and that somebody touches."""
    found = held.execute(
        "SELECT key, version, phase FROM rooms WHERE code = ? AND touched >= ?",
        (code, time.time() - rooms.IDLE),
    ).fetchone()
    return None if found is None else _Row(*found)


def _room(held: sqlite3.Connection, code: str) -> Room | None:
    found = _row(held, code)
    if found is None:
        return None
    asked = held.execute(
        "SELECT content FROM questions WHERE code = ? ORDER BY number", (code,)
    ).fetchall()
    questions = tuple(Question.from_json(content) for (content,) in asked)
    return Room(code, found.version, questions, None if found.phase is None else Phase(found.phase))


def _touch(held: sqlite3.Connection, code: str, phase: Phase | None) -> None:
    held.execute(
        "UPDATE rooms SET version = version + 1, touched = ?, phase = ? WHERE code = ?",
        (time.time(), phase, code),
    )
