"""The page of defences: its figures are those of the cards, its losses those of the networks."""

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
import torch
import torch.nn.functional as F

from models import STANDARD, VARIANTS, Dataset, PixelOrder, Regime, load_model
from models.cards import Withstood
from nudge.attacks import fgsm, pgd
from nudge.data import Split, to_pixels
from nudge.evaluation.sweep import EPSILONS
from tests.views.reading import open_at, rows
from views import text
from views.charts import defences as chart
from views.session import state


@pytest.fixture(autouse=True)
def _fresh_server(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))


@pytest.mark.parametrize("pixels", PixelOrder)
@pytest.mark.parametrize(
    ("dataset", "architecture"),
    [(Dataset.FASHION, "cnn"), (Dataset.SIGN, "fcnn"), (Dataset.SIGN, "cnn")],
)
def test_figures_are_those_of_the_cards(
    dataset: Dataset, architecture: str, pixels: PixelOrder
) -> None:
    page = open_at("defences", dataset=dataset, architecture=architecture, pixels=pixels, image=3)
    assert not page.exception
    kind = (dataset, architecture, pixels)
    trained = [v for v in VARIANTS.values() if (v.dataset, v.architecture, v.pixels) == kind]
    shown = rows(page, "withstood")
    assert {row["training"] for row in shown} == {text.common.REGIMES[v.regime] for v in trained}
    for variant in trained:
        name = text.common.REGIMES[variant.regime]
        own = {r["measure"]: r["accuracy"] for r in shown if r["training"] == name}
        assert own[text.defences.CLEAN] == variant.card.accuracy
        at = EPSILONS.index({"fashion": 0.1, "sign": 0.03}[dataset])
        assert own[text.defences.FGSM] == variant.card.fgsm[at] / variant.card.total


def test_everything_that_was_measured_has_a_dot() -> None:
    variant = STANDARD["sign-cnn"]
    card = replace(
        variant.card,
        pgd=(7000,) * 61,
        withstood=(Withstood(attack="PGD, 40 steps", epsilon=0.03, correct=900, total=1000),),
        moved=3586,
    )

    class Measured:
        card = None
        dataset, regime = variant.dataset, Regime.ROBUST

    Measured.card = card  # type: ignore[assignment]
    found = chart.measures(Measured)  # type: ignore[arg-type]
    assert found == {
        "Clean": (card.fgsm[0], 7172),
        "FGSM, one step": (card.fgsm[6], 7172),
        "PGD, 20 steps": (7000, 7172),
        "PGD, 40 steps": (900, 1000),
        "Moved pictures": (3586, 7172),
    }


def test_the_loss_along_the_step(test_splits: dict[Dataset, Split]) -> None:
    page = open_at("defences", dataset="fashion", architecture="cnn", image=5)
    shown = rows(page, "loss", 1)
    images, labels = (values[5:6] for values in test_splits[Dataset.FASHION])
    pixels = to_pixels(images)
    for name, said in (("fashion-fcnn", "FC"), ("fashion-cnn", "CNN")):
        model = load_model(name)
        losses = {
            (row["kind"], row["epsilon"]): row["loss"] for row in shown if row["network"] == said
        }
        for epsilon in (0.0, 0.05, 0.2):
            for kind, moved in (
                (text.defences.ONE_STEP, fgsm(model, pixels, labels, epsilon)),
                (text.common.PGD_CURVE, None),
            ):
                if moved is None:  # each of the 31 epsilons has a start of its own
                    if epsilon not in EPSILONS[::2]:
                        continue
                    radii = torch.tensor(EPSILONS[::2])
                    several = pixels.expand(31, -1, -1, -1)
                    place = EPSILONS[::2].index(epsilon)
                    moved = pgd(model, several, labels.expand(31), radii)[place : place + 1]
                loss = F.cross_entropy(model(moved), labels).item()
                assert losses[kind, epsilon] == pytest.approx(loss, abs=2e-3, rel=1e-3)


def test_what_was_counted_over_fewer_pictures_is_told() -> None:
    page = open_at("defences", dataset="sign", architecture="fcnn")
    said = " ".join(caption.value for caption in page.caption)
    assert "7,172 official test pictures of Sign-Language-MNIST (AutoAttack: over the first" in said
    assert "Of these first ones alone PGD, 20 steps, leaves: Robust 85.3%." in said
    assert "keeps closer to the edges" in said
    page = open_at("defences", dataset="sign", architecture="fcnn", pixels="scrambled")
    said = " ".join(caption.value for caption in page.caption)
    assert "AutoAttack" not in said
    assert "keeps closer to the edges" not in said  # no robust one is shown


def test_a_gain_is_not_called_a_cost() -> None:
    page = open_at("defences", dataset="sign", architecture="fcnn")
    (said,) = (m.value for m in page.markdown if m.value.startswith("The robust network reads"))
    assert "10.0 points more, not less (its training pictures were shifted" in said
    page = open_at("defences", dataset="fashion", architecture="fcnn")
    (said,) = (m.value for m in page.markdown if m.value.startswith("The robust network reads"))
    assert "robustness costs 5." in said


def test_a_network_with_one_training_says_how_to_get_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "VARIANTS", STANDARD)
    page = open_at("defences", dataset="fashion", architecture="fcnn", pixels="scrambled")
    assert "python scripts/train.py fashion-fcnn-scrambled-augmented" in page.info[0].value
