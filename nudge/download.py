"""Fetching a data set: checked against its checksums, whole or not at all."""

import gzip
import hashlib
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol, cast

import pooch
import requests

from models.errors import script_command
from nudge.data import DataError
from nudge.files import remove_leftovers, replacing
from nudge.sources import Archive, Source

pooch.get_logger().setLevel("WARNING")  # the progress bar says the rest

MOST_BYTES = 500_000_000  # that a file may unpack to; the largest of ours has 83 million

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

Report = Callable[[str], object]


class ProgressBar(Protocol):
    """What pooch tells how far it is: a part of tqdm."""

    total: int  # bytes; 0 where the server does not say

    def update(self, count: int) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


def download(
    source: Source,
    data_dir: Path,
    *,
    report: Report = print,
    progress_bar: bool | ProgressBar = True,
) -> None:
    """Fetch what is missing or wrong of `source` into `data_dir`; right files are left alone.

    Mirrors are tried in order. `report` is told, in a line each, what was found and done; the
    progress bar is one on the console, none, or one of the caller's.

    Raises:
        DataError: no mirror gave the right files.
        OSError: the folder cannot be written.
    """
    folder = data_dir / source.folder
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder, ".download-*")
    for archive in source.archives:
        if all(_is_right(source.find(data_dir, name), archive, name) for name in archive.members):
            report(f"{source.title}: {', '.join(archive.members)} already there, checksums right")
            continue
        with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
            fetched = _fetch(source, archive, folder, Path(temporary), report, progress_bar)
            for name in archive.members:
                _unpack(fetched, archive, name, source.find(data_dir, name), source)
        report(f"{source.title}: {', '.join(archive.members)} downloaded, checksums right")


def _fetch(
    source: Source,
    archive: Archive,
    folder: Path,
    temporary: Path,
    report: Report,
    progress_bar: bool | ProgressBar,
) -> Path:
    """The archive, as a file in `temporary`."""
    failures = []
    for url in archive.urls:
        report(f"{source.title}: fetching {url}")
        try:
            name = pooch.retrieve(
                url,
                known_hash=archive.checksum,
                fname="archive",
                path=temporary,
                downloader=pooch.HTTPDownloader(progressbar=progress_bar, timeout=30),
            )
            return Path(name)
        except (requests.RequestException, ValueError) as error:  # ValueError: a wrong checksum
            failures.append(f"{_reason(error)} from {url}")
    raise DataError(
        f"{source.title} could not be downloaded from any mirror",
        where=folder,
        expected=" and ".join(archive.members),
        found=", ".join(failures),
        mend=f"{script_command('download', source.name)} (once there is a network, "
        f"or put the files there by hand from {source.homepage})",
    )


def _reason(error: Exception) -> str:
    """In a few words; requests nests its reasons four deep."""
    if isinstance(error, requests.Timeout):
        return "no answer in 30 s"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP status {error.response.status_code}"
    return "a wrong checksum" if isinstance(error, ValueError) else type(error).__name__


def _unpack(fetched: Path, archive: Archive, name: str, place: Path, source: Source) -> None:
    try:
        with replacing(place) as temporary:
            with _open_member(fetched, name) as packed, temporary.open("wb") as unpacked:
                for chunk in _chunks(packed):
                    unpacked.write(chunk)
            if not _is_right(temporary, archive, name):
                raise ValueError(f"SHA-256 {_sha256(temporary)}")
    except UNPACKING_ERRORS as error:
        raise DataError(
            f"The download of {source.title} does not hold the right {name}",
            where=place,
            expected=f"SHA-256 {' or '.join(sorted(archive.members[name]))}",
            found=str(error) or type(error).__name__,
            mend=script_command("download", source.name),
        ) from error


def _open_member(fetched: Path, name: str) -> IO[bytes]:
    """The file `name` out of a zip, wherever it stands in there, or the one file of a gzip."""
    if not zipfile.is_zipfile(fetched):
        return cast("IO[bytes]", gzip.open(fetched, "rb"))
    try:
        content = zipfile.ZipFile(fetched)
        member = next((m for m in content.namelist() if Path(m).name == name), None)
        if member is None:
            raise KeyError(f"only {', '.join(content.namelist())[:200]}")
        return content.open(member)
    except OSError as error:  # a damaged zip sends its reader to places before its beginning
        raise ValueError("a damaged zip") from error


def _chunks(packed: IO[bytes]) -> Iterator[bytes]:
    """What unpacks, piece by piece. Raises one of UNPACKING_ERRORS."""
    total = 0
    while True:
        try:
            chunk = packed.read(1 << 20)
        except OSError as error:  # bz2's, for damage; one of writing must stay what it is
            raise ValueError(str(error)) from error
        if not chunk:
            return
        total += len(chunk)
        if total > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        yield chunk


def _is_right(path: Path, archive: Archive, name: str) -> bool:
    return path.is_file() and _sha256(path) in archive.members[name]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
