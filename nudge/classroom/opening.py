"""Which store of rooms a server has: the environment's NUDGE_ROOMS says."""

import tempfile
from pathlib import Path

from nudge.classroom.rooms import RoomsError, RoomStore

ROOMS = "NUDGE_ROOMS"
SCHEMES = ("redis", "rediss", "valkey", "valkeys", "unix")
FILE = "rooms.sqlite"


def open_store(place: str = "") -> RoomStore:
    """A folder, in which a file of SQLite holds the rooms, or redis://host:port of a server.

    Nothing is a folder of the system's temporary ones, which a restart of the server outlives.
    Raises RoomsError where the place names neither; whether a server is there shows at its use.
    """
    scheme, found, _ = place.partition("://")
    if not found:
        from nudge.classroom.sqlite_store import SqliteStore

        folder = Path(place) if place else Path(tempfile.gettempdir()) / "nudge-rooms"
        return SqliteStore(folder / FILE)
    if scheme not in SCHEMES:
        expected = f"a folder or {', '.join(f'{s}://' for s in SCHEMES)}"
        raise RoomsError("No store of rooms", where=ROOMS, expected=expected, found=place)
    from nudge.classroom.redis_store import RedisStore

    return RedisStore(place.replace("valkey", "redis", 1))
