"""The page of curves, run by Streamlit's own tester, against the cards and numbers counted here."""

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from models import PRETRAINED, STANDARD, VARIANTS, Dataset, load_model, zoo
from models.intervals import wilson_interval
from nudge.attacks import random_direction
from nudge.data import Split
from nudge.evaluation.measurement import RANDOM_SEED
from nudge.evaluation.methods import COUNTED, Method, method_counter
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from nudge.serving import fair_queue
from tests.views.reading import look_on, open_at, rows
from views import text
from views.charts.curves import spread
from views.session import count_queue, resources
from views.session.count_queue import Request


@pytest.fixture(autouse=True)
def _fresh_server() -> None:
    st.cache_resource.clear()


@pytest.fixture
def here(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    return data_dir


def open_page(**query: object) -> AppTest:
    return open_at("curves", **query)


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def test_recorded_curves_are_the_cards_to_the_last_digit() -> None:
    page = open_page(variants="fashion-cnn,sign-fcnn-scrambled", epsilon=0.04)
    recorded = rows(page, "recorded")
    assert len(recorded) == 2 * 2 * len(EPSILONS)
    for name, tag in (("fashion-cnn", 3), ("sign-fcnn-scrambled", 6)):
        card = VARIANTS[name].card
        for kind, counts in (
            (text.common.FGSM_CURVE, card.fgsm),
            (text.common.RANDOM_CURVE, card.random),
        ):
            mine = [r for r in recorded if r["tag"] == tag and r["kind"] == kind]
            assert [r["epsilon"] for r in mine] == list(EPSILONS)
            assert [r["accuracy"] for r in mine] == [c / card.total for c in counts]
            assert [r["counted"] for r in mine] == [f"{c:,} / {card.total:,}" for c in counts]
            bands = [wilson_interval(c, card.total) for c in counts]
            assert [(r["low"], r["high"]) for r in mine] == bands
    labels = {r["label"] for r in rows(page, "marker")}
    assert labels == {"3: 44.2%", "3: 91.2% random", "6: 30.0%", "6: 87.5% random"}
    assert sorted(r["accuracy"] for r in rows(page, "chance")) == [1 / 24, 1 / 10]
    assert any("all 10,000 and 7,172 official" in c.value for c in page.caption)
    assert rows(page, "live") == []


def test_the_choice_stands_in_the_address() -> None:
    page = open_page(dataset="sign")
    assert page.button_group(key="_chosen").value == [v for v in STANDARD if "sign" in v]
    page.button_group(key="_chosen").set_value(["sign-cnn", "fashion-fcnn"]).run()
    assert page.query_params["variants"] == "fashion-fcnn,sign-cnn"
    assert {r["tag"] for r in rows(page, "recorded")} == {1, 7}
    page.button_group(key="_chosen").set_value([]).run()  # never an empty chart
    assert "variants" not in page.query_params
    assert {r["tag"] for r in rows(page, "recorded")} == {5, 6, 7, 8}


def test_counted_here_equals_other_counts(here: Path, test_splits: dict[Dataset, Split]) -> None:
    page = open_page(variants="fashion-fcnn,sign-fcnn")
    page.number_input(key="count_curves").set_value(90).run()
    button(page, text.curves.COMPUTE_HERE).click().run()
    look_on(page)
    found = rows(page, "live")
    for name, tag in (("fashion-fcnn", 1), ("sign-fcnn", 5)):
        images, labels = (v[:100] for v in test_splits[VARIANTS[name].dataset])  # whole batches
        model = load_model(name)
        for kind, directions in (
            (text.common.FGSM_CURVE, None),
            (text.common.RANDOM_CURVE, random_direction(100, seed=RANDOM_SEED)),
        ):
            curve = accuracy_curve(model, images, labels, EPSILONS, directions=directions)
            mine = [r for r in found if r["tag"] == tag and r["kind"] == kind]
            assert [r["counted"] for r in mine] == [f"{c} / 100" for c in curve.correct]
        assert any(
            c.value.startswith(
                f":material/check: {text.common.plain(VARIANTS[name])}: all 100 pictures"
            )
            for c in page.caption
        )


@pytest.mark.parametrize("method", COUNTED[1:])
def test_counted_here_under_another_attack(
    method: Method, here: Path, test_splits: dict[Dataset, Split]
) -> None:
    page = open_page(variants="fashion-fcnn", method=method)
    page.number_input(key="count_curves").set_value(50).run()
    button(page, text.curves.COMPUTE_HERE).click().run()
    look_on(page)
    images, labels = (v[:50] for v in test_splits[Dataset.FASHION])
    batch = method_counter(method, load_model("fashion-fcnn"), images, labels, EPSILONS)(slice(50))
    counts = batch.right.sum(dim=1).tolist()
    kind = text.common.COUNTED_CURVES[method]
    mine = [r for r in rows(page, "live") if r["kind"] == kind]
    assert [r["counted"] for r in mine] == [f"{count} / 50" for count in counts]
    drawn = [text.common.PGD_CURVE, text.common.FGSM_CURVE]
    if method is Method.L2:
        drawn = [text.common.FGSM_CURVE, text.common.RANDOM_CURVE]
    assert {r["kind"] for r in rows(page, "recorded")} == set(drawn)
    # Only PGD's flips are recorded, picture by picture.
    told = [c.value for c in page.caption if "all 50 pictures first flip" in c.value]
    assert len(told) == (method is Method.PGD)
    page.button_group(key="_attack").set_value(Method.FGSM).run()
    assert "method" not in page.query_params
    assert rows(page, "live") == []  # what was counted under the other attack is not FGSM's


def test_the_line_is_seen_and_left(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "QUEUE_TIMEOUT", 600.0)  # nobody leaves by being slow
    page = open_page(variants="fashion-fcnn")
    other = Request(("sign-cnn", "sign-fcnn"), 500)
    count_queue.line().stand("somebody else", other)
    button(page, text.curves.COMPUTE_HERE).click().run()
    (bar,) = page.get("progress")
    assert bar.proto.text.startswith(
        "You are number 2 in the queue; one computation is before yours."
    )
    assert "Sign CNN and Sign FC, 500 pictures each" in bar.proto.text
    assert rows(page, "live") == []  # nothing is computed meanwhile
    button(page, text.curves.CANCEL).click().run()
    assert not page.get("progress")
    assert [s.what for s in count_queue.line().poll()] == [other]
    button(page, text.curves.COMPUTE_HERE).click().run()
    count_queue.line().leave("somebody else")
    look_on(page)
    assert rows(page, "live")
    assert count_queue.line().poll() == ()


def test_cancelling_keeps_what_was_counted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(variants="fashion-fcnn")
    page.number_input(key="count_curves").set_value(10_000).run()
    button(page, text.curves.COMPUTE_HERE).click().run()
    while not rows(page, "live"):
        time.sleep(0.2)
        page.run()
    button(page, text.curves.CANCEL).click().run()
    assert count_queue.line().poll() == ()
    deadline = time.monotonic() + 30
    while not resources.live_curves("fashion-fcnn", resources.display_set(Dataset.FASHION)).rests:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page.run()
    assert rows(page, "live")[0]["counted"].split(" / ")[1] != "10,000"


def test_without_pictures_the_record_stays(no_pictures: None) -> None:
    page = open_page(variants="sign-fcnn")
    assert not page.warning
    button(page, text.curves.COMPUTE_HERE).click().run()
    look_on(page)
    assert "The generated hands cannot be read" in page.warning[0].value
    assert page.code[0].value == "git checkout -- pretrained"
    assert len(rows(page, "recorded")) == 2 * len(EPSILONS)


def test_a_broken_index_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = json.loads((PRETRAINED / "index.json").read_text())
    del records["fashion-cnn"]["fgsm"]
    (tmp_path / "index.json").write_text(json.dumps(records))
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    page = open_page(variants="fashion-cnn,fashion-fcnn")
    (warning,) = page.warning
    assert "The card of fashion-cnn cannot be read" in warning.value
    assert {r["tag"] for r in rows(page, "recorded")} == {1}


@pytest.mark.parametrize(
    "values", [[], [0.5], [0.5, 0.5, 0.5], [0.0, 0.01, 0.99, 1.0, 1.0], [0.9] * 16, [0.3] * 40]
)
def test_labels_keep_apart_and_inside(values: list[float]) -> None:
    places = spread(values, 0.05)
    gap = min(0.05, 1 / max(len(values) - 1, 1))
    assert all(0 <= p <= 1 for p in places)
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(sorted(places)))
    assert sorted(range(len(values)), key=places.__getitem__) == sorted(
        range(len(values)), key=values.__getitem__
    )
    assert spread([0.2, 0.8], 0.05) == [0.2, 0.8]  # who has room stays
