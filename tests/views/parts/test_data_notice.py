"""With an empty data folder every page is complete, says what stands in, and can fetch the rest."""

import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from models import Dataset, PixelOrder, load_model
from nudge.data import digest, splits, to_pixels
from nudge.data.generated_hands import generated_flip_steps, load_generated_hands
from nudge.data.sources import SIGN, SOURCES
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from nudge.findings.lesson import findings
from nudge.serving import background_download
from tests.serving import Server
from tests.views.pages.test_curves import button
from tests.views.pages.test_explorer import component, on_stage, open_page
from tests.views.reading import look_on, open_at, rows
from views import text
from views.charts.tradeoff import SHOWN
from views.session.state import View

CSV = "sign_mnist_test.csv"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    st.cache_resource.clear()
    monkeypatch.setenv("NUDGE_DATA", str(tmp_path / "data"))
    # Nothing leaves this machine, whether it has a network or not.
    away = tuple(replace(a, urls=("http://127.0.0.1:9/sign.zip",)) for a in SIGN.archives)
    monkeypatch.setattr(
        background_download, "SOURCES", {**SOURCES, Dataset.SIGN: replace(SIGN, archives=away)}
    )
    return tmp_path / "data"


def said(page: AppTest) -> str:
    assert not page.exception
    elements = (*page.caption, *page.markdown, *page.warning)
    return "\n".join(element.value for element in elements)


@pytest.mark.parametrize("dataset", Dataset)
@pytest.mark.parametrize("name", list(text.common.PAGES))
def test_every_page_is_complete(name: str, dataset: Dataset) -> None:
    page = open_at(name, dataset=dataset, architecture="fcnn")
    assert not page.warning
    shown = text.data_notice.GENERATED_NOTICE in said(page)
    assert shown == (dataset is Dataset.SIGN and name not in ("assignment", "class"))
    assert any(b.label == text.data_notice.GET_REAL for b in page.button) == shown


def test_the_explorer_shows_and_counts_hands() -> None:
    page = open_page(dataset="sign", architecture="fcnn", image=31)
    look_on(page)
    images, labels = load_generated_hands()
    stage = on_stage(page)
    assert stage["label"] == labels[31]
    assert stage["file"] == "nudge-sign-fcnn-generated-31"
    assert "Generated hand 31, letter H" in stage["words"]["poster"]
    assert page.number_input(key="image").label == "Generated hand"
    assert page.number_input(key="image").max == 1199
    gallery = component(page, "gallery")
    assert gallery is not None
    assert gallery["words"]["title"] == text.gallery.GENERATED_GALLERY
    assert gallery["pictures"][7]["name"] == "letter H, generated hand 31"
    (accuracy,) = stage["accuracy"]
    assert accuracy["total"] == 7172  # the recorded curve is still of the test set
    curve = accuracy_curve(load_model("sign-fcnn"), images[:200], labels[:200], EPSILONS)
    assert accuracy["here"] == {"total": 200, "fgsm": list(curve.correct)}
    assert "all 7,172 official test pictures" in said(page)
    assert "the first 200 generated hands, counted here" in said(page)
    assert "They are not the pictures of the lines" in said(page)
    options = page.selectbox(key="count").options
    assert options[-1] == "Count all 1,200 generated hands here"
    assert not any("5,000" in option for option in options)
    page.selectbox(key="order").set_value("wrong").run()
    gallery = component(page, "gallery")
    assert gallery is not None
    wrong = np.flatnonzero(generated_flip_steps("sign-fcnn").numpy() == 0)
    assert [p["index"] for p in gallery["pictures"]] == wrong[:24].tolist()


def test_a_link_past_the_hands_is_brought_in_and_told() -> None:
    page = open_page(dataset="sign", architecture="fcnn", image=7000)
    assert "image is 1199, not `7000`: only 1,200 generated hands are here" in said(page)
    assert page.query_params["image"] == "1199"
    assert on_stage(page)["label"] == 23
    page.run()  # as when the count has ended: it still stands there
    assert "only 1,200 generated hands are here" in said(page)
    page.button_group(key="pixels").set_value(PixelOrder.SCRAMBLED).run()
    assert "only 1,200 generated hands are here" not in said(page)
    page = open_page(dataset="sign", architecture="fcnn", image=9999)  # past the test set, too
    assert page.query_params["image"] == "1199"


def test_from_fashion_to_fewer_hands() -> None:
    page = open_page(dataset="fashion", architecture="fcnn", image=9000)
    page.selectbox(key="count").set_value(5000).run()
    page.button_group(key="dataset").set_value(Dataset.SIGN).run()
    assert not page.exception
    assert page.query_params["image"] == "1199"
    assert page.selectbox(key="count").value == 0


def test_the_code_makes_the_same_view() -> None:
    from views.parts.snippet import snippet

    code = snippet(View(Dataset.SIGN, image=17), generated=True)
    assert len(code.splitlines()) <= 25
    found: dict[str, object] = {}
    exec(code, found)
    assert torch.equal(found["images"], load_generated_hands().images)  # type: ignore[arg-type]


def test_curves_count_hands_and_compare_them_with_hands() -> None:
    page = open_at("curves", variants="fashion-fcnn,sign-fcnn")
    page.number_input(key="count_curves").set_value(100).run()
    button(page, text.curves.COMPUTE_HERE).click().run()
    look_on(page)
    images, labels = (values[:100] for values in load_generated_hands())
    curve = accuracy_curve(load_model("sign-fcnn"), images, labels, EPSILONS)
    mine = [r for r in rows(page, "live") if r["tag"] == 5 and r["kind"] == text.common.FGSM_CURVE]
    assert [r["counted"] for r in mine] == [f"{c} / 100" for c in curve.correct]
    assert "Sign's dots are of generated hands" in said(page)
    assert "Sign FC: all 100 generated hands first flip at exactly the" in said(page)
    assert "Fashion FC: all 100 pictures first flip" in said(page)


def test_classes_show_the_hands_that_flip_first() -> None:
    page = open_at("classes", dataset="sign", architecture="fcnn")
    assert "all 7,172 official test pictures" in said(page)
    flip_steps = generated_flip_steps("sign-fcnn").numpy()
    links = [parse_qs(link.proto.query_string) for link in page.get("page_link")]
    assert len(links) == 16
    steps = [int(flip_steps[int(link["image"][0])]) for link in links]
    assert steps[:8] == sorted(flip_steps[flip_steps > 0].tolist())[:8]
    labels = [link.proto.label for link in page.get("page_link")]
    linked = re.compile(r"!\[letter ., generated hand \d+\]\(data:image/png")
    assert all(linked.match(label) for label in labels)


def test_the_strip_under_the_trade_off_is_named() -> None:
    page = open_at("tradeoff", variants="fashion-fcnn,sign-fcnn", image=3)
    assert "Under the axis: Fashion's test picture and Sign's generated hand 3" in said(page)
    assert len(rows(page, "strip")) == 2 * len(SHOWN)
    page = open_at("tradeoff", variants="sign-fcnn", image=3)
    assert "Under the axis: generated hand 3" in said(page)


def test_transfer_is_never_compared_with_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_at("transfer", dataset="sign", epsilon=0.05)
    assert "over all 7,172, recorded with the weights" in said(page)
    button(page, text.transfer.HERE).click().run()
    look_on(page)
    assert "on generated hands, not on the test pictures of Sign-Language-MNIST" in said(page)
    assert text.transfer.transfer_equal(True) not in said(page)
    assert page.selectbox(key="transfer_count").options == [
        "The first 50 generated hands",
        "The first 200 generated hands",
        "The first 1,000 generated hands",
        "All 1,200 generated hands",
    ]


def test_the_scramble_names_its_pictures() -> None:
    page = open_at("scramble", dataset="sign")
    assert "Generated hands 0, 1, 2, 3, 4, 5, 6, 7: the first of each" in said(page)


def test_the_lesson_guesses_at_a_hand_that_is_here() -> None:
    found = findings(Dataset.SIGN, generated=True)
    flip_steps = generated_flip_steps("sign-cnn").numpy()
    assert found.flips_at == EPSILONS[flip_steps[found.image]]
    official = findings(Dataset.SIGN)
    assert replace(found, image=0, flips_at=0, generated=False) == replace(
        official, image=0, flips_at=0
    )
    page = open_at("lesson", dataset="sign")
    page.toggle(key="teacher").set_value(True).run()
    assert page.info[0].value.startswith(f"Generated hand {found.image} is first misclassified at")
    model, (images, labels) = load_model("sign-cnn"), load_generated_hands()
    one = slice(found.image, found.image + 1)
    curve = accuracy_curve(model, to_pixels(images[one]), labels[one], EPSILONS)
    assert EPSILONS[curve.correct.index(0)] == found.flips_at


def fetch(page: AppTest) -> None:
    button(page, text.data_notice.GET_REAL).click().run()
    look_on(page)


def test_no_network_is_told_with_what_to_do_by_hand(folder: Path) -> None:
    page = open_at("scramble", dataset="sign")
    fetch(page)
    (warning,) = page.warning
    assert "Sign-Language-MNIST could not be downloaded" in warning.value
    assert "no connection from http://127.0.0.1:9/sign.zip" in warning.value
    assert f"put `{CSV}` into `{folder / SIGN.folder}`" in said(page)
    assert "or the zip file as it is, and reload the page" in said(page)
    assert re.search(r"`\S*python scripts/download.py sign`", said(page))
    assert text.data_notice.GENERATED_NOTICE in said(page)
    assert button(page, text.data_notice.GET_REAL)  # to be tried again
    other = open_at("scramble", dataset="sign")
    assert not other.warning  # who did not ask is not told


def test_the_zip_as_it_came_is_found_when_the_page_is_loaded_again(
    folder: Path, data_dir: Path
) -> None:
    assert text.data_notice.GENERATED_NOTICE in said(open_at("scramble", dataset="sign"))
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "archive.zip", "w") as file:
        file.write(SIGN.find(data_dir, CSV), f"sign_mnist_test/{CSV}")
    assert text.data_notice.GENERATED_NOTICE not in said(open_at("scramble", dataset="sign"))


@pytest.fixture
def server(tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Has the real test pictures, as Kaggle packs them."""
    server = Server(tmp_path / "served")
    with zipfile.ZipFile(server.folder / "sign.zip", "w") as file:
        file.write(SIGN.find(data_dir, CSV), f"sign_mnist_test/{CSV}")
    members = {CSV: SIGN.archives[0].members[CSV]}
    archive = replace(SIGN.archives[0], urls=(f"{server.url}/sign.zip",), members=members)
    source = replace(SIGN, archives=(archive,))
    monkeypatch.setattr(background_download, "SOURCES", {**SOURCES, Dataset.SIGN: source})
    yield server
    server.gate.set()
    server.close()


# The folder of the real data is asked for first: afterwards the environment names an empty one.
def test_real_pictures_take_over_without_a_restart(server: Server, data_dir: Path) -> None:
    page = open_page(dataset="sign", architecture="fcnn", image=31)
    neighbour = open_page(dataset="sign", architecture="fcnn", image=31)
    hand = on_stage(page)
    server.gate.clear()
    button(page, text.data_notice.GET_REAL).click().run()
    (bar,) = (b for b in page.get("progress") if "real data" in b.proto.text)
    assert bar.proto.text == text.data_notice.GETTING
    neighbour.run()  # somebody else sees it, and can start no second one
    assert text.data_notice.GETTING in [b.proto.text for b in neighbour.get("progress")]
    assert not any(b.label == text.data_notice.GET_REAL for b in neighbour.button)
    server.gate.set()
    deadline = time.monotonic() + 120
    while any("eal data" in b.proto.text for b in page.get("progress")):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        page.run()
        assert not page.exception
    images, labels = splits.load_split("sign", "test", data_dir)
    assert digest(images, labels) == SIGN.splits["test"].sha256
    for visitor in (page, neighbour):
        visitor.run()
        look_on(visitor)
        stage = on_stage(visitor)
        assert stage["picture"] != hand["picture"]
        assert stage["label"] == labels[31]
        curve = accuracy_curve(load_model("sign-fcnn"), images[:200], labels[:200], EPSILONS)
        assert stage["accuracy"][0]["here"] == {"total": 200, "fgsm": list(curve.correct)}
        assert text.data_notice.GENERATED_NOTICE not in said(visitor)
        assert visitor.number_input(key="image").max == 7171


def test_a_damaged_file_is_told_and_hands_stand_in(folder: Path) -> None:
    path = folder / SIGN.folder / CSV
    path.parent.mkdir(parents=True)
    path.write_text("half a file\n")
    page = open_at("scramble", dataset="sign")
    assert "The test split of Sign-Language-MNIST cannot be read" in said(page)
    assert "its header is not label, pixel1" in said(page)
    assert text.data_notice.GENERATED_NOTICE in said(page)
