"""Both stores of rooms, the second one on a real server that the tests start."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nudge.classroom.opening import open_store
from nudge.classroom.rooms import RoomStore
from tests.conftest import unavailable

KINDS = ("sqlite", "redis")
SERVERS = ("valkey-server", "redis-server")


class RedisServer:
    """A server at a free port of this machine, which can be ended and started again."""

    def __init__(self, folder: Path) -> None:
        found = (shutil.which(name) for name in SERVERS)
        program = next((path for path in found if path), None)
        if program is None:
            unavailable(f"none of {', '.join(SERVERS)} is here: apt-get install redis-server")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._command = [
            *(program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--appendonly", "yes"),  # so that a restart finds what was answered
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                    link.sendall(b"PING\r\n")
                    if link.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                assert time.monotonic() < deadline, "the server of rooms did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def store_of(kind: str, folder: Path) -> Iterator[RoomStore]:
    """An empty store of that kind."""
    if kind == "sqlite":
        store = open_store(str(folder))
        yield store
        store.close()
        return
    with redis_server(folder) as server:
        store = open_store(server.url)
        yield store
        store.close()
