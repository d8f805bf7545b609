"""Which store of rooms a server has: the environment's NUDGE_ROOMS says."""

import getpass
import os
import tempfile
from pathlib import Path

from nudge.classroom.rooms import RoomsError, RoomStore

ROOMS = "NUDGE_ROOMS"
SCHEMES = ("redis", "rediss", "valkey", "valkeys", "unix")
FILE = "rooms.sqlite"


def open_store(place: str = "") -> RoomStore:
    """A folder, in which a file of SQLite holds the rooms, or redis://host:port of a server.

    Nothing is a folder among the system's temporary ones, for this user alone, which outlives a
    restart of the server. Raises RoomsError where the place names neither, or that folder is not
    ours; whether a server is there shows at its use.
    """
    scheme, found, _ = place.partition("://")
    if not found:
        from nudge.classroom.sqlite_store import SqliteStore

        folder = Path(place).expanduser() if place else _own_folder()
        return SqliteStore(folder / FILE)
    if scheme not in SCHEMES:
        expected = f"a folder or {', '.join(f'{s}://' for s in SCHEMES)}"
        raise RoomsError("No store of rooms", where=ROOMS, expected=expected, found=f"{scheme}://")
    from nudge.classroom.redis_store import RedisStore

    return RedisStore(scheme.replace("valkey", "redis") + place.removeprefix(scheme))


def _own_folder() -> Path:
    """One that no other user of this machine can read, or has made in our name."""
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    folder = Path(tempfile.gettempdir()) / f"nudge-rooms-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.lstat().st_uid
    except OSError as error:
        raise RoomsError("No store of rooms", where=folder, hint=str(error)) from error
    if hasattr(os, "getuid") and owner != user:
        raise RoomsError(
            "The folder of rooms is another user's",
            where=folder,
            expected=f"one of user {user}",
            found=f"one of user {owner}",
            hint=f"Name a folder of your own in {ROOMS}",
        )
    return folder
