"""A new user's checkout, with no data and no network, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from scripts.measuring import browsing
from tests.browser.conftest import Visit, barriers
from views import text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """With an empty data folder; whatever it would fetch from elsewhere fails."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("https_proxy", "http://127.0.0.1:9")
        with browsing.server(tmp_path_factory.mktemp("empty")) as url:
            yield url


def test_hands_stand_in_and_the_button_says_what_failed(visit: Visit) -> None:
    page = visit.page
    visit.open("?dataset=sign&architecture=cnn&image=5000")
    expect(page.get_by_text("only 1,200 generated hands are here")).to_be_visible()
    expect(page.get_by_text("Sign's test pictures are not on this computer")).to_be_visible()
    expect(page.get_by_text("the first 200 generated hands")).to_be_visible()
    page.get_by_role("button", name=text.data_notice.GET_REAL).click()
    expect(page.get_by_text("could not be downloaded")).to_be_visible()
    expect(page.get_by_text("By hand: on a computer with internet")).to_be_visible()
    expect(page.get_by_text("Sign's test pictures are not on this computer")).to_be_visible()
    assert visit.fits()
    assert barriers(page) == []


def test_fashion_is_whole(visit: Visit) -> None:
    visit.open("?dataset=fashion&image=9999")
    expect(visit.page.get_by_text("Dots: the first 200, counted")).to_be_visible()
    expect(visit.page.get_by_role("button", name=text.data_notice.GET_REAL)).to_have_count(0)
