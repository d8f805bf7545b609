"""Which classes are close, so that a wrong label can be called near or far from the right one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from models import CLASSES, Dataset
from models.zoo import find_dataset

# Clothes by the part of the body that they cover. Trousers, dresses and bags are alone of their
# kind: whatever else they are taken for is far.
FASHION_KINDS: Mapping[str, tuple[str, ...]] = {
    "tops": ("T-shirt", "pullover", "coat", "shirt"),
    "footwear": ("sandal", "sneaker", "ankle boot"),
    "bottoms": ("trouser",),
    "dresses": ("dress",),
    "bags": ("bag",),
}

# For each hand the three whose mean picture of the training set differs least from its own in
# pixels (Euclidean), the nearest first: written down because a page may have no data at hand.
NEAREST_HANDS: Mapping[str, str] = {
    "A": "MNE", "B": "DUR", "C": "OLF", "D": "UBR", "E": "MNA", "F": "LDX",
    "G": "HTL", "H": "GLT", "I": "SVY", "K": "WUR", "L": "TVF", "M": "NSE",
    "N": "MSE", "O": "CFT", "P": "QKW", "Q": "PKD", "R": "UVW", "S": "MIN",
    "T": "LVG", "U": "RWV", "V": "RYU", "W": "RUV", "X": "VDR", "Y": "VIR",
}  # fmt: skip

# The hands in an order in which near ones stand together: first by the second eigenvector of the
# graph's Laplacian (as Barnard, Pothen and Simon order sparse matrices, 1995), then by exchanging
# two while that makes the sum of the distances between near ones smaller.
HANDS_ARRANGED = "OCHGTLFQPXDBKWURVYISMNEA"


def near(dataset: Dataset) -> NDArray[np.bool_]:
    """Whether the column's class is near to the row's: bool (classes, classes).

    Clothes are near within their kind, to a hand are its `NEAREST_HANDS`. Nothing is near itself.
    Raises ValueError where there is no such data set.
    """
    dataset = find_dataset(dataset)
    groups: Mapping[str, Sequence[str]] = NEAREST_HANDS
    if dataset is Dataset.FASHION:
        groups = {name: kind for kind in FASHION_KINDS.values() for name in kind}
    names = CLASSES[dataset]
    return np.array([[b in groups[a] and a != b for b in names] for a in names])


def arrangement(dataset: Dataset) -> tuple[int, ...]:
    """The classes in an order in which near ones stand together, as positions among them.

    Raises ValueError where there is no such data set.
    """
    fashion = find_dataset(dataset) is Dataset.FASHION
    names = chain(*FASHION_KINDS.values()) if fashion else HANDS_ARRANGED
    return tuple(map(CLASSES[dataset].index, names))


@dataclass(frozen=True)
class NearFlips:
    """Pictures right before the attack and wrong under it, at each of K epsilons."""

    flipped: NDArray[np.int64]  # (K,), how many there are
    near: NDArray[np.int64]  # (K,), how many of them are taken for a near class
    chance: NDArray[np.float64]  # (K,), the fraction near if every wrong class is as likely

    @property
    def fraction(self) -> NDArray[np.float64]:
        """How much of the flips is near: float64 (K,), NaN where nothing flipped."""
        with np.errstate(invalid="ignore"):
            return self.near / self.flipped


def near_flips(flips: NDArray[np.integer], dataset: Dataset) -> NearFlips:
    """Count the flips that stay near.

    `flips` is integers (K, true, predicted): `confusions[1]` of `Measurement`, the pictures that
    were right before. Raises ValueError where it is of other classes.
    """
    close = near(dataset)
    if np.ndim(flips) != 3 or np.shape(flips)[1:] != close.shape:
        raise ValueError(f"expected flips (K, {len(close)}, {len(close)}), got {np.shape(flips)}")
    wrong = flips * ~np.eye(len(close), dtype=bool)
    by_class = wrong.sum(axis=2)  # (K, true)
    by_chance = close.sum(axis=1) / (len(close) - 1)
    flipped = by_class.sum(axis=1)
    with np.errstate(invalid="ignore"):
        chance = (by_class * by_chance).sum(axis=1) / flipped
    return NearFlips(flipped, near=(wrong * close).sum(axis=(1, 2)), chance=chance)
