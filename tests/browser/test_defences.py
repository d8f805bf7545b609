"""Attacks of many steps and defences, as a person meets them."""

import re

import numpy as np
import torch
from playwright.sync_api import expect

from models import VARIANTS, Architecture, Dataset, PixelOrder, load_model
from nudge.attacks import pgd
from nudge.data import Split, to_pixels
from nudge.evaluation.sweep import EPSILONS
from tests.browser.conftest import Visit, barriers
from views import text

PGD = "?architecture=fcnn&method=pgd&image=4&epsilon=0.1"


def test_twenty_steps_are_drawn_without_asking_the_server(
    visit: Visit, test_splits: dict[Dataset, Split]
) -> None:
    visit.open(PGD)
    visit.settle()
    expect(visit.stage).to_have_attribute("data-step", "10")
    images, labels = (values[4:5] for values in test_splits[Dataset.FASHION])
    radii = torch.tensor(EPSILONS[::2])
    several = to_pixels(images).expand(31, -1, -1, -1)
    attacked = 255 * pgd(load_model("fashion-fcnn"), several, labels.expand(31), radii).flatten(1)
    assert np.abs(visit.pixels(2) - attacked[10].numpy()).max() <= 1
    before = visit.sent
    visit.slider.evaluate(
        "slider => { slider.value = 20; slider.dispatchEvent(new Event('input')) }"
    )
    expect(visit.stage).to_have_attribute("data-step", "20")
    assert np.abs(visit.pixels(2) - attacked[20].numpy()).max() <= 1
    assert visit.sent == before
    visit.slider.press("ArrowRight")
    expect(visit.page).to_have_url(re.compile(r"epsilon=0\.21&"))
    assert visit.page.locator(".facts").first.inner_text().startswith("PGD, 20 steps: ")


def test_another_attack_keeps_epsilon(visit: Visit) -> None:
    visit.open("?architecture=fcnn&epsilon=0.105&image=4")
    visit.settle()
    visit.page.get_by_role("combobox", name=text.common.METHOD).click()
    visit.page.get_by_role("option", name="BIM, 20 steps").click()
    expect(visit.stage).to_have_attribute("data-step", "10")
    expect(visit.page).to_have_url(re.compile(r"epsilon=0\.1&.*method=bim"))


def test_curves_under_pgd(visit: Visit) -> None:
    visit.read("curves?variants=fashion-fcnn&method=pgd&epsilon=0.1")
    card = VARIANTS["fashion-fcnn"].card
    assert card.pgd is not None
    expect(visit.page.get_by_text("Solid: PGD, 20 steps")).to_be_visible()
    visit.page.get_by_role("radio", name="FGSM").click()
    expect(visit.page.get_by_text("Solid: FGSM with the true label")).to_be_visible()
    expect(visit.page).not_to_have_url(re.compile("method="))


def test_the_page_of_defences(visit: Visit) -> None:
    visit.open_page("defences?dataset=sign&image=5&epsilon=0.03", text.defences.GRADIENTS)
    kind = (Dataset.SIGN, Architecture.CNN, PixelOrder.ORDERED)
    trained = [v for v in VARIANTS.values() if (v.dataset, v.architecture, v.pixels) == kind]
    assert len(trained) > 1
    for variant in trained:
        name = text.common.REGIMES[variant.regime]
        expect(visit.page.get_by_text(name, exact=True).first).to_be_attached()
    expect(visit.page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    assert visit.fits()
    assert barriers(visit.page) == []
    visit.page.get_by_role("link", name=text.defences.ON_ONE).click()
    expect(visit.page).to_have_url(re.compile("compare=regimes"))
    expect(visit.page.locator(".stage .network")).to_have_count(len(trained))
