"""The page against pictures, weights and cards read here by other means."""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
import streamlit as st
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from streamlit.testing.v1 import AppTest

from models import PRETRAINED, Dataset, zoo
from models.layers import scramble_permutation
from nudge.data import Split
from tests.conftest import CHECKOUT
from views.parts import weight_tiles

INDEX: dict[str, Any] = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _fresh_server(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()
    st.cache_data.clear()


def open_page(dataset: Dataset) -> AppTest:
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    page.switch_page("views/pages/scramble.py")
    page.query_params["dataset"] = str(dataset)
    page.run()
    assert not page.exception
    return page


def tiles(page: AppTest) -> list[list[NDArray[np.uint8]]]:
    """The pictures of every row of tiles."""
    rows = [h.proto.body for h in page.get("html") if '<div class="nudge-tiles"' in h.proto.body]
    return [
        [
            np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
            for content in re.findall(r"base64,([^\"]+)", row)
        ]
        for row in rows
    ]


@pytest.mark.parametrize("dataset", Dataset)
def test_pictures_in_both_orders(dataset: Dataset, test_splits: dict[Dataset, Split]) -> None:
    taken, scrambled, *_ = tiles(open_page(dataset))
    images, labels = (values.numpy() for values in test_splits[dataset])
    order = scramble_permutation().numpy()
    assert len(taken) == len(scrambled) == 8
    for label, (before, after) in enumerate(zip(taken, scrambled, strict=True)):
        picture = images[np.flatnonzero(labels == label)[0]]
        assert (before == picture).all()
        assert (after.flatten() == picture.flatten()[order]).all()


def test_accuracies_and_the_reason() -> None:
    page = open_page(Dataset.SIGN)
    (chart,) = page.get("vega_lite_chart")
    (data,) = chart.proto.datasets
    rows = pyarrow.ipc.open_stream(data.data.data).read_all().to_pylist()
    cards = [INDEX[f"sign-{name}"] for name in ("fcnn", "fcnn-scrambled", "cnn", "cnn-scrambled")]
    assert [row["accuracy"] for row in rows] == [c["fgsm"][0] / c["total"] for c in cards]
    assert all(row["low"] < row["accuracy"] < row["high"] for row in rows)
    said = " ".join(m.value for m in page.markdown)
    for card in cards:
        assert f"**{card['fgsm'][0] / card['total']:.2%}**" in said


def test_weights_are_put_back_where_their_pixels_stand() -> None:
    """Read from the file itself: column i of the first layer meets pixel order[i]."""
    page = open_page(Dataset.FASHION)
    stored = load_file(PRETRAINED / "fashion-fcnn-scrambled.safetensors")
    (name,) = [n for n, t in stored.items() if t.ndim == 2 and t.shape[1] == 784]
    raw = stored[name].float().numpy()
    top = raw[np.argsort(-np.linalg.norm(raw, axis=1))[:12]]
    restored = np.empty_like(top)
    restored[:, scramble_permutation().numpy()] = top
    _, _, _, as_stored, put_back, *_ = tiles(page)
    for shown, expected in ((as_stored, top), (put_back, restored)):
        assert len(shown) == 12
        for picture, unit in zip(shown, expected, strict=True):
            colours = weight_tiles.in_colours(torch.from_numpy(unit.reshape(28, 28)))
            assert (picture == colours).all()


def test_neighbours_correlate_in_order_only() -> None:
    page = open_page(Dataset.FASHION)
    found = {
        match[1]: float(match[2])
        for m in page.markdown
        if (match := re.match(r"\*\*(.*)\*\*: neighbouring .* by \*\*(-?[\d.]+)\*\*", m.value))
    }
    assert found["Ordered twin"] > 0.2
    assert abs(found["Scrambled twin"]) < 0.02
    assert abs(found["Scrambled twin, its weights put back in order"] - found["Ordered twin"]) < 0.1


def test_without_weights_pictures_and_figures_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.json").write_bytes((PRETRAINED / "index.json").read_bytes())
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    page = open_page(Dataset.FASHION)
    assert any("weights of fashion-fcnn are missing" in w.value for w in page.warning)
    assert len(tiles(page)) == 2
    assert len(page.get("vega_lite_chart")) == 1


def test_without_pictures_the_rest_stands(no_pictures: None) -> None:
    page = open_page(Dataset.SIGN)
    assert "The generated hands cannot be read" in page.warning[0].value
    assert len(page.get("vega_lite_chart")) == 1
    assert len(tiles(page)) > 2


def test_colours_of_weights() -> None:
    below, nothing, half, above = weight_tiles.in_colours(torch.tensor([[-2.0, 0, 1, 2]]))[
        0
    ].tolist()
    assert (below, nothing, above) == ([33, 102, 172], [246, 246, 246], [179, 88, 6])
    assert half == [212, 167, 126]
    assert (weight_tiles.in_colours(torch.zeros(2, 2)) == 246).all()
