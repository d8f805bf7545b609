"""A real server and a real browser."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.conftest import CHECKOUT, unavailable

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def server(data_dir: Path) -> Iterator[str]:
    """The address of `streamlit run app.py`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    options = ["--server.port", str(port), "--server.address", "127.0.0.1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true", *options],
        cwd=CHECKOUT,
        env={"PATH": "", "HOME": str(Path.home()), "NUDGE_DATA": str(data_dir)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"{url}/_stcore/health")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"no answer from {url} in {seconds:.0f} s")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        unavailable("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


expect.set_options(timeout=60_000)  # two busy cores


class Visit:
    """A page, and everything about it that should not have happened."""

    def __init__(self, page: Page, server: str) -> None:
        self.page, self.server = page, server
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._own)
        page.set_default_timeout(60_000)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _own(self, request: Request) -> None:
        url = request.url
        if not url.startswith((self.server, "data:", "blob:")):
            self.complaints.append(f"a request to {url}")

    def open(self, address: str = "") -> None:
        self.page.goto(self.server + "/" + address)
        self.page.wait_for_selector(".nudge-equation img")

    def pictures(self) -> list[str]:
        """What the three pictures show: original, perturbation, attacked."""
        images = self.page.locator(".nudge-equation img")
        return [str(image.get_attribute("src")) for image in images.all()]

    def verdict(self) -> str:
        return (
            self.page.get_by_test_id("stMarkdown")
            .filter(has_text="the nudge")
            .or_(self.page.get_by_test_id("stMarkdown").filter(has_text="Fooled"))
            .inner_text()
        )


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["projector", "phone"])
def visit(request: pytest.FixtureRequest, browser: Browser, server: str) -> Iterator[Visit]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    visit = Visit(context.new_page(), server)
    yield visit
    context.close()
    assert not visit.complaints
