"""Decoding what anybody may upload, at a bounded cost in memory and time."""

import io
import re
import warnings

import numpy as np
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from models import NudgeError
from nudge.pictures.formats import (
    FORMATS,
    MOST_STRIPS,
    MOST_TILE_PIXELS,
    WANTED,
    is_avif,
    is_heif,
    other_kind,
    tiff_cost,
)

MOST_PIXELS = 52_000_000  # phones take up to 8192 x 6144
MOST_SCANS = 100  # of a JPEG; a progressive one has ten
WORKING_SIDE = 512  # what a page can show; eighteen pixels for each that is left in the end

# Pillow warns of a bomb far above our own limit, which speaks for itself.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

# The start of a scan, of 75 bytes or more, each of which makes libjpeg walk over the whole picture:
# a megabyte of them can hold it up for minutes.
_SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\x01-\x04]")
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
    """A file is not a picture that can be used.

    `kind` says what it is instead, as `formats.other_kind` does.
    """

    def __init__(
        self, what: str, *, expected: object, found: object, kind: str | None = None
    ) -> None:
        self.kind = kind
        super().__init__(what, expected=expected, found=found)


def read_picture(content: bytes) -> Image.Image:
    """Decode what anybody may upload: upright, no side longer than `WORKING_SIDE`.

    Its content decides which format it is, never its name. Of an animation it is the first frame,
    of a TIFF the first page. Nothing but pixels gets through, whatever else the file holds.

    Args:
        content: one of `FORMATS`, of at most `MOST_PIXELS`.

    Returns:
        A picture of mode RGB; of mode RGBA where any of it can be seen through.

    Raises:
        PictureError: the content is empty, too large, too slow, damaged or no such picture.
    """
    if not content:
        raise PictureError("The file is empty", expected=WANTED, found="0 bytes")
    try:
        _check_tiff(content)
        if is_heif(content):
            _know_heif()
        with Image.open(io.BytesIO(content), formats=_known()) as opened:
            _check_cost(content, *opened.size)  # so far only the header was read
            return _decode(opened)
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("far more") from error
    except UnidentifiedImageError as error:
        if is_heif(content) or is_avif(content):  # which are called unknown when they are damaged
            raise _damaged(content) from error
        kind = other_kind(content)
        raise PictureError(
            "The file is not a picture that can be read",
            expected=WANTED,
            found=kind or "something else",
            kind=kind,
        ) from error
    except Exception as error:  # each decoder fails in ways of its own on damaged bytes
        raise _damaged(content) from error


def _damaged(content: bytes) -> PictureError:
    found = f"{len(content):,} bytes that cannot be decoded"
    return PictureError("The picture is damaged", expected=WANTED, found=found)


def _know_heif() -> None:
    """HEIC is read by a library of its own, which is loaded when the first such file comes."""
    import pillow_heif

    # Thumbnails and depths are pictures as well, and each would have to be bounded.
    pillow_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )


def _known() -> list[str]:
    """The formats that can be read now: `HEIF` is one of them as soon as it was needed."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _check_tiff(content: bytes) -> None:
    strips, tile = tiff_cost(content)
    if strips > MOST_STRIPS:
        raise _too_slow(strips, f"{MOST_STRIPS:,} strips")
    if tile > MOST_TILE_PIXELS:
        raise _too_large(f"{tile:,}", "tiles of at most", MOST_TILE_PIXELS)


def _check_cost(content: bytes, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large(f"{width:,} x {height:,}")
    scans = sum(1 for _ in _SCAN.finditer(content))
    if scans > MOST_SCANS:
        raise _too_slow(scans, f"{MOST_SCANS} scans")


def _too_slow(found: int, limit: str) -> PictureError:
    what = "The picture takes too long to decode"
    return PictureError(what, expected=f"at most {limit}", found=found)


def _too_large(found: str, limit: str = "at most", pixels: int = MOST_PIXELS) -> PictureError:
    expected = f"{limit} {pixels / 1e6:.0f} million pixels"
    return PictureError("The picture is too large", expected=expected, found=found)


def _decode(opened: ImageFile.ImageFile) -> Image.Image:
    """Shrunk as early as its mode allows: in full, a phone's photo takes 200 MB."""
    if opened.mode == "LAB":  # neither Pillow nor any browser shows it without a profile
        raise PictureError(
            "The picture's colours cannot be read", expected="grey, RGB or CMYK", found="CIELAB"
        )
    opened.draft(None, (WORKING_SIDE, WORKING_SIDE))  # JPEGs decode to a half, quarter or eighth
    picture: Image.Image = opened
    if opened.mode.startswith("I;16"):
        picture = _from_16_bits(opened)
    elif opened.mode in ("I", "F"):
        picture = _from_numbers(opened)
    elif opened.mode not in _AVERAGED or "transparency" in opened.info:
        picture = opened.convert("RGBA")
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    opened.load()  # which turns a TIFF, even one that was small enough already
    turn = _TURNS.get(_orientation(opened))
    if turn is not None:
        picture = picture.transpose(turn)
    return _without_needless_alpha(picture)


def _without_needless_alpha(picture: Image.Image) -> Image.Image:
    """Pixels alone, of mode RGBA only where one of them can be seen through."""
    pixels = picture.convert("RGBA")
    low, _ = pixels.getchannel("A").getextrema()
    clear = Image.fromarray(np.asarray(pixels))  # without anything that the file said of itself
    return clear.convert("RGB") if low == 255 else clear


def _from_16_bits(picture: Image.Image) -> Image.Image:
    """Greys of 0 ... 65535 as 0 ... 255; Pillow would clip them."""
    values = np.array(picture)
    if _white_is_zero(picture):
        values = 65535 - values
    key = picture.info.get("transparency")
    if isinstance(key, int):
        values[values == key] = 65535  # over white, as all that is transparent
    return Image.fromarray((values / np.float32(257)).round().astype(np.uint8))


def _from_numbers(picture: Image.Image) -> Image.Image:
    """Greys of 32 bits as 0 ... 255. No file says what is white: 1, 255 or 65535 if that holds all.

    Whatever lies outside of these is stretched to its own darkest and brightest; NaN is black.
    """
    values = np.array(picture, dtype=np.float32)
    np.nan_to_num(values, copy=False, nan=0, posinf=0, neginf=0)
    low, high = min(float(values.min()), 0.0), float(values.max())
    whites = (255, 65535) if picture.mode == "I" else (1, 255, 65535)
    white = next((white for white in whites if high <= white), high)
    small = Image.fromarray(values)
    small.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    greys = ((np.asarray(small) - low) / max(white - low, 1e-30) * 255).round().clip(0, 255)
    if _white_is_zero(picture):
        greys = 255 - greys
    return Image.fromarray(greys.astype(np.uint8))


def _white_is_zero(picture: Image.Image) -> bool:
    """Whether a TIFF counts from white to black, which Pillow turns round up to eight bits only."""
    tags = getattr(picture, "tag_v2", {})
    return tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0


def _orientation(opened: Image.Image) -> object:
    """The EXIF orientation, 1 ... 8; None where there is none, or none that can be read."""
    try:
        return opened.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # metadata fail in as many ways as pixels, but the pixels are there
        return None
