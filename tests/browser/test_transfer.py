"""Transfer as a person meets it."""

import csv
import re
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from models import PRETRAINED
from tests.browser.conftest import Visit, barriers

with np.load(PRETRAINED / "transfer.npz") as arrays:
    COUNTS, EPSILONS = arrays["sign"], arrays["sign-epsilons"].tolist()
TOTAL = 7172


def test_the_record_as_chart_and_table(visit: Visit, tmp_path: Path) -> None:
    visit.open_page("transfer?dataset=sign&epsilon=0.05", "recorded with the weights")
    expect(
        visit.page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first
    ).to_be_visible()
    at = EPSILONS.index(0.05)
    own = COUNTS[at].trace() / 4 / TOTAL
    expect(visit.page.get_by_text(f"{own:.1%}", exact=True).first).to_be_visible()
    assert visit.fits()
    visit.page.get_by_role("button", name="Table").click()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save as CSV").click()
    download.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8") as file:
        rows = {
            (r["nudged along"], r["classified by"], float(r["epsilon"])): int(r["right"])
            for r in csv.DictReader(file)
        }
    four = [f"{n} {p}" for n in ("Fully connected", "CNN") for p in ("ordered", "scrambled")]
    for k, epsilon in enumerate(EPSILONS):
        for i, source in enumerate(four):
            for j, target in enumerate(four):
                assert rows[source, target, epsilon] == COUNTS[k, i, j]


def test_counting_here_and_back(visit: Visit) -> None:
    visit.open_page("transfer?dataset=fashion&epsilon=0.05", "recorded with the weights")
    visit.page.get_by_role("button", name="Count here").click()
    expect(visit.page.get_by_text("counted now on this computer over the first 50")).to_be_visible()
    expect(visit.page.get_by_test_id("stProgress")).to_have_count(0)
    visit.page.get_by_role("button", name="Show the record").click()
    expect(visit.page.get_by_text("over all 10,000, recorded with the weights")).to_be_visible()
    visit.page.get_by_role("link", name="All of them on one picture").click()
    expect(visit.page).to_have_url(re.compile("compare=all"))


def test_nobody_is_shut_out(visit: Visit) -> None:
    visit.open_page("transfer?dataset=fashion", "recorded with the weights")
    assert barriers(visit.page) == []
