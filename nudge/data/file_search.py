"""Where the files of a split lie: where they belong, or where people put them, packed or not."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from nudge.data.archives import MOST_BYTES, is_gzip, members, unpacked
from nudge.data.sources import Form, Source, SplitName, SplitRecord

DEPTH = 2  # folders below a place: archive/sign_mnist_test/sign_mnist_test.csv
LONGEST_LIST = 5  # zips that could not be opened, in an error


@dataclass(frozen=True)
class Found:
    """One file as it lies there: itself, gzipped, or in a zip that was never opened."""

    path: Path  # on the disk
    member: str | None = None  # of the zip at that path

    def __str__(self) -> str:
        return f"{self.path}" if self.member is None else f"{self.member} in {self.path}"

    def open(self, most: int = MOST_BYTES) -> AbstractContextManager[BufferedReader]:
        """Its content, unpacked. Raises ValueError at damage and after `most` bytes."""
        return unpacked(self.path, self.member, most)

    @property
    def is_plain(self) -> bool:
        """Whether it is a file that lies there unpacked. Raises ValueError."""
        return self.member is None and not is_gzip(self.path)

    @property
    def stamp(self) -> tuple[int, int]:
        """Size and time of change of what is on the disk. Raises OSError."""
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns


class Candidate(NamedTuple):
    """All files of a form, each as it was found."""

    form: Form
    files: tuple[Found, ...]

    def cache(self, split: SplitName) -> Path:
        """Where what was decoded is kept: beside the first of the files."""
        path, member = self.files[0].path, self.files[0].member
        inner = "" if member is None else f".{Path(member).name}"
        which = f".{split}" if self.form.order else ""  # both splits come from the same files
        return path.with_name(f"{path.name}{inner}{which}.npz")


class Survey(NamedTuple):
    """What there is of the files that were looked for."""

    found: Mapping[str, list[Found]]  # by name; the likeliest first, zips last
    places: list[Path]  # folders that were looked in, with what unpacking makes in them
    unreadable: list[str]  # zips that could not be opened, with the reason

    def candidates(self, record: SplitRecord) -> Iterator[Candidate]:
        """What the split may be read from, the official files first.

        The second copies of all files follow their first ones, and so on: a pair in a zip stays
        together, and a copy that is damaged does not hide a whole one.
        """
        for form in record.forms:
            copies = [self.found[name] for name in form.files]
            for nth in range(max(map(len, copies)) if all(copies) else 0):
                yield Candidate(form, tuple(c[min(nth, len(c) - 1)] for c in copies))


def survey(source: Source, data_dir: Path, names: Iterable[str]) -> Survey:
    """Look for these files in the data set's folder and in those above it, up to the data folder.

    Looked into are also the folders that unpacking makes (`archive`, a file's own name) and every
    zip. What a zip lists is remembered as long as the zip stays as it is.
    """
    found: dict[str, list[Found]] = {name: [] for name in names}
    folders = {"archive", *found, *(Path(name).stem for name in found)}
    parts = Path(source.folder).parts
    places = [data_dir.joinpath(*parts[:n]) for n in range(len(parts), -1, -1)]
    zips, unreadable = [], []
    for entry in chain.from_iterable(_files(place, folders, DEPTH) for place in places):
        if entry.name.lower().endswith(".zip"):
            zips.append(Path(entry.path))
        elif (name := entry.name.removesuffix(".gz")) in found:
            found[name].append(Found(Path(entry.path)))
    for path in zips:
        try:
            listed = _listed(path, Found(path).stamp)
        except (OSError, ValueError) as error:
            unreadable.append(f"{path} cannot be opened ({error})")
            continue
        for name, copies in found.items():
            copies += [Found(path, listed[n]) for n in (name, f"{name}.gz") if n in listed]
    return Survey(found, places, unreadable[:LONGEST_LIST])


def survey_split(source: Source, record: SplitRecord, data_dir: Path) -> Survey:
    """Look for the files of every form of a split."""
    return survey(source, data_dir, dict.fromkeys(chain(*(f.files for f in record.forms))))


def _files(folder: Path, folders: set[str], depth: int) -> Iterator[os.DirEntry[str]]:
    """The files of a folder, by name, then those of the folders of these names in it."""
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
        yield from (entry for entry in entries if entry.is_file())
        inner = [entry for entry in entries if entry.name in folders and entry.is_dir()]
    except OSError:  # it is not there, or not ours to read
        return
    for entry in inner if depth else ():
        yield from _files(Path(entry.path), folders, depth - 1)


@lru_cache(maxsize=64)
def _listed(path: Path, stamp: tuple[int, int]) -> Mapping[str, str]:
    """`stamp` only tells a zip from what it was before."""
    return members(path)
