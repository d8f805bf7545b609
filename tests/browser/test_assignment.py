"""The assignment, checked, as a person meets it."""

import json

from playwright.sync_api import expect

from models import PRETRAINED
from nudge.findings.assignment_claims import Figures, claims, read_flips
from tests.browser.conftest import Visit, barriers

INDEX = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))


def test_findings_and_cards(visit: Visit) -> None:
    visit.open_page("assignment?dataset=sign", "How the networks were trained")
    rows = visit.page.locator(".nudge-claims tbody tr")
    expect(rows).to_have_count(19)
    shown = {tuple(row.locator("td").all_inner_texts()) for row in rows.all()}
    found = claims(Figures(), read_flips())
    assert shown == {(c.reported, c.measured, str(c.verdict), c.why, c.again) for c in found}
    expect(visit.page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    assert visit.fits()
    visit.page.get_by_text("Sign, CNN, ordered pixels", exact=True).click()
    card = INDEX["sign-cnn"]
    expect(visit.page.get_by_text(f"{card['parameters']:,} parameters").first).to_be_visible()
    expect(visit.page.get_by_text(card["sha256"])).to_be_visible()
    expect(visit.page.get_by_text(card["command"])).to_be_visible()


def test_nobody_is_shut_out(visit: Visit) -> None:
    visit.open_page("assignment?dataset=fashion", "How the networks were trained")
    visit.page.get_by_text("Fashion, CNN, ordered pixels", exact=True).click()
    expect(visit.page.get_by_text(INDEX["fashion-cnn"]["command"])).to_be_visible()
    assert barriers(visit.page) == []
