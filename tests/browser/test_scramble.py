"""The scramble as a person meets it."""

import numpy as np
from playwright.sync_api import expect

from models import STANDARD, Dataset
from models.layers import scramble_permutation
from nudge.data import Split
from tests.browser.conftest import Visit, barriers

PIXELS = """async image => {
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data);
}"""


def test_pictures_and_weights(visit: Visit, test_splits: dict[Dataset, Split]) -> None:
    visit.open_page("scramble?dataset=sign", "First filters of the CNN")
    rows = visit.page.locator(".nudge-tiles")
    images, labels = (values.numpy() for values in test_splits[Dataset.SIGN])
    picture = images[np.flatnonzero(labels == 3)[0]].flatten()
    for row, expected in ((0, picture), (1, picture[scramble_permutation().numpy()])):
        tile = rows.nth(row).locator("img").nth(3)
        assert (np.array(tile.evaluate(PIXELS))[::4] == expected).all()
        box = tile.bounding_box()
        assert box is not None
        assert (box["width"] - 2) % 28 == 0  # with its border, and every square alike
    for variant in STANDARD.values():
        if variant.dataset is Dataset.SIGN:
            said = visit.page.get_by_text(f"{variant.card.accuracy:.2%}").first
            expect(said).to_be_visible()
    expect(rows.nth(4).locator("img")).to_have_count(12)
    assert visit.fits()


def test_nobody_is_shut_out(visit: Visit) -> None:
    visit.open_page("scramble?dataset=fashion", "First filters of the CNN")
    assert barriers(visit.page) == []
