"""What both stores promise: the same tests for SQLite and for a real server."""

import os
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nudge.classroom import guesses, rooms
from nudge.classroom.opening import open_store
from nudge.classroom.redis_store import RedisStore
from nudge.classroom.rooms import Kind, Phase, Question, RoomsError, RoomStore
from nudge.classroom.sqlite_store import SqliteStore
from tests.nudge.classroom.stores import KINDS, redis_server, store_of

QUESTION = Question(Kind.CLASS, "image=17", ("Bag", "Coat", "Shirt"))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def store(kind: str, tmp_path: Path) -> Iterator[RoomStore]:
    with store_of(kind, tmp_path) as opened:
        yield opened


def again(store: RoomStore) -> RoomStore:
    """What another process has open, or this one after a restart."""
    if isinstance(store, SqliteStore):
        return SqliteStore(store.path)
    assert isinstance(store, RedisStore)
    return RedisStore(store.url)


def test_a_room_is_empty_and_only_its_key_is_its_teachers(store: RoomStore) -> None:
    (code, key), (other, other_key) = store.create(), store.create()
    room = store.room(code)
    assert room is not None
    assert (room.code, room.questions, room.phase, room.current) == (code, (), None, None)
    assert store.owns(code, key)
    assert store.owns(other, other_key)
    assert not store.owns(code, other_key)
    assert not store.owns(code, "")
    assert not store.owns("2222222", key)
    assert rooms.as_code(code) == code
    assert len(key) >= 20


def test_what_is_not_there_is_nothing(store: RoomStore) -> None:
    assert store.room("2222222") is None
    assert store.version("2222222") is None
    assert not store.ask("2222222", QUESTION, 0)
    assert not store.turn("2222222", Phase.CLOSED)
    assert not store.answer("2222222", 0, "ada", 0)
    assert store.answer_of("2222222", 0, "ada") is None
    assert store.counts("2222222", 0) == {}
    store.end("2222222")
    code, _ = store.create()
    assert not store.turn(code, Phase.SHOWN)  # no question
    assert not store.answer(code, 0, "ada", 0)


def test_answers_may_change_until_the_question_is_closed(store: RoomStore) -> None:
    code, _ = store.create()
    assert store.ask(code, QUESTION, 0)
    assert store.answer(code, 0, "ada", 1)
    assert store.answer(code, 0, "ben", 1)
    assert store.answer(code, 0, "ada", 2)
    assert store.counts(code, 0) == {1: 1, 2: 1}
    assert store.answer_of(code, 0, "ada") == 2
    assert store.answer_of(code, 0, "eve") is None
    for phase in (Phase.CLOSED, Phase.SHOWN):
        assert store.turn(code, phase)
        assert not store.answer(code, 0, "ada", 0)
        assert store.answer_of(code, 0, "ada") == 2
    assert store.turn(code, Phase.OPEN)
    assert store.answer(code, 0, "ada", 0)


@pytest.mark.parametrize("choice", [-1, 3, 10**9, 0.5, "0", None, float("nan"), True])
def test_what_was_not_offered_is_not_kept(store: RoomStore, choice: int) -> None:
    code, _ = store.create()
    store.ask(code, QUESTION, 0)
    assert not store.answer(code, 0, "ada", choice)
    assert store.counts(code, 0) == {}
    assert not store.answer(code, 1, "ada", 0)
    assert not store.answer(code, -1, "ada", 0)


def test_a_thousand_answers_of_one_person_are_one(store: RoomStore) -> None:
    code, _ = store.create()
    store.ask(code, QUESTION, 0)
    start = time.monotonic()
    for number in range(1000):
        assert store.answer(code, 0, "ada", number % len(QUESTION.choices))
    assert store.counts(code, 0) == {999 % len(QUESTION.choices): 1}
    assert time.monotonic() - start < 20


def test_a_further_question_ends_the_one_before(store: RoomStore) -> None:
    code, _ = store.create()
    store.ask(code, QUESTION, 0)
    store.answer(code, 0, "ada", 1)
    store.turn(code, Phase.SHOWN)
    second = Question(Kind.FLIP, "image=3&architecture=cnn", tuple("0123456789"))
    store.ask(code, second, 1)
    room = store.room(code)
    assert room is not None
    assert (room.questions, room.current, room.phase) == ((QUESTION, second), 1, Phase.OPEN)
    assert not store.answer(code, 0, "ada", 2)
    assert store.answer(code, 1, "ada", 9)
    assert (store.counts(code, 0), store.counts(code, 1)) == ({1: 1}, {9: 1})


def test_the_version_tells_that_something_changed(store: RoomStore) -> None:
    code, _ = store.create()
    seen = [store.version(code)]

    def changed() -> bool:
        seen.append(store.version(code))
        return seen[-1] != seen[-2]

    store.ask(code, QUESTION, 0)
    assert changed()
    assert not changed()
    store.answer(code, 0, "ada", 0)
    assert changed()
    store.answer(code, 0, "ada", 7)  # refused
    assert not changed()
    store.turn(code, Phase.CLOSED)
    assert changed()
    room = store.room(code)
    assert room is not None
    assert room.version == seen[-1]


def test_two_rooms_do_not_see_each_other(store: RoomStore) -> None:
    (first, _), (second, _) = store.create(), store.create()
    for code in (first, second):
        store.ask(code, QUESTION, 0)
    store.answer(first, 0, "ada", 0)
    store.answer(second, 0, "ada", 1)
    assert (store.counts(first, 0), store.counts(second, 0)) == ({0: 1}, {1: 1})
    store.end(first)
    assert store.room(first) is None
    assert store.counts(first, 0) == {}
    assert store.counts(second, 0) == {1: 1}


def test_another_process_and_a_restart_find_everything(store: RoomStore) -> None:
    code, key = store.create()
    store.ask(code, QUESTION, 0)
    store.answer(code, 0, "ada", 2)
    other = again(store)
    assert other.room(code) == store.room(code)
    assert other.owns(code, key)
    assert other.answer(code, 0, "ben", 2)
    assert store.counts(code, 0) == {2: 2}
    other.close()


def test_a_room_that_nobody_touches_leaves_nothing(
    store: RoomStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "IDLE", 1.0)
    code, key = store.create()
    store.ask(code, QUESTION, 0)
    store.answer(code, 0, "ada", 2)
    time.sleep(1.3)
    assert store.room(code) is None
    assert store.version(code) is None
    assert not store.owns(code, key)
    assert store.answer_of(code, 0, "ada") is None
    assert store.counts(code, 0) == {}
    store.create()
    if isinstance(store, SqliteStore):
        with sqlite3.connect(store.path) as held:
            for table in ("questions", "answers"):
                assert held.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    else:
        assert isinstance(store, RedisStore)
        assert list(store._server.scan_iter(f"nudge:{{{code}}}*")) == []


def test_a_server_that_opens_the_file_deletes_what_nobody_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = SqliteStore(tmp_path / "rooms.sqlite")
    code, _ = before.create()
    before.ask(code, QUESTION, 0)
    before.answer(code, 0, "ada", 2)
    before.close()
    monkeypatch.setattr(rooms, "IDLE", 0.0)
    after = SqliteStore(before.path)
    assert after.room(code) is None
    with sqlite3.connect(after.path) as held:
        assert held.execute("SELECT count(*) FROM answers").fetchone() == (0,)
    after.close()


def test_a_file_that_somebody_cleaned_up_is_made_anew(tmp_path: Path) -> None:
    """A store that held on to the old one would not see what the other replicas see."""
    store, other = (SqliteStore(tmp_path / "rooms.sqlite") for _ in range(2))
    first, _ = store.create()
    for file in tmp_path.iterdir():
        file.unlink()
    second, _ = other.create()
    assert store.room(first) is None
    assert store.room(second) is not None
    store.close()
    other.close()


def test_the_folder_without_a_name_is_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    store = open_store()
    assert isinstance(store, SqliteStore)
    folder = store.path.parent
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    folder.rename(tmp_path / f"nudge-rooms-{other}")
    with pytest.raises(RoomsError, match=r"another user's .*Name a folder of your own"):
        open_store()


def test_a_folder_below_ones_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    store = open_store("~/rooms")
    assert isinstance(store, SqliteStore)
    assert store.path.is_relative_to(tmp_path / "rooms")


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("redis://valkey:6379/0", "redis://valkey:6379/0"),
        ("valkey://valkey:6379/0", "redis://valkey:6379/0"),
        ("valkeys://user:pw@valkey.school/0", "rediss://user:pw@valkey.school/0"),
        ("unix:///run/valkey/valkey.sock", "unix:///run/valkey/valkey.sock"),
    ],
)
def test_of_an_address_only_the_scheme_is_translated(place: str, url: str) -> None:
    store = open_store(place)
    assert isinstance(store, RedisStore)
    assert store.url == url


def test_what_was_answered_before_lives_as_long_as_the_room(
    store: RoomStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "IDLE", 2.0)
    code, _ = store.create()
    store.ask(code, QUESTION, 0)
    store.answer(code, 0, "ada", 2)
    for number in range(1, 5):
        time.sleep(0.7)
        store.ask(code, QUESTION, number)
        store.answer(code, number, "ada", 1)
    assert store.counts(code, 0) == {2: 1}


def test_who_asks_twice_asks_once(store: RoomStore) -> None:
    code, _ = store.create()
    assert not store.ask(code, QUESTION, 1)
    assert store.ask(code, QUESTION, 0)
    assert not again(store).ask(code, QUESTION, 0)
    room = store.room(code)
    assert room is not None
    assert room.questions == (QUESTION,)


def test_what_is_closed_while_somebody_answers_stays_closed(
    store: RoomStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = store.create()
    store.ask(code, QUESTION, 0)
    closing = threading.Thread(target=again(store).turn, args=(code, Phase.CLOSED))
    may_answer = rooms.may_answer

    def and_meanwhile(room: rooms.Room | None, number: int, choice: int) -> bool:
        closing.start()
        closing.join(timeout=0.5)
        return may_answer(room, number, choice)

    monkeypatch.setattr(rooms, "may_answer", and_meanwhile)
    taken = store.answer(code, 0, "ada", 1)
    closing.join(timeout=60)
    room = store.room(code)
    assert room is not None
    assert room.phase is Phase.CLOSED
    assert store.counts(code, 0) == ({1: 1} if taken else {})


def test_a_hundred_answer_at_once(store: RoomStore) -> None:
    code, _ = store.create()
    store.ask(code, QUESTION, 0)

    def answer(number: int) -> None:
        assert store.answer(code, 0, f"student {number}", number % 3)
        assert store.answer(code, 0, f"student {number}", (number + 1) % 3)

    threads = [threading.Thread(target=answer, args=(n,)) for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert store.counts(code, 0) == Counter((n + 1) % 3 for n in range(100))
    version = store.version(code)
    assert version is not None
    assert version >= 200


def test_a_server_that_is_down_is_told_and_found_again(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        store = open_store(server.url)
        code, _ = store.create()
        store.ask(code, QUESTION, 0)
        store.answer(code, 0, "ada", 1)
        server.stop()
        for call in (
            lambda: store.room(code),
            lambda: store.answer(code, 0, "ben", 0),
            lambda: store.create(),
        ):
            with pytest.raises(RoomsError, match="cannot be kept"):
                call()
        server.start()
        assert store.answer(code, 0, "ben", 0)
        assert store.counts(code, 0) == {0: 1, 1: 1}
        store.close()


def test_a_file_that_cannot_be_written_is_told_and_found_again(tmp_path: Path) -> None:
    place = tmp_path / "rooms"
    place.write_text("no folder", "utf-8")
    store = open_store(str(place))
    with pytest.raises(RoomsError, match="cannot be kept"):
        store.create()
    place.unlink()
    code, _ = store.create()
    assert store.room(code) is not None
    store.close()


@pytest.mark.parametrize("place", ["ftp://somewhere", "http://127.0.0.1", "redis://:port"])
def test_a_place_that_is_none_is_told(place: str) -> None:
    with pytest.raises(RoomsError, match="No store of rooms"):
        open_store(place)


def test_a_password_is_not_told() -> None:
    store = open_store("redis://teacher:secret@127.0.0.1:1/0")
    with pytest.raises(RoomsError) as told:
        store.room("2222222")
    assert "secret" not in str(told.value)
    for place in ("redis://:sec/ret@host", "redis://:sec:ret@host:x/0", "ftp://me:secret@host/"):
        with pytest.raises(RoomsError) as told:
            open_store(place).room("2222222")
        assert "sec" not in str(told.value), place


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("abc defg", "ABCDEFG"),
        ("ABC-DEFG", "ABCDEFG"),
        ("  2k4-m6p8 ", "2K4M6P8"),
        ("2k4-m6p88", None),
        ("ABCDEF0", None),  # no zero
        ("", None),
        ("<b>2345678", None),
        ("ABCDEFÉ", None),
    ],
)
def test_codes_as_people_type_them(typed: str, code: str | None) -> None:
    assert rooms.as_code(typed) == code


def test_codes_are_not_guessed() -> None:
    """At as many misses as a server allows, until the room has gone."""
    tried = guesses.MOST / guesses.WINDOW * rooms.IDLE
    assert tried / len(rooms.ALPHABET) ** rooms.CODE_LENGTH < 1e-5
    assert len({rooms.new_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("choices", [(), ("one",), tuple(map(str, range(65)))])
def test_a_question_has_choices(choices: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected a number of choices"):
        Question(Kind.CLASS, "", choices)
    with pytest.raises(ValueError, match="is not a valid Kind"):
        Question("riddle", "", ("a", "b"))  # type: ignore[arg-type]
