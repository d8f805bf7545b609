"""A page to take home: it opens from disk without a network, and drags as the explorer does."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Visit, barriers
from views import text

MOST_BYTES = 200_000
LOOK = """stage => ({
    step: stage.dataset.step,
    verdicts: [...stage.querySelectorAll('.verdict, .facts')].map(node => node.textContent),
    bars: [...stage.querySelectorAll('.bars tr')].map(
        node => [node.className, node.textContent, node.querySelector('.after').style.transform]),
    pictures: [...stage.querySelectorAll('.equation canvas')].map(node => node.toDataURL()),
    legends: [...stage.querySelectorAll('.legend')].map(node => node.textContent),
})"""


def press(slider: Locator, key: str, times: int) -> None:
    for _ in range(times):
        slider.press(key)


def looks(page: Page) -> list[dict[str, Any]]:
    """What the stage shows at the start, after a drag, and further on."""
    slider = page.locator(".slider input")
    found = []
    for key, times in (("ArrowLeft", 0), ("Home", 1), ("ArrowRight", 3), ("End", 1)):
        press(slider, key, times)
        found.append(look(page))
    slider.hover()
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 13, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, middle, steps=5)
    page.mouse.up()
    found.append(look(page))
    return found


def look(page: Page) -> dict[str, Any]:
    """What the stage shows, once it shows where the slider is."""
    step = page.locator(".slider input").input_value()
    expect(page.locator(".stage")).to_have_attribute("data-step", step)
    found: dict[str, Any] = page.locator(".stage").evaluate(LOOK)
    return found


@pytest.mark.parametrize(
    "query",
    [
        "image=5&epsilon=0.05&pixels=scrambled",
        "dataset=sign&image=3&epsilon=0.02&compare=all&method=pgd",
    ],
)
def test_a_saved_page_drags_as_the_explorer_does(
    query: str, browser: Browser, visit: Visit, tmp_path: Path
) -> None:
    visit.open(f"?{query}&hide=accuracy")  # curves go on counting
    visit.page.get_by_role("button", name=text.share.SHARE).click()
    with visit.page.expect_download() as started:
        visit.page.get_by_role("button", name=text.share.SAVE_PAGE).click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    assert path.suffix == ".html"
    assert path.stat().st_size < MOST_BYTES
    visit.page.keyboard.press("Escape")

    home = browser.new_context(viewport=visit.page.viewport_size, offline=True)
    page = home.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector(".stage[data-scene]")
    assert complaints == [path.as_uri()]
    assert barriers(page) == []
    there = looks(page)
    assert [look["step"] for look in there] != [there[0]["step"]] * len(there)
    assert len({picture for look in there for picture in look["pictures"]}) > len(there)
    assert looks(visit.page) == there
    home.close()
    assert visit.complaints == []
