"""The map beside a picture: a drag there sends nothing, and shows what the network says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from models import Dataset, load_model
from nudge.attacks import fgsm_direction, random_direction
from nudge.data import Split, to_pixels
from nudge.evaluation.measurement import RANDOM_SEED
from nudge.neighbourhood.plane import POINTS, SMALL, axis
from tests.browser.conftest import Visit, barriers, until
from views import text

IMAGE = 5
WORDS = text.explorer_component.STAGE


def sharp(visit: Visit, points: int = POINTS, network: int = 0) -> Locator:
    """The map's canvas, once all its points are there."""
    figure = visit.page.locator(".map").nth(network)
    expect(figure).to_have_attribute("data-points", str(points))
    visit.rest()
    return figure.locator("canvas")


def drag(visit: Visit, canvas: Locator, column: float, row: float) -> None:
    """To a point of the plane, from its middle; rows are counted from below."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    points = POINTS - 1
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    x = box["x"] + box["width"] * column / points
    y = box["y"] + box["height"] * (1 - row / points)
    visit.page.mouse.move(x, y, steps=6)
    there = said_at(float(axis()[round(column)]), float(axis()[round(row)]))
    for where in visit.page.locator(".where").all():
        expect(where).to_have_text(there)


def test_a_drag_shows_what_the_network_says_there(
    visit: Visit, test_splits: dict[Dataset, Split]
) -> None:
    visit.open(f"?image={IMAGE}&epsilon=0.05&panel=map")
    canvas = sharp(visit)
    assert barriers(visit.page) == []
    assert visit.fits()
    images, labels = test_splits[Dataset.FASHION]
    image, label = to_pixels(images[IMAGE : IMAGE + 1]), labels[IMAGE : IMAGE + 1]
    model = load_model("fashion-cnn")
    along = fgsm_direction(model, image, label)
    across = random_direction(len(labels), seed=RANDOM_SEED)[IMAGE : IMAGE + 1]
    places = axis()
    for column, row in ((45, 48), (10, 20), (58, 5)):
        before = visit.sent
        drag(visit, canvas, column, row)
        assert visit.sent == before  # all is drawn in the browser
        moved = (image + places[column] * along + places[row] * across).clamp(0, 1)
        drawn = visit.pixels(2)
        expected = (moved * 255).round().flatten().numpy()
        assert np.abs(drawn.astype(int) - expected).max() <= 1
        probabilities = model(moved).softmax(dim=1)[0]
        rows = visit.page.locator(".bars tr")
        predicted = int(probabilities.argmax())
        expect(rows.nth(predicted)).to_have_class(re.compile("predicted"))
        shown = rows.nth(predicted).locator(".figure").inner_text()
        if match := re.fullmatch(r"(\d+) %", shown):
            assert abs(int(match[1]) - 100 * float(probabilities[predicted])) < 1
        else:
            assert float(probabilities[predicted]) > 0.99
        visit.page.mouse.up()
        visit.rest()
    # The slider takes the dot back to its way, where the last drag began.
    visit.slider.press("ArrowRight")
    expect(visit.page.locator(".where")).to_have_text(said_at(0.005, 0))
    canvas.focus()
    canvas.press("ArrowUp")
    expect(visit.page.locator(".where")).to_have_text(re.compile(r", 0\.010 "))
    visit.page.keyboard.press("n")  # another picture: the map is built anew, and keeps the focus
    expect(visit.page).to_have_url(re.compile(f"image={IMAGE + 1}"))
    expect(sharp(visit)).to_be_focused()


def said_at(along: float, across: float) -> str:
    return str(WORDS["map_where"]).format(
        along=f"{along:.3f}".replace("-0.000", "0.000"),
        across=f"{across:.3f}".replace("-0.000", "0.000"),
    )


def test_four_maps_share_one_dot(visit: Visit) -> None:
    visit.open(f"?dataset=sign&image={IMAGE}&epsilon=0.02&compare=all&panel=map")
    canvases = [sharp(visit, SMALL, network) for network in range(4)]
    before = visit.sent
    drag(visit, canvases[0], 46, 40)
    assert visit.sent == before
    visit.page.mouse.up()
    assert barriers(visit.page) == []
    assert visit.fits()


def test_the_loss_and_the_button(visit: Visit) -> None:
    visit.open(f"?image={IMAGE}&architecture=fcnn&method=pgd&epsilon=0.1")
    expect(visit.page.locator(".map")).to_have_count(0)
    visit.page.get_by_role("button", name=str(WORDS["map_show"]), exact=True).click()
    canvas = sharp(visit)
    expect(visit.page).to_have_url(re.compile("panel=map"))
    expect(visit.page.get_by_text(re.compile("They leave this plane"))).to_be_visible()
    classes = canvas.evaluate("canvas => canvas.toDataURL()")
    before = visit.sent
    visit.page.get_by_role("button", name=str(WORDS["map_loss"]), exact=True).click()
    until(visit.page, lambda: canvas.evaluate("canvas => canvas.toDataURL()") != classes)
    assert visit.sent == before
    visit.page.get_by_role("button", name=str(WORDS["map_show"]), exact=True).click()
    expect(visit.page.locator(".map")).to_have_count(0)


@contextmanager
def taken_home(visit: Visit, browser: Browser, path: Path) -> Iterator[Page]:
    """The saved page, opened from disk without a network."""
    visit.page.get_by_role("button", name=text.share.SHARE).click()
    with visit.page.expect_download() as started:
        visit.page.get_by_role("button", name=text.share.SAVE_PAGE).click()
    started.value.save_as(path)
    assert path.stat().st_size < 200_000
    context = browser.new_context(viewport=visit.page.viewport_size, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector(".stage[data-scene]")
    yield page
    context.close()


def test_a_map_is_taken_home(visit: Visit, browser: Browser, tmp_path: Path) -> None:
    visit.open(f"?image={IMAGE}&epsilon=0.05&panel=map")
    sharp(visit)
    with taken_home(visit, browser, tmp_path / "saved.html") as page:
        figure = page.locator(".map")
        expect(figure).to_have_attribute("data-points", str(POINTS))
        figure.locator("canvas").press("ArrowUp")
        expect(page.locator(".where")).to_have_text(said_at(0.05, 0.01))


@pytest.mark.parametrize(("method", "maps"), [("fgsm", 4), ("pgd", 0)])
def test_four_maps_are_taken_home_where_there_is_room(
    visit: Visit, browser: Browser, tmp_path: Path, method: str, maps: int
) -> None:
    visit.open(f"?dataset=sign&image={IMAGE}&compare=all&panel=map&method={method}")
    sharp(visit, SMALL, 3)
    with taken_home(visit, browser, tmp_path / "saved.html") as page:
        expect(page.locator(f".map[data-points='{SMALL}']")).to_have_count(maps)
        expect(page.locator(".verdict")).to_have_count(4)


@pytest.mark.parametrize("hidden", ["quiz=1", "hide=panel"])
def test_no_map_gives_away_what_is_to_be_guessed(visit: Visit, hidden: str) -> None:
    visit.open(f"?image={IMAGE}&{hidden}")
    shown = visit.page.get_by_role("button", name=str(WORDS["map_show"]), exact=True)
    if hidden == "hide=panel":
        expect(shown).to_have_count(0)
    else:
        shown.click()
        map_ = visit.page.locator(".map")
        expect(map_).to_have_attribute("data-points", re.compile(r"\d+"))  # it is there
        expect(map_).to_be_hidden()
