"""Uploads: files of every kind, whole and damaged."""

import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image

from models import Dataset
from nudge.pictures import decoding, formats
from nudge.pictures.decoding import MOST_PIXELS, WORKING_SIDE, PictureError, read_picture
from nudge.pictures.preprocessing import pixels, prepare, suggest
from scripts.fuzzing.tiffs import tiff
from tests.conftest import CHECKOUT
from tests.nudge.pictures.drawn import encode, grey
from views import text


def chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def png(width: int, height: int, bits: int, colour: int, rows: list[bytes], *extra: bytes) -> bytes:
    """A PNG by the letter of its specification, where Pillow writes no such kind."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    content = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    start = b"\x89PNG\r\n\x1a\n"
    return start + header + b"".join(extra) + content + chunk(b"IEND", b"")


def read(content: bytes) -> NDArray[np.uint8]:
    """(H, W, 3)."""
    return np.asarray(over_white(read_picture(content)))


def over_white(picture: Image.Image) -> Image.Image:
    """Of mode RGB; transparency is handed on only where there is some."""
    if picture.mode == "RGB":
        return picture
    assert picture.mode == "RGBA"
    assert np.asarray(picture)[..., 3].min() < 255
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


QUADRANTS = np.kron(np.array([[30, 90], [150, 210]], np.uint8), np.ones((32, 64), np.uint8))
COLOURS = np.stack([QUADRANTS, 255 - QUADRANTS, QUADRANTS // 2], axis=-1)  # (64, 128, 3)
SMALL = grey(np.arange(40 * 30, dtype=np.uint8).reshape(40, 30))

# Reading: kinds of files


@pytest.mark.parametrize(
    ("kind", "options", "off"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("GIF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 8),
        ("JPEG", {"quality": 95, "subsampling": 0}, 4),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}, 4),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("TIFF", {"compression": "tiff_adobe_deflate", "big_tiff": True}, 0),
        ("TIFF", {"compression": "jpeg", "quality": 95}, 8),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 8),
        ("HEIF", {"quality": 95, "chroma": 444}, 8),
    ],
)
def test_every_format(kind: str, options: dict[str, object], off: int) -> None:
    picture = read(encode(Image.fromarray(COLOURS), kind, **options))
    assert picture.shape == COLOURS.shape
    inside = np.s_[4:-4, 4:-4]  # a lossy codec blurs across edges
    assert np.abs(picture[inside].astype(int) - COLOURS[inside]).mean() <= off / 4
    middles = np.s_[16::32, 32::64]
    assert np.abs(picture[middles].astype(int) - COLOURS[middles]).max() <= off


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_every_mode(kind: str, mode: str) -> None:
    black_and_white = Image.fromarray(
        np.where(COLOURS[..., :1] > 100, 255, 0).repeat(3, 2).astype(np.uint8)
    )
    picture = read(encode(black_and_white.convert(mode), kind))
    assert np.array_equal(picture, np.asarray(black_and_white))


def test_16_bits_are_scaled_not_clipped() -> None:
    values = np.array([0, 257, 128 * 257, 129 * 257 - 129, 129 * 257 - 128, 65535], np.uint16)
    picture = read(encode(Image.fromarray(values[None]), "PNG"))
    assert picture[0, :, 0].tolist() == [0, 1, 128, 128, 129, 255]


@pytest.mark.parametrize(
    ("bits", "colour", "row", "key"),
    [
        (16, 0, struct.pack(">2H", 5 * 257, 7 * 257), struct.pack(">H", 5 * 257)),
        (8, 0, bytes([5, 7]), struct.pack(">H", 5)),
        (8, 2, bytes([5, 5, 5, 7, 7, 7]), struct.pack(">3H", 5, 5, 5)),
    ],
    ids=["16 bits", "8 bits", "colours"],
)
def test_a_transparent_colour_turns_white(bits: int, colour: int, row: bytes, key: bytes) -> None:
    picture = read(png(2, 1, bits, colour, [row], chunk(b"tRNS", key)))
    assert picture.tolist() == [[[255] * 3, [7] * 3]]


def test_16_bits_with_alpha() -> None:
    row = struct.pack(">4H", 3 * 257, 65535, 3 * 257, 0)
    assert read(png(2, 1, 16, 4, [row])).tolist() == [[[3] * 3, [255] * 3]]


def test_alpha_is_handed_on_only_where_there_is_some() -> None:
    solid = np.full((2, 3, 4), (9, 8, 7, 255), np.uint8)
    assert read_picture(encode(Image.fromarray(solid), "PNG")).mode == "RGB"
    solid[0, 0, 3] = 100
    for kind, options in {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}}.items():
        picture = read_picture(encode(Image.fromarray(solid), kind, **options))
        assert np.array_equal(np.asarray(picture), solid)
        assert not picture.info


def test_transparency_is_composed_over_white() -> None:
    values = np.array([[[100, 50, 0, 255], [100, 50, 0, 0], [100, 50, 0, 51]]], np.uint8)
    picture = read(encode(Image.fromarray(values), "PNG"))
    assert picture.tolist() == [[[100, 50, 0], [255, 255, 255], [224, 214, 204]]]


def test_hidden_colours_do_not_shine_through_when_shrunk() -> None:
    values = np.zeros((1200, 1200, 4), np.uint8)
    values[:, ::2] = (200, 200, 200, 255)  # every other column is black, but cannot be seen
    picture = read(encode(Image.fromarray(values), "PNG"))
    assert np.abs(picture[:, 4:-4].astype(int) - (200 + 255) // 2).max() <= 4


def test_a_palette_with_transparency() -> None:
    palette = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60, 200, 100, 0]))
    alphas = chunk(b"tRNS", bytes([255, 0]))
    picture = read(png(3, 1, 8, 3, [bytes([0, 1, 2])], palette, alphas))
    assert picture.tolist() == [[[10, 20, 30], [255, 255, 255], [200, 100, 0]]]


def test_a_palette_is_mixed_by_colour_not_by_number() -> None:
    stripes = Image.fromarray(np.tile(np.array([0, 1], np.uint8), (1200, 600)))
    stripes.putpalette([255, 0, 0, 0, 0, 255])
    picture = read(encode(stripes, "PNG"))
    assert np.abs(picture[:, 4:-4].astype(int) - [127, 0, 127]).max() <= 4


def test_cmyk() -> None:
    inks = np.zeros((64, 128, 4), np.uint8)  # no ink: white
    inks[:, :64, 3] = 255  # black alone
    inks[32:, 64:, :2] = 255  # cyan and magenta make blue
    picture = read(encode(Image.fromarray(inks, "CMYK"), "JPEG", quality=95)).astype(int)
    for (row, column), colour in {(8, 8): 0, (8, 120): 255, (56, 120): (0, 0, 255)}.items():
        assert np.abs(picture[row, column] - colour).max() <= 3


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        lossless = {"lossless": True} if kind == "WEBP" else {}
        content = encode(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
        assert (read(content) == (255, 0, 0)).all()


def test_a_photo_with_a_second_picture_inside() -> None:
    """As phones store depth or a preview: MPO, which calls itself JPEG."""
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("white", "black"))
    content = encode(first, "MPO", save_all=True, append_images=[second])
    assert (read(content) == 255).all()


def test_nothing_but_pixels_gets_through() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "somebody"
    whole = encode(SMALL, "PNG", exif=exif, icc_profile=b"no profile")
    polyglot = whole + b"PK\x03\x04<html><script>alert(1)</script>"
    picture = read_picture(polyglot)
    assert np.array_equal(np.asarray(picture)[..., 0], np.asarray(SMALL))
    assert not picture.info
    assert not picture.getexif()


# Reading: TIFF, of which there are many


GREY_TIFF = {258: [8], 259: [1], 262: [1], 277: [1], 278: [1]}


def test_the_first_page_of_a_tiff() -> None:
    pages = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    content = encode(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert (read(content) == (255, 0, 0)).all()


@pytest.mark.parametrize("white_is_zero", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_tiff_may_count_from_either_end(bits: int, white_is_zero: bool) -> None:
    unit = 1 if bits == 8 else 257
    pixels = struct.pack("<3B" if bits == 8 else "<3H", 0, 100 * unit, 255 * unit)
    page = GREY_TIFF | {256: [3], 257: [1], 279: [len(pixels)]}
    page |= {258: [bits], 262: [int(not white_is_zero)]}
    greys = read(tiff(page, pixels))[0, :, 0].tolist()
    assert greys == ([255, 155, 0] if white_is_zero else [0, 100, 255])


@pytest.mark.parametrize(
    ("values", "greys"),
    [
        ([0, 0.2, 1], [0, 51, 255]),  # of 1
        ([0, 51, 255], [0, 51, 255]),
        ([0, 257, 65535], [0, 1, 255]),
        ([-1, 0, 1], [0, 128, 255]),
        ([0, 1e6, 1e7], [0, 26, 255]),
        ([0, float("nan"), 1], [0, 0, 255]),
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_floating_point_greys(values: list[float], greys: list[int]) -> None:
    content = encode(Image.fromarray(np.array([values], np.float32)), "TIFF")
    assert read(content)[0, :, 0].tolist() == greys


def test_16_bit_greys_of_a_tiff_in_either_byte_order() -> None:
    values = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    for order in ("<u2", ">u2"):
        picture = Image.fromarray(values.astype(order))
        assert read(encode(picture, "TIFF"))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_whole_numbers_of_32_bits() -> None:
    picture = Image.fromarray(np.array([[0, 1, 255]], np.int32))
    assert read(encode(picture, "TIFF"))[0, :, 0].tolist() == [0, 1, 255]


def test_colours_that_cannot_be_read_are_called_by_their_name() -> None:
    with pytest.raises(PictureError, match=r"expected grey, RGB or CMYK, got CIELAB$"):
        read_picture(encode(Image.new("LAB", (9, 9)), "TIFF"))


def test_strips_without_end() -> None:
    """Pillow makes a list of them when it opens the file: a million take 20 s and 460 MB."""
    count = 1_000_000
    page = GREY_TIFF | {256: [1], 257: [count], 273: [8] * count, 279: [1] * count}
    message = "^The picture takes too long to decode: expected at most 20,000 strips, got 1000000$"
    content, begun = tiff(page), time.process_time()
    with pytest.raises(PictureError, match=message):
        read_picture(content)
    assert time.process_time() - begun < 5


def test_a_tile_without_end() -> None:
    """64 x 64 pixels, cut from a tile of a gigabyte."""
    page = GREY_TIFF | {256: [64], 257: [64], 259: [8]}
    page |= {322: [32768], 323: [32768], 324: [8], 325: [9]}
    with pytest.raises(PictureError, match="expected tiles of at most 17 million pixels, got 1,0"):
        read_picture(tiff(page))


# Reading: HEIC and AVIF, whose headers may say another size than their streams


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_header_that_lies_about_the_size(kind: str) -> None:
    content = encode(Image.new("RGB", (2048, 1024), "red"), kind)
    true = struct.pack(">II", 2048, 1024)
    assert true in content
    lied = content.replace(true, struct.pack(">II", 64, 32))
    check_that_it_is_read_or_refused(lied)
    with pytest.raises(PictureError, match=r"(is too large|is damaged)"):
        read_picture(content.replace(true, struct.pack(">II", 60_000, 60_000)))


def test_the_library_for_heic_is_loaded_when_it_is_needed() -> None:
    code = """if True:
        import sys
        from nudge.pictures.decoding import read_picture
        for name in sys.argv[1:]:
            read_picture(open(name, "rb").read())
            print("pillow_heif" in sys.modules)
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("a", "b")]
        for path, kind in zip(paths, ("AVIF", "HEIF"), strict=True):
            path.write_bytes(encode(SMALL.convert("RGB"), kind))
        command = [sys.executable, "-c", code, *map(str, paths)]
        ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True)
    assert (ran.stdout.split(), ran.stderr) == ([b"False", b"True"], b"")


# Reading: which way is up

STORED: dict[
    int, Callable[[np.ndarray], np.ndarray]
] = {  # how the upright picture lies in the file
    1: lambda up: up,
    2: lambda up: up[:, ::-1],
    3: lambda up: up[::-1, ::-1],
    4: lambda up: up[::-1],
    5: lambda up: up.T,
    6: lambda up: np.rot90(up, 1),  # counter-clockwise, so it is to be turned clockwise
    7: lambda up: up[::-1, ::-1].T,
    8: lambda up: np.rot90(up, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("kind", "off"), [("JPEG", 3), ("PNG", 0), ("WEBP", 0), ("TIFF", 0), ("AVIF", 4), ("HEIF", 4)]
)
def test_exif_orientation(kind: str, off: int, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    lossy = kind in ("JPEG", "AVIF", "HEIF")
    options: dict[str, object] = {"quality": 95} if lossy else {"lossless": True}
    stored = np.ascontiguousarray(STORED[orientation](QUADRANTS))
    picture = read(encode(grey(stored).convert("RGB"), kind, exif=exif, **options))
    assert picture.shape == (*QUADRANTS.shape, 3)
    assert np.abs(picture[..., 0].astype(int) - QUADRANTS).max() <= off


def exif_orientation(kind: int, count: int, value: bytes) -> bytes:
    """EXIF with nothing but an orientation, a whole number (kind 3) or anything else."""
    entry = struct.pack("<HHI4sI", 0x0112, kind, count, value, 0)
    return b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry


@pytest.mark.parametrize(
    "exif",
    [
        exif_orientation(3, 1, b"\0\0\0\0"),
        exif_orientation(3, 1, b"\x09\0\0\0"),
        exif_orientation(3, 2, b"\x06\0\x06\0"),
        exif_orientation(2, 2, b"6\0\0\0"),
        exif_orientation(7, 4, b"\x06\0\0\0"),
    ],
    ids=["0", "9", "two", "text", "bytes"],
)
def test_an_orientation_that_does_not_exist_is_none(exif: bytes) -> None:
    content = encode(SMALL, "PNG", exif=exif)
    assert np.array_equal(read(content)[..., 0], np.asarray(SMALL))


def test_an_orientation_by_hand() -> None:
    content = encode(SMALL, "PNG", exif=exif_orientation(3, 1, b"\x06\0\0\0"))
    assert np.array_equal(read(content)[..., 0], np.rot90(np.asarray(SMALL), -1))


@pytest.mark.parametrize("action", ["error", "ignore"])
@pytest.mark.parametrize("exif", [b"MM\0*\0\0\0\x08\0\x63\x01\x12", b"", b"II*\0\xff\xff\xff\xff"])
def test_damaged_exif_costs_no_pixel(exif: bytes, action: str) -> None:
    content = encode(SMALL.convert("RGB"), "WEBP", lossless=True, exif=b"Exif\0\0" + exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error" if action == "error" else "ignore")
        assert np.array_equal(read(content)[..., 0], np.asarray(SMALL))


# Reading: sizes


@pytest.mark.parametrize(
    ("size", "found"),
    [
        ((1, 1), (1, 1)),
        ((1, 5000), (1, WORKING_SIDE)),
        ((5000, 1), (WORKING_SIDE, 1)),
        ((512, 400), (512, 400)),
        ((2048, 1024), (512, 256)),
        ((1536, 2048), (384, 512)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "AVIF"])
def test_no_side_is_longer_than_a_page_needs(
    kind: str, size: tuple[int, int], found: tuple[int, int]
) -> None:
    picture = read_picture(encode(Image.new("L", size, 120), kind))
    assert picture.size == found
    assert np.abs(np.asarray(picture).astype(int) - 120).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16"])
def test_nothing_is_aliased_when_shrunk(mode: str) -> None:
    """Stripes too fine to be left turn to even grey, in whatever way they were stored."""
    stripes = np.tile(np.array([0, 255], np.uint8), (1400, 700))
    if mode == "I;16":
        picture = Image.fromarray(stripes.astype(np.uint16) * 257)
    else:
        picture = grey(stripes).convert(mode)
    inside = read(encode(picture, "PNG"))[:, 4:-4]  # beyond the border there is nothing to average
    assert np.abs(inside.astype(int) - 127).max() <= 4


def test_no_side_of_a_heic_is_longer_than_a_page_needs() -> None:
    """Its encoder makes nothing as thin as the others."""
    picture = read_picture(encode(Image.new("L", (2048, 1024), 120), "HEIF"))
    assert picture.size == (512, 256)
    assert np.abs(np.asarray(picture).astype(int) - 120).max() <= 1


def blank_png(width: int, height: int) -> bytes:
    return png(width, height, 8, 0, [])


def huge_gif() -> bytes:
    """A screen of one pixel, and on it a frame of 65,535 x 65,535."""
    content = bytearray(encode(Image.new("L", (1, 1)), "GIF"))
    place = content.index(b",\0\0\0\0\x01\0\x01\0")
    content[place + 5 : place + 9] = b"\xff" * 4
    return bytes(content)


def huge_webp() -> bytes:
    """16,384 x 16,384, says the header."""
    content = bytearray(encode(Image.new("RGB", (1, 1)), "WEBP", lossless=True))
    place = content.index(b"VP8L") + 9
    content[place : place + 4] = (
        int.from_bytes(content[place : place + 4], "little") | 0xFFFFFFF
    ).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("action", ["error", "ignore"])
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (blank_png(8000, 6501), "8,000 x 6,501"),
        (blank_png(10_000, 10_000), "(10,000 x 10,000|far more)"),  # Pillow would warn
        (blank_png(2**31 - 1, 2**31 - 1), "far more"),  # Pillow would raise
        (huge_gif(), "far more"),
        (huge_webp(), "far more"),
    ],
    ids=["just too large", "a warning", "a bomb", "GIF", "WebP"],
)
def test_too_large(content: bytes, found: str, action: str) -> None:
    """Told from the header: none of these files has any pixels."""
    message = f"^The picture is too large: expected at most 52 million pixels, got {found}$"
    with warnings.catch_warnings():
        warnings.simplefilter("error" if action == "error" else "ignore")
        with pytest.raises(PictureError, match=message):
            read_picture(content)


def test_nothing_is_said_beside_the_error() -> None:
    code = """if True:
        import sys
        from nudge.pictures.decoding import PictureError, read_picture
        try:
            read_picture(sys.stdin.buffer.read())
        except PictureError as error:
            print(error.found)
    """
    content = blank_png(10_000, 10_000)  # of which Pillow warns
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, input=content, cwd=CHECKOUT, capture_output=True, check=True)
    assert (ran.stdout.strip(), ran.stderr) == (b"10,000 x 10,000", b"")


def test_scans_without_end() -> None:
    """Each makes libjpeg walk over the whole picture once more."""
    content = encode(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    few = content[:-2] + scan * 20 + content[-2:]
    assert (read(few) == 0).all()
    many = content[:-2] + scan * 300 + content[-2:]
    message = "^The picture takes too long to decode: expected at most 100 scans, got 310$"
    with pytest.raises(PictureError, match=message):
        read_picture(many)


def test_what_phones_take_is_not_too_large() -> None:
    assert 8192 * 6144 <= MOST_PIXELS < Image.MAX_IMAGE_PIXELS  # type: ignore[operator]


# Reading: what is no picture

NONE_OF_THESE = "^The file is not a picture that can be read: expected a whole PNG, .*, got "


def test_empty() -> None:
    with pytest.raises(PictureError, match=r"^The file is empty: expected a whole PNG"):
        read_picture(b"")


@pytest.mark.parametrize("kind", ["PPM", "ICO", "TGA", "PCX", "EPS", "PDF", "JPEG2000", "ICNS"])
def test_other_formats_are_not_even_tried(kind: str) -> None:
    name = {"ICO": "icon", "PDF": "PDF", "JPEG2000": "JPEG 2000"}.get(kind, "something else")
    with pytest.raises(PictureError, match=NONE_OF_THESE + name + "$"):
        read_picture(encode(SMALL.convert("RGB"), kind))


OTHER_FILES = {
    "PDF": b"%PDF-1.7",
    "SVG": b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "web page": b"\n<!doctype html><html>",
    "ZIP": b"PK\x03\x04",
    "film": b"\0\0\0\x14ftypqt  ",
    "JPEG XL": b"\xff\x0a",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n",
    "Photoshop": b"8BPS\0\1",
    "icon": b"\0\0\1\0\1\0",
    "raw photograph": b"\0\0\0\x18ftypcrx ",
}


def test_what_is_no_picture_is_called_by_its_name_with_help_of_our_own() -> None:
    assert set(OTHER_FILES) == set(text.picture_input.OTHER_KINDS) == set(formats._OTHERS)
    for kind, start in OTHER_FILES.items():
        with pytest.raises(PictureError) as raised:
            read_picture(start + bytes(50))
        assert raised.value.kind == kind
        name, help_ = text.picture_input.OTHER_KINDS[kind]
        error = raised.value
        words = text.picture_input.picture_error(
            error.what, error.expected, error.found, error.kind
        )
        assert words == f"The file is not a picture that can be read: it is {name}. {help_}"


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"\xff\xd8\xff",
        b"BM",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"x" + encode(SMALL, "PNG"),
        png(0, 0, 8, 0, []),
        png(5, 0, 8, 0, []),
        png(1, 1, 3, 0, [b"\0"]),
    ],
)
def test_not_a_picture(content: bytes) -> None:
    with pytest.raises(
        PictureError, match=r"(not a picture that can be read|is damaged): expected"
    ):
        read_picture(content)


def test_a_phones_own_format_damaged() -> None:
    with pytest.raises(PictureError, match=r"^The picture is damaged"):
        read_picture(b"\0\0\0\x18ftypheic" + bytes(100))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"])
def test_truncated(kind: str) -> None:
    content = encode(SMALL.convert("RGB"), kind)
    message = r"^The picture is damaged: expected a whole PNG, .*, got [\d,]+ bytes that cannot be"
    with pytest.raises(PictureError, match=message) as raised:
        read_picture(content[: len(content) * 2 // 3])
    assert f"{len(content) * 2 // 3:,} bytes" in str(raised.value)


def test_a_text_that_bursts() -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
    content = png(1, 1, 8, 0, [b"\0"], text)
    with pytest.raises(PictureError, match="is damaged"):
        read_picture(content)


WHOLE = [
    encode(SMALL.convert("RGB"), "PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    encode(SMALL.convert("P"), "PNG", transparency=3),
    encode(Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 100), "PNG"),
    encode(SMALL.convert("RGB"), "JPEG"),
    encode(SMALL.convert("CMYK"), "JPEG", progressive=True),
    encode(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(90)]),
    encode(SMALL.convert("RGBA"), "WEBP"),
    encode(SMALL.convert("RGB"), "BMP"),
    encode(SMALL.convert("RGB"), "TIFF", compression="tiff_lzw"),
    encode(SMALL.convert("F"), "TIFF"),
    encode(SMALL.convert("RGBA"), "AVIF"),
    encode(SMALL.convert("RGB"), "HEIF"),
]


def check_that_it_is_read_or_refused(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "MOST_PIXELS", 1_000_000)  # for speed: damage makes headers large
        try:
            picture = read_picture(content)
        except PictureError:
            return
    assert picture.mode in ("RGB", "RGBA")
    assert 1 <= min(picture.size) <= max(picture.size) <= WORKING_SIDE
    last = pixels(prepare(picture, suggest(picture, Dataset.FASHION)))
    assert (last.shape, last.dtype) == ((28, 28), torch.uint8)


@pytest.mark.filterwarnings("ignore")  # as it is outside tests: Pillow warns, and reads on
@given(st.sampled_from([b"", *(content[:16] for content in WHOLE)]), st.binary())
def test_any_bytes_are_read_or_refused(start: bytes, content: bytes) -> None:
    check_that_it_is_read_or_refused(start + content)


@pytest.mark.parametrize("action", ["ignore", "error"])
def test_any_damage_is_read_or_refused(action: str) -> None:
    @settings(max_examples=300)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        content = bytearray(data.draw(st.sampled_from(WHOLE)))
        places = st.integers(0, len(content) - 1)
        for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=4)):
            content[place] = value
        end = data.draw(st.one_of(st.just(len(content)), places))
        check_that_it_is_read_or_refused(bytes(content[:end]))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if action == "ignore" else "error")
        check()
