import pytest
import torch
from torch import nn

from nudge.attacks import fgsm_direction, nudge, random_direction
from nudge.data import to_pixels
from nudge.neighbourhood.probability_path import ProbabilityPath, probability_paths
from tests.conftest import tiny_split

GRID = (0.0, 0.01, 0.1)


def test_follows_the_attack_and_its_control(small_network: nn.Module) -> None:
    image = to_pixels(tiny_split(1).images)
    label = small_network(image).argmax(1)
    directions = [fgsm_direction(small_network, image, label), random_direction(1)]
    for path, direction in zip(
        probability_paths(small_network, image, directions, GRID), directions, strict=True
    ):
        assert path.epsilons == GRID
        assert path.probabilities.shape == (3, 10)
        for epsilon, row in zip(GRID, path.probabilities, strict=True):
            expected = small_network(nudge(image, direction, epsilon)).softmax(1)[0]
            torch.testing.assert_close(row, expected)


def test_errors(small_network: nn.Module) -> None:
    image = to_pixels(tiny_split(2).images)
    with pytest.raises(ValueError, match="expected one image and a direction of its shape"):
        probability_paths(small_network, image, [image], GRID)
    with pytest.raises(ValueError, match=r"expected epsilon in \[0, 1\], got 2"):
        probability_paths(small_network, image[:1], [image[:1]], [2])


def test_losses_are_the_cross_entropy(small_network: nn.Module) -> None:
    image = to_pixels(tiny_split(1).images)
    direction = random_direction(1)
    (path,) = probability_paths(small_network, image, [direction], GRID)
    for epsilon, loss in zip(GRID, path.losses(4), strict=True):
        logits = small_network(nudge(image, direction, epsilon))
        expected = torch.nn.functional.cross_entropy(logits, torch.tensor([4])).item()
        assert loss == pytest.approx(expected, rel=1e-4)
    sure = ProbabilityPath((0.0,), torch.tensor([[1.0, 0.0]]))
    assert sure.losses(0) == [0.0]
    assert 80 < sure.losses(1)[0] < 100  # not infinite
    with pytest.raises(ValueError, match="expected a class"):
        sure.losses(2)
