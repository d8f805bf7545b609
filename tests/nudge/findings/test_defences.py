"""A defence is what the cards say, and is none where they do not say enough."""

from dataclasses import replace
from pathlib import Path

import pytest

from models import PRETRAINED, STANDARD, VARIANTS, Card, PixelOrder, Regime, Variant
from models.card_files import PGD_FLIP_STEPS, read_array
from models.cards import Withstood
from models.zoo import KNOWN
from nudge.evaluation import transferability
from nudge.evaluation.robustness import AUTO_ATTACK, STRONGEST
from nudge.findings import defences
from nudge.findings.defences import Withstands, defence, left_by_pgd

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


@pytest.mark.parametrize(
    "name", [n for n, v in VARIANTS.items() if v.regime in (Regime.ROBUST, Regime.MASKED)]
)
def test_autoattack_leaves_no_more_than_twenty_steps_do(name: str) -> None:
    """Of the same pictures, which RESULTS.md and the page set beside each other."""
    variant = VARIANTS[name]
    (found,) = (w for w in variant.card.withstood if w.attack == AUTO_ATTACK)
    flips = read_array(PRETRAINED / PGD_FLIP_STEPS, name)
    at = variant.card.epsilons.index(found.epsilon)
    assert variant.card.pgd is not None
    assert (flips > at).sum() == variant.card.pgd[at]
    assert found.correct <= left_by_pgd(flips, found, variant.card)
    assert left_by_pgd(flips, replace(found, total=10), variant.card) == (flips[:10] > at).sum()


def test_what_an_attack_carries_over_is_a_fraction_of_what_its_own_costs() -> None:
    masked = defence(VARIANTS["fashion-cnn-masked"])
    assert masked is not None
    assert masked.carried is not None
    assert masked.carried < 0.1  # it has hidden its gradient from others' attacks as well
    robust = Withstands(0.9, 0.8, 0.7, 0.5, 0.5, (0.1, 0.7))
    assert replace(masked, defended=robust, transferred=0.7).carried == pytest.approx(0.5)
    assert replace(masked, transferred=None).carried is None
    assert replace(masked, defended=replace(robust, pgd=0.9)).carried is None  # it costs nothing


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
