"""Which kinds of files are taken as pictures, which are refused by name, and what TIFF may cost."""

import io
import re

from PIL import TiffImagePlugin

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
WANTED = "a whole PNG, JPEG, HEIC, AVIF, WebP, GIF, TIFF or BMP"
MOST_STRIPS = 20_000  # of a TIFF: Pillow takes 15 microseconds for each, however short it is
MOST_TILE_PIXELS = 4096 * 4096  # of a TIFF: libtiff has room for a whole tile, whatever it holds

_HEIF = re.compile(rb".{4}ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL)
_AVIF = (b"ftypavif", b"ftypavis")
_TILE_WIDTH, _TILE_LENGTH = 322, 323
_OFFSETS = (273, 324)  # where each strip, or each tile, begins

# What people hand over that is no such picture, by how it begins.
_OTHERS = {
    "PDF": rb"%PDF-",
    "SVG": rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg",
    "web page": rb"\s*<(!DOCTYPE html|html)",
    "ZIP": rb"PK\x03\x04",
    "film": rb".{4}ftyp(isom|iso[2-9]|mp4|M4V|qt  |3gp|avc1)|\x1a\x45\xdf\xa3|RIFF.{4}AVI ",
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "JPEG 2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "Photoshop": rb"8BPS",
    "icon": rb"\0\0[\1\2]\0[^\0]\0",
    "raw photograph": rb"II\*\0.{4}CR|.{4}ftypcrx |FUJIFILMCCD-RAW|IIRO|IIU\0",
}
_OTHERS_BEGIN = {
    name: re.compile(start, re.DOTALL | re.IGNORECASE) for name, start in _OTHERS.items()
}


def other_kind(content: bytes) -> str | None:
    """What a file is that is none of `FORMATS`, or None.

    A key of `views.text.picture_input.OTHER_KINDS`.
    """
    head = content[:1000]
    return next((name for name, start in _OTHERS_BEGIN.items() if start.match(head)), None)


def is_heif(content: bytes) -> bool:
    """Whether a file may be HEIC, for which a library has to be loaded first."""
    return _HEIF.match(content[:12]) is not None


def is_avif(content: bytes) -> bool:
    return content[4:12] in _AVIF


def tiff_cost(content: bytes) -> tuple[int, int]:
    """How many strips or tiles the first page of a TIFF has, and how many pixels a tile; else 0.

    It is told without Pillow's list of them, which takes seconds and hundreds of megabytes where
    there are a million. Raises what Pillow raises of damaged files.
    """
    if not content.startswith(tuple(TiffImagePlugin.PREFIXES)):
        return 0, 0
    header = content[:16] if content[2] == 43 else content[:8]  # BigTIFF has wider numbers
    page = TiffImagePlugin.ImageFileDirectory_v2(header)
    stream = io.BytesIO(content)
    stream.seek(page.next)
    page.load(stream)
    strips = max(_count(page.get(tag)) for tag in _OFFSETS)
    return strips, _number(page.get(_TILE_WIDTH)) * _number(page.get(_TILE_LENGTH))


def _count(value: object) -> int:
    return len(value) if isinstance(value, tuple) else int(value is not None)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
