"""TIFFs by the letter of their specification, where Pillow writes no such kind."""

import random
import struct
from collections.abc import Mapping, Sequence

STRIP_OFFSETS = 273
_LONG = 4  # the type of all values: four bytes


def tiff(tags: Mapping[int, Sequence[int]], pixels: bytes = b"") -> bytes:
    """One page, in little-endian; without an offset of its own its only strip is `pixels`."""
    found = dict(tags)
    place = 8 + 2 + 12 * (len(found) + 1) + 4
    if STRIP_OFFSETS not in found and 324 not in found:
        found[STRIP_OFFSETS] = [place + sum(4 * len(v) for v in found.values() if len(v) > 1)]
    entries, far = b"", b""
    for tag, values in sorted(found.items()):
        raw = struct.pack(f"<{len(values)}I", *values)
        entries += struct.pack("<HHI", tag, _LONG, len(values))
        entries += raw if len(raw) == 4 else struct.pack("<I", place + len(far))
        far += b"" if len(raw) == 4 else raw
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(found)) + entries
    return head.ljust(place, b"\0") + far + pixels


def tiff_bomb(rng: random.Random) -> bytes:
    """A page of up to half a million strips, or of one tile of any size."""
    many, side = rng.choice((1, 20_001, 500_000)), rng.choice((1, 64, 65_535))
    compression = rng.choice((1, 5, 7, 8, 32773, 34925, 50000))
    tags = {256: [side], 257: [rng.choice((1, side, many))], 258: [rng.choice((1, 8, 16, 32))],
            259: [compression], 262: [rng.randrange(3)], 277: [1]}  # fmt: skip
    if rng.random() < 0.5:
        return tiff(tags | {278: [1], STRIP_OFFSETS: [8] * many, 279: [1] * many})
    size = rng.choice((16, 4096, 32_768, 2**31 - 1))
    return tiff(tags | {322: [size], 323: [size], 324: [8], 325: [rng.choice((1, 50))]})


def tiff_options(rng: random.Random, mode: str) -> dict[str, object]:
    """How Pillow is to write a TIFF."""
    ways = ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd", "lzma"]
    if mode == "1":
        ways += ["group3", "group4", "tiff_ccitt"]
    if mode in ("L", "RGB"):
        ways.append("jpeg")
    return {"compression": rng.choice(ways), "big_tiff": rng.random() < 0.2}
