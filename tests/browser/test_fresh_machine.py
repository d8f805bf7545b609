"""The first view on a machine that has nothing but a clone; .ci/run starts the server."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit, visits


@pytest.fixture
def fresh(browser: Browser) -> Iterator[Visit]:
    """A page of the server that the README's first command started."""
    url = os.environ.get("NUDGE_FRESH")
    if url is None:
        pytest.skip("needs the server that .ci/run starts in a new clone, named by NUDGE_FRESH")
    yield from visits(browser, url, 1280, 800, "light")


@pytest.mark.parametrize("dataset", ["fashion", "sign"])
def test_the_first_view_is_complete_without_any_data(fresh: Visit, dataset: str) -> None:
    assert "NUDGE_DATA" not in os.environ
    fresh.open(f"?dataset={dataset}")
    expect(fresh.page.locator(".verdict").first).to_contain_text("%")
    assert (fresh.pixels(0) != fresh.pixels(2)).any()  # a picture, and the attacked one
    expect(fresh.page.locator(".gallery button").first).to_be_visible()
    expect(fresh.page.get_by_text("Dots: the first 200")).to_be_visible()
    expect(fresh.page.get_by_test_id("stAlert")).to_have_count(0)
    if dataset == "sign":  # whose pictures may not be in the repository
        expect(fresh.page.get_by_text("generated hands", exact=False).first).to_be_visible()
