"""The page, run by Streamlit's own tester, against numbers computed here by other means."""

import re
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor

from models import PRETRAINED, VARIANTS, Dataset, PixelOrder, Variant, load_model, zoo
from models.cards import FIRST_MISSES, read_arrays
from nudge.attacks import fgsm, nudge, random_direction
from nudge.data import Split, to_pixels
from nudge.measuring import RANDOM_SEED
from nudge.sweep import EPSILONS, accuracy_curve
from tests.conftest import CHECKOUT
from views import text

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
        "epsilon": epsilon,
        "image": image,
    }


def shown_html(page: AppTest) -> str:
    return "".join(element.proto.body for element in page.get("html"))


def chart_rows(page: AppTest, name: str) -> list[dict[str, Any]]:
    """The rows of one named set of the chart's data."""
    (chart,) = page.get("vega_lite_chart")
    (data,) = [d.data.data for d in chart.proto.datasets if d.name == name]
    rows: list[dict[str, Any]] = pa.ipc.open_stream(data).read_all().to_pylist()
    return rows


def wait_for_curve(page: AppTest) -> None:
    """Let the page look on, as its timer does in a browser, until the curve is complete."""
    deadline = time.monotonic() + 120
    while page.get("progress") or not page.get("vega_lite_chart"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        page.run()


def verdict(page: AppTest) -> str:
    (words,) = [m.value for m in page.markdown if m.value.startswith(":material")]
    return words


@pytest.fixture
def here(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    return data_dir


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda v: v.id)
def test_every_variant(variant: Variant, here: Path, test_splits: dict[Dataset, Split]) -> None:
    page = open_page(**address(variant, image=3))
    assert not page.exception
    assert not page.error
    # The prediction, computed here.
    images, labels = (values[3:4] for values in test_splits[variant.dataset])
    model, pixels = load_model(variant), to_pixels(images)
    attacked = fgsm(model, pixels, labels, EPSILON)
    clean_p, attacked_p = (model(x).softmax(1)[0] for x in (pixels, attacked))
    names = [text.class_name(variant.dataset, name) for name in variant.classes]
    assert verdict(page) == text.verdict(
        truth=names[int(labels)],
        clean=names[int(clean_p.argmax())],
        clean_p=float(clean_p.max()),
        attacked=names[int(attacked_p.argmax())],
        attacked_p=float(attacked_p.max()),
    )
    # When it first goes wrong along each direction: the random one is the curves' own.
    tosses = random_direction(4, seed=RANDOM_SEED)[3:4]
    towards: dict[str, Callable[[float], Tensor]] = {
        "fgsm": lambda e: fgsm(model, pixels, labels, e),
        "random": lambda e: nudge(pixels, tosses, e),
    }
    first = {
        kind: next((e for e in EPSILONS if model(move(e)).argmax() != labels), None)
        for kind, move in towards.items()
    }
    assert text.flips(**first, largest=EPSILONS[-1]) in [c.value for c in page.caption]
    # Both columns of the table of bars, to the digit shown.
    cells = [unescape(cell) for cell in re.findall(r"<td>([^<]*%)</td>", shown_html(page))]
    before, after = ([text.percent(float(p)) for p in ps] for ps in (clean_p, attacked_p))
    assert (cells[::2], cells[1::2]) == (before, after)
    # The curves over the first 200 pictures, at some epsilons.
    wait_for_curve(page)
    images, labels = (values[:200] for values in test_splits[variant.dataset])
    for kind, directions in (
        (text.FGSM_CURVE, None),
        (text.RANDOM_CURVE, random_direction(200, seed=RANDOM_SEED)),
    ):
        curve = accuracy_curve(model, images, labels, SOME, directions=directions)
        shown = {row["epsilon"]: row for row in chart_rows(page, "curves") if row["kind"] == kind}
        assert [shown[e]["accuracy"] for e in SOME] == list(curve.accuracy)
    assert {row["epsilon"] for row in chart_rows(page, "marker")} == {EPSILON}
    assert chart_rows(page, "chance") == [{"accuracy": 1 / len(variant.classes)}]


def test_the_slider_moves_the_attack(here: Path) -> None:
    misses = read_arrays(PRETRAINED / FIRST_MISSES)["fashion-fcnn"].tolist()
    image = next(i for i, step in enumerate(misses) if 1 <= step < 60)  # a nudge spoils it
    page = open_page(dataset="fashion", architecture="fcnn", epsilon=0, image=image)
    assert verdict(page).startswith(":material/check_circle: Still right")
    for step in (misses[image] - 1, misses[image]):
        page.slider(key="epsilon").set_value(EPSILONS[step]).run()
        assert not page.exception
        fooled = step == misses[image]
        assert verdict(page).startswith(":material/cancel: Fooled") == fooled
        assert page.query_params["epsilon"] == f"{EPSILONS[step]:g}"


def test_controls_write_the_address(here: Path) -> None:
    page = open_page(dataset="fashion", architecture="fcnn", image=9000)
    page.button_group(key="dataset").set_value(Dataset.SIGN).run()
    assert not page.exception
    assert page.query_params["dataset"] == "sign"
    assert page.query_params["image"] == "7171"  # Sign has fewer pictures
    assert page.number_input(key="image").value == 7171


def test_random_picture(here: Path) -> None:
    page = open_page(dataset="sign", architecture="fcnn")
    seen = set()
    for _ in range(3):
        page.button[0].click().run()
        assert not page.exception
        seen.add(page.number_input(key="image").value)
    assert len(seen) > 1
    assert seen <= set(range(7172))


def test_what_the_network_sees(here: Path) -> None:
    page = open_page(dataset="sign", architecture="fcnn", pixels="scrambled")
    plain = shown_html(page)
    page.toggle(key="as_seen").set_value(True).run()
    assert not page.exception
    assert shown_html(page) != plain


def test_a_wrong_address_is_told(here: Path) -> None:
    page = open_page(dataset="mnist", architecture="fcnn", epsilon="0.237")
    assert not page.exception
    notice = next(c.value for c in page.caption if "address was adjusted" in c.value)
    assert "dataset is fashion, for want of `mnist`" in notice
    assert "epsilon is 0.235, for want of `0.237`" in notice


@pytest.mark.parametrize("markup", ["![](//a.example/x)", "<img src=x>", "`![](//a.ex/x)`"])
def test_markup_in_the_address_stays_text(here: Path, markup: str) -> None:
    page = open_page(architecture="fcnn", dataset=markup)
    assert not page.exception
    notice = next(c.value for c in page.caption if "address was adjusted" in c.value)
    assert f"`{markup.strip('`')}`" in notice  # code, in which nothing has a meaning
    assert markup.strip("`") not in shown_html(page)


def test_a_click_sent_with_an_old_address_undoes_nothing(here: Path) -> None:
    """As happens on a slow network: the browser has not heard of the last address yet."""
    page = open_page(dataset="sign", architecture="fcnn", epsilon=0.05)
    old = {name: page.query_params[name] for name in page.query_params}
    page.slider(key="epsilon").set_value(0.1).run()
    page.query_params.clear()
    page.query_params.update(old)
    page.button_group(key="pixels").set_value(PixelOrder.SCRAMBLED).run()
    assert page.slider(key="epsilon").value == 0.1
    assert page.query_params["pixels"] == "scrambled"
    assert page.query_params["epsilon"] == "0.1"


def test_without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(tmp_path))
    page = open_page(dataset="sign", architecture="cnn")
    assert not page.exception
    assert "The pictures of Sign-Language-MNIST are not here yet" in page.warning[0].value
    assert page.code[0].value.endswith("python scripts/download.py sign")
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
    assert verdict(page)


def test_models_are_not_written_to(here: Path) -> None:
    from views import resources

    before = {k: v.clone() for k, v in load_model("sign-fcnn").state_dict().items()}
    open_page(dataset="sign", architecture="fcnn")
    for name, value in resources.model("sign-fcnn").state_dict().items():
        assert torch.equal(value, before[name])
