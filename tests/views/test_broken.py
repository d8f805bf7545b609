"""With one variant's weights or card broken, or a record, everything else on every page stands."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import nudge.evaluation.transferability
import nudge.findings.assignment_claims
import nudge.findings.lesson
import nudge.findings.training_history
from models import PRETRAINED, STANDARD, VARIANTS, load_model, zoo
from models.card_files import CONFUSIONS, FLIP_STEPS, JOURNEYS, REPETITIONS
from nudge.evaluation.first_layer import first_filters
from tests.views.reading import components, look_on, open_at, rows
from views import text

BROKEN = "fashion-cnn"
OTHERS = [name for name in STANDARD if name.startswith("fashion") and name != BROKEN]
INDEX = "index.json"
NEED_NO_CARD = ("classes", "class", "journey")


@pytest.fixture
def pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> Path:
    """A copy of what is in pretrained/, which every page reads."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    folder = tmp_path / "pretrained"
    folder.mkdir()
    for path in PRETRAINED.iterdir():
        (folder / path.name).symlink_to(path)
    monkeypatch.setattr(zoo, "PRETRAINED", folder)
    for module in (
        nudge.findings.assignment_claims,
        nudge.findings.lesson,
        nudge.findings.training_history,
    ):
        monkeypatch.setattr(module, "PRETRAINED", folder)
    monkeypatch.setattr(nudge.evaluation.transferability, "RECORD", folder / "transfer.npz")
    return folder


def overwrite(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def flip_a_bit(pretrained: Path) -> None:
    content = bytearray((PRETRAINED / f"{BROKEN}.safetensors").read_bytes())
    content[-1000] ^= 1
    overwrite(pretrained / f"{BROKEN}.safetensors", bytes(content))


def cut_the_card(pretrained: Path) -> None:
    records = json.loads((PRETRAINED / INDEX).read_bytes())
    del records[BROKEN]["fgsm"]
    overwrite(pretrained / INDEX, json.dumps(records).encode())


def warnings(page: AppTest) -> list[str]:
    assert not page.exception
    return [warning.value for warning in page.warning]


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


@pytest.mark.parametrize("spoil", [flip_a_bit, cut_the_card])
def test_the_explorer_shows_the_other_three(
    pretrained: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(pretrained)
    page = open_at("explorer", compare="all", dataset="fashion")
    (said,) = warnings(page)
    assert said.startswith("**Fashion, CNN, ordered pixels cannot be used.**")
    assert page.code[0].value == "git checkout -- pretrained"
    (stage,) = components(page, "stage")
    shown = [network["title"] for network in stage["networks"]]
    assert shown == [text.common.variant(VARIANTS[name]) for name in OTHERS]
    assert components(page, "gallery")


@pytest.mark.parametrize("other", [name for name in VARIANTS if name != BROKEN])
def test_each_of_the_other_seven_serves(pretrained: Path, other: str) -> None:
    flip_a_bit(pretrained)
    variant = VARIANTS[other]
    page = open_at(
        "explorer",
        dataset=variant.dataset,
        architecture=variant.architecture,
        pixels=variant.pixels,
        regime=variant.regime,
        hide="accuracy,gallery",
    )
    assert warnings(page) == []
    (stage,) = components(page, "stage")
    assert len(stage["networks"]) == 1


def test_the_curves_count_the_others(pretrained: Path) -> None:
    flip_a_bit(pretrained)
    page = open_at("curves", variants=f"fashion-fcnn,{BROKEN}")
    assert warnings(page) == []
    assert len({row["tag"] for row in rows(page, "recorded")}) == 2
    page.number_input(key="count_curves").set_value(50).run()
    press(page, text.curves.COMPUTE_HERE)
    look_on(page)
    assert any(f"weights of {BROKEN} are not those of its card" in w for w in warnings(page))
    assert {row["counted"].split(" / ")[1] for row in rows(page, "live")} == {"50"}


@pytest.mark.parametrize("spoil", [flip_a_bit, cut_the_card])
def test_the_trade_off_stands(pretrained: Path, spoil: Callable[[Path], None]) -> None:
    spoil(pretrained)
    page = open_at("tradeoff", dataset="fashion")
    (said,) = warnings(page)
    assert BROKEN in said
    assert len(page.get("vega_lite_chart")) == 2


def test_transfer_falls_back_on_the_record(pretrained: Path) -> None:
    flip_a_bit(pretrained)
    page = open_at("transfer", dataset="fashion")
    assert warnings(page) == []
    press(page, text.transfer.HERE)
    (said,) = warnings(page)
    assert BROKEN in said
    assert len(rows(page, "cells")) == 24


def test_the_scramble_shows_the_weights_of_the_others(pretrained: Path) -> None:
    whole = len(open_at("scramble", dataset="fashion").get("html"))
    st.cache_resource.clear()
    st.cache_data.clear()
    flip_a_bit(pretrained)
    page = open_at("scramble", dataset="fashion")
    (said,) = warnings(page)
    assert BROKEN in said
    kinds = len(list(first_filters(load_model("fashion-cnn-scrambled"))))
    assert len(page.get("html")) == whole - kinds > kinds


@pytest.mark.parametrize("page", ["classes", "assignment", "lesson"])
def test_pages_of_records_need_no_weights(pretrained: Path, page: str) -> None:
    (pretrained / f"{BROKEN}.safetensors").unlink()
    assert warnings(open_at(page, dataset="fashion", architecture="cnn")) == []


@pytest.mark.parametrize("page", [*text.common.PAGES])
def test_a_broken_card_is_told_once_and_the_rest_stands(pretrained: Path, page: str) -> None:
    cut_the_card(pretrained)
    view = {"compare": "all", "dataset": "fashion", "architecture": "fcnn"}
    found = open_at(page, **view)
    said = warnings(found)
    assert len(said) == (page not in NEED_NO_CARD)
    assert all(f"card of {BROKEN} cannot be read" in w for w in said)
    shown = len(found.get("vega_lite_chart")) + len(found.get("bidi_component"))
    if page == "assignment":
        rest = [n for n in VARIANTS if n.startswith("fashion") and n != BROKEN]
        assert len(found.expander) == len(rest)
        # Some findings are left out; those of the other seven stand.
        assert any("nudge-claims" in html.proto.body for html in found.get("html"))
    # The lesson and the transfer of a data set are about all four of its networks; a class has none
    # before its first question.
    assert shown or page in ("lesson", "transfer", "class")
    if page in ("lesson", "transfer"):
        assert warnings(open_at(page, dataset="sign")) == []


@pytest.mark.parametrize(
    "content", [b"no JSON {", b"[" * 100_000, b"[]"], ids=["text", "deep", "list"]
)
def test_an_index_that_is_no_json_is_one_sentence(pretrained: Path, content: bytes) -> None:
    overwrite(pretrained / INDEX, content)
    for page in text.common.PAGES if content == b"[]" else ("explorer",):
        said = warnings(open_at(page, dataset="fashion", compare="all"))
        assert len(said) == (page not in NEED_NO_CARD)
        assert all("The model cards cannot be read" in w for w in said)


@pytest.mark.parametrize("record", [FLIP_STEPS, CONFUSIONS, REPETITIONS, "transfer.npz", JOURNEYS])
@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18)], ids=["empty", "no array"])
def test_a_broken_record_leaves_every_page(pretrained: Path, record: str, content: bytes) -> None:
    overwrite(pretrained / record, content)
    concerned = {
        FLIP_STEPS: ("explorer", "classes", "lesson", "curves"),
        CONFUSIONS: ("classes", "assignment", "lesson"),
        REPETITIONS: ("assignment",),
        "transfer.npz": ("transfer", "lesson"),
        JOURNEYS: ("journey",),
    }[record]
    for page in concerned:
        said = warnings(open_at(page, dataset="fashion"))
        assert len(said) <= 1
        if page == concerned[0] and page != "explorer":
            assert len(said) == 1


def test_without_the_order_by_epsilon_the_gallery_stands(pretrained: Path) -> None:
    overwrite(pretrained / FLIP_STEPS, b"")
    page = open_at("explorer", dataset="fashion", architecture="fcnn", hide="accuracy")
    assert warnings(page) == []
    page.selectbox(key="order").set_value("fragile").run()
    (said,) = warnings(page)
    assert "picture by picture cannot be read" in said
    (shown,) = components(page, "gallery")
    assert [picture["index"] for picture in shown["pictures"]] == list(range(24))
