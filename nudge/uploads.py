"""Decoding what anybody may upload, at a bounded cost in memory and time."""

import io
import re
import warnings

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from models import NudgeError

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
