"""Reading what lies in a gzip or a zip: piece by piece, up to a limit, damaged or not.

Libraries report damage by many kinds of errors, OSError among them. Here all of them become a
ValueError, so that an OSError always comes from writing.
"""

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

MOST_BYTES = 500_000_000  # that a file may have when unpacked; the largest of ours has 134 million
MOST_LISTED = 1_000_000  # bytes of a zip's list of members: more than ten thousand of them
PIECE = 256 * 1024  # bytes that are unpacked at once
# Of bzip2 and LZMA zipfile unpacks all that it has read at once, up to 20,000 times as much.
GENTLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
SMALL_PIECE = 4096
GZIP = b"\x1f\x8b"  # what a gzip begins with

# zlib's is no OSError; zipfile's RuntimeErrors are encryption and unknown methods.
UNPACKING_ERRORS = (
    ValueError,
    EOFError,
    LookupError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
)


def members(path: Path) -> Mapping[str, str]:
    """Where each file of a zip stands in it, by its bare name; the first of a name counts.

    Raises ValueError.
    """
    found: dict[str, str] = {}
    with _opened(path) as archive:
        for name in archive.namelist():
            if not name.endswith("/"):
                found.setdefault(PurePosixPath(name).name, name)
    return found


@contextmanager
def unpacked(
    path: Path, member: str | None = None, most: int = MOST_BYTES
) -> Iterator[io.BufferedReader]:
    """The content of a file, or of a zip's member; of a gzip what is in there, whatever its name.

    Opening and reading raise ValueError at damage, and after `most` bytes.
    """
    with ExitStack() as stack:
        with _damage_told():
            if member is None:
                piece, size = PIECE, path.stat().st_size
                file: IO[bytes] = stack.enter_context(path.open("rb"))
            else:
                archive = stack.enter_context(_opened(path))
                info = archive.getinfo(member)
                piece = PIECE if info.compress_type in GENTLE else SMALL_PIECE
                size, file = info.file_size, stack.enter_context(archive.open(info))
            gzipped = cast("io.BufferedReader", file).peek(2)[:2] == GZIP
            if size > most:
                raise ValueError(f"more than {most:,} bytes")
        if member is None and not gzipped:
            yield cast("io.BufferedReader", file)
            return
        if gzipped:
            file = cast("IO[bytes]", stack.enter_context(gzip.open(file)))
        yield io.BufferedReader(_Bounded(file, piece, most), 2 * PIECE)


def is_gzip(path: Path) -> bool:
    """Whether the file is one, whatever its name. Raises ValueError."""
    with _damage_told(), path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with ExitStack() as stack:
        with _damage_told():
            file = stack.enter_context(_Careful(io.FileIO(path)))
            archive = stack.enter_context(zipfile.ZipFile(file))
        yield archive


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (OSError, *UNPACKING_ERRORS) as error:
        raise ValueError(str(error) or type(error).__name__) from error


class _Bounded(io.RawIOBase):
    """What is unpacked, in pieces that do not become large, and not without end."""

    def __init__(self, packed: IO[bytes], piece: int, most: int) -> None:
        self._packed, self._piece, self._most, self._total = packed, piece, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _damage_told():
            piece = self._packed.read(min(len(buffer), self._piece))
        self._total += len(piece)
        if self._total > self._most:
            raise ValueError(f"more than {self._most:,} bytes")
        buffer[: len(piece)] = piece
        return len(piece)


class _Careful(io.BufferedReader):
    """A file that gives no more at once than an honest zip is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        all_there_is = size is None or size < 0  # zipfile's wish for the end of the file
        content = super().read(MOST_LISTED + 1 if all_there_is else min(size or 0, MOST_LISTED + 1))
        if len(content) > MOST_LISTED:
            raise ValueError(f"a list of members of more than {MOST_LISTED:,} bytes")
        return content
