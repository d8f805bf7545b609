"""A user's own picture, brought to what the networks know: 28 x 28, grey, like its data set.

What a network reads is seldom what its user took, so every picture on the way is kept to be shown,
and every step that is a matter of choice can be left out.
"""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError
from torch import Tensor

from models import SIDE, Dataset
from models.errors import NudgeError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MOST_PIXELS = 52_000_000  # phones take up to 8192 x 6144
MOST_SCANS = 100  # of a JPEG; a progressive one has ten
WORKING_SIDE = 512  # what a page can show; eighteen pixels for each that is left in the end

# Pillow warns of a bomb far above our own limit, which speaks for itself.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

# The start of a scan, of 75 bytes or more, each of which makes libjpeg walk over the whole picture:
# a megabyte of them can hold it up for minutes.
_SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\x01-\x04]")
_WANTED = "a whole PNG, JPEG, WebP, GIF or BMP"
_HEIC = (b"ftypheic", b"ftypheix", b"ftypheim", b"ftypmif1")
_AVERAGED = ("L", "LA", "RGB", "RGBA", "CMYK")  # neighbours mix to a colour between them
_TURNS: dict[object, Image.Transpose] = {  # what makes a picture upright, by its EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureError(NudgeError):
    """A file is not a picture that can be used."""


@dataclass(frozen=True)
class Preparation:
    """Which steps are taken on the way from a photo to 28 x 28; grey and small it gets anyway."""

    crop: bool  # keep the square in the middle; else it is padded to one, and never distorted
    fill: bool  # cut to the object and even its ground out: Fashion-MNIST's clothes fill theirs
    contrast: bool  # stretch the greys, so that they reach from black to white
    invert: bool  # Fashion-MNIST's clothes are bright on black, a photo's mostly dark on a wall


class StepName(StrEnum):
    GREY = "grey"
    CROP = "crop"
    PAD = "pad"
    FILL = "fill"
    CONTRAST = "contrast"
    INVERT = "invert"
    SHRINK = "shrink"


@dataclass(frozen=True)
class Step:
    """A step and what the picture is after it."""

    name: StepName
    image: Image.Image  # mode L; square from the second step on


def read_picture(content: bytes) -> Image.Image:
    """Decode what anybody may upload: upright, over white, no side longer than `WORKING_SIDE`.

    Of an animation it is the first frame. Nothing but pixels gets through, whatever else the file
    holds.

    Args:
        content: a PNG, JPEG, WebP, GIF or BMP of at most `MOST_PIXELS`.

    Returns:
        A picture of mode RGB.

    Raises:
        PictureError: the content is empty, too large, too slow, damaged or no such picture.
    """
    if not content:
        raise PictureError("The file is empty", expected=_WANTED, found="0 bytes")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _check_cost(content, *opened.size)  # so far only the header was read
            return _decode(opened)
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("far more") from error
    except UnidentifiedImageError as error:
        heic = content[4:12] in _HEIC
        found = "HEIC, which its phone can save as JPEG" if heic else "something else"
        raise PictureError(
            "The file is not a picture that can be read", expected=_WANTED, found=found
        ) from error
    except Exception as error:  # each decoder fails in ways of its own on damaged bytes
        raise PictureError(
            "The picture is damaged",
            expected=_WANTED,
            found=f"{len(content):,} bytes that cannot be decoded",
        ) from error


def suggest(image: Image.Image, dataset: Dataset) -> Preparation:
    """The steps that are likely to make a picture like those of its data set.

    Measured on test pictures that were made to look like photos: evened out and filled, shaded ones
    are read nearly as well as the originals (9 to 38 % without), and stretching saves up to 78
    points on dull ones, while it costs less than one on the originals.

    Args:
        image: as `read_picture` gives it.
        dataset: whose networks will read the picture.
    """
    if image.size == (SIDE, SIDE):  # most likely from the very data set
        return Preparation(crop=False, fill=False, contrast=False, invert=False)
    if dataset is Dataset.SIGN:  # hands were cut to squares, whatever was behind them
        return Preparation(crop=True, fill=False, contrast=True, invert=False)
    grey = image.convert("L")
    # On cluttered ground other things would be taken for the object; the middle has fewer of them.
    crop = not _is_plain(grey)
    dark = _is_dark(_crop(grey) if crop else grey)
    return Preparation(crop=crop, fill=True, contrast=True, invert=dark)


def prepare(image: Image.Image, preparation: Preparation) -> list[Step]:
    """Every picture on the way to the network's, which is the last: mode L, 28 x 28.

    >>> preparation = Preparation(crop=True, fill=False, contrast=True, invert=False)
    >>> [step.name.value for step in prepare(read_picture(content), preparation)]
    ['grey', 'crop', 'contrast', 'shrink']

    Args:
        image: as `read_picture` gives it.
        preparation: which steps are taken.
    """
    chain: list[tuple[StepName, Callable[[Image.Image], Image.Image]]] = []
    if preparation.crop:
        chain.append((StepName.CROP, _crop))
    elif not preparation.fill:  # which pads by itself, with the ground that it found
        chain.append((StepName.PAD, _pad))
    if preparation.fill:
        chain.append((StepName.FILL, _fill))
    if preparation.contrast:
        chain.append((StepName.CONTRAST, _contrast))
    if preparation.invert:
        chain.append((StepName.INVERT, ImageOps.invert))
    chain.append((StepName.SHRINK, _shrink))
    steps = [Step(StepName.GREY, image.convert("L"))]
    for name, take in chain:
        steps.append(Step(name, take(steps[-1].image)))
    return steps


def pixels(steps: Sequence[Step]) -> Tensor:
    """What the network is given after the last step: uint8 (28, 28)."""
    return torch.from_numpy(np.array(steps[-1].image))


def _check_cost(content: bytes, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large(f"{width:,} x {height:,}")
    scans = sum(1 for _ in _SCAN.finditer(content))
    if scans > MOST_SCANS:
        expected = f"at most {MOST_SCANS} scans"
        raise PictureError("The picture takes too long to decode", expected=expected, found=scans)


def _too_large(found: str) -> PictureError:
    limit = f"at most {MOST_PIXELS / 1e6:.0f} million pixels"
    return PictureError("The picture is too large", expected=limit, found=found)


def _decode(opened: ImageFile.ImageFile) -> Image.Image:
    """Shrunk as early as its mode allows: in full, a phone's photo takes 200 MB."""
    opened.draft(None, (WORKING_SIDE, WORKING_SIDE))  # JPEGs decode to a half, quarter or eighth
    picture: Image.Image = opened
    if opened.mode == "I;16":
        picture = _from_16_bits(opened)
    elif opened.mode not in _AVERAGED or "transparency" in opened.info:
        picture = opened.convert("RGBA")
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    turn = _TURNS.get(_orientation(opened))
    if turn is not None:
        picture = picture.transpose(turn)
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def _from_16_bits(picture: Image.Image) -> Image.Image:
    """Greys of 0 ... 65535 as 0 ... 255; Pillow would clip them."""
    values = np.array(picture)
    key = picture.info.get("transparency")
    if isinstance(key, int):
        values[values == key] = 65535  # over white, as all that is transparent
    return Image.fromarray((values / np.float32(257)).round().astype(np.uint8))


def _orientation(opened: Image.Image) -> object:
    """The EXIF orientation, 1 ... 8; None where there is none, or none that can be read."""
    try:
        return opened.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # metadata fail in as many ways as pixels, but the pixels are there
        return None


def _crop(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def _pad(picture: Image.Image, ground: int | None = None) -> Image.Image:
    """Centred on a square of `ground`, by default the median of the picture's border."""
    side = max(picture.size)
    colour = int(np.median(_border(np.asarray(picture)))) if ground is None else ground
    square = Image.new("L", (side, side), colour)
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _fill(picture: Image.Image) -> Image.Image:
    """Cut to the object, on ground of one grey, and padded to a square.

    Without an object it is only padded. Rows and columns with hardly any of it are dust.
    """
    light = _light(picture)
    ground = round(float(np.median(light).clip(0, 255)))
    differs = np.asarray(picture) - light
    even = Image.fromarray((ground + differs).round().clip(0, 255).astype(np.uint8))
    mask = _object(differs)
    rows, columns = (np.flatnonzero(mask.mean(axis=axis) > 0.01) for axis in (1, 0))
    if len(rows) and len(columns):
        even = even.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    return _pad(even, ground)


def _contrast(picture: Image.Image) -> Image.Image:
    """Stretched so that the darkest and the brightest hundredth reach 0 and 255."""
    low, high = np.percentile(np.asarray(picture), (1, 99))
    if low == high:  # nothing to stretch
        return picture.copy()
    greys = (np.arange(256) - low) * 255 / (high - low)
    return picture.point(greys.round().clip(0, 255).astype(int).tolist())


def _shrink(picture: Image.Image) -> Image.Image:
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _light(picture: Image.Image) -> NDArray[np.float64]:
    """How bright the ground is at each pixel, float64 (H, W): a plane laid through the border.

    Light falls off across a wall, often by more than a garment differs from it. The plane is fitted
    five times, each time without the half or less of the border that lay far off it, so that an
    object may run out of the picture.
    """
    values = np.asarray(picture, dtype=np.float64)
    down, across = np.indices(values.shape) / max(values.shape)
    places = np.stack([np.ones_like(down), down, across], axis=-1)  # (H, W, 3)
    around, greys = _border(places), _border(values)
    plane = np.array([np.median(greys), 0, 0])
    for _ in range(5):
        off = np.abs(greys - around @ plane)
        near = off <= max(2 * np.median(off), 2)
        plane = np.linalg.lstsq(around[near], greys[near])[0]
    return cast("NDArray[np.float64]", places @ plane)


def _object(differs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a picture differs from its ground: by a third of what its farthest hundredth does."""
    far = np.abs(differs)
    least = max(float(np.percentile(far, 99)) / 3, 1)
    return far > least


def _border(values: np.ndarray) -> np.ndarray:
    """The outermost pixels, as (border, ...)."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _is_plain(picture: Image.Image) -> bool:
    """Whether the ground is much the same all around, as a wall or a table is."""
    low, high = np.percentile(_border(np.asarray(picture) - _light(picture)), (10, 90))
    return bool(high - low <= 40)


def _is_dark(picture: Image.Image) -> bool:
    """Whether the object is darker than its ground."""
    differs = np.asarray(picture) - _light(picture)
    return bool(differs[_object(differs)].sum() < 0)
