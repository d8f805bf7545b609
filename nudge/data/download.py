"""Fetching a data set: checked against its checksums, whole or not at all."""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pooch
import requests

from models.errors import script_command
from nudge.data.archives import MOST_BYTES, members, unpacked
from nudge.data.file_search import Found, survey
from nudge.data.sources import Archive, Source
from nudge.data.splits import DataError
from nudge.files import remove_leftovers, replacing

pooch.get_logger().setLevel("WARNING")  # the progress bar says the rest

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
        copies = survey(source, data_dir, archive.members).found
        if all(any(_is_right(c, archive, name) for c in copies[name]) for name in archive.members):
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
            member = _member(fetched, name)
            with unpacked(fetched, member, MOST_BYTES) as content, temporary.open("wb") as file:
                shutil.copyfileobj(content, file)
            if (found := _sha256(Found(temporary))) not in archive.members[name]:
                raise ValueError(f"SHA-256 {found}")
    except ValueError as error:
        raise DataError(
            f"The download of {source.title} does not hold the right {name}",
            where=place,
            expected=f"SHA-256 {' or '.join(sorted(archive.members[name]))}",
            found=str(error) or type(error).__name__,
            mend=script_command("download", source.name),
        ) from error


def _member(fetched: Path, name: str) -> str | None:
    """Where the file `name` stands in a zip; None where the archive is the one file of a gzip."""
    if not zipfile.is_zipfile(fetched):
        return None
    if name not in (found := members(fetched)):
        raise ValueError(f"only {', '.join(found)[:200]}")
    return found[name]


def _is_right(copy: Found, archive: Archive, name: str) -> bool:
    """Whether it holds the very file, wherever it lies packed."""
    try:
        return _sha256(copy) in archive.members[name]
    except ValueError:  # damaged
        return False


def _sha256(copy: Found) -> str:
    with copy.open() as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
