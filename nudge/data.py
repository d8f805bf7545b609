"""Loading a split of a data set, checked: either the official pictures or one clear error.

What is checked is a digest of the decoded arrays, not of the files, so a copy of the same pictures
with other line ends is as good as the original. Decoded arrays are kept in an `.npz` beside their
source, because reading 83 MB of CSV once is enough.
"""

import hashlib
import logging
import os
import zipfile
from pathlib import Path
from typing import NamedTuple, cast, get_args

import numpy as np
import torch
from torch import Tensor

from models import SIDE, Dataset
from models.errors import CHECKOUT, NudgeError, script_command
from nudge.files import replacing
from nudge.sources import SOURCES, Arrays, Source, SplitName

log = logging.getLogger(__name__)


class DataError(NudgeError):
    """Data is missing, or is not what it should be."""


class Split(NamedTuple):
    """Pictures with their true labels, in the order of the official files."""

    images: Tensor  # uint8 (N, 28, 28)
    labels: Tensor  # int64 (N,), positions in the data set's classes


def find_data_dir(data_dir: str | Path | None = None) -> Path:
    """The data folder: `data_dir`, else what NUDGE_DATA names, else data/ in the checkout."""
    return Path(data_dir or os.environ.get("NUDGE_DATA") or CHECKOUT / "data").expanduser()


def load_split(dataset: str | Dataset, split: str, data_dir: str | Path | None = None) -> Split:
    """The "train" or "test" split of "fashion" or "sign".

    >>> images, labels = load_split("fashion", "test")
    >>> images.shape, labels.shape
    (torch.Size([10000, 28, 28]), torch.Size([10000]))

    Raises:
        ValueError: there is no such data set or split.
        DataError: the data is missing, truncated, malformed or not the official data.
    """
    if dataset not in list(SOURCES):
        raise ValueError(f"expected a data set out of {', '.join(SOURCES)}; got {dataset!r}")
    if split not in get_args(SplitName):
        raise ValueError(f"expected a split out of {', '.join(get_args(SplitName))}; got {split!r}")
    source = SOURCES[Dataset(dataset)]
    images, labels = _load(source, cast("SplitName", split), find_data_dir(data_dir))
    return Split(torch.from_numpy(images), torch.from_numpy(labels))


def to_pixels(images: Tensor) -> Tensor:
    """Stored pictures, uint8 (N, 28, 28), as models take them: float32 (N, 1, 28, 28) in [0, 1].

    >>> to_pixels(torch.full((5, 28, 28), 255, dtype=torch.uint8)).shape
    torch.Size([5, 1, 28, 28])
    """
    return images.unsqueeze(1).float() / 255


def digest(images: Tensor | np.ndarray, labels: Tensor | np.ndarray) -> str:
    """SHA-256 of the pixels' bytes followed by one byte for each label."""
    content = hashlib.sha256()
    for values in (images, labels):
        content.update(np.asarray(values).astype(np.uint8).tobytes())
    return content.hexdigest()


def _load(source: Source, split: SplitName, data_dir: Path) -> Arrays:
    files = [source.find(data_dir, file) for file in source.splits[split].files]
    for file in files:
        if not file.is_file():
            raise _error(source, split, "is missing", where=file)
    cache = files[0].with_name(f"{files[0].name}.npz")
    # A changed source outdates its cache, whatever the cache holds.
    stamp = np.array([(f.stat().st_size, f.stat().st_mtime_ns) for f in files])
    arrays = _read_cache(cache, stamp, source.splits[split].sha256)
    if arrays is None:
        arrays = _decode(source, split, data_dir, files[0])
        _write_cache(cache, stamp, arrays)
    return arrays


def _decode(source: Source, split: SplitName, data_dir: Path, where: Path) -> Arrays:
    """Read the files and check every property, the cheapest to explain first."""
    record = source.splits[split]
    try:
        images, labels = source.read(data_dir, split)
    except (OSError, ValueError, RuntimeError, AssertionError, TypeError, LookupError) as error:
        # The readers are libraries' and fail in their own ways on half a file.
        reason = str(error) or type(error).__name__
        raise _error(
            source,
            split,
            "cannot be read",
            where=where,
            expected="complete official files",
            found=f"{where.stat().st_size:,} bytes: {reason}",
        ) from error

    def check(holds: bool, what: str, expected: object, found: object) -> None:
        if not holds:
            raise _error(source, split, what, where=where, expected=expected, found=found)

    shape = (record.total, SIDE, SIDE)
    check(images.shape == shape, "has the wrong shape", shape, images.shape)
    check(labels.shape == shape[:1], "has the wrong number of labels", shape[:1], labels.shape)
    for name, values, largest in (
        ("pixels", images, 255),
        ("labels", labels, len(source.classes) - 1),
    ):
        low, high = int(values.min()), int(values.max())
        inside = low >= 0 and high <= largest
        check(inside, f"has {name} out of range", f"0 ... {largest}", f"{low} ... {high}")
    found = digest(images, labels)
    check(found == record.sha256, "holds other pictures", f"SHA-256 {record.sha256}", found)
    return images.astype(np.uint8), labels.astype(np.int64)


def _error(
    source: Source,
    split: SplitName,
    what: str,
    *,
    where: Path,
    expected: object = None,
    found: object = None,
) -> DataError:
    return DataError(
        f"The {split} split of {source.title} {what}",
        where=where,
        expected=expected,
        found=found,
        mend=script_command("download", source.name),
    )


def _read_cache(cache: Path, stamp: np.ndarray, sha256: str) -> Arrays | None:
    try:
        with cache.open("rb") as file, np.load(file, allow_pickle=False) as content:
            if not np.array_equal(content["stamp"], stamp):
                return None
            images, labels = content["images"], content["labels"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s is damaged (%s) and is made again", cache, error)
        return None
    right_kind = images.dtype == np.uint8 and labels.dtype == np.int64
    return (images, labels) if right_kind and digest(images, labels) == sha256 else None


def _write_cache(cache: Path, stamp: np.ndarray, arrays: Arrays) -> None:
    try:
        with replacing(cache) as temporary, temporary.open("wb") as file:
            np.savez(file, images=arrays[0], labels=arrays[1], stamp=stamp)
    except OSError as error:  # a read-only or full disk costs time at each start, nothing else
        log.warning("%s cannot be written (%s); the next start decodes again", cache, error)
