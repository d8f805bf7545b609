"""Where a network has no gradient, each page with a curve counted here says so."""

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

from models import Dataset, load_model
from nudge.data import Split
from tests.views.reading import look_on, open_at
from views import text
from views.session import resources

STEEP = 30.0


class Steep(nn.Module):
    """Logits so far apart that float32 rounds their softmax to 1, where no gradient is left."""

    def forward(self, logits: Tensor) -> Tensor:
        return STEEP * logits


def saturated(variant: str) -> nn.Module:
    """Only this one is broken."""
    found = load_model(variant)
    return nn.Sequential(*found, Steep()).eval() if variant == "fashion-fcnn" else found


@pytest.fixture(autouse=True)
def _here(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "load_model", saturated)


@pytest.fixture(scope="module")
def zero(test_splits: dict[Dataset, Split]) -> Tensor:
    """Whether the gradient of each of the first pictures is zero everywhere, by hand: bool (N,)."""
    images, labels = (values[:200] for values in test_splits[Dataset.FASHION])
    pixels = (images[:, None] / 255).requires_grad_()
    logits = STEEP * load_model("fashion-fcnn")(pixels)
    loss = F.cross_entropy(logits, labels, reduction="sum")
    return ~torch.autograd.grad(loss, pixels)[0].flatten(1).any(dim=1)


def warnings(page: AppTest) -> list[str]:
    return [c.value for c in page.caption if c.value.startswith(":material/warning:")]


def press(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label).click().run()


@pytest.mark.usefixtures("broken")
def test_in_the_explorer(zero: Tensor) -> None:
    lost, picture = int(zero.sum()), int(zero.nonzero()[0])
    assert 10 < lost < 200
    page = open_at("explorer", dataset="fashion", architecture="fcnn", image=picture)
    look_on(page)
    share = f"{lost / 200:.1%}"
    assert warnings(page) == [
        f":material/warning: {text.explorer.NO_GRADIENT}",
        f":material/warning: For {lost} of the 200 pictures counted here ({share}) the gradient is "
        "zero everywhere. FGSM cannot change them. That does not mean that the network is robust.",
    ]
    fine = int((~zero).nonzero()[0])
    page = open_at("explorer", dataset="fashion", architecture="fcnn", image=fine)
    look_on(page)
    assert len(warnings(page)) == 1  # this picture moves


@pytest.mark.usefixtures("broken")
def test_beside_the_curves(zero: Tensor) -> None:
    page = open_at("curves", variants="fashion-fcnn,fashion-fcnn-scrambled")
    page.number_input(key="count_curves").set_value(100).run()
    assert warnings(page) == []
    press(page, text.curves.COMPUTE_HERE)
    look_on(page)
    (said,) = warnings(page)
    lost = int(zero[:100].sum())
    assert f"Fashion FC: for {lost} of the 100 pictures counted here ({lost}.0%)" in said


@pytest.mark.usefixtures("broken")
def test_beside_the_matrix(zero: Tensor) -> None:
    page = open_at("transfer", dataset="fashion")
    page.selectbox(key="transfer_count").set_value(50).run()
    press(page, text.transfer.HERE)
    look_on(page)
    (said,) = warnings(page)
    assert f"Fashion FC: for {int(zero[:50].sum())} of the 50 pictures" in said


def test_where_there_are_none_nothing_is_said() -> None:
    page = open_at("explorer", dataset="fashion", architecture="fcnn")
    look_on(page)
    assert any("Dots: the first 200" in c.value for c in page.caption)
    assert warnings(page) == []


@pytest.mark.parametrize(
    ("count", "total", "share"), [(1, 10_000, "less than 0.1%"), (7, 200, "3.5%"), (5, 5, "100.0%")]
)
def test_the_share_in_words(count: int, total: int, share: str) -> None:
    assert (
        f"{count:,} of the {total:,} pictures counted here ({share})"
        in text.common.zero_gradients(count, total)
    )
