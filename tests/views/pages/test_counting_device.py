"""What pages say of the device that counts: before, after, and where it failed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from nudge.devices import CPU, cores
from nudge.serving import process
from nudge.serving.device_choice import DEVICE
from tests import standin
from tests.views.reading import look_on, open_at
from views import text

PROCESSOR = f"this computer's processor, {cores()} thread{'s' if cores() > 1 else ''}"


@pytest.fixture(autouse=True)
def _fresh_server(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()
    yield
    DEVICE.problem = None
    DEVICE.choose(CPU)
    st.cache_resource.clear()


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> torch.device:
    """The server finds the stand-in, as it would find a card."""
    device = standin.device()
    monkeypatch.setattr(process, "choose_device", lambda name, where: DEVICE.choose(device))
    return device


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def told(page: AppTest) -> list[str]:
    """What stands beside the sign of a processor."""
    sign = ":material/memory: "
    return [c.value.removeprefix(sign) for c in page.caption if c.value.startswith(sign)]


def count(page: AppTest, pictures: int) -> AppTest:
    page.number_input(key="count_curves").set_value(pictures).run()
    button(page, text.curves.COMPUTE_HERE).click().run()
    look_on(page)
    return page


def test_curves_say_what_counts_and_how_quickly() -> None:
    page = open_at("curves", variants="fashion-fcnn,sign-fcnn")
    assert told(page) == [f"Counts run on {PROCESSOR}."]
    count(page, 50)
    assert len(told(page)) == 2
    for name, said in zip(("Fashion FC", "Sign FC"), told(page), strict=True):
        assert re.fullmatch(
            rf"{name}: counted here on {PROCESSOR}, 50 pictures in \d+\.\d s\.", said
        )


def test_a_card_is_named(card: torch.device) -> None:
    page = open_at("curves", variants="fashion-fcnn")
    assert told(page)[0].startswith(f"Counts run on {standin.NAME}")
    (said,) = told(count(page, 50))
    assert f"counted here on {standin.NAME}" in said
    assert "processor" not in said
    assert any("all 50 pictures first flip at exactly" in c.value for c in page.caption)


def test_a_card_that_fails_is_told_and_the_count_is_the_same(card: torch.device) -> None:
    page = open_at("curves", variants="fashion-fcnn")
    with standin.failing(torch.OutOfMemoryError("CUDA out of memory. Tried to"), after=2500):
        (said,) = told(count(page, 200))
    assert f"{standin.NAME}" in said
    assert f", then {PROCESSOR}" in said
    assert said.endswith(text.common.card_left("CUDA out of memory"))
    assert any("all 200 pictures first flip at exactly" in c.value for c in page.caption)


@pytest.mark.parametrize("name", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_is_told_and_the_processor_counts(
    name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NUDGE_DEVICE", name)
    page = open_at("curves", variants="fashion-fcnn")
    lines = [line for line in capfd.readouterr().err.splitlines() if name in line]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert "Traceback" not in lines[0]
    assert any(text.common.NO_DEVICE in w.value for w in page.warning)
    assert all(PROCESSOR in said for said in told(count(page, 50)))


def test_the_explorer_and_the_matrix_say_it_too() -> None:
    explorer = open_at("explorer", architecture="fcnn")
    look_on(explorer)
    assert re.fullmatch(
        rf"Counted here on {PROCESSOR}, \d+ pictures in \d+\.\d s\.", told(explorer)[0]
    )
    transfer = open_at("transfer")
    button(transfer, text.transfer.HERE).click().run()
    look_on(transfer)
    assert re.fullmatch(
        rf"Counted here on {PROCESSOR}, 50 pictures in \d+\.\d s\.", told(transfer)[0]
    )


def test_the_faq_says_who_computes() -> None:
    page = open_at("lesson")
    (found,) = [e for e in page.expander if e.label == text.lesson.WHO_COMPUTES]
    assert "NUDGE_DEVICE" in found.markdown[0].value
    assert found.caption[0].value == f":material/memory: Counts run on {PROCESSOR}."
