"""Photographs on patterned ground: the object is marked, separated and read."""

import os
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from models import Dataset, load_model
from nudge.data import load_split, to_pixels
from nudge.pictures.decoding import WORKING_SIDE
from nudge.pictures.preprocessing import is_busy, pixels, prepare, suggest
from nudge.pictures.segmentation import Box, find, separate
from tests.nudge.pictures.drawn import grey
from tests.nudge.scenes import BUSY, PLAIN, photograph

COUNT = int(os.environ.get("NUDGE_PHOTOGRAPHS", "20"))  # of each ground; 60 in the full form


@pytest.fixture(autouse=True)
def _bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUDGE_DATA", raising=False)  # the pictures that come with the checkout


def read_right(ground: str, *, marked: bool) -> float:
    """The share of test pictures, made to photographs, that are read right as suggested."""
    images, labels = (values[:COUNT] for values in load_split("fashion", "test"))
    found = []
    for seed, image in enumerate(images):
        picture, box = photograph(image.numpy(), (PLAIN | BUSY)[ground], seed)
        assert is_busy(picture) is (ground in BUSY)
        preparation = suggest(picture, Dataset.FASHION, box if marked else None)
        found.append(pixels(prepare(picture, preparation)))
    logits = load_model("fashion-cnn")(to_pixels(torch.stack(found)))
    return float((logits.argmax(1) == labels).float().mean())


@pytest.mark.parametrize("ground", list(PLAIN))
@pytest.mark.parametrize("marked", [False, True])
def test_nothing_is_lost_on_plain_ground(ground: str, marked: bool) -> None:
    assert read_right(ground, marked=marked) >= 0.9


@pytest.mark.parametrize(
    ("ground", "least"),
    [("wood", 0.8), ("chessboard", 0.7), ("tiles", 0.75), ("carpet", 0.8),
     ("stripes in the light", 0.75), ("leaves", 0.75)],
)  # fmt: skip
def test_patterned_ground_is_told_and_separated(ground: str, least: float) -> None:
    assert read_right(ground, marked=True) >= least


@pytest.mark.parametrize(("ground", "most"), [("wood", 0.5), ("chessboard", 0.25)])
def test_without_a_box_the_ground_is_read(ground: str, most: float) -> None:
    assert read_right(ground, marked=False) <= most


def disc(radius: float, ground: NDArray[np.float64]) -> NDArray[np.uint8]:
    down, across = np.indices(ground.shape)
    middle = (np.array(ground.shape) - 1) / 2
    inside = (down - middle[0]) ** 2 + (across - middle[1]) ** 2 < radius**2
    return np.where(inside, 30, ground).round().clip(0, 255).astype(np.uint8)


def stripes(period: int = 24) -> NDArray[np.float64]:
    return np.where(np.indices((224, 224))[1] // (period // 2) % 2, 200.0, 120.0)


def test_a_disc_on_stripes() -> None:
    values = disc(60, stripes())
    found = find(grey(values).convert("RGB"), (0.15, 0.15, 0.85, 0.85))
    true = disc(60, stripes()) == 30
    assert (found & true).sum() / (found | true).sum() > 0.9


def test_what_is_left_is_the_object_on_one_grey() -> None:
    for turned in (False, True):
        values = disc(60, stripes())
        values = 255 - values if turned else values
        image = separate(grey(values).convert("RGB"), (0.15, 0.15, 0.85, 0.85))
        assert (image.mode, image.size) == ("L", (224, 224))
        around = np.asarray(image)[:30]
        assert (around == (0 if turned else 255)).all()
        middle = np.s_[100:124, 100:124]
        assert np.array_equal(np.asarray(image)[middle], values[middle])


def test_colours_tell_what_greys_do_not() -> None:
    """Red and green of about the same grey."""
    ground = np.zeros((200, 200, 3), np.uint8)
    ground[...] = (0, 110, 60)
    ground[::2] = (40, 90, 100)
    ground[70:130, 70:130] = (210, 20, 30)
    found = find(Image.fromarray(ground), (0.3, 0.3, 0.7, 0.7))
    assert found[70:130, 70:130].mean() > 0.93
    assert found.sum() < 1.4 * 60 * 60  # where greys tell nothing, half a patch is added


BOXES: list[Box] = [(0, 0, 1, 1), (0, 0, 1e-3, 1e-3), (0.999, 0, 1, 1), (0.2, 0.3, 0.9, 0.8)]


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60), st.just(3))),
    st.sampled_from(BOXES),
)
def test_any_picture_and_any_box(values: NDArray[np.uint8], box: Box) -> None:
    picture = Image.fromarray(values)
    assert separate(picture, box).size == picture.size
    assert find(picture, box).shape == values.shape[:2]


@pytest.mark.parametrize(
    "box",
    [(0, 0, 0, 1), (0.5, 0, 0.4, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, float("nan"), 1, 1)],
)
def test_what_is_no_box(box: Box) -> None:
    with pytest.raises(ValueError, match=r"^expected a box 0 <= left < right <= 1"):
        separate(Image.new("RGB", (9, 9)), box)


def test_it_takes_a_second_at_most() -> None:
    """Of the largest picture that there is after decoding, all of it noise."""
    size = (WORKING_SIDE, WORKING_SIDE, 3)
    noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    picture = Image.fromarray(noise)
    find(picture, (0.1, 0.1, 0.9, 0.9))  # what it needs is loaded
    begun = time.process_time()
    find(picture, (0.1, 0.1, 0.9, 0.9))
    assert time.process_time() - begun < 2  # seconds of the processor, about one on two cores
