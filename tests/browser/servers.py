"""Servers that are watched, hindered, killed and started again."""

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.measuring import browsing
from tests.conftest import CHECKOUT

# Notes every file that is opened to be written, and every address that is looked up or talked to.
WATCH = """
import os, sys

LOG = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
WRITING = os.O_WRONLY | os.O_RDWR

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if not (flags or 0) & WRITING or path == "/dev/null":
            return
        note = f"write {{path}}"
    elif event in ("socket.connect", "socket.sendto"):
        note = f"talk {{arguments[1]}}"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        note = f"look {{arguments[0]}}"
    else:
        return
    os.write(LOG, (note + "\\n").encode("utf-8", "replace"))

sys.addaudithook(watch)
"""


class Server:
    """`streamlit run app.py` at an address that stays the same from start to start."""

    def __init__(self, data_dir: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "NUDGE_DATA": str(data_dir)}
        self.log = log  # what it prints
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, within: str | None = None) -> None:
        """Start it; `within` is a shell's line that ends by running it, as "$@"."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += ["--server.port", str(self.port), "--server.headless", "true"]
        if within is not None:
            command = ["unshare", "--map-root-user", "--mount", "sh", "-c", within, "sh", *command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=CHECKOUT, env=self.environment, stdout=log, stderr=log
            )
        browsing.wait_for(f"{self.url}/_stcore/health", seconds=120)

    def kill(self) -> None:
        """As with kill -9: nobody is told."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=20)


@contextmanager
def watched(server: Server, folder: Path) -> Iterator[Path]:
    """Have a server watched; gives the file in which its notes stand."""
    notes = folder / "notes.txt"
    (folder / "sitecustomize.py").write_text(WATCH.format(log=str(notes)))
    server.environment["PYTHONPATH"] = str(folder)
    server.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    yield notes


def can_unshare() -> bool:
    """Whether this machine lets a process have mounts of its own."""
    try:
        command = ["unshare", "--map-root-user", "--mount", "true"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def read_only(paths: Sequence[Path], full: Path) -> str:
    """A shell's line: those paths can only be read, the folder `full` holds nothing more."""
    lines = []
    for path in map(shlex.quote, map(str, paths)):
        lines += [f"mount --bind {path} {path}", f"mount -o remount,bind,ro {path}"]
    quoted = shlex.quote(str(full))
    # A tmpfs of one page, which a file fills.
    lines += [
        f"mount -t tmpfs -o size=4k tmpfs {quoted}",
        f"head -c 4096 /dev/zero > {quoted}/full",
    ]
    return " && ".join([*lines, 'exec "$@"'])
