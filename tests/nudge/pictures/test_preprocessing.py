"""Own pictures: each step by itself; photos, read right."""

from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models import Dataset, load_model
from nudge.data import Split, load_split, to_pixels
from nudge.pictures.decoding import read_picture
from nudge.pictures.preprocessing import (
    Preparation,
    PreparationStep,
    StepName,
    is_busy,
    pixels,
    prepare,
    suggest,
)
from tests.nudge.pictures.drawn import encode, grey

NOTHING = Preparation(crop=False, fill=False, contrast=False, invert=False)
CROP, FILL = replace(NOTHING, crop=True), replace(NOTHING, fill=True)
CONTRAST, INVERT = replace(NOTHING, contrast=True), replace(NOTHING, invert=True)
MIRROR = replace(NOTHING, mirror=True)
EVERY = [Preparation(*on) for on in product([False, True], repeat=5)]
EVERY += [replace(preparation, box=(0.1, 0.2, 0.8, 0.9)) for preparation in EVERY[::3]]

Greys = NDArray[np.uint8]
SMALL = grey(np.arange(40 * 30, dtype=np.uint8).reshape(40, 30))


def after(values: NDArray[np.generic], preparation: Preparation, name: StepName) -> Greys:
    """What a picture is after the step of that name."""
    (found,) = [s.image for s in prepare(grey(values), preparation) if s.name is name]
    assert found.mode == "L"
    return np.asarray(found)


@pytest.mark.parametrize("preparation", EVERY, ids=str)
def test_each_step_can_be_left_out(preparation: Preparation) -> None:
    names = [step.name for step in prepare(SMALL, preparation)]
    square = [
        name
        for name, on in (
            (StepName.CROP, preparation.crop),
            (StepName.PAD, not preparation.crop and not preparation.fill),
            (StepName.FILL, preparation.fill),
        )
        if on
    ]
    options = (StepName.CONTRAST, StepName.INVERT, StepName.MIRROR)
    chosen = [n for n in options if asdict(preparation)[n.value]]
    separate = [StepName.SEPARATE] if preparation.box else []
    assert names == [StepName.GREY, *separate, *square, *chosen, StepName.SHRINK]


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3))),
    st.sampled_from(EVERY),
)
def test_every_picture_ends_at_28_x_28(values: NDArray[np.uint8], preparation: Preparation) -> None:
    steps = prepare(Image.fromarray(values), preparation)
    assert all(step.image.mode == "L" for step in steps)
    square = steps[2 if preparation.box else 1 :]
    assert all(step.image.width == step.image.height for step in square)
    last = pixels(steps)
    assert (last.shape, last.dtype) == ((28, 28), torch.uint8)
    assert np.array_equal(last.numpy(), np.asarray(steps[-1].image))


@pytest.mark.parametrize("size", [(1, 1), (1, 512), (512, 1), (2, 3), (27, 29), (512, 512)])
@pytest.mark.parametrize("level", [0, 77, 255])
def test_an_even_picture_stays_even(size: tuple[int, int], level: int) -> None:
    for preparation in EVERY:
        last = pixels(prepare(Image.new("L", size, level), preparation))
        assert (last == (255 - level if preparation.invert else level)).all()


@given(arrays(np.uint8, (28, 28)), st.sampled_from(list(Dataset)))
def test_28_x_28_pixels_stay_as_they_are_but_for_the_invert(
    values: Greys, dataset: Dataset
) -> None:
    picture = read_picture(encode(grey(values), "PNG"))
    assert suggest(picture, dataset) in (NOTHING, INVERT)
    assert np.array_equal(pixels(prepare(picture, NOTHING)).numpy(), values)


@pytest.mark.parametrize("dataset", list(Dataset))
def test_no_picture_of_a_data_set_gets_a_step(
    dataset: Dataset, test_splits: dict[Dataset, Split]
) -> None:
    for values in test_splits[dataset].images.numpy():
        picture = grey(values).convert("RGB")
        assert suggest(picture, dataset) == NOTHING
        assert not is_busy(picture)
    assert np.array_equal(pixels(prepare(picture, NOTHING)).numpy(), values)


def test_the_tensor_does_not_share_the_picture() -> None:
    steps = prepare(SMALL, NOTHING)
    before = np.array(steps[-1].image)
    pixels(steps).zero_()
    assert np.array_equal(np.asarray(steps[-1].image), before)


def test_grey_weighs_colours_as_the_eye_does() -> None:
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    first = prepare(Image.fromarray(colours), NOTHING)[0]
    assert first.name is StepName.GREY
    assert np.asarray(first.image).tolist() == [[76, 150, 29]]  # ITU-R BT.601


def test_crop_keeps_the_middle() -> None:
    values = np.tile(np.arange(60, dtype=np.uint8), (20, 1))
    assert np.array_equal(after(values, CROP, StepName.CROP), values[:, 20:40])
    assert np.array_equal(after(values.T, CROP, StepName.CROP), values.T[20:40])


def test_pad_adds_the_median_of_the_border_and_distorts_nothing() -> None:
    values = np.full((20, 60), 200, np.uint8)
    values[0, :20] = 10  # fewer than half of the border
    values[5:15, 5:55] = 90
    square = after(values, NOTHING, StepName.PAD)
    assert square.shape == (60, 60)
    assert np.array_equal(square[20:40], values)
    assert (square[:20] == 200).all()
    assert (square[40:] == 200).all()


def test_contrast_reaches_from_black_to_white_but_for_a_hundredth() -> None:
    values = np.repeat(np.array([50, 100, 150], np.uint8), [400, 200, 400])
    values[:5], values[-5:] = 0, 255  # specks and reflections
    found = after(values.reshape(25, 40), replace(CONTRAST, crop=False), StepName.CONTRAST)
    found = found[found.shape[0] // 2 - 12 : found.shape[0] // 2 + 13].ravel()
    assert set(found.tolist()) == {0, 128, 255}


@given(arrays(np.uint8, (12, 12)))
def test_contrast_keeps_the_order_of_greys(values: Greys) -> None:
    found = after(values, CONTRAST, StepName.CONTRAST)
    order = np.argsort(values, axis=None)
    assert (np.diff(found.ravel()[order].astype(int)) >= 0).all()
    low, high = np.percentile(values, (1, 99))
    if low < high:
        assert (found[values <= low] == 0).all()
        assert (found[values >= high] == 255).all()
    else:
        assert np.array_equal(found, values)


@given(arrays(np.uint8, (12, 12)))
def test_invert(values: Greys) -> None:
    assert np.array_equal(after(values, INVERT, StepName.INVERT), 255 - values)


@given(arrays(np.uint8, (12, 12)))
def test_mirror(values: Greys) -> None:
    assert np.array_equal(after(values, MIRROR, StepName.MIRROR), values[:, ::-1])


def test_shrink_keeps_a_ramp() -> None:
    ramp = np.tile(np.arange(280) * (255 / 279), (280, 1))
    found = after(ramp, NOTHING, StepName.SHRINK).astype(float)
    middles = np.arange(28) * 10 + 4.5  # of the pixels that become one
    assert np.abs(found - middles * (255 / 279))[:, 1:-1].max() <= 1


@pytest.mark.parametrize("period", [2, 3, 5, 7])
def test_shrink_leaves_no_moire(period: int) -> None:
    down, across = np.indices((512, 512))
    dots = ((down % period == 0) ^ (across % period == 0)) * 255.0
    found = after(dots, NOTHING, StepName.SHRINK)[2:-2, 2:-2]
    assert np.abs(found - dots.mean()).max() <= 3


def scene(ground: NDArray[np.float64] | float, garment: float = 60) -> Greys:
    """120 x 40 pixels of garment somewhere in 200 x 300 pixels of ground, with some dust."""
    values = np.full((200, 300), 0.0) + ground
    values[30:150, 200:240] = garment
    values[180, 20] = values[190:192, 100] = 0
    return values.round().astype(np.uint8)


def test_fill_centres_the_object() -> None:
    for ground, garment in ((200, 60), (20, 220), (128, 20), (90, 100)):
        found = after(scene(ground, garment), FILL, StepName.FILL)
        assert found.shape == (120, 120)
        assert (found[:, 40:80] == garment).all()
        assert (found[:, :40] == ground).all()
        assert (found[:, 80:] == ground).all()


def test_fill_evens_out_the_light() -> None:
    """The wall's darkest corner is darker than the garment."""
    down, across = np.indices((200, 300))
    light = 220 - 0.3 * down - 0.5 * across
    values = scene(light)
    values[30:150, 200:240] = (light - 40)[30:150, 200:240].round()
    assert light.min() < values[30:150, 200:240].max()
    found = after(values, FILL, StepName.FILL).astype(int)
    assert found.shape == (120, 120)
    ground, garment = np.delete(found, np.s_[40:80], axis=1), found[:, 40:80]
    assert np.ptp(ground) <= 2
    assert np.abs(ground.mean() - garment - 40).max() <= 2


def test_fill_bears_an_object_that_runs_out_of_the_picture() -> None:
    values = np.full((100, 100), 200, np.uint8)
    values[40:, 20:70] = 50
    found = after(values, FILL, StepName.FILL)
    assert found.shape == (60, 60)
    assert (found[:, 5:55] == 50).all()
    assert (found[:, :5] == 200).all()
    assert (found[:, 55:] == 200).all()


def test_fill_of_a_cropped_picture() -> None:
    steps = prepare(grey(scene(200)), replace(FILL, crop=True))
    assert [step.image.size for step in steps] == [(300, 200), (200, 200), (120, 120), (28, 28)]


# Suggestions


def read_right(
    prepared: list[list[PreparationStep]], labels: Tensor, model: str = "fashion-cnn"
) -> int:
    logits = load_model(model)(to_pixels(torch.stack([pixels(steps) for steps in prepared])))
    return int((logits.argmax(1) == labels).sum())


def as_it_is(values: Greys) -> Image.Image:
    return grey(values)


def dark_on_white(values: Greys) -> Image.Image:
    return grey(255 - values)


def cut_out(values: Greys) -> Image.Image:
    return Image.fromarray(np.stack([values] * 3 + [255 * (values > 0).astype(np.uint8)], -1))


def dark_cut_out(values: Greys) -> Image.Image:
    return Image.fromarray(np.stack([255 - values] * 3 + [255 * (values > 0).astype(np.uint8)], -1))


def white_behind_its_alpha(values: Greys) -> Image.Image:
    return Image.fromarray(np.stack([np.full_like(values, 255)] * 3 + [values], -1))


def black_behind_its_alpha(values: Greys) -> Image.Image:
    return Image.fromarray(np.stack([np.zeros_like(values)] * 3 + [values], -1))


@pytest.mark.parametrize(
    ("make", "lost"),
    [(as_it_is, 0), (dark_on_white, 0), (cut_out, 1), (dark_cut_out, 1),
     (white_behind_its_alpha, 0), (black_behind_its_alpha, 0)],
)  # fmt: skip
def test_the_border_and_the_alpha_decide(
    make: Callable[[Greys], Image.Image], lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the first 200 test pictures as many are read right as of the originals, or nearly."""
    monkeypatch.delenv("NUDGE_DATA", raising=False)  # those that come with the checkout
    images, labels = (values[:200] for values in load_split("fashion", "test"))
    originals = int((load_model("fashion-cnn")(to_pixels(images)).argmax(1) == labels).sum())
    assert originals == 190
    pictures = [read_picture(encode(make(image.numpy()), "PNG")) for image in images]
    prepared = [prepare(p, suggest(p, Dataset.FASHION)) for p in pictures]
    assert read_right(prepared, labels) >= originals - lost


@pytest.mark.parametrize("make", [cut_out, dark_cut_out, white_behind_its_alpha])
def test_large_cut_outs(
    make: Callable[[Greys], Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUDGE_DATA", raising=False)
    images, labels = (values[:100] for values in load_split("fashion", "test"))
    pictures = []
    for image in images:
        around = Image.new("RGBA", (300, 420))
        around.paste(make(image.numpy()).resize((224, 224), Image.Resampling.BICUBIC), (60, 80))
        pictures.append(read_picture(encode(around, "PNG")))
    assert not any(is_busy(picture) for picture in pictures)
    prepared = [prepare(p, suggest(p, Dataset.FASHION)) for p in pictures]
    assert read_right(prepared, labels) >= 90


def test_nothing_can_be_seen_of_it() -> None:
    picture = Image.new("RGBA", (40, 30))
    for dataset in Dataset:
        steps = prepare(picture, suggest(picture, dataset))
        assert len(np.unique(pixels(steps).numpy())) == 1


def test_mirrored_hands_are_read_after_the_step(test_splits: dict[Dataset, Split]) -> None:
    """Every tenth of the test set; the data set's are right hands."""
    images, labels = (values[::10] for values in test_splits[Dataset.SIGN])
    hands = [grey(image.numpy()[:, ::-1]).convert("RGB") for image in images]
    assert all(suggest(hand, Dataset.SIGN) == NOTHING for hand in hands)  # offered, no more
    wrong = read_right([prepare(hand, NOTHING) for hand in hands], labels, "sign-cnn")
    assert wrong <= 0.25 * len(labels)
    right = read_right([prepare(hand, MIRROR) for hand in hands], labels, "sign-cnn")
    assert right >= 0.99 * len(labels)


def test_inverts_what_is_darker_than_its_ground() -> None:
    for ground, garment in ((200, 60), (120, 20), (250, 200)):
        assert suggest(grey(scene(ground, garment)), Dataset.FASHION).invert
        assert not suggest(grey(scene(garment, ground)), Dataset.FASHION).invert
        assert not suggest(grey(scene(ground, garment)), Dataset.SIGN).invert


def test_fashion_is_cropped_on_cluttered_ground_only() -> None:
    values = scene(200)
    assert suggest(grey(values), Dataset.FASHION) == Preparation(False, True, True, True)
    values[:, :60] = np.random.default_rng(0).integers(0, 255, (200, 60))
    values[:, 260:] = 20
    assert suggest(grey(values), Dataset.FASHION).crop


def test_hands_are_cropped_and_stretched() -> None:
    expected = Preparation(crop=True, fill=False, contrast=True, invert=False)
    assert suggest(grey(scene(200)), Dataset.SIGN) == expected


def photo(picture: Greys, *, dark: bool, seed: int) -> bytes:
    """A garment on a wall that is lit from one side, with a camera's noise, as a JPEG."""
    garment = np.asarray(grey(picture).resize((320, 320), Image.Resampling.BICUBIC)) / 255
    values = np.zeros((480, 640))
    values[70:390, 140:460] = garment
    values = 0.9 - 0.75 * values if dark else 0.4 + 0.55 * values
    values = values * np.linspace(0.55, 1, 640)
    noise = np.random.default_rng(seed).normal(0, 4, values.shape)
    greys = (values * 255 + noise).clip(0, 255)
    return encode(grey(greys).convert("RGB"), "JPEG")


@pytest.mark.parametrize("dark", [True, False], ids=["dark on bright", "bright on grey"])
def test_photos_are_read_nearly_as_well_as_originals(
    monkeypatch: pytest.MonkeyPatch, dark: bool
) -> None:
    monkeypatch.delenv("NUDGE_DATA", raising=False)  # those that come with the checkout
    images, labels = (values[:100] for values in load_split("fashion", "test"))
    photos = [
        read_picture(photo(image.numpy(), dark=dark, seed=seed))
        for seed, image in enumerate(images)
    ]
    suggested = [suggest(picture, Dataset.FASHION) for picture in photos]
    assert sum(s.invert is dark for s in suggested) == 100
    model = load_model("fashion-cnn")
    original = int((model(to_pixels(images)).argmax(1) == labels).sum())
    prepared = [prepare(*pair) for pair in zip(photos, suggested, strict=True)]
    assert read_right(prepared, labels) >= original - 5
    assert read_right([prepare(picture, CROP) for picture in photos], labels) <= original - 40
