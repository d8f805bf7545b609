"""Files for the upload: pictures of every kind, whole and damaged, bombs, and no pictures."""

import io
import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pillow_heif
from PIL import ExifTags, Image

from models import SIDE, Dataset
from nudge.pictures.decoding import WORKING_SIDE, PictureError, read_picture
from nudge.pictures.formats import FORMATS
from nudge.pictures.preprocessing import Preparation, pixels, prepare, suggest
from nudge.pictures.segmentation import Box
from scripts.fuzzing import Try, damage, refused
from scripts.fuzzing.tiffs import tiff_bomb, tiff_options

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")
SIDES = (1, 2, 7, 28, 29, 64, 200, 600)
STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBPVP8 ",
          b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypmif1", b"\0\0\0\x1cftypavif",
          b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0\x10\0\0\0",
          b"%PDF-1.7", b"<svg", b"PK\x03\x04", b"II*\0", b"")  # fmt: skip


@contextmanager
def uploads() -> Iterator[Try]:
    """Whole pictures must be read, all others read or refused."""
    yield _try_one


def _try_one(rng: random.Random) -> str:
    kind = rng.choices((_whole, _damaged, _bomb, _nothing), (3, 6, 1, 1))[0]
    content = kind(rng)
    try:
        picture = read_picture(content)
    except PictureError as error:
        if kind is _whole:
            raise AssertionError(f"a whole picture was refused: {error}") from error
        return refused(error)
    fits = 1 <= min(picture.size) <= max(picture.size) <= WORKING_SIDE
    if picture.mode not in ("RGB", "RGBA") or not fits:
        raise AssertionError(f"read as {picture.mode}, {picture.size}")
    steps = suggest(picture, rng.choice(list(Dataset)))
    if rng.random() < 0.3:
        steps = Preparation(*(rng.random() < 0.5 for _ in range(5)), box=_box(rng))
    last = pixels(prepare(picture, steps))
    if last.shape != (SIDE, SIDE) or str(last.dtype) != "torch.uint8":
        raise AssertionError(f"prepared as {last.dtype} {tuple(last.shape)}")
    return "read"


def _box(rng: random.Random) -> Box | None:
    if rng.random() < 0.5:
        return None
    left, right, top, bottom = (rng.choice((0.0, 1.0, rng.random())) for _ in range(4))
    box = min(left, right), min(top, bottom), max(left, right), max(top, bottom)
    return box if box[0] < box[2] and box[1] < box[3] else None


def _picture(rng: random.Random, mode: str, least: int) -> Image.Image:
    width, height = rng.choice(SIDES), rng.choice(SIDES)
    large = rng.random() < 0.05
    if large:
        width, height = rng.choice(((1, 5000), (5000, 1), (3000, 2000)))
    width, height = max(width, least), max(height, least)
    noise = np.random.default_rng(rng.randrange(2**32))
    if mode == "I;16":
        return Image.fromarray(noise.integers(0, 65536, (height, width)).astype(np.uint16))
    values = noise.integers(0, 256, (height, width, 4), dtype=np.uint8)
    if large or rng.random() < 0.5:
        values[:] = values[0, 0]  # all of one colour
    if mode == "CMYK":
        return Image.fromarray(values, "CMYK")
    return Image.fromarray(values).convert(mode)


def _whole(rng: random.Random) -> bytes:
    """A picture that its format can hold, with whatever else may stand in such a file."""
    kind = rng.choice((*FORMATS, "MPO"))
    modes = {"JPEG": ("L", "RGB", "CMYK"), "MPO": ("RGB",), "PNG": MODES[:6] + MODES[7:],
             "WEBP": ("RGB", "RGBA"), "GIF": ("L", "P", "RGB", "RGBA"),
             "BMP": ("1", "L", "P", "RGB"), "TIFF": (*MODES, "I", "F"),
             "AVIF": ("RGB", "RGBA"), "HEIF": ("L", "RGB", "RGBA")}  # fmt: skip
    least = 64 if kind == "HEIF" else 1  # below that its encoder refuses some
    picture = _picture(rng, rng.choice(modes[kind]), least)
    options: dict[str, object] = {}
    if kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF") and rng.random() < 0.4:
        exif = Image.Exif()
        ways = range(1, 9) if kind == "TIFF" else (0, *range(1, 10), 65535)  # libtiff writes these
        exif[ExifTags.Base.Orientation] = rng.choice(ways)
        options["exif"] = exif.tobytes() if kind == "HEIF" else exif
    if kind == "JPEG":
        options |= {"quality": rng.choice((1, 50, 95)), "progressive": rng.random() < 0.5}
    if kind == "TIFF":
        options |= tiff_options(rng, picture.mode)
    many = kind in ("PNG", "GIF", "WEBP", "MPO", "TIFF") and picture.mode != "I;16"
    if many and rng.random() < 0.3:
        options |= {"save_all": True, "append_images": [picture.copy(), picture.rotate(180)]}
    if picture.mode == "P" and kind in ("PNG", "GIF") and rng.random() < 0.5:
        options["transparency"] = rng.randrange(4)
    file = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
        options["quality"] = rng.choice((10, 90))
    elif kind == "AVIF":
        options |= {"speed": 10, "quality": rng.choice((10, 90))}
    picture.save(file, kind, **options)
    tail = b"PK\x03\x04<script>alert(1)</script>" if rng.random() < 0.1 else b""
    return file.getvalue() + tail


def _damaged(rng: random.Random) -> bytes:
    content = _whole(rng)
    if rng.random() < 0.1:  # two files in one
        other = _whole(rng)
        content = content[: rng.randrange(len(content))] + other[rng.randrange(len(other)) :]
    content = damage(rng, content)
    if rng.random() < 0.3:
        content = _with_right_checksums(content)
    return content


def _with_right_checksums(content: bytes) -> bytes:
    """A damaged PNG whose damage no checksum tells of."""
    repaired, place = bytearray(content), 8
    while place + 12 <= len(repaired):
        (length,) = struct.unpack_from(">I", repaired, place)
        end = place + 8 + length
        if end + 4 > len(repaired):
            break
        struct.pack_into(">I", repaired, end, zlib.crc32(repaired[place + 4 : end]))
        place = end + 4
    return bytes(repaired)


def _bomb(rng: random.Random) -> bytes:
    """Small files that ask for much: of pixels, of text, of passes, of strips and of tiles."""
    if rng.random() < 0.3:
        return tiff_bomb(rng)

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    side = rng.choice((1, 7_300, 10_000, 65_535, 2**31 - 1))
    header = struct.pack(">IIBBBBB", side, side, 8, rng.choice((0, 2, 3, 6)), 0, 0, 0)
    parts = [chunk(b"IHDR", header)]
    if rng.random() < 0.3:
        name = rng.choice((b"zTXt", b"iCCP"))
        parts.append(chunk(name, b"Comment\0\0" + zlib.compress(bytes(5_000_000))))
    parts.append(chunk(b"IDAT", zlib.compress(bytes(rng.choice((10, 1_000_000))))))
    content = STARTS[0] + b"".join(parts) + chunk(b"IEND", b"")
    if rng.random() < 0.3:
        file = io.BytesIO()
        Image.new("RGB", (64, 64)).save(file, "JPEG", progressive=True)
        scans = file.getvalue()
        content = scans[:-2] + scans[scans.rindex(b"\xff\xda") : -2] * 300 + scans[-2:]
    return content


def _nothing(rng: random.Random) -> bytes:
    return rng.choice(STARTS) + rng.randbytes(rng.choice((0, 1, 10, 1000)))
