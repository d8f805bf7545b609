"""Networks that somebody brought along, beside the shipped ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from models import VARIANTS
from models.card_files import CONFUSIONS, FLIP_STEPS, read_array
from models.zoo import OWN
from nudge.training.publishing import publish
from tests.views.reading import components, open_at, rows
from views import text

SHIPPED = VARIANTS["fashion-fcnn"]
NAME = "mine-fashion-fcnn"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "mine"
    arrays = {n: read_array(SHIPPED.folder / n, SHIPPED.id) for n in (FLIP_STEPS, CONFUSIONS)}
    publish(folder, SHIPPED, SHIPPED.weights.read_bytes(), SHIPPED.card, arrays)
    monkeypatch.setenv("NUDGE_NETWORKS", str(folder))
    st.cache_resource.clear()
    yield folder
    st.cache_resource.clear()
    OWN.clear()


def test_the_explorer_attacks_it() -> None:
    own = open_at("explorer", network=NAME, image=4)
    assert own.selectbox(key="network").options == ["None", NAME]
    ours = open_at("explorer", architecture="fcnn", image=4)
    assert ours.selectbox(key="network").value == ""
    (shown,), (expected,) = (components(page, "stage") for page in (own, ours))
    assert shown["networks"][0]["name"] == NAME
    for part in ("attack", "control"):
        assert shown["networks"][0][part] == expected["networks"][0][part]
    assert shown["accuracy"][0]["fgsm"] == expected["accuracy"][0]["fgsm"]
    keys = [{control.key for control in page.get("button_group")} for page in (own, ours)]
    assert "architecture" not in keys[0]
    assert "architecture" in keys[1]


def test_the_other_data_set_lets_go_of_it() -> None:
    page = open_at("explorer", network=NAME)
    page.session_state["dataset"] = "sign"
    page.run()
    assert not page.exception
    assert page.session_state["network"] == ""
    page = open_at("explorer", network="nobody", dataset="sign")
    assert any("network is none, not `nobody`" in caption.value for caption in page.caption)


def test_curves_draw_it() -> None:
    page = open_at("curves", variants=f"fashion-fcnn,{NAME}")
    (chosen,) = page.multiselect
    assert chosen.label == text.common.OTHERS_AND_OWN
    curves: dict[str, list[float]] = {}
    for row in rows(page, "recorded"):
        curves.setdefault(row["variant"], []).append(row["accuracy"])
    own = f"{len(VARIANTS) + 1} Fashion {NAME}"
    assert list(curves) == ["1 Fashion FC", own]
    assert curves[own] == curves["1 Fashion FC"]


def test_classes_show_it() -> None:
    own, ours = open_at("classes", network=NAME), open_at("classes", architecture="fcnn")
    assert rows(own, "cells", 2) == rows(ours, "cells", 2)
    assert own.selectbox(key="network").value == NAME


def test_a_damaged_one_is_named_once(folder: Path) -> None:
    with (folder / SHIPPED.weights.name).open("ab") as file:
        file.write(b" ")
    for name in ("explorer", "curves"):
        page = open_at(name, network=NAME) if name == "explorer" else open_at(name)
        told = [warning.value for warning in page.warning]
        assert len(told) == 1
        assert told[0].startswith(f"**{text.common.LEFT_OUT}.** The weights of {NAME}")
        assert not any(box.key == "network" for box in page.selectbox)
