"""A lesson with one teacher and five phones, through both stores of rooms."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.measuring.browsing import Served, free_port, serving
from tests.browser.conftest import PATIENCE, Visit, barriers
from tests.nudge.classroom.stores import KINDS, redis_server
from views import text

PHONES = 5
# What Chromium and Streamlit's page say in the console while no server answers.
UNANSWERED = (
    "ERR_CONNECTION_REFUSED",
    "WebSocket",
    "disconnected",
    "Failed to fetch",
    "Client Error in reaching server endpoint",
    "Streamlit server is not responding",
)


class Restartable:
    """A server that can be ended and started again at the same address."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir, self._port, self._stack = data_dir, free_port(), ExitStack()
        self.served: Served = self._stack.enter_context(serving(data_dir, port=self._port))

    def restart(self) -> None:
        self.served.process.kill()
        self.served.process.wait()
        self._stack.close()
        self.served = self._stack.enter_context(serving(self._data_dir, port=self._port))

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(params=KINDS)
def server_of_rooms(
    request: pytest.FixtureRequest,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Restartable]:
    with ExitStack() as stack:
        place = str(tmp_path)
        if request.param == "redis":
            place = stack.enter_context(redis_server(tmp_path)).url
        monkeypatch.setenv("NUDGE_ROOMS", place)
        assert os.environ["NUDGE_ROOMS"] == place
        server = Restartable(data_dir)
        yield server
        server.close()


def button(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def choose(page: Page, label: str, shown: str) -> None:
    """Answer, until the page says that the answer has arrived: a click may meet a redrawn page."""
    for _ in range(10):
        button(page, label)
        try:
            expect(page.get_by_text(shown)).to_be_visible(timeout=10_000)
        except AssertionError:
            continue
        return
    raise AssertionError(f"{label} was never answered with {shown}")


def test_a_lesson_with_five_phones(server_of_rooms: Restartable, browser: Browser) -> None:
    url = server_of_rooms.served.url
    projector = browser.new_context(viewport={"width": 1280, "height": 720})
    teacher = Visit(projector.new_page(), url)
    teacher.page.goto(f"{url}/class")
    button(teacher.page, text.classroom.START)
    expect(teacher.page.get_by_role("button", name=text.classroom.ASK, exact=True)).to_be_visible()
    code = teacher.page.url.partition("room=")[2]
    assert re.fullmatch("[2-9A-Z]{7}", code)
    contexts = [
        browser.new_context(
            viewport={"width": 390, "height": 844},
            has_touch=True,
            color_scheme="dark" if number % 2 else "light",
        )
        for number in range(PHONES)
    ]

    def join(number: int) -> Visit:
        phone = Visit(contexts[number].new_page(), url)
        phone.page.goto(f"{url}/class?room={code}")
        return phone

    phones = [join(number) for number in range(PHONES - 1)]
    for phone in phones:
        expect(phone.page.get_by_text(text.classroom.WAITING)).to_be_visible()
    button(teacher.page, text.classroom.ASK)
    for phone in phones:
        expect(phone.page.get_by_role("slider")).to_be_visible()
    for phone in phones[:2]:  # one in the light theme and one in the dark
        assert barriers(phone.page) == []
    for phone in phones:
        choose(phone.page, text.classroom.SEND, "Your answer is 0.075")
    expect(teacher.page.get_by_text(text.classroom.answered(PHONES - 1))).to_be_visible()

    # One reloads, one changes, one comes late; nothing is lost and nobody counts twice.
    phones[0].page.reload()
    expect(phones[0].page.get_by_text("Your answer is 0.075")).to_be_visible()
    phones[1].page.get_by_role("slider").press("ArrowRight")
    choose(phones[1].page, text.classroom.CHANGE, "Your answer is 0.08")
    phones.append(join(PHONES - 1))
    choose(phones[-1].page, text.classroom.SEND, "Your answer is 0.075")
    expect(teacher.page.get_by_text(text.classroom.answered(PHONES))).to_be_visible()

    # The server dies mid-question, and the teacher's browser is loaded anew.
    visits = (teacher, *phones)
    for visit in visits:
        assert visit.complaints == []
    server_of_rooms.restart()
    teacher.page.reload()
    expect(teacher.page.get_by_text(text.classroom.answered(PHONES))).to_be_visible()
    assert "key" not in teacher.page.url
    for phone in phones:
        expect(phone.page.get_by_text("Your answer is 0.0")).to_be_visible()
    assert barriers(teacher.page) == []
    assert barriers(phones[0].page) == []
    assert phones[0].fits()

    button(teacher.page, text.classroom.CLOSE)
    for phone in phones:
        expect(phone.page.get_by_text(text.classroom.NOT_OPEN)).to_be_visible()
    for visit in visits:  # all have found the new server by now
        assert [c for c in visit.complaints if not any(part in c for part in UNANSWERED)] == []
        visit.complaints.clear()
    button(teacher.page, text.classroom.SHOW)
    expect(teacher.page.get_by_text(re.compile(rf"{PHONES} answers, \d of them"))).to_be_visible()
    expect(teacher.page.locator(".stage canvas").first).to_be_visible()
    for phone in phones:
        expect(phone.page.get_by_text("You answered 0.0")).to_be_visible()
    assert barriers(teacher.page) == []
    assert barriers(phones[1].page) == []

    # A second question has buttons; who is not the teacher sees no controls at the same address.
    button(teacher.page, text.classroom.NEXT)
    choose(phones[0].page, "bag", text.classroom.sent("bag"))
    expect(teacher.page.get_by_text(text.classroom.answered(1))).to_be_visible()
    expect(phones[1].page.get_by_role("button", name=text.classroom.CLOSE)).to_have_count(0)
    button(teacher.page, text.classroom.FINISH)
    expect(teacher.page.get_by_text(text.classroom.SUMMARY)).to_be_visible()
    button(teacher.page, text.classroom.BACK)
    button(teacher.page, text.classroom.END)
    expect(teacher.page.get_by_role("button", name=text.classroom.START)).to_be_visible()
    for phone in phones:
        expect(phone.page.get_by_text(text.classroom.ENDED)).to_be_visible()
    for visit in visits:
        assert visit.complaints == []
    for context in (projector, *contexts):
        context.close()


def test_a_store_that_goes_away_is_told_and_comes_back(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Browser
) -> None:
    with redis_server(tmp_path) as rooms:
        monkeypatch.setenv("NUDGE_ROOMS", rooms.url)
        with serving(data_dir) as served:
            contexts = [
                browser.new_context(viewport={"width": w, "height": 844}) for w in (1280, 390)
            ]
            teacher, phone = (Visit(context.new_page(), served.url) for context in contexts)
            teacher.page.goto(f"{served.url}/class")
            button(teacher.page, text.classroom.START)
            button(teacher.page, text.classroom.ASK)
            expect(teacher.page.get_by_text(text.classroom.answered(0))).to_be_visible()
            phone.page.goto(f"{served.url}/class?room={teacher.page.url.partition('room=')[2]}")
            choose(phone.page, text.classroom.SEND, "Your answer is 0.075")

            rooms.stop()
            for visit in (teacher, phone):
                expect(visit.page.get_by_text(text.classroom.STORE_DOWN)).to_be_visible()
                assert barriers(visit.page) == []
            rooms.start()
            expect(teacher.page.get_by_text(text.classroom.answered(1))).to_be_visible()
            expect(phone.page.get_by_text("Your answer is 0.075")).to_be_visible()

            # A thumb that comes down in that moment is told, and can come again.
            rooms.stop()
            phone.page.get_by_role("button", name=text.classroom.CHANGE).click()
            expect(phone.page.get_by_text(text.classroom.STORE_DOWN)).to_be_visible()
            rooms.start()
            expect(phone.page.get_by_text(text.classroom.STORE_DOWN)).to_have_count(0)
            phone.page.get_by_role("slider").press("ArrowRight")
            choose(phone.page, text.classroom.CHANGE, "Your answer is 0.08")
            for visit, context in zip((teacher, phone), contexts, strict=True):
                assert visit.complaints == []
                context.close()


def test_the_teachers_own_link_leads_the_class_elsewhere(browser: Browser, server: str) -> None:
    first, second = browser.new_context(), browser.new_context()
    for context in (first, second):
        context.set_default_timeout(PATIENCE * 1000)
    page = first.new_page()
    page.goto(f"{server}/class")
    button(page, text.classroom.START)
    button(page, text.classroom.MY_LINK)
    link = page.get_by_text("#key=").inner_text()
    other = second.new_page()
    other.goto(server + "/class" + link.partition("/class")[2])
    expect(other.get_by_role("button", name=text.classroom.ASK, exact=True)).to_be_visible()
    assert "key" not in other.url  # which a projector would show
    other.reload()
    expect(other.get_by_role("button", name=text.classroom.ASK, exact=True)).to_be_visible()
    button(other, text.classroom.END)
    expect(other.get_by_role("button", name=text.classroom.START)).to_be_visible()
    first.close()
    second.close()
