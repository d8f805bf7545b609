"""A real server and a real browser."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from numpy.typing import NDArray
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from nudge.evaluation.sweep import EPSILONS
from scripts.measuring import browsing
from tests.conftest import unavailable


@pytest.fixture(scope="session")
def server(data_dir: Path) -> Iterator[str]:
    """The address of `streamlit run app.py`."""
    with browsing.server(data_dir) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if browsing.find_chromium() is None:
        unavailable("no chromium on this machine: apt-get install chromium")
    with browsing.browser() as opened:
        yield opened


PATIENCE = 180  # seconds: two busy cores, of a machine that others use, too
expect.set_options(timeout=PATIENCE * 1000)


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for what Playwright has no words for."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


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

    def _hear(self, message: ConsoleMessage) -> None:
        # Below a page's own path Streamlit looks for its server first, and then above.
        looking = "/_stcore/" in message.location.get("url", "") and "404" in message.text
        if message.type == "error" and not looking:
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

    def open_page(self, address: str, ready: str) -> None:
        """Another page than the explorer; it is there when the text `ready` is."""
        self.page.goto(self.server + "/" + address)
        expect(self.page.get_by_text(ready).first).to_be_visible()
        expect(self.page.get_by_test_id("stStatusWidget")).to_have_count(0)

    def fits(self) -> bool:
        """Whether nothing has to be moved sideways to be seen."""
        wide: bool = self.page.evaluate(
            "(() => { const m = document.querySelector('[data-testid=stMain]');"
            " return m.scrollWidth <= m.clientWidth })()"
        )
        return wide

    def read(self, address: str) -> None:
        """Open a page of charts, and wait until they stand."""
        self.page.goto(self.server + "/" + address)
        chart = self.page.get_by_test_id("stVegaLiteChart").last
        expect(chart.locator("canvas, svg").first).to_be_visible()
        expect(self.page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )

    def rest(self) -> None:
        """Wait until no script runs, and none that was asked for is about to."""
        self.page.wait_for_timeout(1000)
        expect(self.page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )

    def settle(self) -> None:
        """Wait until the curve that is counted here has grown, and nothing is on its way."""
        expect(self.page.get_by_text("Dots: the first 200")).to_be_visible()
        until(self.page, self._is_still)

    def _is_still(self) -> bool:
        """Whether nothing was asked for half a second, and nothing is being answered."""
        before = self.sent
        self.page.wait_for_timeout(500)
        state = self.page.get_by_test_id("stApp").get_attribute("data-test-script-state")
        grown = self.page.get_by_test_id("stProgress").count() == 0
        return self.sent == before and state == "notRunning" and grown

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

    def wait_for_picture(
        self, holds: Callable[[NDArray[np.uint8]], bool], network: int = 0
    ) -> None:
        """Wait until the original that is drawn is such as `holds` asks for.

        Only the pixels say so: the gallery, for one, knows of a new picture before it is drawn.
        """
        until(self.page, lambda: holds(self.pixels(0, network)))

    def wait_for_another_picture(self, than: NDArray[np.uint8]) -> None:
        self.wait_for_picture(lambda drawn: not np.array_equal(drawn, than))


@pytest.fixture(
    params=[(1280, 800, "light"), (390, 844, "dark")], ids=["projector-light", "phone-dark"]
)
def visit(request: pytest.FixtureRequest, browser: Browser, server: str) -> Iterator[Visit]:
    yield from visits(browser, server, *request.param)


def visits(
    browser: Browser, server: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> Iterator[Visit]:
    """One visit with a window of its own, of which nothing may have gone wrong in the end.

    Visits of the same window share its cache: the page's scripts are loaded and compiled once.
    """
    kind = (width, height, scheme)
    contexts: dict[object, BrowserContext] = _CONTEXTS.setdefault(browser, {})
    if kind not in contexts:
        contexts[kind] = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=width < 640
        )
        contexts[kind].set_default_timeout(PATIENCE * 1000)  # of windows that pop up, too
    before = len(contexts[kind].pages)
    visit = Visit(contexts[kind].new_page(), server)
    yield visit
    for page in contexts[kind].pages[before:]:
        if page.url.startswith("http"):
            page.evaluate("localStorage.clear()")  # where Streamlit keeps an open sidebar, for one
        page.close()
    assert not visit.complaints


_CONTEXTS: WeakKeyDictionary[Browser, dict[object, BrowserContext]] = WeakKeyDictionary()


def barriers(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical, and finds again.

    Streamlit fades what a running script has not drawn yet, and half-faded text is too pale for
    anybody: a barrier is what stays.
    """
    for _ in range(6):
        found = [
            f"{found['id']}: {node['target']} {node['failureSummary']}"
            for found in Axe().run(page).response["violations"]
            if found["impact"] in ("serious", "critical")
            for node in found["nodes"]
        ]
        if not found:
            break
        page.wait_for_timeout(1000)
    return found
