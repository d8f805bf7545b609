"""Loading a split of a data set, checked: either the official pictures or one clear error.

What is checked is a digest of the decoded arrays, not of the files, so a copy of the same pictures
with other line ends is as good as the original. Decoded arrays are kept in an `.npz` beside their
source, because reading 83 MB of CSV once is enough.
"""

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast, get_args

import numpy as np
import torch
from torch import Tensor

from models import PRETRAINED, SIDE, Dataset
from models.errors import CHECKOUT, NudgeError, script_command
from models.zoo import find_dataset
from nudge.argument_checks import check_stored
from nudge.data.array_cache import digest as digest
from nudge.data.array_cache import read_arrays, write_arrays
from nudge.data.file_search import Candidate, Survey, survey_split
from nudge.data.readers import read
from nudge.data.sources import SOURCES, Arrays, Source, SplitName, SplitRecord

DEFAULT_DATA_DIR = CHECKOUT / "data"
LONGEST_REASON = 300  # characters of what a library says


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
    source = SOURCES[find_dataset(dataset)]
    if split not in get_args(SplitName):
        raise ValueError(f"expected a split out of {', '.join(get_args(SplitName))}; got {split!r}")
    folder, name = find_data_dir(data_dir), cast("SplitName", split)
    return Split(*map(torch.from_numpy, _load(source, name, folder)))


def load_bundled(dataset: Dataset) -> Split | None:
    """The official test pictures that come with the checkout; None where none do."""
    record = SOURCES[dataset].splits["test"]
    arrays = read_arrays(PRETRAINED / record.bundle, record.sha256) if record.bundle else None
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


def _load(source: Source, split: SplitName, data_dir: Path) -> Arrays:
    """The first of the candidates that holds the official pictures: of their caches, if any.

    Where the checkout's own folder has none of the split's files, the bundle stands in.
    """
    record = source.splits[split]
    looked = survey_split(source, record, data_dir)
    candidates = list(looked.candidates(record))
    if data_dir == DEFAULT_DATA_DIR and record.bundle:
        none = not candidates and not any(looked.found[name] for name in record.files)
        if none and (bundled := read_arrays(PRETRAINED / record.bundle, record.sha256)):
            return bundled
    stamped = [
        (candidate, np.array([found.stamp for found in candidate.files]))
        for candidate in candidates
    ]
    for candidate, stamp in stamped:
        # A changed source outdates its cache, whatever the cache holds.
        if (arrays := read_arrays(candidate.cache(split), record.sha256, stamp)) is not None:
            return arrays
    errors: list[DataError] = []
    for candidate, stamp in stamped:
        try:
            arrays = _decode(source, split, candidate)
        except DataError as error:
            errors.append(error)
            continue
        write_arrays(candidate.cache(split), arrays, stamp)
        return arrays
    raise errors[0] if errors else _missing(source, split, data_dir, looked)


def _decode(source: Source, split: SplitName, candidate: Candidate) -> Arrays:
    """Read the files and check every property. Raises DataError."""
    error = partial(_error, source, split, candidate.files)
    try:
        images, labels = read(source, split, candidate)
    except (OSError, ValueError, RuntimeError, AssertionError, TypeError, LookupError) as cause:
        # The readers are libraries' and fail in their own ways on half a file.
        reason = " ".join(str(cause).split())[:LONGEST_REASON] or type(cause).__name__
        sizes = " and ".join(f"{file.stamp[0]:,}" for file in candidate.files)
        expected = "complete official files"
        raise error("cannot be read", expected, f"{sizes} bytes: {reason}") from cause
    for what, expected, found in _faults(source, source.splits[split], images, labels):
        raise error(what, expected, found, hint=candidate.form.hint)
    return images.astype(np.uint8), labels.astype(np.int64)


def _faults(
    source: Source, record: SplitRecord, images: np.ndarray, labels: np.ndarray
) -> Iterator[tuple[str, str, str]]:
    """What is wrong, what was expected and what was found; the cheapest to explain first."""
    shape = (record.total, SIDE, SIDE)
    if images.shape != shape:
        yield "has the wrong shape", f"{shape}", f"{images.shape}"
    if labels.shape != shape[:1]:
        yield "has the wrong number of labels", f"{shape[:1]}", f"{labels.shape}"
    most = (("pixels", images, 255), ("labels", labels, len(source.classes) - 1))
    for name, values, largest in most:
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > largest:
            yield f"has {name} out of range", f"0 ... {largest}", f"{low} ... {high}"
    if (found := digest(images, labels)) != record.sha256:
        yield "holds other pictures", f"SHA-256 {record.sha256}", found


def _missing(source: Source, split: SplitName, data_dir: Path, looked: Survey) -> DataError:
    """Names what was looked for, in which folders, and what could not be looked into."""
    record = source.splits[split]
    names = " and ".join(" or ".join(form.files) for form in record.others if not form.order)
    hint = (
        f"Looked for {' and '.join(record.files)}{names and f', or {names}'}, plain, gzipped or in "
        f"a .zip, in {', '.join(map(str, looked.places))}"
    )
    return _error(
        source,
        split,
        [source.find(data_dir, f) for f in record.files if not looked.found[f]],
        "is missing",
        "zips that can be opened" if looked.unreadable else None,
        " and ".join(looked.unreadable) or None,
        hint=hint,
    )


def _error(
    source: Source,
    split: SplitName,
    where: Iterable[object],
    what: str,
    expected: str | None,
    found: str | None,
    *,
    hint: str | None = None,
) -> DataError:
    return DataError(
        f"The {split} split of {source.title} {what}",
        where=" and ".join(map(str, where)),
        expected=expected,
        found=found,
        hint=hint,
        mend=script_command("download", source.name),
    )
