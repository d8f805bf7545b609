"""Networks that somebody brought along, beside the shipped ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

from models import VARIANTS, NudgeError
from models.card_files import CONFUSIONS, FLIP_STEPS, read_array
from models.zoo import OWN
from nudge.classroom.rooms import Kind
from nudge.training.publishing import publish
from tests.conftest import CHECKOUT
from tests.views.reading import components, look_on, open_at, rows
from views import text
from views.classroom import questions
from views.session import classroom, resources
from views.session.state import View

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


def test_a_class_is_asked_about_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_ROOMS", str(tmp_path / "rooms"))
    code, key = classroom.store().create()
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    page.switch_page("views/pages/class.py")
    page.query_params["room"], page.query_params["network"] = code, NAME
    page.session_state["_memory_known"] = ["teacher", key, code]
    page.run()
    page.selectbox(key="_class_prepared").set_value(f"view-{Kind.FLIP}").run()
    next(button for button in page.button if button.label == text.classroom.ASK).click().run()
    assert not page.exception
    room = classroom.store().room(code)
    assert room is not None
    assert questions.view_of(room.questions[0]).variant.id == NAME
    classroom.store().close()


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


def test_it_is_still_chosen_after_a_page_that_has_no_place_for_it() -> None:
    page = open_at("explorer", network=NAME)
    for name, chosen in (("curves", ""), ("scramble", ""), ("classes", NAME), ("explorer", NAME)):
        page.query_params.clear()  # as the navigation does
        page.switch_page(f"views/pages/{name}.py").run()
        assert not page.exception
        assert page.session_state["network"] == chosen


def test_a_link_to_another_network_lets_go_of_it() -> None:
    page = open_at("explorer", network=NAME)
    for name, query in (("scramble", {"pixels": "scrambled"}), ("explorer", {})):
        page.query_params.clear()
        page.query_params.update(query)
        page.switch_page(f"views/pages/{name}.py").run()
        assert not page.exception
    assert page.session_state["network"] == ""
    assert page.session_state["pixels"] == "scrambled"


def test_a_question_about_one_that_is_not_here_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server that was started again without its folder, or a replica that has none."""
    monkeypatch.setenv("NUDGE_ROOMS", str(tmp_path / "rooms"))
    posed = questions.pose(Kind.FLIP, View())
    asked = replace(posed, view=f"{posed.view}&network=gone")
    with pytest.raises(NudgeError, match="gone that was asked about is not on this server"):
        questions.truth(asked)
    code, _ = classroom.store().create()
    classroom.store().ask(code, asked, 0)
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    page.switch_page("views/pages/class.py")
    page.query_params["room"] = code
    page.session_state["_memory_known"] = ["phone", "", code]
    page.run()
    assert not page.exception
    (warning,) = page.warning
    assert "gone that was asked about is not on this server" in warning.value
    assert not page.slider  # of another network's epsilons
    classroom.store().close()


class Brittle(nn.Module):
    """Of pictures as they are stored it knows something, and of all others nothing."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        stored = (255 * pictures - (255 * pictures).round()).abs().flatten(1).amax(dim=1) < 1e-3
        logits: Tensor = self.network(pictures)
        return logits.where(stored[:, None], torch.nan)


def test_one_that_is_not_finite_on_the_stage_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = resources.model
    broken = Brittle(usual("fashion-fcnn")).eval()
    for load in ("model", "fast_model"):
        monkeypatch.setattr(resources, load, lambda name: broken)
    page = open_at("explorer", network=NAME, method="pgd")
    assert not page.exception
    (told,) = [warning.value for warning in page.warning]
    assert told == f"{NAME} cannot be attacked on this picture."
    page = open_at("tradeoff", variants=NAME)
    assert not page.exception
    assert [warning.value for warning in page.warning] == [told]


def test_a_map_that_is_not_finite_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    open_at("explorer", network=NAME)  # the attack goes well, and is kept
    broken = Brittle(resources.model(NAME)).eval()
    monkeypatch.setattr(resources, "fast_model", lambda name: broken)
    page = open_at("explorer", network=NAME, panel="map")
    assert not page.exception
    (told,) = [warning.value for warning in page.warning]
    assert told == f"{NAME} cannot be attacked on this picture."
    assert components(page, "stage")  # which stands


def test_one_that_is_not_finite_on_the_way_is_told_and_the_others_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = open_at("curves", variants=f"fashion-fcnn,{NAME}")
    usual = resources.model
    broken = Brittle(usual(NAME)).eval()
    monkeypatch.setattr(resources, "model", lambda name: broken if name == NAME else usual(name))
    page.number_input(key="count_curves").set_value(50).run()
    next(b for b in page.button if b.label == text.curves.COMPUTE_HERE).click().run()
    look_on(page)
    assert any(f"{NAME} cannot be counted: expected finite logits" in w.value for w in page.warning)
    assert {row["variant"] for row in rows(page, "live")} == {"1 Fashion FC"}
