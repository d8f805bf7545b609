"""Decoded pictures in an `.npz`: a cache beside their files, or a bundle in the checkout."""

import hashlib
import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.npz import UNREADABLE_NPZ, read_npz
from nudge.data.sources import Arrays
from nudge.files import write_npz

log = logging.getLogger(__name__)


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


def read_arrays(path: Path, sha256: str, stamp: NDArray[np.int64] | None = None) -> Arrays | None:
    """The arrays of a cache or a bundle; None where it is not there, outdated or damaged."""
    try:
        content = read_npz(path)
        if stamp is not None and not np.array_equal(content["stamp"], stamp):
            return None
        images, labels = content["images"], content["labels"]
    except FileNotFoundError:
        return None
    except UNREADABLE_NPZ as error:
        log.warning("%s is damaged (%s) and left alone", path, error)
        return None
    right_kind = images.dtype == np.uint8 and labels.dtype == np.int64
    return (images, labels) if right_kind and digest(images, labels) == sha256 else None


def write_arrays(path: Path, arrays: Arrays, stamp: NDArray[np.int64]) -> None:
    content = {"images": arrays[0], "labels": arrays[1], "stamp": stamp}
    try:
        write_npz(path, content, compressed=False)  # quicker to read
    except OSError as error:  # a read-only or full disk costs time at each start, nothing else
        log.warning("%s cannot be written (%s); the next start decodes again", path, error)
