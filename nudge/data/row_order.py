"""Official splits out of all pictures of a data set that were divided and ordered otherwise."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.npz import UNREADABLE_NPZ, read_npz
from nudge.data.sources import Arrays, SplitName

Places = NDArray[np.uint32]  # of a split's pictures among all, once all are sorted


def restore(arrays: Arrays, order: Path, split: SplitName) -> Arrays:
    """The pictures of a split, in the official order, out of all of both splits in any order.

    Raises ValueError where these are not as many as there should be, or `order` cannot be read.
    """
    images, labels = arrays
    try:
        content = read_npz(order)
        total, places = sum(map(len, content.values())), content[split]
    except UNREADABLE_NPZ as error:
        raise ValueError(f"{order.name} in the checkout cannot be read ({error})") from error
    if len(labels) != total:
        raise ValueError(f"{len(labels):,} pictures together, expected {total:,}")
    picked = _sorted(images, labels)[places]
    return images[picked], labels[picked]


def order(splits: Sequence[Arrays]) -> list[Places]:
    """What `restore` needs to know of each of the official splits.

    >>> train, test = order([(train_images, train_labels), (test_images, test_labels)])
    >>> train.shape, test.shape
    ((60000,), (10000,))

    Raises ValueError where pictures or labels are no whole numbers, or not as many.
    """
    images, labels = (np.concatenate(part) for part in zip(*splits, strict=True))
    places = np.empty(len(labels), np.uint32)
    places[_sorted(images, labels)] = np.arange(len(labels))
    return np.split(places, np.cumsum([len(part[1]) for part in splits])[:-1])


def _sorted(images: NDArray[np.integer], labels: NDArray[np.integer]) -> NDArray[np.intp]:
    """The pictures' places once they are sorted by a hash of pixels and label: (N,)."""
    if len(images) != len(labels) or {images.dtype.kind, labels.dtype.kind} - set("iu"):
        found = f"{images.dtype} {images.shape} and {labels.dtype} {labels.shape}"
        raise ValueError(f"expected whole numbers, a label for each picture, got {found}")
    hashes = [
        int.from_bytes(blake2b(b"%d" % label + image.tobytes(), digest_size=8).digest())
        for image, label in zip(images, labels.tolist(), strict=True)
    ]
    return np.argsort(np.array(hashes, np.uint64))
