"""What the browser sends before it has heard of a change undoes none."""

import re

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import Visit
from views import text


class Wire:
    """A session's messages to its server; each can be sent again, later."""

    def __init__(self, visit: Visit) -> None:
        self._page = visit.page
        self._sent: list[tuple[WebSocketRoute, str | bytes]] = []
        visit.page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def forward(message: str | bytes) -> None:
            self._sent.append((server, message))
            server.send(message)

        browser.on_message(forward)
        server.on_message(browser.send)

    def __len__(self) -> int:
        return len(self._sent)

    def wait_beyond(self, known: int) -> None:
        while len(self) <= known:
            self._page.wait_for_timeout(5)

    def repeat(self, place: int) -> None:
        server, message = self._sent[place]
        server.send(message)


@pytest.fixture
def wire(visit: Visit) -> Wire:
    return Wire(visit)


@pytest.mark.parametrize("milliseconds", [20, 200])
def test_the_training_chosen_for_an_own_picture(
    visit: Visit, wire: Wire, milliseconds: int
) -> None:
    visit.open("?dataset=sign&image=3")
    visit.settle()
    known = len(wire)
    visit.page.get_by_role("radio", name=text.picture_input.SOURCES["upload"]).click()
    wire.wait_beyond(known)
    visit.page.wait_for_timeout(milliseconds)
    wire.repeat(known)
    expect(visit.page.get_by_text(text.picture_input.AUGMENTED)).to_be_visible()
    visit.rest()
    expect(visit.page.get_by_text(text.picture_input.AUGMENTED)).to_be_visible()
    expect(visit.page).to_have_url(re.compile("regime=augmented"))


@pytest.mark.parametrize("milliseconds", [20, 200])
def test_the_next_picture(visit: Visit, wire: Wire, milliseconds: int) -> None:
    visit.open("?dataset=sign&image=3&epsilon=0.05")
    visit.settle()
    before = len(wire)
    visit.page.get_by_role("radio", name="Scrambled").click()  # a message that knows picture 3
    wire.wait_beyond(before)
    expect(visit.page).to_have_url(re.compile("pixels=scrambled"))
    visit.settle()
    known = len(wire)
    visit.page.keyboard.press("n")
    wire.wait_beyond(known)
    visit.page.wait_for_timeout(milliseconds)
    wire.repeat(before)
    expect(visit.page).to_have_url(re.compile("image=4"))
    visit.rest()
    expect(visit.page).to_have_url(re.compile("image=4"))
