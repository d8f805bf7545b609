"""The lesson as a class and its teacher meet it."""

import re
from collections import Counter
from pathlib import Path

from playwright.sync_api import expect

from models import Dataset
from nudge.findings.lesson import findings
from tests.browser.conftest import Visit, barriers
from views import text
from views.parts.lesson_steps import steps

FOUND = findings(Dataset.FASHION)
STEPS = steps(FOUND)


def test_the_first_step_opens_a_quiz_that_gives_nothing_away(visit: Visit) -> None:
    visit.open_page("lesson?dataset=fashion", "What people ask")
    visit.page.get_by_role("link", name="Open Explorer").first.click()
    expect(visit.stage).to_be_visible()
    expect(visit.page).to_have_url(re.compile(f"image={FOUND.image}&quiz=1"))
    expect(visit.page.get_by_role("button", name="This is my guess")).to_be_visible()
    expect(visit.page.get_by_text("flips at")).to_have_count(0)
    visit.slider.fill(str(round(FOUND.flips_at / 0.005)))
    visit.page.get_by_role("button", name="This is my guess").click()
    expect(visit.page.get_by_text("is exact")).to_be_visible()


def test_every_step_opens_its_page(visit: Visit) -> None:
    visit.open_page("lesson?dataset=fashion", "What people ask")
    pages = Counter(step.page for step in STEPS)
    assert pages.keys() >= {"curves", "classes", "tradeoff", "scramble", "transfer", "defences"}
    for name, count in pages.items():
        links = visit.page.get_by_role("link", name=f"Open {text.common.PAGES[name]}", exact=True)
        expect(links).to_have_count(count)
        for link in links.all():
            address = link.get_attribute("href") or ""
            assert address.partition("?")[0].strip("./") == ("" if name == "explorer" else name)


def test_answers_and_the_sheet_for_them(visit: Visit, tmp_path: Path) -> None:
    visit.open_page("lesson?dataset=fashion", "What people ask")
    answer = f"{FOUND.flips_at:g}, {255 * FOUND.flips_at:.1f} of 255"
    expect(visit.page.get_by_text("is first misclassified at")).to_have_count(0)
    visit.page.get_by_text(text.lesson.TEACHER).click()
    expect(visit.page.get_by_text("is first misclassified at")).to_contain_text(answer)
    assert visit.fits()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name=text.lesson.WORKSHEET_ANSWERS).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    sheet = visit.page.context.new_page()
    asked: list[str] = []
    sheet.on("request", lambda request: asked.append(request.url))
    sheet.goto(path.as_uri())
    expect(sheet.locator("section")).to_have_count(len(STEPS))
    expect(sheet.locator("section").first).to_contain_text(answer)
    for image in sheet.locator("img").all():
        assert image.evaluate("i => i.naturalWidth") > 0
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert barriers(sheet) == []


def test_nobody_is_shut_out(visit: Visit) -> None:
    visit.open_page("lesson?dataset=fashion", "What people ask")
    visit.page.get_by_text(text.lesson.TEACHER).click()
    assert barriers(visit.page) == []
