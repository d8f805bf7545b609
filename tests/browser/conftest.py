"""A real server and a real browser."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from nudge.sweep import EPSILONS
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
        self.sent = 0  # messages to the server
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._own)
        page.on("websocket", lambda socket: socket.on("framesent", self._count))
        page.set_default_timeout(60_000)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _own(self, request: Request) -> None:
        url = request.url
        if not url.startswith((self.server, "data:", "blob:")):
            self.complaints.append(f"a request to {url}")

    def _count(self, _: object) -> None:
        self.sent += 1

    def open(self, address: str = "") -> None:
        self.page.goto(self.server + "/" + address)
        self.page.wait_for_selector(".stage canvas")

    def settle(self) -> None:
        """Wait until the curve that is counted here has grown, and nothing is on its way."""
        expect(self.page.get_by_text("Dots: the first 200")).to_be_visible()
        expect(self.page.get_by_test_id("stProgress")).to_have_count(0)
        self.page.wait_for_timeout(500)

    @property
    def stage(self) -> Locator:
        return self.page.locator(".stage")

    @property
    def slider(self) -> Locator:
        return self.page.locator(".slider input")

    @property
    def step(self) -> int:
        return int(self.stage.get_attribute("data-step") or "-1")

    def verdict(self) -> str:
        return self.page.locator(".verdict").first.inner_text()

    def place(self, step: int) -> tuple[float, float]:
        """Where the thumb's middle is at a step, in the window."""
        box = self.slider.bounding_box()
        assert box is not None
        thumb = 26
        x = box["x"] + thumb / 2 + (box["width"] - thumb) * step / (len(EPSILONS) - 1)
        return x, box["y"] + box["height"] / 2

    def drag(self, *steps: int, release: bool = True) -> None:
        """Take the thumb and bring it to one step after another."""
        mouse = self.page.mouse
        mouse.move(*self.place(self.step))
        mouse.down()
        for step in steps:
            mouse.move(*self.place(step), steps=5)
        if release:
            mouse.up()
        expect(self.stage).to_have_attribute("data-step", str(steps[-1]))

    def pixels(self, picture: int, network: int = 0) -> NDArray[np.uint8]:
        """The red channel of a network's original (0), perturbation (1) or attacked picture (2)."""
        canvas = self.page.locator(".network").nth(network).locator(".equation canvas").nth(picture)
        values = canvas.evaluate(
            "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
        )
        return np.array(values, dtype=np.uint8)[::4]


@pytest.fixture(
    params=[(1280, 800, "light"), (390, 844, "dark")], ids=["projector-light", "phone-dark"]
)
def visit(request: pytest.FixtureRequest, browser: Browser, server: str) -> Iterator[Visit]:
    yield from visits(browser, server, *request.param)


def visits(
    browser: Browser, server: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> Iterator[Visit]:
    """One visit with a window of its own, of which nothing may have gone wrong in the end."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=width < 640
    )
    visit = Visit(context.new_page(), server)
    yield visit
    context.close()
    assert not visit.complaints
