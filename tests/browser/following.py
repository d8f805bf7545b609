"""Following links, and what a tab shows that followed one."""

import re
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from views import text
from views.session.state import View

VIEW = "dataset=sign&architecture=fcnn&pixels=scrambled&epsilon=0.04&image=17"
NAVIGATION = '[data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"]'


def path_of(name: str) -> str:
    return "" if name == "explorer" else name


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def stand(page: Page, name: str) -> None:
    """Wait until the page of that name stands, with its address."""
    current = page.locator(f':is({NAVIGATION})[aria-current="page"]')
    expect(current).to_have_text(text.common.PAGES[name])
    expect(page).to_have_url(re.compile("dataset="))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    if name == "explorer":
        expect(page.locator(".stage canvas").first).to_be_visible()


def open_page(visit: Visit, name: str) -> None:
    visit.page.goto(f"{visit.server}/{path_of(name)}?{VIEW}")
    stand(visit.page, name)
    # Streamlit loads each kind of element when it is first needed.
    visit.page.wait_for_load_state("networkidle")


def links(visit: Visit) -> Locator:
    """All but those of the navigation, which are the same on every page."""
    return visit.page.locator(f"a[href]:not({NAVIGATION})")


def targets(visit: Visit, count: int) -> list[str]:
    """The addresses of so many links, once they stand, without those to a place on the page."""
    found = visit.page.locator(f'a[href]:not({NAVIGATION}):not([href*="#"])')
    expect(found).to_have_count(count)
    return [target(link) for link in found.all()]


def target(link: Locator) -> str:
    """Where a browser goes that follows the link by itself."""
    found: str = link.evaluate("link => link.href")
    return found


def page_at(visit: Visit, address: str) -> str:
    """The name of the page whose address that is."""
    folder, slash, last = address.partition("?")[0].partition("#")[0].rpartition("/")
    assert folder + slash == f"{visit.server}/", address
    (name,) = [name for name in text.common.PAGES if path_of(name) == last]
    return name


def shows(page: Page, name: str, address: str) -> None:
    """Wait until a tab shows the view of that address: what it brings, not what it hides."""
    page.wait_for_url(
        lambda url: (
            urlsplit(url).path == urlsplit(address).path and query_of(url) == query_of(address)
        )
    )
    stand(page, name)
    if name == "explorer":
        view, notices = View.from_query(query_of(address))
        assert not notices
        for button, there in (("This is my guess", view.quiz), ("Share", "share" not in view.hide)):
            expect(page.get_by_role("button", name=button)).to_have_count(int(there))
        expect(page.locator(".stage .network")).to_have_count(len(view.on_stage))


def follow_in_a_new_tab(visit: Visit, address: str) -> None:
    tab = visit.page.context.new_page()
    tab.goto(address)
    shows(tab, page_at(visit, address), address)
    tab.close()


def follow_by_a_click(visit: Visit, link: Locator) -> None:
    """A plain click; the page changes, but is not loaded."""
    address = target(link)
    visit.page.evaluate("window.stayed = true")
    link.press("Enter")  # as a click with the mouse; the first link is seen by the keyboard only
    shows(visit.page, page_at(visit, address), address)
    assert visit.page.evaluate("window.stayed"), "the whole page was loaded"
