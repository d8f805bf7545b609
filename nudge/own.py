"""A user's own picture, brought to what the networks know: 28 x 28, grey, like its data set.

What a network reads is seldom what its user took, so every picture on the way is kept to be shown,
and every step that is a matter of choice can be left out.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError
from torch import Tensor

from models import SIDE, Dataset
from models.errors import NudgeError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MOST_PIXELS = 52_000_000  # phones take up to 8192 x 6144
WORKING_SIDE = 512  # what a page can show; eighteen pixels for each that is left in the end

# Pillow warns of a bomb far above our own limit, which speaks for itself.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

_WANTED = "a whole PNG, JPEG, WebP, GIF or BMP"
_HEIC = (b"ftypheic", b"ftypheix", b"ftypheim", b"ftypmif1")
_TURNS = {  # what makes a picture upright, by its EXIF orientation
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

    crop: bool  # the square in the middle; else it is padded to one, which distorts nothing either
    fill: bool  # cut to the object and centre it, as was done to Fashion-MNIST
    contrast: bool  # stretch greys, so that they reach from black to white
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
        PictureError: the content is empty, too large, damaged or no such picture.
    """
    if not content:
        raise PictureError("The file is empty", expected=_WANTED, found="0 bytes")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _check_size(*opened.size)  # so far only the header was read
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

    Stretched contrast costs the eight variants less than a point on their own pictures and saves
    them up to 78 on dull ones. Hands were cut to squares, on whatever was behind them.

    Args:
        image: as `read_picture` gives it.
        dataset: whose networks will read the picture.
    """
    if image.size == (SIDE, SIDE):  # most likely from the very data set
        return Preparation(crop=False, fill=False, contrast=False, invert=False)
    if dataset is Dataset.SIGN:
        return Preparation(crop=True, fill=False, contrast=True, invert=False)
    grey = image.convert("L")
    plain = _is_plain(grey)  # else padding would show, and the object cannot be told from it
    square = grey if plain else _crop(grey)
    return Preparation(crop=not plain, fill=plain, contrast=True, invert=_is_dark(square))


def prepare(image: Image.Image, preparation: Preparation) -> list[Step]:
    """Every picture on the way to the network's, which is the last: mode L, 28 x 28.

    >>> steps = prepare(read_picture(content), Preparation(True, False, True, False))
    >>> [step.name.value for step in steps]
    ['grey', 'crop', 'contrast', 'shrink']

    Args:
        image: as `read_picture` gives it.
        preparation: which steps are taken.
    """
    chain: list[tuple[StepName, Callable[[Image.Image], Image.Image]]] = [
        (StepName.CROP, _crop) if preparation.crop else (StepName.PAD, _pad)
    ]
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


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large(f"{width:,} x {height:,}")


def _too_large(found: str) -> PictureError:
    limit = f"at most {MOST_PIXELS / 1e6:.0f} million pixels"
    return PictureError("The picture is too large", expected=limit, found=found)


def _decode(opened: ImageFile.ImageFile) -> Image.Image:
    """Shrunk as early as its mode allows, because a phone's photo takes 200 MB in full."""
    opened.draft(None, (WORKING_SIDE, WORKING_SIDE))  # JPEGs decode to a half, quarter or eighth
    picture = _from_16_bits(opened) if opened.mode == "I;16" else opened
    picture = picture.convert("RGBA")  # palettes cannot be averaged, and transparency may be a key
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    orientation = _orientation(opened)
    if isinstance(orientation, int) and orientation in _TURNS:
        picture = picture.transpose(_TURNS[orientation])
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


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
    return ImageOps.fit(picture, (side, side))


def _pad(picture: Image.Image, ground: int | None = None) -> Image.Image:
    """Centred on a square of `ground`, by default what is most common around the picture."""
    side = max(picture.size)
    square = Image.new("L", (side, side), _ground(picture) if ground is None else ground)
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _fill(picture: Image.Image) -> Image.Image:
    """Cut to what differs from the ground, and padded to a square again.

    Rows and columns in which hardly anything differs are dust. A picture without object stays.
    """
    ground = _ground(picture)
    differs = np.abs(np.asarray(picture, dtype=np.int16) - ground)
    object_ = differs > max(differs.max() / 4, 1)
    rows, columns = (np.flatnonzero(object_.mean(axis=axis) > 0.01) for axis in (1, 0))
    if not (len(rows) and len(columns)):
        return picture.copy()
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return _pad(picture.crop(box), ground)


def _contrast(picture: Image.Image) -> Image.Image:
    """Stretched so that the darkest and the brightest hundredth reach 0 and 255."""
    low, high = np.percentile(np.asarray(picture), (1, 99))
    if low == high:  # nothing to stretch
        return picture.copy()
    greys = (np.arange(256) - low) * 255 / (high - low)
    return picture.point(greys.round().clip(0, 255).astype(int).tolist())


def _shrink(picture: Image.Image) -> Image.Image:
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _border(picture: Image.Image) -> NDArray[np.uint8]:
    values = np.asarray(picture)
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _ground(picture: Image.Image) -> int:
    return int(np.median(_border(picture)))


def _is_plain(picture: Image.Image) -> bool:
    """Whether the ground is much the same all around, as a wall or a table is."""
    low, high = np.percentile(_border(picture), (10, 90))
    return bool(high - low <= 40)


def _is_dark(picture: Image.Image) -> bool:
    """Whether the object is darker than its ground, so that it pulls the mean down."""
    return bool(np.asarray(picture).mean() < _ground(picture))
