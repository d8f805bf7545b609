"""The pages of the whole test set in a real browser: curves, where it breaks, the trade-off."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from models import PRETRAINED, VARIANTS, Dataset, load_model
from models.card_files import CONFUSIONS, FLIP_STEPS, read_arrays
from nudge.data import Split
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from tests.browser.conftest import Visit, barriers, visits

CURVES = "curves?variants=fashion-fcnn,sign-fcnn&epsilon=0.04"
CLASSES = "classes?dataset=fashion&architecture=fcnn&pixels=ordered&epsilon=0.04&image=0"
TRADE_OFF = "tradeoff?variants=fashion-fcnn,sign-cnn&image=4"


def saved(visit: Visit, table: int, button: str) -> Path:
    """What a figure is saved as."""
    visit.page.get_by_role("button", name="Table").nth(table).click()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name=button).click()
    visit.page.keyboard.press("Escape")
    return Path(download.value.path())


def rows(visit: Visit, table: int) -> list[dict[str, str]]:
    content = saved(visit, table, "Save as CSV").read_text()
    return list(csv.DictReader(io.StringIO(content)))


def test_curves_are_the_cards(visit: Visit) -> None:
    visit.read(CURVES)
    found = rows(visit, 0)
    for name in ("fashion-fcnn", "sign-fcnn"):
        card = VARIANTS[name].card
        mine = [row for row in found if row["variant"] == name]
        assert [int(row["fgsm right"]) for row in mine] == list(card.fgsm)
        assert [int(row["random right"]) for row in mine] == list(card.random)
    picture = Image.open(saved(visit, 0, "Save as PNG"))
    assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20  # something is drawn on it
    assert visit.fits()


def test_counting_here_and_leaving_the_line(
    visit: Visit, browser: Browser, server: str, test_splits: dict[Dataset, Split]
) -> None:
    """Somebody counts, somebody else waits and leaves, and the first ends with the right counts."""
    visit.read("curves?variants=fashion-cnn")  # which takes longer than somebody takes to come
    page = visit.page
    page.get_by_label("Test pictures to count here").fill("10000")
    page.get_by_label("Test pictures to count here").press("Enter")
    visit.rest()
    page.get_by_role("button", name="Compute here").click()
    expect(page.get_by_text(re.compile("Counted .* of 10,000 pictures"))).to_be_visible()
    for other in visits(browser, server, 1280, 800, "light"):
        other.read("curves?variants=sign-cnn")
        other.page.get_by_role("button", name="Compute here").click()
        waiting = other.page.get_by_text(re.compile("You are number .*Fashion CNN, 10,000"))
        expect(waiting).to_be_visible()
        other.page.get_by_role("button", name="Cancel").click()
        expect(waiting).to_have_count(0)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    page.get_by_label("Test pictures to count here").fill("200")
    page.get_by_label("Test pictures to count here").press("Enter")
    visit.rest()
    page.get_by_role("button", name="Compute here").click()
    expect(page.get_by_text("Fashion CNN: all 200 pictures first flip at")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    images, labels = (v[:200] for v in test_splits[Dataset.FASHION])
    curve = accuracy_curve(load_model("fashion-cnn"), images, labels, EPSILONS)
    assert [int(row["fgsm right here"]) for row in rows(visit, 0)] == list(curve.correct)


def test_classes_are_the_record_and_pictures_lead_to_the_explorer(visit: Visit) -> None:
    visit.read(CLASSES)
    counts = read_arrays(PRETRAINED / CONFUSIONS)["fashion-fcnn"].sum(axis=0)
    names = VARIANTS["fashion-fcnn"].classes
    found = {(r["class"], float(r["epsilon"])): int(r["right"]) for r in rows(visit, 0)}
    for c, name in enumerate(names):
        assert [found[name, e] for e in EPSILONS] == counts[:, c, c].tolist()
    assert visit.fits()
    flip_steps = read_arrays(PRETRAINED / FLIP_STEPS)["fashion-fcnn"]
    first = int(np.flatnonzero(flip_steps == 1)[0])
    visit.page.locator(f'a[href*="image={first}&"], a[href$="image={first}"]').first.click()
    visit.page.wait_for_selector(".stage canvas")
    expect(visit.page).to_have_url(re.compile(f"epsilon=0.005&image={first}$"))
    assert "Fooled" in visit.verdict()


def test_the_trade_off_is_the_cards(visit: Visit) -> None:
    visit.read(TRADE_OFF)
    found = rows(visit, 0)
    for name in ("fashion-fcnn", "sign-cnn"):
        card = VARIANTS[name].card
        mine = [row for row in found if row["variant"] == name]
        assert [float(row["ssim"]) for row in mine] == list(card.ssim)
        assert [int(row["right"]) for row in mine] == list(card.fgsm)
        best = max(
            mine, key=lambda row: (1 - int(row["right"]) / card.fgsm[0]) * float(row["ssim"])
        )
        said = visit.page.get_by_text(re.compile(f"our measure recommends {best['epsilon']} "))
        expect(said).to_be_visible()
    assert visit.fits()


@pytest.mark.parametrize("address", [CURVES, CLASSES, TRADE_OFF], ids=lambda a: a.split("?")[0])
def test_no_serious_barrier(visit: Visit, address: str) -> None:
    visit.read(address)
    assert barriers(visit.page) == []
