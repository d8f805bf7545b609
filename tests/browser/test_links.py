"""Every link of every page leads to the same view, in whatever way it is followed."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from models import Architecture, Dataset, PixelOrder
from nudge.findings.lesson import findings
from tests.browser.conftest import Visit, visits
from tests.browser.following import (
    NAVIGATION,
    VIEW,
    follow_by_a_click,
    follow_in_a_new_tab,
    links,
    open_page,
    page_at,
    path_of,
    query_of,
    shows,
    stand,
    target,
    targets,
)
from views import text
from views.parts.lesson_steps import early, map_of, steps
from views.session.state import View


@pytest.fixture
def projector(browser: Browser, server: str) -> Iterator[Visit]:
    yield from visits(browser, server, 1280, 800, "light")


def first_of_each_kind(addresses: list[str]) -> dict[int, str]:
    """By their positions; addresses of a kind differ in nothing but a picture's number."""
    kinds: dict[str, int] = {}
    for i, address in enumerate(addresses):
        kinds.setdefault(re.sub(r"image=\d+", "image", address), i)
    return {i: addresses[i] for i in kinds.values()}


def test_kinds_of_links() -> None:
    addresses = ["a?image=1&quiz=1", "a?image=2&quiz=1", "a?image=1", "b?image=1", "a?image=3"]
    assert list(first_of_each_kind(addresses)) == [0, 2, 3]


@pytest.mark.parametrize("name", text.common.PAGES)
def test_a_new_tab_shows_what_a_click_shows(projector: Visit, name: str) -> None:
    """For one link of each kind; the tests below look at the addresses of all."""
    open_page(projector, name)
    start = projector.page.url
    for i, address in first_of_each_kind([target(link) for link in links(projector).all()]).items():
        if projector.page.url != start:
            projector.page.go_back()
            stand(projector.page, name)
        expect(projector.page).to_have_url(start)
        link = links(projector).nth(i)
        expect(link).to_have_js_property("href", address)
        closed = link.locator("xpath=ancestor::details[not(@open)]/summary")
        if closed.count():
            closed.click()
        follow_by_a_click(projector, link)
        follow_in_a_new_tab(projector, address)


def test_the_lesson_promises_its_views(projector: Visit) -> None:
    """With quiz and hide, which come from the steps and not from the page."""
    open_page(projector, "lesson")
    found = findings(Dataset.SIGN)
    meant: list[tuple[str, View]] = [(step.path, step.view) for step in steps(found)]
    meant += [("", view) for _, view in early(found)] + [("", map_of(found))]
    addresses = targets(projector, len(meant))
    for address, (path, view) in zip(addresses, meant, strict=True):
        assert address.partition("?")[0] == f"{projector.server}/{path}"
        assert View.from_query(query_of(address)) == (view, [])


def test_pictures_promise_the_network_that_they_flip(projector: Visit) -> None:
    open_page(projector, "classes")
    for address in targets(projector, 16):
        assert address.startswith(f"{projector.server}/?")
        view, notices = View.from_query(query_of(address))
        assert not notices
        assert (view.dataset, view.architecture, view.pixels) == (
            Dataset.SIGN,
            Architecture.FCNN,
            PixelOrder.SCRAMBLED,
        )


@pytest.mark.parametrize("name", text.common.PAGES)
def test_the_navigation_holds_the_view(visit: Visit, name: str) -> None:
    open_page(visit, name)
    navigation = visit.page.locator(NAVIGATION)
    expect(navigation).to_have_count(len(text.common.PAGES))
    for other, link in zip(text.common.PAGES, navigation.all(), strict=True):
        expect(link).to_have_attribute("href", f"{visit.server}/{path_of(other)}?{VIEW}")


def test_the_navigation_in_a_new_tab_shows_what_a_click_shows(projector: Visit) -> None:
    for number in range(len(text.common.PAGES)):
        open_page(projector, "assignment")
        link = projector.page.locator(NAVIGATION).nth(number)
        expect(link).to_have_attribute("href", re.compile("dataset="))
        follow_in_a_new_tab(projector, target(link))
        follow_by_a_click(projector, link)


def test_the_navigation_follows_what_is_chosen(visit: Visit) -> None:
    visit.open(f"?{VIEW}")
    visit.drag(20)
    expect(visit.page).to_have_url(re.compile("epsilon=0.1&"))
    curves = visit.page.locator(NAVIGATION).nth(1)
    expect(curves).to_have_attribute("href", re.compile(r"/curves\?.*epsilon=0\.1&"))
    visit.page.go_back()
    expect(curves).to_have_attribute("href", re.compile(r"/curves\?.*epsilon=0\.04&"))


def test_who_comes_back_from_another_page_looks_at_test_pictures(projector: Visit) -> None:
    projector.open("?dataset=sign&image=3")
    projector.page.get_by_role("radio", name=text.picture_input.SOURCES["upload"]).click()
    expect(projector.page).to_have_url(re.compile("regime=augmented"))
    for name in ("scramble", "explorer"):
        projector.page.locator(NAVIGATION).filter(has_text=text.common.PAGES[name]).press("Enter")
        stand(projector.page, name)
    projector.rest()
    expect(projector.page).not_to_have_url(re.compile("regime="))


@pytest.mark.parametrize("how", ["middle", "Control", "Shift"])
def test_a_click_that_asks_for_a_tab_gets_one(projector: Visit, how: str) -> None:
    open_page(projector, "lesson")
    page = projector.page
    before = page.url
    expect(page.locator(NAVIGATION).nth(1)).to_have_attribute("href", re.compile("dataset="))
    for link in (
        page.get_by_role("link", name="Open Explorer").first,
        page.locator(NAVIGATION).nth(1),
    ):
        address = target(link)
        with page.context.expect_page() as opened:
            if how == "middle":
                link.click(button="middle")
            else:
                link.click(modifiers=[how])  # type: ignore[list-item]
        shows(opened.value, page_at(projector, address), address)
        opened.value.close()
        assert page.url == before
