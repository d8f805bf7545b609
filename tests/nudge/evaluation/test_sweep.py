import math

import pytest
import torch
from torch import Tensor, nn

from models import Dataset
from nudge.attacks import fgsm, random_direction
from nudge.data import to_pixels
from nudge.evaluation.predictions import stream_batches
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from tests.conftest import tiny_split

GRID = (0.0, 0.003, 0.01, 0.3)


@pytest.fixture
def images_and_labels(small_network: nn.Module) -> tuple[Tensor, Tensor]:
    """Pictures of which the network has some right: most labels are its own predictions."""
    images = to_pixels(tiny_split(230).images)
    labels = small_network(images).argmax(1)
    labels[::5] = (labels[::5] + 1) % 10
    return images, labels


def test_one_gradient_equals_a_gradient_for_every_epsilon(
    small_network: nn.Module, images_and_labels: tuple[Tensor, Tensor]
) -> None:
    images, labels = images_and_labels
    curve = accuracy_curve(small_network, images, labels, GRID)
    expected = [
        int((small_network(fgsm(small_network, images, labels, e)).argmax(1) == labels).sum())
        for e in GRID
    ]
    assert list(curve.correct) == expected
    assert len(set(expected)) == len(GRID)  # the grid tells something


def test_at_0_it_is_clean_accuracy(
    small_network: nn.Module, images_and_labels: tuple[Tensor, Tensor]
) -> None:
    images, labels = images_and_labels
    curve = accuracy_curve(small_network, images, labels, [0])
    assert curve.correct == (184,)  # 230 less every fifth
    assert curve.total == 230
    assert curve.accuracy == (0.8,)


@pytest.mark.parametrize("batch_size", [1, 7, 230, 1000])
def test_batch_size_changes_nothing(
    small_network: nn.Module, images_and_labels: tuple[Tensor, Tensor], batch_size: int
) -> None:
    expected = accuracy_curve(small_network, *images_and_labels, GRID)
    found = accuracy_curve(small_network, *images_and_labels, GRID, batch_size=batch_size)
    assert found == expected


def test_order_of_epsilons_is_the_callers(
    small_network: nn.Module, images_and_labels: tuple[Tensor, Tensor]
) -> None:
    there = accuracy_curve(small_network, *images_and_labels, GRID)
    back = accuracy_curve(small_network, *images_and_labels, GRID[::-1])
    assert back.correct == there.correct[::-1]


def test_stored_pictures_are_taken_as_they_are(small_network: nn.Module) -> None:
    split = tiny_split(50)
    expected = accuracy_curve(small_network, to_pixels(split.images), split.labels, GRID)
    assert accuracy_curve(small_network, *split, GRID) == expected


def test_given_directions_are_followed(
    small_network: nn.Module, images_and_labels: tuple[Tensor, Tensor]
) -> None:
    images, labels = images_and_labels
    directions = random_direction(len(images), seed=1)
    curve = accuracy_curve(small_network, images, labels, GRID, directions=directions)
    expected = [
        int((small_network((images + e * directions).clamp(0, 1)).argmax(1) == labels).sum())
        for e in GRID
    ]
    assert list(curve.correct) == expected


def test_streams_prefixes(
    small_network: nn.Module, images_and_labels: tuple[Tensor, Tensor]
) -> None:
    images, labels = images_and_labels
    batches = list(stream_batches(small_network, images, labels, GRID, batch_size=100))
    assert [batch.predictions.shape for batch in batches] == [(4, 100), (4, 100), (4, 30)]
    for n in (100, 200, 230):
        found = torch.cat([batch.predictions for batch in batches], dim=1)[:, :n] == labels[:n]
        curve = accuracy_curve(small_network, images[:n], labels[:n], GRID)
        assert curve.correct == tuple(found.sum(dim=1).tolist())


def test_over_no_pictures(small_network: nn.Module) -> None:
    none = torch.empty(0, 1, 28, 28), torch.empty(0, dtype=torch.int64)
    curve = accuracy_curve(small_network, *none, [0, 0.1])
    assert (curve.correct, curve.total) == ((0, 0), 0)
    assert all(math.isnan(a) for a in curve.accuracy)


def test_the_standard_grid() -> None:
    assert EPSILONS[:3] == (0.0, 0.005, 0.01)
    assert EPSILONS[-1] == 0.3
    assert len(EPSILONS) == 61


def test_errors(small_network: nn.Module) -> None:
    images, labels = tiny_split(4, Dataset.FASHION)
    with pytest.raises(ValueError, match=r"expected epsilon in \[0, 1\], got 1.5"):
        accuracy_curve(small_network, images, labels, [0, 1.5])
    with pytest.raises(ValueError, match="expected one label for each of 4 images"):
        accuracy_curve(small_network, images, labels[:3], GRID)
    for directions, message in (
        (random_direction(3), r"expected directions \(4, 1, 28, 28\), got \(3, 1, 28, 28\)"),
        (torch.ones(4, 1, 1, 1), r"expected directions \(4, 1, 28, 28\), got \(4, 1, 1, 1\)"),
        (5 * random_direction(4), r"expected directions in \[-1, 1\], got values from -5 to 5"),
        (torch.full((4, 1, 28, 28), math.nan), r"expected directions in \[-1, 1\], got .* nan"),
    ):
        with pytest.raises(ValueError, match=message):
            accuracy_curve(small_network, images, labels, GRID, directions=directions)
    with pytest.raises(ValueError, match=r"expected labels in 0 ... 9"):
        accuracy_curve(small_network, images, labels + 7, GRID, directions=random_direction(4))
    with pytest.raises(ValueError, match=r"expected images \(N, 1, 28, 28\)"):
        accuracy_curve(small_network, images.float() / 255, labels, GRID)
