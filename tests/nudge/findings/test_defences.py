"""A defence is what the cards say, and is none where they do not say enough."""

from dataclasses import replace
from pathlib import Path

import pytest

from models import STANDARD, VARIANTS, Card, PixelOrder, Variant
from models.zoo import KNOWN
from nudge.evaluation import transferability
from nudge.findings import defences
from nudge.findings.defences import Withstands, defence

ROBUST = KNOWN["sign-cnn-robust"]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> dict[str, Card]:
    """Those of the robust Sign CNN and of its standard twin."""
    card = replace(STANDARD["sign-cnn"].card, total=1000)
    found = {
        "sign-cnn": replace(card, fgsm=(990,) + (800,) * 60, pgd=(990,) + (600,) * 60),
        ROBUST.id: replace(card, fgsm=(970,) + (950,) * 60, pgd=(970,) + (900,) * 60),
    }
    monkeypatch.setattr(defences, "VARIANTS", {**STANDARD, ROBUST.id: ROBUST})
    monkeypatch.setattr(Variant, "card", property(lambda variant: found[variant.id]))
    monkeypatch.setattr(transferability, "RECORD", Path("nobody/recorded/this.npz"))
    return found


def test_of_what_the_cards_say(cards: dict[str, Card]) -> None:
    found = defence(ROBUST)
    assert found is not None
    assert found.epsilon == 0.03
    assert found.defended == Withstands(0.97, 0.95, 0.9)
    assert found.standard == Withstands(0.99, 0.8, 0.6)
    assert found.transferred is None  # nothing was recorded of these two
    assert found.moves == ()
    recipe = cards["sign-cnn"].recipe
    cards[ROBUST.id] = replace(cards[ROBUST.id], recipe={**recipe, "shift": 2.0, "flip": 0.0})
    found = defence(ROBUST)
    assert found is not None
    assert found.moves == ("shift",)


def test_none_where_either_was_not_measured(cards: dict[str, Card]) -> None:
    for name in ("sign-cnn", ROBUST.id):
        measured = cards[name]
        cards[name] = replace(measured, pgd=None)
        assert defence(ROBUST) is None
        cards[name] = measured


def test_none_where_there_is_none() -> None:
    assert defence(KNOWN["sign-fcnn-masked"]) is None


@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - STANDARD.keys()))
def test_of_every_training_that_is_here(name: str) -> None:
    variant = VARIANTS[name]
    found = defence(variant)
    assert (found is None) == (variant.card.pgd is None)
    if found is not None:
        assert found.defended.clean == variant.card.accuracy
        recorded = variant.pixels is PixelOrder.ORDERED  # see `networks`
        assert (found.transferred is not None) == recorded
