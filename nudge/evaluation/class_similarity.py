"""Which classes are close, so that a wrong label can be called near or far from the right one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import CLASSES, Dataset
from models.zoo import find_dataset
from nudge.argument_checks import as_count, check_labels, check_stored, kind

# Clothes by the part of the body that they cover. Trousers, dresses and bags are alone of their
# kind: whatever else they are taken for is far.
FASHION_KINDS: Mapping[str, tuple[str, ...]] = {
    "tops": ("T-shirt", "pullover", "coat", "shirt"),
    "footwear": ("sandal", "sneaker", "ankle boot"),
    "bottoms": ("trouser",),
    "dresses": ("dress",),
    "bags": ("bag",),
}

# For each hand the three whose mean picture differs least from its own, the nearest first: what
# `nearest_classes` finds in the training set, written down because a page may have no data at hand.
NEAREST_HANDS: Mapping[str, str] = {
    "A": "MNE", "B": "DUR", "C": "OLF", "D": "UBR", "E": "MNA", "F": "LDX",
    "G": "HTL", "H": "GLT", "I": "SVY", "K": "WUR", "L": "TVF", "M": "NSE",
    "N": "MSE", "O": "CFT", "P": "QKW", "Q": "PKD", "R": "UVW", "S": "MIN",
    "T": "LVG", "U": "RWV", "V": "RYU", "W": "RUV", "X": "VDR", "Y": "VIR",
}  # fmt: skip


def nearest_classes(images: Tensor, labels: Tensor, count: int = 3) -> Tensor:
    """For each class, the `count` others whose mean picture differs least in pixels (Euclidean).

    Args:
        images: uint8 (N, 28, 28).
        labels: int64 (N,); every class from 0 up occurs.
        count: less than there are classes.

    Returns:
        int64 (classes, count), the nearest first.

    Raises:
        ValueError: an argument is not as said.
    """
    check_stored(images)
    check_labels(labels, len(images))
    classes = int(labels.max()) + 1 if len(labels) else 0
    check_labels(labels, len(labels), classes)
    if missing := sorted(set(range(classes)) - set(labels.tolist())):
        raise ValueError(f"expected pictures of every class, got none of {missing[0]}")
    count = as_count(count, "a count", most=max(classes - 1, 0))
    means = torch.stack([images[labels == c].double().mean(dim=0) for c in range(classes)])
    distances = torch.cdist(means.flatten(1), means.flatten(1))
    distances.fill_diagonal_(torch.inf)
    return distances.argsort(dim=1)[:, :count]


def near(dataset: Dataset) -> NDArray[np.bool_]:
    """Whether the column's class is near to the row's: bool (classes, classes).

    Clothes are near within their kind, to a hand are its `NEAREST_HANDS`. Nothing is near itself.
    Raises ValueError where there is no such data set.
    """
    dataset = find_dataset(dataset)
    names = CLASSES[dataset]
    if dataset is Dataset.FASHION:
        groups = {name: kind for kind in FASHION_KINDS.values() for name in kind}
    else:
        groups = {name: tuple(hands) for name, hands in NEAREST_HANDS.items()}
    return np.array([[b in groups[a] and a != b for b in names] for a in names])


@cache
def arrangement(dataset: Dataset) -> tuple[int, ...]:
    """The classes in an order in which near ones stand together, as positions among them.

    Clothes stand by their kinds. Hands have no kinds, so what is small is the sum of the distances
    in the row between near ones: first by the second eigenvector of the graph's Laplacian
    (as Barnard, Pothen and Simon order sparse matrices, 1995), then by exchanging two while that
    helps. Raises ValueError where there is no such data set.
    """
    dataset = find_dataset(dataset)
    names = CLASSES[dataset]
    if dataset is Dataset.FASHION:
        return tuple(names.index(name) for kind in FASHION_KINDS.values() for name in kind)
    ties = near(dataset).astype(float)
    ties += ties.T
    _, vectors = np.linalg.eigh(np.diag(ties.sum(axis=1)) - ties)
    second = vectors[:, 1] * np.sign(vectors[0, 1])  # an eigenvector's sign is anybody's guess
    order = np.argsort(second.round(9), kind="stable")
    return tuple(_exchanged(order, ties).tolist())


def spread(order: NDArray[np.integer], ties: NDArray[np.floating]) -> float:
    """The sum of the distances in that order, each weighed by how tied the two are.

    Raises ValueError where the order is none of all.
    """
    if sorted(np.asarray(order).tolist()) != list(range(len(ties))):
        raise ValueError(f"expected an order of all {len(ties)}, got {kind(order)}")
    places = np.argsort(order)
    return float((ties * np.abs(places[:, None] - places)).sum())


def _exchanged(order: NDArray[np.integer], ties: NDArray[np.floating]) -> NDArray[np.integer]:
    best, found = spread(order, ties), True
    while found:
        found = False
        for i, j in combinations(range(len(order)), 2):
            other = order.copy()
            other[[i, j]] = other[[j, i]]
            if (value := spread(other, ties)) < best:
                order, best, found = other, value, True
    return order


@dataclass(frozen=True)
class NearFlips:
    """Pictures right before the attack and wrong under it, at each of K epsilons."""

    flipped: NDArray[np.int64]  # (K,), how many there are
    near: NDArray[np.int64]  # (K,), how many of them are taken for a near class
    chance: NDArray[np.float64]  # (K,), the share that is near if every wrong class is as likely

    @property
    def share(self) -> NDArray[np.float64]:
        """The share of near ones, as a fraction of 1: float64 (K,), NaN where nothing flipped."""
        with np.errstate(invalid="ignore"):
            return self.near / self.flipped


def near_flips(flips: NDArray[np.integer], dataset: Dataset) -> NearFlips:
    """Count the flips that stay near.

    `flips` is integers (K, true, read): `confusions[1]` of `Measurement`, the pictures that were
    right before. Raises ValueError where it is of other classes.
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
