"""The journey of a test set: all dots move in the browser, and each leads to its picture."""

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from models import PRETRAINED
from models.card_files import JOURNEY_CLASSES, JOURNEYS, read_array
from nudge.data import Split
from nudge.evaluation import journey
from tests.browser.conftest import Visit, barriers, until
from views import text

WORDS = text.journey.WORDS


def drawing(visit: Visit, address: str) -> None:
    visit.page.goto(f"{visit.server}/journey?{address}")
    visit.page.wait_for_selector(".journey[data-journey]")
    visit.rest()


def spot(visit: Visit) -> list[float]:
    """Where the first picture's dot is, in pixels of the canvas."""
    return [
        float(v) for v in str(visit.page.locator(".journey").get_attribute("data-first")).split()
    ]


def expected_spot(visit: Visit, name: str, nudge: int, epsilon: float) -> list[float]:
    places = read_array(PRETRAINED / JOURNEYS, name)[0].astype(float)
    size = visit.page.locator(".drawing canvas").evaluate("c => [c.clientWidth, c.clientHeight]")
    scale = min(size) / 2 / (1.08 * np.abs(places[0, 0]).max())
    x, y = (
        np.interp(epsilon, journey.EPSILONS, places[nudge, :, 0, axis]) * scale for axis in (0, 1)
    )
    return [size[0] / 2 + x, size[1] / 2 - y]


def expect_spot(visit: Visit, name: str, nudge: int, epsilon: float) -> None:
    expected = expected_spot(visit, name, nudge, epsilon)
    until(visit.page, lambda: bool(np.allclose(spot(visit), expected, atol=0.2)))


def slide(visit: Visit, epsilon: float) -> None:
    """Drag the slider there, without letting go."""
    slider = visit.page.locator(".slide input")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    now = float(slider.input_value()) / 60
    thumb = 8  # pixels from either end to the middle of the thumb
    width, middle = box["width"] - 2 * thumb, box["y"] + box["height"] / 2
    visit.page.mouse.move(box["x"] + thumb + width * now, middle)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + thumb + width * epsilon / 0.3, middle, steps=5)


def test_dots_move_as_they_are_stored_without_a_message(visit: Visit) -> None:
    drawing(visit, "architecture=fcnn&epsilon=0")
    assert barriers(visit.page) == []
    assert visit.fits()
    before = visit.sent
    expect_spot(visit, "fashion-fcnn", 0, 0)
    slide(visit, 0.1)
    moved = float(visit.page.locator(".slide input").input_value()) * 0.005
    assert moved == pytest.approx(0.1, abs=0.011)
    expect_spot(visit, "fashion-fcnn", 0, moved)
    assert visit.sent == before
    visit.page.mouse.up()
    expect(visit.page).to_have_url(re.compile(f"epsilon={moved:g}(&|$)"))
    slider = visit.page.locator(".slide input")
    slider.press("End")
    expect_spot(visit, "fashion-fcnn", 0, 0.3)
    expect(slider).to_have_attribute("aria-valuetext", "0.300")
    visit.page.get_by_role("button", name=WORDS["nudges"][1], exact=True).click()
    expect_spot(visit, "fashion-fcnn", 1, 0.3)
    classes = read_array(PRETRAINED / JOURNEY_CLASSES, "fashion-fcnn")
    labels = visit.page.locator(".journey caption")
    left = re.match(r"\d+", labels.inner_text())
    assert left is not None
    visit.page.get_by_role("button", name=WORDS["nudges"][0], exact=True).click()
    slider.press("Home")
    clean = re.match(r"\d+", labels.inner_text())
    assert clean is not None
    assert int(clean[0]) < int(left[0]) < (classes[0, -1] != classes[0, 0]).sum()


def test_a_dot_shows_its_picture_and_opens_it(
    visit: Visit, test_splits: dict[object, Split]
) -> None:
    drawing(visit, "epsilon=0.05&regime=robust&quiz=1")
    visit.page.locator(".slide input").press("ArrowRight")
    canvas = visit.page.locator(".drawing canvas")
    canvas.focus()
    canvas.press("ArrowRight")
    canvas.press("ArrowRight")  # the second picture
    expect(visit.page.locator(".about")).to_have_text(re.compile("^Picture 1: "))
    images = next(iter(test_splits.values())).images
    thumbnail = visit.page.locator(".shown .thumbnail")
    look = "c => Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data)"
    expected = images[1].flatten().numpy()
    until(visit.page, lambda: np.array_equal(np.array(thumbnail.evaluate(look))[::4], expected))
    canvas.press("Enter")
    visit.page.wait_for_selector(".stage canvas")
    expect(visit.page).to_have_url(re.compile("image=1(&|$)"))
    expect(visit.page).to_have_url(re.compile("epsilon=0.055(&|$)"))
    assert "regime" not in visit.page.url  # the dots are those of the standard network
    assert "quiz" not in visit.page.url


def test_the_way_back_moves_the_slider(visit: Visit) -> None:
    drawing(visit, "architecture=fcnn&epsilon=0.05")
    for epsilon in ("0.1", "0.2"):
        slide(visit, float(epsilon))
        visit.page.mouse.up()
        expect(visit.page).to_have_url(re.compile(f"epsilon={epsilon}(&|$)"))
    visit.rest()
    visit.page.go_back()
    expect_spot(visit, "fashion-fcnn", 0, 0.1)
    expect(visit.page.locator(".slide input")).to_have_value("20")


def test_a_class_is_chosen_and_the_drawing_comes_near(visit: Visit) -> None:
    drawing(visit, "dataset=sign&epsilon=0.02")
    look = "c => c.toDataURL()"
    canvas = visit.page.locator(".drawing canvas")
    all_of_them = canvas.evaluate(look)
    # A wheel that turns away from all of them scrolls the page; one that brings them near does not.
    turned = "(c, by) => c.dispatchEvent(new WheelEvent('wheel', { deltaY: by, cancelable: true }))"
    assert canvas.evaluate(turned, 100)
    assert canvas.evaluate(turned, 0)
    assert not canvas.evaluate(turned, -100)
    assert not canvas.evaluate(turned, 100)
    expect(canvas).to_have_css("touch-action", "pan-y")  # a finger scrolls the page
    visit.page.get_by_label(str(WORDS["choose"]), exact=True).select_option("3")
    until(visit.page, lambda: canvas.evaluate(look) != all_of_them)
    chosen = canvas.evaluate(look)
    for _ in range(5):
        visit.page.get_by_role("button", name=str(WORDS["closer"]), exact=True).click()
    until(visit.page, lambda: canvas.evaluate(look) != chosen)
    expect(canvas).to_have_css("touch-action", "none")  # it moves the drawing
    with visit.page.expect_download() as started:
        visit.page.get_by_role("button", name=str(WORDS["save"]), exact=True).click()
    content = started.value.path().read_bytes()
    assert content.startswith(base64.b64decode("iVBORw0KGgo="))
    visit.page.get_by_role("button", name=text.journey.CODE).click()
    expect(visit.page.get_by_test_id("stCode").locator(".token").first).to_be_visible()
    assert barriers(visit.page) == []
