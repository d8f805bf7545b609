"""Another picture: the buttons beside the original, and their keys."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, FloatRect, Locator, expect

from models import PRETRAINED, Dataset
from models.card_files import FLIP_STEPS, read_arrays
from nudge.data import Split
from tests.browser.conftest import Visit, visits
from views import text

START = "?dataset=fashion&architecture=fcnn&epsilon=0.1"


def walk(visit: Visit, name: str) -> Locator:
    return visit.page.locator(".walk").get_by_role("button", name=name)


def box(part: Locator) -> FloatRect:
    found = part.bounding_box()
    assert found is not None
    return found


def expect_image(visit: Visit, index: int) -> None:
    expect(visit.page).to_have_url(re.compile(f"image={index}(&|$)"))


def quiet(visit: Visit) -> int:
    """The messages so far, once nothing is on its way any more."""
    visit.settle()
    return visit.sent


@pytest.mark.parametrize(
    "address",
    ["", "?dataset=sign&pixels=scrambled", "?dataset=sign&compare=all", "?quiz=1&method=targeted"],
)
def test_nothing_has_to_be_scrolled(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.rest()
    slider, original = (
        box(visit.page.locator(part).first) for part in (".slider", ".equation canvas")
    )
    for name in (
        text.explorer_component.PREVIOUS,
        text.explorer_component.NEXT,
        text.explorer_component.RANDOM,
    ):
        expect(walk(visit, name)).to_be_in_viewport(ratio=1)
        found = box(walk(visit, name))
        assert min(found["width"], found["height"]) >= 34
        assert found["y"] + found["height"] <= slider["y"]  # which covers what it lies on
        below = found["y"] - original["y"] - original["height"]
        assert -230 < below < 60  # right above the pictures of four, or right below those of one
    assert box(walk(visit, text.explorer_component.PREVIOUS))["x"] == pytest.approx(
        original["x"], abs=1
    )


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768)])
@pytest.mark.parametrize("address", ["?epsilon=0.05", "?dataset=sign&epsilon=0.02&method=pgd"])
def test_a_teacher_sees_everything_at_once(
    browser: Browser, server: str, size: tuple[int, int], address: str
) -> None:
    for visit in visits(browser, server, *size, "light"):
        visit.open(address)
        visit.settle()
        parts = [
            ".equation",
            ".verdict",
            ".facts",
            ".bars",
            ".charts",
            ".slider",
            ".epsilon",
            ".walk",
        ]
        for part in parts:
            expect(visit.page.locator(part).first).to_be_in_viewport(ratio=1)


def test_all_pictures_are_a_click_away(visit: Visit) -> None:
    visit.open(START + "&image=4")
    before = quiet(visit)
    chosen = visit.page.locator(".thumbnail[aria-pressed=true]")
    expect(chosen).not_to_be_in_viewport()
    walk(visit, str(text.explorer_component.STAGE["gallery"])).click()
    expect(chosen).to_be_in_viewport()
    expect(chosen).to_be_focused()
    visit.page.keyboard.press("n")
    expect_image(visit, 5)
    visit.page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 0)")
    visit.page.keyboard.press("g")
    expect(chosen).to_be_in_viewport()
    assert quiet(visit) == before + 1


def test_a_click_is_one_message(visit: Visit, test_splits: dict[Dataset, Split]) -> None:
    visit.open(START + "&image=4")
    before = quiet(visit)
    walk(visit, text.explorer_component.NEXT).click()
    expected = test_splits[Dataset.FASHION].images[5].flatten().numpy()
    visit.wait_for_picture(lambda drawn: np.array_equal(drawn, expected))
    expect_image(visit, 5)
    expect(visit.page.get_by_label(text.common.IMAGE, exact=True)).to_have_value("5")
    assert visit.step == 20  # the slider stays where it was
    assert quiet(visit) == before + 1
    walk(visit, text.explorer_component.PREVIOUS).click()
    expect_image(visit, 4)


def test_the_keys(visit: Visit) -> None:
    visit.open(START + "&image=4")
    before = quiet(visit)
    for count, (key, image) in enumerate([("n", 5), ("n", 6), ("p", 5)], start=1):
        visit.page.keyboard.press(key)
        expect_image(visit, image)
        assert quiet(visit) == before + count
    visit.page.keyboard.press("r")  # by which Streamlit would run the page again
    expect(visit.page).not_to_have_url(re.compile("image=5(&|$)"))
    assert quiet(visit) == before + 4
    here = visit.page.url
    visit.page.evaluate("addEventListener('keydown', (event) => event.preventDefault())")
    for browsers_own in ("Control+p", "Control+n", "Alt+n", "Shift+N"):
        visit.page.keyboard.press(browsers_own)
    visit.page.wait_for_timeout(500)
    assert visit.page.url == here
    assert visit.sent == before + 4


def test_quick_keys_lead_as_many_pictures_on(
    visit: Visit, test_splits: dict[Dataset, Split]
) -> None:
    visit.open(START + "&image=0")
    visit.settle()
    image = visit.page.get_by_label(text.common.IMAGE, exact=True)
    for _ in range(6):
        visit.page.keyboard.press("n")
    expect(image).to_have_value("6")
    images = test_splits[Dataset.FASHION].images.flatten(1).numpy()
    visit.wait_for_picture(lambda drawn: np.array_equal(drawn, images[6]))
    for _ in range(9):  # three more than there are pictures before
        visit.page.keyboard.press("p")
    expect(image).to_have_value("0")
    expect(walk(visit, text.explorer_component.PREVIOUS)).to_be_disabled()
    visit.page.wait_for_timeout(1000)
    expect(image).to_have_value("0")
    visit.wait_for_picture(lambda drawn: np.array_equal(drawn, images[0]))


def test_no_key_is_taken_from_who_types(visit: Visit) -> None:
    visit.open(START + "&image=4")
    visit.settle()
    number = visit.page.get_by_label(text.common.IMAGE, exact=True)
    number.click()
    for key in "npr":
        visit.page.keyboard.press(key)
    order = visit.page.get_by_role("combobox", name=text.gallery.ORDER)
    order.click()
    visit.page.keyboard.type("wrong before")
    expect(visit.page.get_by_role("option")).to_have_count(1)
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_timeout(500)
    expect_image(visit, 4)


def test_they_follow_class_and_order(visit: Visit) -> None:
    flip_steps = read_arrays(PRETRAINED / FLIP_STEPS)["fashion-fcnn"].astype(int)
    visit.open(START + "&image=4")
    visit.settle()
    order = visit.page.get_by_role("combobox", name=text.gallery.ORDER)
    order.click()
    order.fill(text.gallery.ORDERS["wrong"])
    order.press("Enter")
    wrong = np.flatnonzero(flip_steps == 0)
    expect(visit.page.get_by_text(f"of {len(wrong):,}, by")).to_be_visible()
    expect(walk(visit, text.explorer_component.PREVIOUS)).to_be_disabled()  # it is none of these
    walk(visit, text.explorer_component.NEXT).click()
    expect_image(visit, int(wrong[0]))
    for image in wrong[1:3]:
        visit.page.keyboard.press("n")
        expect_image(visit, int(image))
    visit.page.keyboard.press("p")
    expect_image(visit, int(wrong[1]))
    for _ in range(5):
        here = int(re.findall(r"image=(\d+)", visit.page.url)[0])
        visit.page.keyboard.press("r")
        expect(visit.page).not_to_have_url(re.compile(f"image={here}(&|$)"))  # never the same
        assert int(re.findall(r"image=(\d+)", visit.page.url)[0]) in wrong
    last = visit.page.get_by_label(text.common.IMAGE, exact=True)
    last.fill(str(wrong[-1]))
    last.press("Enter")
    expect_image(visit, int(wrong[-1]))
    expect(walk(visit, text.explorer_component.NEXT)).to_be_disabled()
    expect(walk(visit, text.explorer_component.PREVIOUS)).to_be_enabled()


def test_the_keyboard_stays_where_it_is(visit: Visit) -> None:
    """The stage is built anew for another picture; the focus is not lost over it."""
    visit.open(START + "&image=1")
    focused = "document.activeElement.shadowRoot?.activeElement"
    name = f"({focused}?.getAttribute('aria-label') ?? {focused}?.textContent)"
    walk(visit, text.explorer_component.NEXT).focus()
    for image in (2, 3):
        visit.page.keyboard.press("Enter")
        expect_image(visit, image)
        visit.settle()
        assert visit.page.evaluate(name) == text.explorer_component.NEXT
    said = visit.page.locator(".said")
    expect(said).to_contain_text(visit.verdict().split(":")[0])  # a screen reader hears of it
    visit.slider.focus()
    visit.page.keyboard.press("p")
    expect_image(visit, 2)
    visit.settle()
    visit.page.keyboard.press("ArrowRight")
    expect(visit.stage).to_have_attribute("data-step", "21")
    walk(visit, text.explorer_component.PREVIOUS).focus()
    for image in (1, 0):
        visit.page.keyboard.press("Enter")
        expect_image(visit, image)
    visit.settle()
    assert visit.page.evaluate(name) == text.explorer_component.NEXT  # the first that leads on


def test_the_keyboard_turns_the_gallery(visit: Visit) -> None:
    """Each page is built anew; at the first, which cannot be turned back, the focus goes on."""
    visit.open(START + "&image=1")
    visit.settle()
    earlier, later = (
        visit.page.get_by_role("button", name=name, exact=True)
        for name in (text.gallery.EARLIER, text.gallery.LATER)
    )
    later.focus()
    for key, first in ((None, "1 to"), ("Enter", "25 to"), ("Enter", "49 to")):
        if key:
            visit.page.keyboard.press(key)
        expect(visit.page.get_by_text(re.compile(f"^{first} "))).to_be_visible()
        expect(later).to_be_focused()
    earlier.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_text(re.compile("^25 to "))).to_be_visible()
    expect(earlier).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_text(re.compile("^1 to "))).to_be_visible()
    expect(earlier).to_be_disabled()
    expect(later).to_be_focused()
    expect_image(visit, 1)  # nothing was chosen on the way


def test_one_who_may_not_choose_is_offered_nothing(visit: Visit) -> None:
    visit.open(START + "&image=4&hide=image")
    visit.settle()
    expect(visit.page.locator(".walk")).to_be_hidden()
    for key in "np":
        visit.page.keyboard.press(key)
    visit.page.wait_for_timeout(500)
    expect_image(visit, 4)
    visit.open(START + "&image=4&hide=gallery,own")
    walk(visit, text.explorer_component.NEXT).click()
    expect_image(visit, 5)
    visit.open(START + "&image=4")
    visit.page.get_by_role("radio", name=text.picture_input.SOURCES["upload"]).click()
    expect(visit.page.locator(".walk")).to_be_hidden()


def test_other_pages_hear_of_no_key(visit: Visit) -> None:
    visit.open(START + "&image=4")
    visit.settle()
    visit.page.goto(visit.server + "/scramble")
    visit.page.go_back()
    visit.page.wait_for_selector(".stage canvas")
    visit.settle()
    if visit.page.viewport_size["width"] < 640:  # type: ignore[index]
        visit.page.get_by_test_id("stExpandSidebarButton").click()
    visit.page.get_by_role("link", name=text.common.PAGES["scramble"]).click()
    expect(visit.page.locator(".stage")).to_have_count(0)
    expect(visit.page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )
    visit.page.wait_for_timeout(1000)
    before = visit.sent
    visit.page.keyboard.press("n")
    visit.page.wait_for_timeout(500)
    assert visit.sent == before
