"""Somebody's own picture: files of any name, and an object marked on busy ground."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from models import Dataset
from nudge.data import Split
from tests.browser.conftest import Visit, barriers
from tests.nudge.pictures.drawn import encode, grey
from tests.nudge.scenes import chessboard, photograph, white_wall
from views import text

SEPARATED = ".nudge-steps figure:has-text('Remove the background')"
Box = tuple[float, float, float, float]


def upload(visit: Visit, file: Path, address: str = "") -> None:
    visit.open(address)
    visit.page.get_by_role("radio", name="Upload").click()
    visit.page.locator("input[type=file]").set_input_files(file)


@pytest.fixture
def busy(test_splits: dict[Dataset, Split], tmp_path: Path) -> tuple[Path, Box]:
    """A trouser on a chessboard."""
    values = test_splits[Dataset.FASHION].images[2].numpy()
    picture, box = photograph(values, chessboard, 2)
    file = tmp_path / "own.png"
    picture.save(file)
    return file, box


def surface(visit: Visit) -> Locator:
    found = visit.page.locator(".marking .surface")
    expect(found).to_be_visible()
    expect(visit.page.locator(".nudge-steps figure").first).to_be_visible()
    expect(visit.page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )
    visit.page.wait_for_timeout(500)  # what stands above has found its height
    return found


def corners(of: Locator, box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    """Left top and right bottom of a box on it, in the window."""
    of.scroll_into_view_if_needed()
    place = of.bounding_box()
    assert place is not None
    x, y, width, height = place["x"], place["y"], place["width"], place["height"]
    left, top, right, bottom = box
    return (x + left * width, y + top * height), (x + right * width, y + bottom * height)


def drawn(visit: Visit) -> list[float]:
    """The box as it stands, in parts of the picture."""
    style = visit.page.locator(".marking .box").evaluate(
        "b => [b.style.left, b.style.top, b.style.width, b.style.height].map(parseFloat)"
    )
    left, top, width, height = (value / 100 for value in style)
    return [left, top, left + width, top + height]


def test_a_box_dragged_around_the_object(visit: Visit, busy: tuple[Path, Box]) -> None:
    file, box = busy
    upload(visit, file)
    page = visit.page
    expect(page.get_by_text(text.picture_input.BUSY)).to_be_visible()
    expect(page.locator(SEPARATED)).to_have_count(0)
    start, end = corners(surface(visit), box)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
    expect(page.locator(SEPARATED)).to_be_visible()
    assert drawn(visit) == pytest.approx(box, abs=0.01)
    separate = page.get_by_label("Remove the background")
    expect(separate).to_have_count(1)  # those of before the box have gone
    expect(separate).to_be_checked()
    expect(page.locator(".verdict")).to_contain_text("trouser")
    # It can be undone, and the box is still there.
    page.get_by_text("Remove the background", exact=True).first.click()
    expect(page.locator(SEPARATED)).to_have_count(0)
    expect(page.locator(".marking .box")).to_be_visible()
    assert visit.fits()
    assert barriers(page) == []


def test_a_box_can_be_moved_and_resized(visit: Visit, busy: tuple[Path, Box]) -> None:
    upload(visit, busy[0])
    page, on = visit.page, surface(visit)
    for start, end, expected in (
        ((0.2, 0.2), (0.6, 0.7), [0.2, 0.2, 0.6, 0.7]),
        ((0.4, 0.4), (0.5, 0.45), [0.3, 0.25, 0.7, 0.75]),  # taken in the middle
        ((0.7, 0.75), (0.8, 0.9), [0.3, 0.25, 0.8, 0.9]),  # by a corner
        ((0.3, 0.25), (0.9, 0.95), [0.8, 0.9, 0.9, 0.95]),  # by another, across
        ((0.1, 0.1), (0.11, 0.11), [0.8, 0.9, 0.9, 0.95]),  # a tap draws nothing
    ):
        first, last = corners(on, (*start, *end))
        page.mouse.move(*first)
        page.mouse.down()
        page.mouse.move(*last, steps=4)
        page.mouse.up()
        assert drawn(visit) == pytest.approx(expected, abs=0.015)


def test_a_box_by_keys(visit: Visit, busy: tuple[Path, Box]) -> None:
    upload(visit, busy[0])
    on = surface(visit)
    on.focus()
    for key, expected in (
        ("ArrowRight", [0.2, 0.2, 0.8, 0.8]),  # the first draws one
        ("ArrowRight", [0.22, 0.2, 0.82, 0.8]),
        ("ArrowUp", [0.22, 0.18, 0.82, 0.78]),
        ("Shift+ArrowDown", [0.22, 0.18, 0.82, 0.8]),
        ("Shift+ArrowLeft", [0.22, 0.18, 0.8, 0.8]),
    ):
        on.press(key)
        assert drawn(visit) == pytest.approx(expected, abs=1e-6)
    expect(visit.page.locator(SEPARATED)).to_be_visible()
    expect(visit.page.locator(".marking .said")).to_contain_text("from 22 to 80 % across")


def test_a_box_by_a_thumb(visit: Visit, busy: tuple[Path, Box]) -> None:
    upload(visit, busy[0])
    (x, y), (to_x, to_y) = corners(surface(visit), (0.2, 0.2, 0.7, 0.8))
    before = visit.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    touch = visit.page.context.new_cdp_session(visit.page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        *(
            ("touchMove", [{"x": x + (to_x - x) * i / 5, "y": y + (to_y - y) * i / 5}])
            for i in range(1, 6)
        ),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(visit.page.locator(SEPARATED)).to_be_visible()
    assert drawn(visit) == pytest.approx([0.2, 0.2, 0.7, 0.8], abs=0.02)
    after = visit.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    assert after == before  # the page stood still


def test_on_a_plain_wall_a_box_is_drawn_where_it_is_asked_for(
    visit: Visit, test_splits: dict[Dataset, Split], tmp_path: Path
) -> None:
    values = test_splits[Dataset.FASHION].images[2].numpy()
    file = tmp_path / "own.png"
    photograph(values, white_wall, 2)[0].save(file)
    upload(visit, file)
    page = visit.page
    expect(page.locator(".nudge-steps figure").first).to_be_visible()
    expect(page.locator(".marking .surface")).to_have_count(0)
    expect(page.get_by_text(text.picture_input.BUSY)).to_have_count(0)
    page.get_by_text("Remove the background", exact=True).first.click()
    surface(visit)


def test_which_hand_the_networks_know(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "hand.png"
    ramp = np.tile(np.arange(40, dtype=np.uint8) * 6, (30, 1))
    grey(ramp).save(file)
    upload(visit, file, "?dataset=sign")
    expect(visit.page.get_by_text("The networks know the right hand")).to_be_visible()
    visit.wait_for_picture(lambda drawn: brighter(drawn, to="right"))
    visit.page.get_by_text("Mirror", exact=True).first.click()
    visit.wait_for_picture(lambda drawn: brighter(drawn, to="left"))


def brighter(drawn: NDArray[np.uint8], *, to: str) -> bool:
    """Whether each row of 28 x 28 pixels is a ramp."""
    steps = np.diff(drawn.reshape(28, 28).astype(int), axis=1)
    return bool(((steps if to == "right" else -steps) >= 0).all() and steps.any())


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jfif", "JPEG"), ("a.pjpeg", "JPEG"), ("a", "PNG"), ("a.HEIC", "HEIF"), ("a.tif", "TIFF"),
     ("a.avif", "AVIF"), ("a.txt", "PNG")],
)  # fmt: skip
def test_the_content_decides_and_not_the_name(
    visit: Visit, tmp_path: Path, name: str, kind: str
) -> None:
    picture = Image.radial_gradient("L").resize((300, 200)).convert("RGB")
    (tmp_path / name).write_bytes(encode(picture, kind))
    upload(visit, tmp_path / name)
    expect(visit.page.locator(".nudge-steps figure").first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("a.pdf", b"%PDF-1.7\n", "PDF"), ("a.jpg", b"%PDF-1.7\n", "PDF"),
     ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
     ("a.mov", b"\0\0\0\x14ftypqt  ", "film")],
)  # fmt: skip
def test_what_is_refused_is_refused_in_our_own_words(
    visit: Visit, tmp_path: Path, name: str, content: bytes, kind: str
) -> None:
    (tmp_path / name).write_bytes(content)
    upload(visit, tmp_path / name)
    for words in text.picture_input.OTHER_KINDS[kind]:
        expect(visit.page.get_by_test_id("stAlert")).to_contain_text(words)


def test_who_was_trained_on_moved_pictures_reads_it(visit: Visit) -> None:
    """Where there is such a network, unless another training was chosen."""
    visit.open("?dataset=sign&image=3")
    source = visit.page.get_by_role("radio", name=text.picture_input.SOURCES["upload"])
    source.click()
    expect(visit.page.get_by_text("(augmented). Choose another training above")).to_be_visible()
    expect(visit.page).to_have_url(re.compile("regime=augmented"))
    visit.page.get_by_role("radio", name=text.picture_input.SOURCES["test"]).click()
    expect(visit.page).not_to_have_url(re.compile("regime="))
    visit.open("?dataset=sign&image=3&regime=augmented")
    source.click()
    expect(visit.page.get_by_text(text.picture_input.AUGMENTED)).to_be_visible()
    visit.page.get_by_role("radio", name=text.picture_input.SOURCES["test"]).click()
    expect(visit.page.get_by_text(text.picture_input.AUGMENTED)).to_have_count(0)
    visit.rest()
    expect(visit.page).to_have_url(re.compile("regime=augmented"))  # it was chosen
