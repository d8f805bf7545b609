"""The page, run by Streamlit's own tester, against numbers computed here by other means."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from models import PRETRAINED, VARIANTS, Dataset, PixelOrder, Variant, load_model, zoo
from models.card_files import FLIP_STEPS, read_arrays
from nudge.attacks import fgsm
from nudge.data import Split, to_pixels
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from tests.conftest import CHECKOUT
from tests.views.reading import checkbox, components, look_on
from views import text
from views.session.state import HIDEABLE, Compare

EPSILON = 0.05
SOME = (0.0, 0.02, EPSILON, 0.3)


@pytest.fixture(autouse=True)
def _fresh_server(monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()


def open_page(**query: object) -> AppTest:
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = str(value)
    return page.run()


def address(variant: Variant, image: int = 0, epsilon: float = EPSILON) -> dict[str, object]:
    return {
        "dataset": variant.dataset,
        "architecture": variant.architecture,
        "pixels": variant.pixels,
        "regime": variant.regime,
        "epsilon": epsilon,
        "image": image,
    }


def component(page: AppTest, name: str) -> dict[str, Any] | None:
    """What a component of the page was sent; None where it is not on the page."""
    return next(iter(components(page, name)), None)


def on_stage(page: AppTest) -> dict[str, Any]:
    assert not page.exception
    data = component(page, "stage")
    assert data is not None
    return data


@pytest.fixture
def here(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    return data_dir


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda v: v.id)
def test_every_variant(variant: Variant, here: Path, test_splits: dict[Dataset, Split]) -> None:
    page = open_page(**address(variant, image=3))
    data = on_stage(page)
    assert not page.error
    assert EPSILONS[data["step"]] == EPSILON
    # What it reads at two epsilons, computed here by other means; test_stage.py does so at length.
    images, labels = (values[3:4] for values in test_splits[variant.dataset])
    model, pixels = load_model(variant), to_pixels(images)
    assert data["label"] == int(labels)
    path = data["networks"][0]["attack"]
    read = np.frombuffer(base64.b64decode(path["predictions"]), np.uint8)
    for epsilon in (0.0, EPSILON):
        attacked = fgsm(model, pixels, labels, epsilon)
        assert read[EPSILONS.index(epsilon)] == int(model(attacked).argmax())


@pytest.mark.parametrize("name", ["fashion-cnn", "sign-fcnn-scrambled"])
def test_the_curve_over_the_first_200_pictures_is_counted_here(
    name: str, here: Path, test_splits: dict[Dataset, Split]
) -> None:
    variant = VARIANTS[name]
    page = open_page(**address(variant, image=3))
    look_on(page)
    counted = on_stage(page)["accuracy"][0]["here"]
    images, labels = (values[:200] for values in test_splits[variant.dataset])
    curve = accuracy_curve(load_model(variant), images, labels, SOME)
    assert counted["total"] == 200
    assert [counted["fgsm"][EPSILONS.index(e)] for e in SOME] == list(curve.correct)
    assert any("Dots: the first 200" in caption.value for caption in page.caption)


def test_all_four_networks(here: Path) -> None:
    page = open_page(dataset="sign", compare="all")
    assert len(on_stage(page)["networks"]) == 4
    keys = {group.key for group in page.button_group}
    assert keys == {"dataset", "compare", "source"}  # the others choose one of the four
    page.button_group(key="compare").set_value(Compare.ONE).run()
    assert len(on_stage(page)["networks"]) == 1
    assert page.query_params["pixels"] == "ordered"


def test_a_target(here: Path) -> None:
    page = open_page(dataset="fashion", architecture="fcnn", image=17)
    page.selectbox(key="method").set_value(Method.TARGETED).run()
    assert on_stage(page)["target"] == 0
    page.selectbox(key="target").set_value("sandal").run()
    assert on_stage(page)["target"] == 5
    assert page.query_params["target"] == "sandal"
    page.button_group(key="dataset").set_value(Dataset.SIGN).run()
    assert on_stage(page)["target"] == 0
    assert page.query_params["target"] == "A"


def test_what_an_address_hides(here: Path) -> None:
    page = open_page(architecture="fcnn", hide=",".join(HIDEABLE))
    data = on_stage(page)
    assert set(data["hide"]) == set(HIDEABLE)
    assert data["walk"] is None
    assert [*page.button_group, *page.selectbox, *page.number_input, *page.button] == []
    assert component(page, "gallery") is None


def test_the_gallery_follows_class_and_order(here: Path, test_splits: dict[Dataset, Split]) -> None:
    flip_steps = read_arrays(PRETRAINED / FLIP_STEPS)["fashion-fcnn"]
    page = open_page(architecture="fcnn", image=1)  # of another class
    page.selectbox(key="class-fashion").set_value(9).run()
    page.selectbox(key="order").set_value("fragile").run()
    shown = component(page, "gallery")
    assert shown is not None
    indices = [picture["index"] for picture in shown["pictures"]]
    assert flip_steps[indices[0]] == 1
    assert (np.diff(flip_steps[indices].astype(int)) >= 0).all()
    assert all(picture["name"].startswith("ankle boot") for picture in shown["pictures"])
    count = int(((flip_steps > 0) & (test_splits[Dataset.FASHION].labels.numpy() == 9)).sum())
    assert on_stage(page)["walk"] == {"place": -1, "count": count}  # test_walk.py walks on
    page.number_input(key="image").set_value(indices[1]).run()
    assert on_stage(page)["walk"] == {"place": 1, "count": count}


def test_an_own_picture(here: Path) -> None:
    page = open_page(architecture="fcnn")
    page.button_group(key="source").set_value("upload").run()
    assert on_stage(page)["label"] is not None  # nothing is there yet
    content = io.BytesIO()
    Image.linear_gradient("L").resize((28, 28)).save(content, "PNG")
    page.file_uploader[0].set_value(("own.png", content.getvalue(), "image/png")).run()
    data = on_stage(page)
    assert data["label"] is None
    assert data["walk"] is None
    sent = np.frombuffer(base64.b64decode(data["picture"]), np.uint8)
    expected = np.asarray(Image.open(content)).flatten()
    assert (sent == expected).all()  # of 28 x 28 already, so nothing is done to it
    checkbox(page, text.picture_input.STEPS["invert"]).set_value(True).run()
    sent = np.frombuffer(base64.b64decode(on_stage(page)["picture"]), np.uint8)
    assert (sent == 255 - expected).all()


def test_a_file_that_is_no_picture(here: Path) -> None:
    page = open_page(architecture="fcnn")
    page.button_group(key="source").set_value("upload").run()
    page.file_uploader[0].set_value(("own.png", b"no picture", "image/png")).run()
    assert "not a picture that can be read" in page.warning[0].value
    assert on_stage(page)["label"] is not None


def test_controls_write_the_address(here: Path) -> None:
    page = open_page(dataset="fashion", architecture="fcnn", image=9000)
    page.button_group(key="dataset").set_value(Dataset.SIGN).run()
    assert not page.exception
    assert page.query_params["dataset"] == "sign"
    assert page.query_params["image"] == "7171"  # Sign has fewer pictures
    assert page.number_input(key="image").value == 7171


def test_a_wrong_address_is_told(here: Path) -> None:
    page = open_page(dataset="mnist", architecture="fcnn", epsilon="0.237")
    assert not page.exception
    notice = next(c.value for c in page.caption if "address was adjusted" in c.value)
    assert "dataset is fashion, not `mnist`" in notice
    assert "epsilon is 0.235, not `0.237`" in notice


@pytest.mark.parametrize("markup", ["![](//a.example/x)", "<img src=x>", "`![](//a.ex/x)`"])
def test_markup_in_the_address_stays_text(here: Path, markup: str) -> None:
    page = open_page(architecture="fcnn", dataset=markup)
    assert not page.exception
    notice = next(c.value for c in page.caption if "address was adjusted" in c.value)
    assert f"`{markup.strip('`')}`" in notice  # code, in which nothing has a meaning
    assert all(markup.strip("`") not in html.proto.body for html in page.get("html"))


def test_a_click_sent_with_an_old_address_undoes_nothing(here: Path) -> None:
    """As happens on a slow network: the browser has not heard of the last address yet."""
    page = open_page(dataset="sign", architecture="fcnn", epsilon=0.05)
    old = {name: page.query_params[name] for name in page.query_params}
    page.number_input(key="image").set_value(12).run()
    page.query_params.clear()
    page.query_params.update(old)
    page.button_group(key="pixels").set_value(PixelOrder.SCRAMBLED).run()
    assert page.number_input(key="image").value == 12
    assert page.query_params["pixels"] == "scrambled"
    assert page.query_params["image"] == "12"


def test_without_any_pictures(no_pictures: None) -> None:
    page = open_page(dataset="sign", architecture="cnn")
    assert not page.exception
    assert "The pictures of Sign-Language-MNIST are not here yet" in page.warning[0].value
    assert page.code[0].value == "git checkout -- pretrained"
    assert any("as recorded when the network was trained" in c.value for c in page.caption)


def test_broken_weights_of_one_variant(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    page = open_page(dataset="sign", architecture="fcnn")
    assert not page.exception
    assert "cannot be used" in page.warning[0].value
    assert page.code[0].value == "git checkout -- pretrained"
    monkeypatch.undo()
    monkeypatch.setenv("NUDGE_DATA", str(here))
    page.button_group(key="pixels").set_value(PixelOrder.SCRAMBLED).run()
    assert not page.warning
    assert on_stage(page)


def test_models_are_not_written_to(here: Path) -> None:
    from views.session import resources

    before = {k: v.clone() for k, v in load_model("sign-fcnn").state_dict().items()}
    open_page(dataset="sign", architecture="fcnn")
    for name, value in resources.model("sign-fcnn").state_dict().items():
        assert torch.equal(value, before[name])
