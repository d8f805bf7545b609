"""The trade-off, against the cards and pictures attacked here."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from models import VARIANTS, Dataset, load_model
from nudge.attacks import fgsm
from nudge.data import Split, to_pixels
from nudge.evaluation.sweep import EPSILONS
from tests.views.reading import open_at, rows
from views import text
from views.charts.tradeoff import SHOWN


@pytest.fixture(autouse=True)
def _fresh_server(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()


def test_curves_and_recommendations_are_the_cards() -> None:
    page = open_at("tradeoff", variants="fashion-cnn,sign-fcnn")
    for name, tagged in (("fashion-cnn", "3 Fashion CNN"), ("sign-fcnn", "5 Sign FC")):
        card = VARIANTS[name].card
        curves = [r for r in rows(page, "curves") if r["variant"] == tagged]
        accuracy = [c / card.total for c in card.fgsm]
        assert [r["value"] for r in curves if r["kind"] == text.common.ACCURACY_AXIS] == accuracy
        assert [r["value"] for r in curves if r["kind"] == text.tradeoff.SSIM] == list(card.ssim)
        scores = [(1 - c / card.fgsm[0]) * s for c, s in zip(card.fgsm, card.ssim, strict=True)]
        best = EPSILONS[int(np.argmax(scores))]
        marks = [r for r in rows(page, "best") if r["variant"] == tagged]
        assert {r["epsilon"] for r in marks} == {best}
        assert [r["value"] for r in marks] == [
            accuracy[EPSILONS.index(best)],
            card.ssim[EPSILONS.index(best)],
        ]
        crossed = [r for r in rows(page, "curves", 1) if r["variant"] == tagged]
        assert [(r["ssim"], r["accuracy"]) for r in crossed] == list(
            zip(card.ssim, accuracy, strict=True)
        )
        ours = [r for r in rows(page, "marks", 1) if r["mark"] == text.tradeoff.OURS]
        assert best in {r["epsilon"] for r in ours if r["variant"] == tagged}
        assert any(f"recommends **{best:g}**" in m.value for m in page.markdown)
    bands = {(r["epsilon"], r["to"]) for r in rows(page, "assignment")}
    assert bands == {(0.04, 0.08), (0.02, 0.02)}


def test_the_strip_shows_the_attacked_pictures(test_splits: dict[Dataset, Split]) -> None:
    page = open_at("tradeoff", variants="fashion-fcnn,sign-cnn-scrambled", image=5)
    strip = rows(page, "strip")
    assert len(strip) == 2 * len(SHOWN)
    for name, shown in (
        ("fashion-fcnn", strip[: len(SHOWN)]),
        ("sign-cnn-scrambled", strip[len(SHOWN) :]),
    ):
        variant = VARIANTS[name]
        images, labels = (v[5:6] for v in test_splits[variant.dataset])
        model = load_model(name)
        for row, epsilon in zip(shown, SHOWN, strict=True):
            attacked = fgsm(model, to_pixels(images), labels, epsilon)
            content = base64.b64decode(row["url"].split(",")[1])
            pixels = np.asarray(Image.open(io.BytesIO(content)))
            assert np.abs(pixels - 255 * attacked[0, 0].numpy()).max() <= 0.5 + 1e-4
            read = int(model(attacked).argmax())
            assert row["epsilon"] == epsilon
            assert row["predicted"] == text.common.class_name(
                variant.dataset, variant.classes[read]
            )
            assert row["verdict"] == (
                text.tradeoff.RIGHT if read == int(labels) else text.tradeoff.WRONG
            )


def test_another_picture_stands_in_the_address() -> None:
    page = open_at("tradeoff", variants="fashion-fcnn")
    page.number_input(key="image").set_value(17).run()
    assert page.query_params["image"] == "17"
    assert any("test picture 17" in c.value for c in page.caption)


def test_without_pictures_the_curves_stay(no_pictures: None) -> None:
    page = open_at("tradeoff", variants="sign-fcnn,sign-cnn")
    (warning,) = page.warning  # once a data set
    assert "The generated hands cannot be read" in warning.value
    assert len(rows(page, "curves")) == 2 * 2 * len(EPSILONS)
    assert rows(page, "strip") == []
