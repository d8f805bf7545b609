"""Epsilon's axis: every label is read at every place of the thumb."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from playwright.sync_api import Browser, FloatRect, expect

from nudge.evaluation.sweep import EPSILONS
from tests.browser.conftest import Visit, visits

LABELS = ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]
STEPS = (0, 1, 3, 7, 9, 10, 11, 13, 20, 25, 30, 41, 50, 57, 59, 60)

# What the browser's own hit test finds in the middle of each label: the label, or what covers it.
_SEEN = """ticks => [...ticks.querySelectorAll("span")].map((label) => {
  const { left, right, top, bottom } = label.getBoundingClientRect();
  const found = ticks.getRootNode().elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return found === label ? label.textContent : `${label.textContent} under ${found?.className}`;
})"""


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=str)
def visit(request: pytest.FixtureRequest, browser: Browser, server: str) -> Iterator[Visit]:
    width, height = request.param
    yield from visits(browser, server, width, height, "light")


def apart(one: FloatRect, other: FloatRect) -> bool:
    return (
        one["x"] + one["width"] <= other["x"]
        or other["x"] + other["width"] <= one["x"]
        or one["y"] + one["height"] <= other["y"]
        or other["y"] + other["height"] <= one["y"]
    )


@pytest.mark.parametrize("address", ["?architecture=fcnn", "?architecture=fcnn&compare=all"])
def test_no_label_is_covered(visit: Visit, address: str) -> None:
    visit.open(address)
    visit.rest()
    window = visit.page.viewport_size
    assert window is not None
    ticks, figure = visit.page.locator(".ticks"), visit.page.locator(".epsilon")
    for step in STEPS:
        visit.slider.fill(str(step))
        expect(visit.stage).to_have_attribute("data-step", str(step))
        expect(figure).to_contain_text(f"{EPSILONS[step]:.3f}" if step else "0")
        assert ticks.evaluate(_SEEN) == LABELS
        x, y = visit.place(step)
        thumb: FloatRect = {"x": x - 15, "y": y - 15, "width": 30, "height": 30}
        labels = [label.bounding_box() for label in ticks.locator("span").all()]
        boxes = [thumb, *(box for box in [*labels, figure.bounding_box()] if box is not None)]
        assert len(boxes) == len(LABELS) + 2
        for one, other in combinations(boxes, 2):
            assert apart(one, other), (step, one, other)
        for box in boxes:
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= window["width"]
            assert box["y"] + box["height"] <= window["height"]
        # The figure follows the thumb: it never ends beside it.
        found = boxes[-1]
        assert found["x"] <= x <= found["x"] + found["width"]
