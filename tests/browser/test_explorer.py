"""The page as a person meets it: load, change the data set, move the slider by keyboard."""

import re

from playwright.sync_api import expect

from models import PRETRAINED
from models.cards import FIRST_MISSES, read_arrays
from nudge.sweep import EPSILONS
from tests.browser.conftest import Visit

# The first test picture that is read right and that a small nudge spoils.
MISSES = read_arrays(PRETRAINED / FIRST_MISSES)["fashion-fcnn"]
IMAGE = next(i for i, step in enumerate(MISSES.tolist()) if 1 <= step <= 20)
ADDRESS = f"?dataset=fashion&architecture=fcnn&pixels=ordered&epsilon=0&image={IMAGE}"


def test_load_change_and_nudge(visit: Visit) -> None:
    page = visit.page
    visit.open(ADDRESS)
    original, _, attacked = visit.pictures()
    assert original == attacked  # nothing moves at epsilon 0
    assert "Still right" in visit.verdict()

    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(int(MISSES[IMAGE])):
        slider.press("ArrowRight")
    expect(page.get_by_text("Fooled")).to_be_visible()
    epsilon = EPSILONS[MISSES[IMAGE]]
    expect(page).to_have_url(re.compile(f"epsilon={epsilon:g}&"))
    assert visit.pictures()[0] == original
    assert visit.pictures()[2] != attacked

    page.get_by_role("radio", name="Sign language").click()
    expect(page.get_by_role("rowheader", name="Y", exact=True)).to_be_visible()
    assert visit.pictures()[0] != original
    expect(page).to_have_url(re.compile("dataset=sign"))
    expect(page.get_by_text("over the first 200 of 7,172")).to_be_visible()


def test_every_variant_can_be_chosen(visit: Visit) -> None:
    page = visit.page
    visit.open(ADDRESS.replace("epsilon=0&", "epsilon=0.05&"))
    seen = set()
    for architecture in ("Fully connected", "Convolutional"):
        page.get_by_role("radio", name=architecture).click()
        for pixels in ("Ordered", "Scrambled"):
            page.get_by_role("radio", name=pixels).click()
            words = f"{architecture} network, {pixels} pixels".lower()
            expect(page.get_by_text(f"Fashion, {words}")).to_be_visible()
            seen.add(visit.pictures()[1])
    assert len(seen) == 4  # each network has its own perturbation


def test_back_button(visit: Visit) -> None:
    page = visit.page
    visit.open(ADDRESS)
    page.get_by_role("radio", name="Scrambled").click()
    expect(page).to_have_url(re.compile("pixels=scrambled"))
    page.go_back()
    expect(page).to_have_url(re.compile("pixels=ordered"))
    expect(page.get_by_role("radio", name="Ordered")).to_be_checked()


def test_pictures_are_crisp_and_fit_the_window(visit: Visit) -> None:
    page = visit.page
    visit.open(ADDRESS)
    image = page.locator(".nudge-equation img").first
    assert image.evaluate("e => getComputedStyle(e).imageRendering") == "pixelated"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator(".nudge-equation").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.evaluate("window.innerWidth")
