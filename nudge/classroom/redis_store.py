"""Rooms in Valkey or Redis: for replicas of the server on several machines."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from nudge.classroom import rooms
from nudge.classroom.rooms import Phase, Question, Room, RoomsError

_PATIENCE = 1.0  # seconds for an answer: a page stands still meanwhile
_AGAIN = 1  # times: a server that was restarted has let go of the connections of the pool

# A room is a hash of its key, version and phase; beside it lie a list of its questions and, for
# each question, a hash of choices by name. All of them go by themselves when nobody touches them.
# What must not come between two commands of another replica is a script: the server runs it whole.
# KEYS: the room, its questions and what its answers' keys begin with; ARGV[1]: seconds.
_TOUCHED = """
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
for number = 0, redis.call('LLEN', KEYS[2]) - 1 do
    redis.call('EXPIRE', KEYS[3] .. number, ARGV[1])
end
return 1
"""
# Further ARGV: number, content.
_ASK = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('LLEN', KEYS[2]) ~= tonumber(ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], 'phase', 'open')
"""
# Further ARGV: phase.
_TURN = """
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('LLEN', KEYS[2]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'phase', ARGV[2])
"""
# Further ARGV: number, name, choice and time.
_ANSWER = """
if redis.call('HGET', KEYS[1], 'phase') ~= 'open' then return 0 end
if redis.call('LLEN', KEYS[2]) - 1 ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[3] .. ARGV[2], ARGV[3], ARGV[4])
"""


class RedisStore:
    """See `RoomStore`."""

    def __init__(self, url: str) -> None:
        """`url` names the server: redis://host:port/database. Raises RoomsError of another one."""
        self.url = url
        try:
            self._server: Any = redis.Redis.from_url(
                url,
                decode_responses=True,
                socket_timeout=_PATIENCE,
                socket_connect_timeout=_PATIENCE,
                retry=Retry(NoBackoff(), _AGAIN),
            )
        except ValueError:  # which may quote a password
            raise RoomsError(
                "No store of rooms",
                where=self._where,
                expected="redis://user:password@host:port/number, with other signs as %40",
                found="an address that cannot be read",
            ) from None
        self._ask, self._turn, self._answer = (
            self._server.register_script(script + _TOUCHED) for script in (_ASK, _TURN, _ANSWER)
        )

    @contextmanager
    def _reached(self) -> Iterator[Any]:
        try:
            yield self._server
        except redis.RedisError as error:
            raise RoomsError(
                "The answers of this class cannot be kept", where=self._where, hint=str(error)
            ) from error

    @property
    def _where(self) -> str:
        return self.url.rpartition("@")[2]  # without a password

    def _call(self, script: Callable[..., Any], code: str, *values: object) -> bool:
        keys = [_room(code), _questions(code), _answers(code)]
        with self._reached():
            return bool(script(keys=keys, args=[int(rooms.IDLE), *values]))

    def create(self) -> tuple[str, str]:
        code, key = rooms.new_code(), rooms.new_name()
        with self._reached() as server, server.pipeline() as together:
            together.hset(_room(code), mapping={"key": rooms.digest(key), "version": 0})
            together.expire(_room(code), int(rooms.IDLE))
            together.execute()
        return code, key

    def room(self, code: str) -> Room | None:
        with self._reached() as server, server.pipeline() as together:
            together.hmget(_room(code), "version", "phase")
            together.lrange(_questions(code), 0, -1)
            (version, phase), asked = together.execute()
        if version is None:
            return None
        questions = tuple(map(Question.from_json, asked))
        return Room(code, int(version), questions, None if phase is None else Phase(phase))

    def version(self, code: str) -> int | None:
        with self._reached() as server:
            found = server.hget(_room(code), "version")
        return None if found is None else int(found)

    def owns(self, code: str, key: str) -> bool:
        with self._reached() as server:
            kept = server.hget(_room(code), "key")
        return kept is not None and rooms.is_key(key, kept)

    def ask(self, code: str, question: Question, number: int) -> bool:
        return self._call(self._ask, code, number, question.to_json())

    def turn(self, code: str, phase: Phase) -> bool:
        return self._call(self._turn, code, Phase(phase).value)

    def answer(self, code: str, number: int, who: str, choice: int) -> bool:
        if not rooms.may_answer(self.room(code), number, choice):
            return False
        return self._call(self._answer, code, number, who, f"{choice} {time.time():.3f}")

    def answer_of(self, code: str, number: int, who: str) -> int | None:
        with self._reached() as server:
            found = server.hget(_answers(code, number), who)
        return None if found is None else int(found.partition(" ")[0])

    def counts(self, code: str, number: int) -> Mapping[int, int]:
        with self._reached() as server:
            found = [int(kept.partition(" ")[0]) for kept in server.hvals(_answers(code, number))]
        return {choice: found.count(choice) for choice in sorted(set(found))}

    def end(self, code: str) -> None:
        room = self.room(code)
        asked = range(len(room.questions)) if room else ()
        with self._reached() as server:
            server.delete(_room(code), _questions(code), *(_answers(code, n) for n in asked))

    def close(self) -> None:
        with self._reached() as server:
            server.close()


def _room(code: str) -> str:
    # In a cluster, all keys of a room belong to one server: what stands in braces decides.
    return f"nudge:{{{code}}}:room"


def _questions(code: str) -> str:
    return f"nudge:{{{code}}}:questions"


def _answers(code: str, number: int | str = "") -> str:
    return f"nudge:{{{code}}}:answers:{number}"
