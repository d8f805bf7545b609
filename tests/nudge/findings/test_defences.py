"""A defence is what the cards say, and is none where they do not say enough."""

from dataclasses import replace
from pathlib import Path

import pytest

from models import STANDARD, VARIANTS, Card, PixelOrder, Variant
from models.cards import Withstood
from models.zoo import KNOWN
from nudge.evaluation import transferability
from nudge.evaluation.robustness import AUTO_ATTACK, STRONGEST
from nudge.findings import defences
from nudge.findings.defences import Withstands, defence, pgd_on_first

ROBUST = KNOWN["sign-cnn-robust"]


def forty(correct: int) -> Withstood:
    return Withstood(attack=STRONGEST.name, epsilon=0.03, correct=correct, total=1000)


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> dict[str, Card]:
    """Those of the robust Sign CNN and of its standard twin."""
    card = replace(STANDARD["sign-cnn"].card, total=1000)
    found = {
        "sign-cnn": replace(
            card,
            fgsm=(990,) + (800,) * 60,
            random=(990,) + (980,) * 60,
            pgd=(990,) + (600,) * 60,
            withstood=(forty(500),),
        ),
        ROBUST.id: replace(
            card,
            fgsm=(970,) + (950,) * 60,
            random=(970,) + (960,) * 60,
            pgd=(970,) + (900,) * 60,
            withstood=(),
        ),
    }
    monkeypatch.setattr(defences, "VARIANTS", {**STANDARD, ROBUST.id: ROBUST})
    monkeypatch.setattr(Variant, "card", property(lambda variant: found[variant.id]))
    monkeypatch.setattr(transferability, "RECORD", Path("nobody/recorded/this.npz"))
    return found


def test_of_what_the_cards_say(cards: dict[str, Card]) -> None:
    found = defence(ROBUST)
    assert found is not None
    assert found.epsilon == 0.03
    assert found.attack == "PGD, 20 steps"  # forty were measured of one alone
    assert found.defended == Withstands(0.97, 0.96, 0.95, 0.9, 0.9, (0.005, 0.95))
    assert found.standard == Withstands(0.99, 0.98, 0.8, 0.6, 0.6, (0.005, 0.8))
    assert found.transferred is None  # nothing was recorded of these two
    assert found.moves == ()
    recipe = cards["sign-cnn"].recipe
    cards[ROBUST.id] = replace(cards[ROBUST.id], recipe={**recipe, "shift": 2.0, "flip": 0.0})
    found = defence(ROBUST)
    assert found is not None
    assert found.moves == ("shift",)


def test_the_strongest_attack_is_one_that_both_were_put_to(cards: dict[str, Card]) -> None:
    others = Withstood(attack=AUTO_ATTACK, epsilon=0.03, correct=70, total=100)
    cards[ROBUST.id] = replace(cards[ROBUST.id], withstood=(others, forty(850)))
    found = defence(ROBUST)
    assert found is not None
    assert found.attack == "PGD, 40 steps, 5 restarts"
    assert (found.defended.pgd, found.defended.strongest) == (0.9, 0.85)
    assert (found.standard.pgd, found.standard.strongest) == (0.6, 0.5)


def test_a_dip_along_epsilon_is_the_worst_step(cards: dict[str, Card]) -> None:
    dip = (970, 960, 700, 800, 900, 940) + (950,) * 55  # 0.01 fools most, 0.03 hardly anything
    cards[ROBUST.id] = replace(cards[ROBUST.id], fgsm=dip)
    found = defence(ROBUST)
    assert found is not None
    assert found.defended.worst_step == (0.01, 0.7)
    assert found.defended.fgsm == 0.95


def test_what_is_left_of_the_first_pictures_is_what_their_flips_say() -> None:
    variant = VARIANTS["fashion-cnn-robust"]
    assert variant.card.pgd is not None
    at = variant.card.epsilons.index(0.1)
    assert pgd_on_first(variant, variant.card.total, 0.1) == variant.card.pgd[at]
    for attack in variant.card.withstood:
        if attack.attack == AUTO_ATTACK:  # which is the stronger one, on the same pictures
            left = pgd_on_first(variant, attack.total, attack.epsilon)
            assert left is not None
            assert attack.correct < left
    assert pgd_on_first(KNOWN["sign-fcnn-masked"], 10, 0.03) is None


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
