from pathlib import Path

import numpy as np
import torch

from models import CLASSES, Dataset
from nudge.data import load_split
from nudge.evaluation.class_similarity import (
    FASHION_KINDS,
    NEAREST_HANDS,
    arrangement,
    near,
    near_flips,
    nearest_classes,
    spread,
)


def test_every_class_has_one_kind() -> None:
    names = [name for kind in FASHION_KINDS.values() for name in kind]
    assert sorted(names) == sorted(CLASSES[Dataset.FASHION])


def test_nearest_classes() -> None:
    """Flat pictures, whose distance is the difference of their brightness."""
    brightness = torch.tensor([0, 100, 90, 10, 0, 100, 90, 10], dtype=torch.uint8)
    images = brightness[:, None, None].expand(-1, 28, 28)
    labels = torch.tensor([0, 1, 2, 3] * 2)
    assert nearest_classes(images, labels, 2).tolist() == [[3, 2], [2, 3], [1, 3], [0, 2]]


def test_nearest_hands_are_those_of_the_training_set(data_dir: Path) -> None:
    found = nearest_classes(*load_split("sign", "train", data_dir))
    names = CLASSES[Dataset.SIGN]
    by_name = {names[i]: "".join(names[j] for j in row) for i, row in enumerate(found.tolist())}
    assert by_name == NEAREST_HANDS


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
    np.testing.assert_allclose(found.share, [np.nan, 3 / 4, 0])
    # Three of the nine other classes are tops; nothing is near a bag.
    np.testing.assert_allclose(found.chance, [np.nan, 3 / 9, 0])


def test_kinds_of_clothes_stand_together() -> None:
    order = [CLASSES[Dataset.FASHION][i] for i in arrangement(Dataset.FASHION)]
    assert sorted(order) == sorted(CLASSES[Dataset.FASHION])
    for kind in FASHION_KINDS.values():
        places = sorted(order.index(name) for name in kind)
        assert places == list(range(places[0], places[0] + len(kind)))


def test_near_hands_stand_together() -> None:
    order = np.array(arrangement(Dataset.SIGN))
    assert sorted(order) == list(range(24))
    ties = (near(Dataset.SIGN) + near(Dataset.SIGN).T).astype(float)
    draw = np.random.default_rng(0)
    by_chance = [spread(draw.permutation(24), ties) for _ in range(2000)]
    alphabet = spread(np.arange(24), ties)
    # Counted in the open, pair by pair.
    places = {int(c): i for i, c in enumerate(order)}
    mine = sum(abs(places[i] - places[j]) for i in range(24) for j in range(24) if ties[i, j])
    assert spread(order, ties) == mine
    assert mine < 0.6 * alphabet
    assert mine < 0.8 * min(by_chance)
