"""A real server and a real browser, for what can only be measured or tested there."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from models import NudgeError
from models.errors import CHECKOUT

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Served:
    """A server that has just begun to answer."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def server(data_dir: Path) -> Iterator[str]:
    """The address of a `streamlit run app.py` that has just begun to answer."""
    with serving(data_dir) as served:
        yield served.url


@contextmanager
def serving(data_dir: Path, folder: str = "", port: int | None = None) -> Iterator[Served]:
    """A `streamlit run app.py` that has just begun to answer, and its process.

    `folder` is the path below which its pages lie, such as "lab/nudge". Without a `port`, it is a
    free one.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}{folder and f'/{folder}'}"
    options = ["--server.port", str(port), "--server.address", "127.0.0.1"]
    options += ["--server.baseUrlPath", folder] if folder else []
    process = subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true", *options],
        cwd=CHECKOUT,
        env={**os.environ, "NUDGE_DATA": str(data_dir)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{url}/_stcore/health")
        yield Served(url, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:  # on a very busy machine
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def wait_for(url: str, seconds: float = 60) -> None:
    """Raises NudgeError when there is no answer in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 (our own server)
                return
        except OSError:
            time.sleep(0.02)
    raise NudgeError("The server does not answer", where=url, expected=f"within {seconds:.0f} s")


def find_chromium() -> str | None:
    """The one without windows where there is one: it opens a page in a fifth of the time."""
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium without a window. Raises NudgeError where none is installed."""
    chromium = find_chromium()
    if chromium is None:
        raise NudgeError("No Chromium is on this machine", mend="apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_OPTIONS))
        yield opened
        opened.close()
