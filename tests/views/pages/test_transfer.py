"""The page against counts made here by other means."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from models import PRETRAINED, Dataset, load_model, zoo
from nudge.attacks import random_direction
from nudge.data import Split
from nudge.evaluation import transferability as nudge_transfer
from nudge.evaluation.transferability import networks
from tests.conftest import CHECKOUT
from tests.views.reading import look_on
from views import text
from views.charts import transfer_matrix


@pytest.fixture(autouse=True)
def _fresh_server(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()


def open_page(**query: object) -> AppTest:
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    page.switch_page("views/pages/transfer.py")
    for name, value in query.items():
        page.query_params[name] = str(value)
    page.run()
    assert not page.exception
    return page


def cells(page: AppTest) -> dict[tuple[str, str], dict[str, Any]]:
    """What the chart was handed, by source and target."""
    (chart,) = page.get("vega_lite_chart")
    (dataset,) = chart.proto.datasets
    rows = pyarrow.ipc.open_stream(dataset.data.data).read_all().to_pylist()
    return {(row["source"], row["target"]): row for row in rows}


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


@pytest.mark.parametrize("dataset", Dataset)
def test_shows_the_record(dataset: Dataset) -> None:
    with np.load(PRETRAINED / "transfer.npz") as arrays:
        counts, epsilons = arrays[dataset], arrays[f"{dataset}-epsilons"].tolist()
    page = open_page(dataset=dataset, epsilon=0.05)
    at = epsilons.index(0.05)
    shown = cells(page)
    variants = networks(dataset)
    assert len(shown) == 6 * 4
    for j, target in enumerate(variants):
        card, column = target.card, text.common.short_variant(target)
        for i, source in enumerate(variants):
            cell = shown[text.common.short_variant(source), column]
            assert cell["accuracy"] == counts[at, i, j] / card.total
            assert cell["usual"] == (i == j)
        clean, random = (
            shown[text.transfer.NO_NUDGE, column],
            shown[text.transfer.RANDOM_NUDGE, column],
        )
        assert clean["right"] == f"{card.fgsm[0]:,} / {card.total:,}"
        assert random["accuracy"] == card.random[card.epsilons.index(0.05)] / card.total
    own = np.mean([counts[at, i, i] for i in range(4)]) / card.total
    other = (counts[at].sum() - counts[at].trace()) / 12 / card.total
    said = " ".join(m.value for m in page.markdown)
    assert f"mean accuracy of the four is **{own:.1%}**" in said
    assert f"**{other:.1%}** along another's" in said
    assert f"over all {card.total:,}, recorded with the weights" in captions(page)


def test_epsilon_between_two_measured_ones_stays_in_the_address() -> None:
    with np.load(PRETRAINED / "transfer.npz") as arrays:
        grid = arrays["fashion-epsilons"].tolist()
    asked = 0.145
    nearest = min(grid, key=lambda e: abs(e - asked))
    page = open_page(dataset="fashion", epsilon=asked)
    assert f"nudged by epsilon {nearest:g}" in captions(page)
    assert "the measured epsilon nearest to 0.145" in captions(page)
    assert page.query_params["epsilon"] == "0.145"
    page.select_slider(key="transfer_epsilon").set_value(0.02).run()
    assert page.query_params["epsilon"] == "0.02"
    assert "nudged by epsilon 0.02" in captions(page)
    assert "nearest" not in captions(page)


def test_counts_here(test_splits: dict[Dataset, Split]) -> None:
    page = open_page(dataset="sign", epsilon=0.05)
    next(b for b in page.button if b.label == text.transfer.HERE).click().run()
    look_on(page)
    assert "counted now on this computer over the first 50" in captions(page)
    shown = cells(page)
    images, labels = (values[:50] for values in test_splits[Dataset.SIGN])
    variants = networks(Dataset.SIGN)
    models = [load_model(variant) for variant in variants]
    pixels = images[:, None].float() / 255
    for i, source in enumerate(models):
        given = pixels.clone().requires_grad_()
        loss = torch.nn.functional.cross_entropy(source(given), labels)
        direction = torch.autograd.grad(loss, given)[0].sign()
        for j, target in enumerate(models):
            right = (target((pixels + 0.05 * direction).clamp(0, 1)).argmax(1) == labels).sum()
            cell = shown[
                text.common.short_variant(variants[i]), text.common.short_variant(variants[j])
            ]
            assert cell["right"] == f"{right} / 50"
    random_signs = random_direction(50)
    for j, target in enumerate(models):
        right = (target((pixels + 0.05 * random_signs).clamp(0, 1)).argmax(1) == labels).sum()
        cell = shown[text.transfer.RANDOM_NUDGE, text.common.short_variant(variants[j])]
        assert cell["right"] == f"{right} / 50"
    next(b for b in page.button if b.label == text.transfer.STOP_HERE).click().run()
    assert "over all 7,172, recorded" in captions(page)


def test_a_stale_record_is_told_and_counting_here_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nudge_transfer, "weights_of", lambda among: ["other"] * 4)
    page = open_page(dataset="fashion")
    assert "recorded with other weights" in page.warning[0].value
    assert page.code[0].value.endswith("scripts/transfer.py fashion")
    assert not page.get("vega_lite_chart")
    assert any(button.label == text.transfer.HERE for button in page.button)


def test_broken_weights_leave_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = PRETRAINED / "index.json"
    (tmp_path / "index.json").write_bytes(real.read_bytes())
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)  # cards, but no weights
    page = open_page(dataset="fashion")
    assert len(cells(page)) == 24
    next(b for b in page.button if b.label == text.transfer.HERE).click().run()
    assert "The weights of fashion-fcnn are missing" in page.warning[0].value


def test_the_chart_has_fixed_colours_and_marks_the_usual_attack() -> None:
    spec = transfer_matrix.transfer_spec(("A, x", "B, y", text.transfer.NO_NUDGE), ("A, x", "B, y"))
    rects, frames, figures = spec["layer"]
    assert rects["encoding"]["color"]["scale"] == {"domain": [0, 1], "scheme": "viridis"}
    assert frames["transform"] == [{"filter": "datum.usual"}]
    assert figures["mark"]["type"] == "text"
    rows = transfer_matrix.cells(("A", "B"), ("A", "B"), np.array([[1, 2], [3, 4]]), 4)
    assert [row["accuracy"] for row in rows] == [0.25, 0.5, 0.75, 1.0]
    assert [row["usual"] for row in rows] == [True, False, False, True]
