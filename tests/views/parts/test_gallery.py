import base64
import io
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
from numpy.typing import NDArray
from PIL import Image

from models import PRETRAINED, Dataset
from models.card_files import FLIP_STEPS, read_arrays
from models.epsilons import NEVER_FLIPS
from nudge.data import Split
from nudge.data.display_set import load_display_set
from views.parts.gallery import pictures, sheet
from views.session.state import View

VIEW = View(Dataset.SIGN)
MISSES = read_arrays(PRETRAINED / FLIP_STEPS)["sign-cnn"].astype(int)


def found(label: int | None, order: str) -> NDArray[np.int64]:
    return pictures(VIEW, load_display_set(Dataset.SIGN), label, order)


@pytest.fixture(autouse=True)
def _fresh(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))


def test_all_in_the_order_of_the_test_set() -> None:
    assert (found(None, "test set") == np.arange(7172)).all()


def test_of_one_class(test_splits: dict[Dataset, Split]) -> None:
    labels = test_splits[Dataset.SIGN].labels.numpy()
    assert (found(5, "test set") == np.flatnonzero(labels == 5)).all()
    for order in ("fragile", "robust", "wrong"):
        assert (labels[found(5, order)] == 5).all()


def test_by_how_much_they_stand() -> None:
    fragile, robust = (found(None, order) for order in ("fragile", "robust"))
    assert (np.diff(MISSES[fragile]) >= 0).all()
    assert (np.diff(MISSES[robust]) <= 0).all()
    assert MISSES[fragile][0] == 1
    assert MISSES[robust][0] in (NEVER_FLIPS, MISSES.max())
    assert sorted(fragile) == sorted(robust) == np.flatnonzero(MISSES > 0).tolist()


def test_wrong_before_the_attack() -> None:
    assert (found(None, "wrong") == np.flatnonzero(MISSES == 0)).all()


def test_thumbnails_keep_every_pixel() -> None:
    images = torch.randint(0, 256, (5, 28, 28), dtype=torch.uint8)
    kind, _, content = sheet(images).partition(",")
    assert kind == "data:image/png;base64"
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
    for i, image in enumerate(images):
        assert (drawn[:, 28 * i : 28 * (i + 1)] == image.numpy()).all()
