"""Arguments as the functions want them, and the same list of wrong ones for all of them."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from models import Dataset
from nudge.attacks import random_direction
from nudge.data import Split, to_pixels
from tests.conftest import tiny_split

SPLIT = tiny_split(2)
STORED, LABELS = SPLIT
FLOATS = to_pixels(STORED)
DIRECTIONS = random_direction(2)
GRID = (0.0, 0.1)
FLIPPED = np.array([0, 1], np.uint8)
CONFUSIONS = np.zeros((2, 3, 10, 10), np.int32)
WEIGHTS = torch.ones(4, 28, 28)


def network() -> nn.Module:
    torch.manual_seed(5)
    layers = (nn.Flatten(), nn.Linear(784, 10), nn.BatchNorm1d(10))
    return nn.Sequential(*layers).eval().requires_grad_(False)


def in_training() -> nn.Module:
    """One layer deep inside has been left in training mode."""
    model = network()
    model.get_submodule("2").train()
    return model


def huge() -> nn.Module:
    """Its weights are more than 16 bits hold."""
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, 1e5)
    return model


MODEL = network()


def with_pixel(value: float) -> Tensor:
    images = FLOATS.clone()
    images[1, 0, 3, 4] = value
    return images


def on_meta(values: Tensor) -> Tensor:
    return values.to("meta")


NO_MODULE: list[object] = [None, "fashion-cnn", 3, lambda images: images, nn.Linear]
NO_MODEL = [*NO_MODULE, in_training()]
NO_TENSOR: list[object] = [None, "images", 0.5, np.zeros((2, 1, 28, 28), np.float32), [[0.5]]]
NO_FLOATS = [
    *NO_TENSOR,
    FLOATS[:, 0],
    FLOATS[0, 0],
    FLOATS[..., :27],
    FLOATS.expand(2, 3, 28, 28),
    STORED[:, None],
    STORED,
    STORED[:, None].long(),
    FLOATS.to(torch.complex64),
    255 * FLOATS,
    with_pixel(-0.1),
    with_pixel(1.5),
    with_pixel(math.nan),
    with_pixel(math.inf),
    on_meta(FLOATS),
]
# Of another kind than the model's weights.
OTHER_KINDS = [FLOATS.double(), FLOATS.half(), FLOATS.bfloat16()]
NARROW = STORED[..., :27]
NO_STORED = [
    *NO_TENSOR,
    FLOATS,
    STORED[:, None],
    STORED[0],
    NARROW,
    STORED.long(),
    on_meta(STORED),
]
NO_PICTURES = [v for v in NO_FLOATS if v is not STORED] + OTHER_KINDS + [STORED[..., :27]]
NO_LABELS: list[object] = [
    None,
    "cat",
    3,
    [1, 2],
    LABELS.numpy(),
    LABELS.float(),
    LABELS.int(),
    LABELS[:1],
    LABELS[:, None],
    on_meta(LABELS),
]
STRANGE_LABELS = [torch.tensor([0, 10]), torch.tensor([-1, 3])]
NO_SPLIT: list[object] = [
    None,
    STORED,
    (STORED, LABELS),
    Split(STORED.numpy(), LABELS.numpy()),  # type: ignore[arg-type]
    Split(FLOATS, LABELS),
    Split(STORED, LABELS[:1]),
    Split(STORED, LABELS.int()),
    Split(STORED[:, None], LABELS),
]
STRANGE_SPLITS: list[object] = [Split(STORED, labels * 24) for labels in STRANGE_LABELS]
NO_DIRECTIONS: list[object] = [
    None,
    0.5,
    DIRECTIONS.numpy(),
    DIRECTIONS[:1],
    random_direction(3),
    DIRECTIONS[:, 0],
    torch.ones(2, 1, 1, 1),
    29 * DIRECTIONS,
    torch.full(DIRECTIONS.shape, math.nan),
    DIRECTIONS > 0,
    on_meta(DIRECTIONS),
]
NO_NUMBER: list[object] = [None, "0.1", [0.1, 0.2], torch.tensor([0.1, 0.2]), 1j, object()]
NO_EPSILON = [*NO_NUMBER, -0.01, 1.01, math.nan, math.inf, -math.inf, np.float32(2)]
NO_EPSILONS: list[object] = [
    None,
    0.1,
    "0.1",
    b"0",
    object(),
    torch.tensor(0.1),
    *([0, wrong] for wrong in NO_EPSILON),
]
DESCENDING: list[object] = [(0.1, 0.0), [0.1, 0.2, 0.15]]
NO_STEP: list[object] = [None, "0.1", 0.0123, math.nan, 2]
NO_COUNT: list[object] = [None, "3", 1.5, -1, [3], torch.tensor([1, 2]), math.nan]
NO_SIZE = [*NO_COUNT, 0, -5]
NO_VARIANT: list[object] = [None, "cnn", 3, ["sign-cnn"]]
NO_DATASET: list[object] = [None, "mnist", 3, ["sign"]]
NO_FLIP_STEPS: list[object] = [None, [1, 2], FLIPPED.astype(int), FLIPPED[:, None]]
NO_WEIGHTS: list[object] = [None, WEIGHTS.numpy(), WEIGHTS[0], WEIGHTS.int(), on_meta(WEIGHTS)]
NO_ARRAY: list[object] = [None, np.zeros(3), np.zeros((2, 3, 10, 9)), np.zeros((3, 9, 9))]
SIGN = tiny_split(2, Dataset.SIGN)
