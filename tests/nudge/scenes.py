"""Test pictures made to look like photographs: dark cloth before a ground, plain or patterned."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from nudge.pictures.decoding import read_picture
from nudge.pictures.segmentation import Box
from tests.nudge.pictures.drawn import encode, grey

SIDE, OBJECT = 480, 336  # pixels of the photograph, and of the garment's 28 in it
SEEN = 10  # the least grey, of 255, that is cloth

Values = NDArray[np.float64]
Ground = Callable[[np.random.Generator], Values]  # (SIDE, SIDE) in 0 ... 255
DOWN, ACROSS = np.indices((SIDE, SIDE)).astype(np.float64)


def white_wall(_: np.random.Generator) -> Values:
    return np.full((SIDE, SIDE), 225.0)


def shaded_wall(_: np.random.Generator) -> Values:
    return 225 * (0.55 + 0.45 * ACROSS / SIDE)


def wood(rng: np.random.Generator) -> Values:
    return 150 + 25 * np.sin(2 * np.pi * ACROSS / 57) + rng.normal(0, 8, (SIDE, SIDE))


def chessboard(_: np.random.Generator) -> Values:
    return np.where((DOWN // 40 + ACROSS // 40) % 2, 210.0, 90.0)


def tiles(rng: np.random.Generator) -> Values:
    """Each of its own grey, with dark joints."""
    each = 190 + rng.normal(0, 12, (SIDE // 60, SIDE // 60)).repeat(60, 0).repeat(60, 1)
    return np.where((DOWN % 60 < 4) | (ACROSS % 60 < 4), 110.0, each)


def carpet(rng: np.random.Generator) -> Values:
    noise: Values = ndimage.gaussian_filter(rng.normal(0, 1, (SIDE, SIDE)), 3)
    return 160 + 25 * noise / float(noise.std())


def stripes_in_the_light(_: np.random.Generator) -> Values:
    bright = np.sin(2 * np.pi * (DOWN + ACROSS) / 70) > 0
    return np.where(bright, 160.0, 100.0) + 80 * ACROSS / SIDE


def leaves(rng: np.random.Generator) -> Values:
    ground = np.full((SIDE, SIDE), 150.0)
    for _ in range(160):
        (y, x), (long, wide), turn = (
            rng.uniform(0, SIDE, 2),
            rng.uniform(12, 40, 2),
            rng.uniform(0, np.pi),
        )
        u = (DOWN - y) * np.cos(turn) + (ACROSS - x) * np.sin(turn)
        v = (ACROSS - x) * np.cos(turn) - (DOWN - y) * np.sin(turn)
        ground[(u / long) ** 2 + (v / wide) ** 2 < 1] = rng.uniform(100, 230)
    return ground


PLAIN: dict[str, Ground] = {"white wall": white_wall, "shaded wall": shaded_wall}
BUSY: dict[str, Ground] = {
    "wood": wood, "chessboard": chessboard, "tiles": tiles, "carpet": carpet,
    "stripes in the light": stripes_in_the_light, "leaves": leaves,
}  # fmt: skip


def photograph(picture: NDArray[np.uint8], ground: Ground, seed: int) -> tuple[Image.Image, Box]:
    """The garment of a test picture, off centre, as a JPEG; and a box 10 % larger than it."""
    rng = np.random.default_rng(seed)
    values = ground(rng)
    y, x = rng.integers(0, SIDE - OBJECT + 1, 2).tolist()
    place = np.s_[y : y + OBJECT, x : x + OBJECT]
    cover = _enlarged(np.where(picture > SEEN, 255, 0).astype(np.uint8))
    values[place] += cover * (90 - 70 * _enlarged(picture) - values[place])
    values += rng.normal(0, 4, values.shape)
    content = encode(grey(values.clip(0, 255)).convert("RGB"), "JPEG", quality=90)
    return read_picture(content), _around(picture, y, x)


def _enlarged(picture: NDArray[np.uint8]) -> Values:
    large = grey(picture).resize((OBJECT, OBJECT), Image.Resampling.BICUBIC)
    return np.asarray(large) / 255


def _around(picture: NDArray[np.uint8], y: int, x: int) -> Box:
    unit, ends = OBJECT / picture.shape[0], []
    for start, axis in ((x, 0), (y, 1)):
        found = np.flatnonzero((picture > SEEN).any(axis=axis))
        low, high = start + unit * found[0], start + unit * (found[-1] + 1)
        wider = (high - low) * 0.05
        ends.append((max(low - wider, 0) / SIDE, min(high + wider, SIDE) / SIDE))
    (left, right), (top, bottom) = ends
    return float(left), float(top), float(right), float(bottom)
