from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import CLASSES, Dataset
from nudge.data import load_split
from nudge.evaluation.class_similarity import (
    FASHION_KINDS,
    NEAREST_HANDS,
    arrangement,
    near,
    near_flips,
)


def test_every_class_has_one_kind() -> None:
    names = [name for kind in FASHION_KINDS.values() for name in kind]
    assert sorted(names) == sorted(CLASSES[Dataset.FASHION])


def test_nearest_hands_are_those_of_the_training_set(data_dir: Path) -> None:
    images, labels = load_split("sign", "train", data_dir)
    names = CLASSES[Dataset.SIGN]
    means = torch.stack([images[labels == c].double().mean(dim=0) for c in range(len(names))])
    distances = torch.cdist(means.flatten(1), means.flatten(1)).fill_diagonal_(torch.inf)
    nearest = distances.argsort(dim=1)[:, :3].tolist()
    found = {name: "".join(names[j] for j in row) for name, row in zip(names, nearest, strict=True)}
    assert found == NEAREST_HANDS


def test_near() -> None:
    for dataset in Dataset:
        close = near(dataset)
        assert close.shape == (len(CLASSES[dataset]),) * 2
        assert not close.diagonal().any()
    names = CLASSES[Dataset.FASHION]
    fashion = near(Dataset.FASHION)
    assert fashion[names.index("coat"), names.index("shirt")]
    assert not fashion[names.index("coat"), names.index("dress")]
    assert (near(Dataset.SIGN).sum(axis=1) == 3).all()


def test_near_flips() -> None:
    names = CLASSES[Dataset.FASHION]
    coat, shirt, bag = (names.index(name) for name in ("coat", "shirt", "bag"))
    flips = np.zeros((3, 10, 10), dtype=np.int32)
    flips[:, coat, coat] = 50  # still right, so no flip
    flips[1, coat, shirt] = 3
    flips[1, coat, bag] = 1
    flips[2, bag, shirt] = 2
    found = near_flips(flips, Dataset.FASHION)
    assert found.flipped.tolist() == [0, 4, 2]
    assert found.near.tolist() == [0, 3, 0]
    np.testing.assert_allclose(found.fraction, [np.nan, 3 / 4, 0])
    # Three of the nine other classes are tops; nothing is near a bag.
    np.testing.assert_allclose(found.chance, [np.nan, 3 / 9, 0])


def test_kinds_of_clothes_stand_together() -> None:
    order = [CLASSES[Dataset.FASHION][i] for i in arrangement(Dataset.FASHION)]
    assert sorted(order) == sorted(CLASSES[Dataset.FASHION])
    for kind in FASHION_KINDS.values():
        places = sorted(order.index(name) for name in kind)
        assert places == list(range(places[0], places[0] + len(kind)))


def spread(order: NDArray[np.integer], ties: NDArray[np.floating]) -> float:
    """The sum of the distances in that order, each weighed by how tied the two are."""
    places = np.argsort(order)
    return float((ties * np.abs(places[:, None] - places)).sum())


def ties_of_hands() -> NDArray[np.floating]:
    return (near(Dataset.SIGN).astype(float)) + near(Dataset.SIGN).T


def test_the_arrangement_of_hands_is_the_one_that_was_found() -> None:
    ties = ties_of_hands()
    _, vectors = np.linalg.eigh(np.diag(ties.sum(axis=1)) - ties)
    second = vectors[:, 1] * np.sign(vectors[0, 1])  # an eigenvector's sign is arbitrary
    order: NDArray[np.integer] = np.argsort(second.round(9), kind="stable")
    found = True
    while found:
        found = False
        for i, j in combinations(range(len(order)), 2):
            other = order.copy()
            other[[i, j]] = other[[j, i]]
            if spread(other, ties) < spread(order, ties):
                order, found = other, True
    assert tuple(order.tolist()) == arrangement(Dataset.SIGN)


def test_near_hands_stand_together() -> None:
    order, ties = np.array(arrangement(Dataset.SIGN)), ties_of_hands()
    draw = np.random.default_rng(0)
    by_chance = [spread(draw.permutation(24), ties) for _ in range(2000)]
    assert spread(order, ties) < 0.6 * spread(np.arange(24), ties)  # the alphabet's
    assert spread(order, ties) < 0.8 * min(by_chance)
