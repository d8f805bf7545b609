"""Own pictures: files of every kind, whole and damaged; each step by itself; photos, read right."""

import io
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import ExifTags, Image

from models import Dataset, load_model
from nudge import own
from nudge.data import load_split, to_pixels
from nudge.own import (
    MOST_PIXELS,
    WORKING_SIDE,
    PictureError,
    Preparation,
    Step,
    StepName,
    pixels,
    prepare,
    read_picture,
    suggest,
)
from tests.conftest import CHECKOUT

NOTHING = Preparation(crop=False, fill=False, contrast=False, invert=False)
CROP, FILL = replace(NOTHING, crop=True), replace(NOTHING, fill=True)
CONTRAST, INVERT = replace(NOTHING, contrast=True), replace(NOTHING, invert=True)
EVERY = [Preparation(*on) for on in product([False, True], repeat=4)]

Greys = NDArray[np.uint8]


def encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


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
    picture = read_picture(content)
    assert picture.mode == "RGB"
    return np.asarray(picture)


def grey(values: NDArray[np.generic]) -> Image.Image:
    return Image.fromarray(values.round().astype(np.uint8) if values.dtype.kind == "f" else values)


def after(values: NDArray[np.generic], preparation: Preparation, name: StepName) -> Greys:
    """What a picture is after the step of that name."""
    (found,) = [s.image for s in prepare(grey(values), preparation) if s.name is name]
    assert found.mode == "L"
    return np.asarray(found)


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
def test_every_mode(mode: str) -> None:
    black_and_white = Image.fromarray(
        np.where(COLOURS[..., :1] > 100, 255, 0).repeat(3, 2).astype(np.uint8)
    )
    picture = read(encode(black_and_white.convert(mode), "PNG"))
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
@pytest.mark.parametrize(("kind", "off"), [("JPEG", 3), ("PNG", 0), ("WEBP", 0)])
def test_exif_orientation(kind: str, off: int, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options: dict[str, object] = {"quality": 95} if kind == "JPEG" else {"lossless": True}
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
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
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
        from nudge.own import PictureError, read_picture
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


@pytest.mark.parametrize("kind", ["TIFF", "PPM", "ICO", "TGA", "PCX", "EPS", "PDF", "AVIF", "ICNS"])
def test_other_formats_are_not_even_tried(kind: str) -> None:
    with pytest.raises(PictureError, match=NONE_OF_THESE + "something else$"):
        read_picture(encode(SMALL.convert("RGB"), kind))


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


def test_a_phones_own_format_is_called_by_its_name() -> None:
    with pytest.raises(
        PictureError, match=NONE_OF_THESE + "HEIC, which its phone can save as JPEG$"
    ):
        read_picture(b"\0\0\0\x18ftypheic" + bytes(100))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
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
]


def check_that_it_is_read_or_refused(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own, "MOST_PIXELS", 1_000_000)  # for speed: damage makes headers large
        try:
            picture = read_picture(content)
        except PictureError:
            return
    assert picture.mode == "RGB"
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


# The steps


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
    chosen = [n for n in (StepName.CONTRAST, StepName.INVERT) if asdict(preparation)[n.value]]
    assert names == [StepName.GREY, *square, *chosen, StepName.SHRINK]


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3))),
    st.sampled_from(EVERY),
)
def test_every_picture_ends_at_28_x_28(values: NDArray[np.uint8], preparation: Preparation) -> None:
    steps = prepare(Image.fromarray(values), preparation)
    assert all(step.image.mode == "L" for step in steps)
    assert all(step.image.width == step.image.height for step in steps[1:])
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
def test_a_picture_of_the_data_set_is_left_alone(values: Greys, dataset: Dataset) -> None:
    picture = read_picture(encode(grey(values), "PNG"))
    assert suggest(picture, dataset) == NOTHING
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
    model = load_model("fashion-cnn")

    def right(prepared: list[list[Step]]) -> int:
        logits = model(to_pixels(torch.stack([pixels(steps) for steps in prepared])))
        return int((logits.argmax(1) == labels).sum())

    photos = [
        read_picture(photo(image.numpy(), dark=dark, seed=seed))
        for seed, image in enumerate(images)
    ]
    suggested = [suggest(picture, Dataset.FASHION) for picture in photos]
    assert sum(s.invert is dark for s in suggested) == 100
    original = int((model(to_pixels(images)).argmax(1) == labels).sum())
    assert right([prepare(*pair) for pair in zip(photos, suggested, strict=True)]) >= original - 5
    assert right([prepare(picture, CROP) for picture in photos]) <= original - 40
