"""What the browser sends before it has heard of a change undoes none."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import Visit
from views import text


class Wire:
    """Between a browser and its server: what the one says reaches the other late, or twice."""

    def __init__(self, visit: Visit) -> None:
        self._page = visit.page
        self._sent: list[tuple[WebSocketRoute, bytes]] = []  # what somebody brought about
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        self._finished = 0  # runs
        visit.page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def forward(message: str | bytes) -> None:
            assert isinstance(message, bytes)
            asked = BackMsg.FromString(message)
            if asked.WhichOneof("type") == "rerun_script" and not asked.rerun_script.is_auto_rerun:
                self._sent.append((server, message))
            server.send(message)

        def back(message: str | bytes) -> None:
            assert isinstance(message, bytes)
            self._finished += ForwardMsg.FromString(message).WhichOneof("type") == "script_finished"
            if self._held is None:
                browser.send(message)
            else:
                self._held.append((browser, message))

        browser.on_message(forward)
        server.on_message(back)

    def _wait(self, count: str, beyond: int) -> None:
        deadline = time.monotonic() + 60
        while int(getattr(self, count)) <= beyond:
            assert time.monotonic() < deadline
            self._page.wait_for_timeout(5)

    @property
    def sent(self) -> int:
        return len(self._sent)

    def wait_for(self, number: int) -> None:
        """Until the message of that number, from 0, is sent."""
        self._wait("sent", number)

    def repeat(self, number: int) -> None:
        """Send it again, and wait for what the server makes of it."""
        before = self._finished
        server, message = self._sent[number]
        server.send(message)
        self._wait("_finished", before)

    @contextmanager
    def silent(self, messages: int) -> Iterator[None]:
        """The browser hears nothing until the server has answered so many of its messages."""
        known, self._held = self.sent, []
        yield
        self.wait_for(known + messages - 1)
        self._page.wait_for_timeout(1000)
        held, self._held = self._held, None
        for browser, message in held:
            browser.send(message)


@pytest.fixture
def wire(visit: Visit) -> Wire:
    return Wire(visit)


def source(visit: Visit, name: str) -> Locator:
    return visit.page.get_by_role("radio", name=text.picture_input.SOURCES[name])


@pytest.mark.parametrize("milliseconds", [20, 200])
def test_the_training_chosen_for_an_own_picture(
    visit: Visit, wire: Wire, milliseconds: int
) -> None:
    visit.open("?dataset=sign&image=3")
    visit.settle()
    known = wire.sent
    source(visit, "upload").click()
    wire.wait_for(known)
    visit.page.wait_for_timeout(milliseconds)
    wire.repeat(known)
    visit.rest()
    expect(visit.page.get_by_text(text.picture_input.AUGMENTED)).to_be_visible()
    expect(visit.page).to_have_url(re.compile("regime=augmented"))


def test_an_own_picture_thought_better_of(visit: Visit, wire: Wire) -> None:
    visit.open("?dataset=sign&image=3")
    visit.settle()
    with wire.silent(2):
        source(visit, "upload").click()
        source(visit, "test").click()
    visit.rest()
    expect(source(visit, "test")).to_be_checked()
    expect(visit.page).not_to_have_url(re.compile("regime="))


@pytest.mark.parametrize("milliseconds", [20, 200])
def test_the_next_picture(visit: Visit, wire: Wire, milliseconds: int) -> None:
    visit.open("?dataset=sign&image=3&epsilon=0.05")
    visit.settle()
    before = wire.sent
    visit.page.get_by_role("radio", name="Scrambled").click()  # a message that knows picture 3
    wire.wait_for(before)
    expect(visit.page).to_have_url(re.compile("pixels=scrambled"))
    visit.settle()
    known = wire.sent
    visit.page.keyboard.press("n")
    wire.wait_for(known)
    visit.page.wait_for_timeout(milliseconds)
    wire.repeat(before)
    visit.rest()
    expect(visit.page).to_have_url(re.compile("image=4"))


def test_a_link_is_copied_before_the_server_has_heard_of_the_release(
    visit: Visit, wire: Wire
) -> None:
    visit.open("?dataset=sign&image=3&epsilon=0.05")
    visit.settle()
    visit.page.evaluate("navigator.clipboard.writeText = async (url) => (window.copied = url)")
    with wire.silent(1):
        visit.drag(35)
        visit.page.get_by_role("button", name="Copy link").click()
    assert "epsilon=0.175&" in visit.page.evaluate("window.copied") + "&"


def test_two_pictures_on_and_another_order(visit: Visit, wire: Wire) -> None:
    visit.open("?dataset=sign&image=3&epsilon=0.05")
    visit.settle()
    with wire.silent(3):
        for _ in range(2):
            known = wire.sent
            visit.page.keyboard.press("n")
            wire.wait_for(known)  # or a busy browser makes one message of both
        visit.page.get_by_role("radio", name="Scrambled").click()
    visit.rest()
    expect(visit.page).to_have_url(re.compile("pixels=scrambled"))
    expect(visit.page).to_have_url(re.compile("image=5"))
    expect(visit.page.get_by_label(text.common.IMAGE, exact=True)).to_have_value("5")
