"""Loading a split of a data set, checked: either the official pictures or one clear error.

What is checked is a digest of the decoded arrays, not of the files, so a copy of the same pictures
with other line ends is as good as the original. Decoded arrays are kept in an `.npz` beside their
source, because reading 83 MB of CSV once is enough.
"""

import hashlib
import logging
import os
from pathlib import Path
from typing import NamedTuple, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import PRETRAINED, SIDE, Dataset
from models.cards import UNREADABLE_NPZ
from models.errors import CHECKOUT, NudgeError, script_command
from nudge.checks import check_stored
from nudge.files import replacing
from nudge.sources import SOURCES, Arrays, Source, SplitName

DEFAULT_DATA_DIR = CHECKOUT / "data"

log = logging.getLogger(__name__)


class DataError(NudgeError):
    """Data is missing, or is not what it should be."""


class Split(NamedTuple):
    """Pictures with their true labels, in the order of the official files."""

    images: Tensor  # uint8 (N, 28, 28)
    labels: Tensor  # int64 (N,), positions in the data set's classes


def find_data_dir(data_dir: str | Path | None = None) -> Path:
    """The data folder: `data_dir`, else what NUDGE_DATA names, else data/ in the checkout.

    Raises DataError where it is said to be in a home that nobody has.
    """
    named = Path(data_dir or os.environ.get("NUDGE_DATA") or DEFAULT_DATA_DIR)
    try:
        return named.expanduser()
    except RuntimeError as error:
        raise DataError(
            "The data folder cannot be found",
            where=named,
            expected="a path without ~, as this user has no home",
            found="one with it",
        ) from error


def load_split(dataset: str | Dataset, split: str, data_dir: str | Path | None = None) -> Split:
    """The "train" or "test" split of "fashion" or "sign".

    Fashion's test pictures come with the checkout: they are there even if no folder was named and
    data/ does not have them. A folder that was named is taken at its word.

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
    folder = find_data_dir(data_dir)
    name = cast("SplitName", split)
    bundled = _load_bundle(source, name, folder) if folder == DEFAULT_DATA_DIR else None
    images, labels = bundled or _load(source, name, folder)
    return Split(torch.from_numpy(images), torch.from_numpy(labels))


def load_bundled(dataset: Dataset) -> Split | None:
    """The official test pictures that come with the checkout; None where none do."""
    record = SOURCES[dataset].splits["test"]
    arrays = _read_npz(PRETRAINED / record.bundle, record.sha256) if record.bundle else None
    return arrays and Split(*map(torch.from_numpy, arrays))


def to_pixels(images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Stored pictures, uint8 (N, 28, 28), as models take them: (N, 1, 28, 28) in [0, 1].

    `dtype` is that of the model's weights. Raises ValueError of anything but stored pictures:
    those in [0, 1] already would be nearly black.

    >>> to_pixels(torch.full((5, 28, 28), 255, dtype=torch.uint8)).shape
    torch.Size([5, 1, 28, 28])
    """
    check_stored(images, any_size=True)
    return images.unsqueeze(1).to(dtype) / 255


def digest(images: Tensor | np.ndarray, labels: Tensor | np.ndarray) -> str:
    """SHA-256 of the pixels' bytes followed by one byte for each label.

    Raises ValueError of what are no whole numbers: pixels in [0, 1] would all be 0.
    """
    content = hashlib.sha256()
    for values in map(np.asarray, (images, labels)):
        if values.dtype.kind not in "iu":
            raise ValueError(f"expected whole numbers to be digested, got {values.dtype}")
        content.update(values.astype(np.uint8).tobytes())
    return content.hexdigest()


def _load_bundle(source: Source, split: SplitName, data_dir: Path) -> Arrays | None:
    """The pictures that come with the checkout, if the folder has none of the split's files."""
    record = source.splits[split]
    if record.bundle is None or any(source.find(data_dir, f).is_file() for f in record.files):
        return None
    return _read_npz(PRETRAINED / record.bundle, record.sha256)


def _load(source: Source, split: SplitName, data_dir: Path) -> Arrays:
    record = source.splits[split]
    files = [source.find(data_dir, file) for file in record.files]
    if missing := [file for file in files if not file.is_file()]:
        raise _error(source, split, "is missing", where=missing)
    cache = files[0].with_name(f"{files[0].name}.npz")
    # A changed source outdates its cache, whatever the cache holds.
    stamp = np.array([(f.stat().st_size, f.stat().st_mtime_ns) for f in files])
    arrays = _read_npz(cache, record.sha256, stamp)
    if arrays is None:
        arrays = _decode(source, split, data_dir, files)
        _write_cache(cache, arrays, stamp)
    return arrays


def _decode(source: Source, split: SplitName, data_dir: Path, where: list[Path]) -> Arrays:
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
            found=f"{' and '.join(f'{f.stat().st_size:,}' for f in where)} bytes: {reason}",
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
    where: list[Path],
    expected: object = None,
    found: object = None,
) -> DataError:
    return DataError(
        f"The {split} split of {source.title} {what}",
        where=" and ".join(map(str, where)),
        expected=expected,
        found=found,
        mend=script_command("download", source.name),
    )


def _read_npz(path: Path, sha256: str, stamp: NDArray[np.int64] | None = None) -> Arrays | None:
    """The arrays of a cache or a bundle; None where it is not there, outdated or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            if stamp is not None and not np.array_equal(content["stamp"], stamp):
                return None
            # What is no array in there comes as bytes.
            images, labels = np.asarray(content["images"]), np.asarray(content["labels"])
    except FileNotFoundError:
        return None
    except UNREADABLE_NPZ as error:
        log.warning("%s is damaged (%s) and left alone", path, error)
        return None
    right_kind = images.dtype == np.uint8 and labels.dtype == np.int64
    return (images, labels) if right_kind and digest(images, labels) == sha256 else None


def _write_cache(path: Path, arrays: Arrays, stamp: NDArray[np.int64]) -> None:
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, images=arrays[0], labels=arrays[1], stamp=stamp)
    except OSError as error:  # a read-only or full disk costs time at each start, nothing else
        log.warning("%s cannot be written (%s); the next start decodes again", path, error)
