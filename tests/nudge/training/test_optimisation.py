import math

import pytest
import torch
from torch import nn

from nudge.training.optimisation import adamw, one_cycle, update_ema
from nudge.training.recipes import Recipe


def test_one_cycle() -> None:
    assert one_cycle(0, 0.2) == 0
    assert one_cycle(0.1, 0.2) == pytest.approx(0.5)
    assert one_cycle(0.2, 0.2) == pytest.approx(1)
    assert one_cycle(0.6, 0.2) == pytest.approx(0.5)
    assert one_cycle(1, 0.2) == pytest.approx(0)
    assert math.isfinite(one_cycle(0.0, 0.15))


def test_only_matrices_decay() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 3))
    recipe = Recipe(epochs=1, batch_size=2, learning_rate=0.5, weight_decay=0.25)
    optimiser = adamw(network, recipe)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    before = [p.detach().clone() for p in network.parameters()]
    optimiser.step()
    for old, new in zip(before, network.parameters(), strict=True):
        # Without a gradient only decay moves a weight, by rate times decay.
        torch.testing.assert_close(new.detach(), old * (1 - 0.5 * 0.25) if old.ndim > 1 else old)


def test_the_average_is_short_at_first_and_copies_counts() -> None:
    average, live = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    nn.init.constant_(live.weight, 11.0)  # the average has 1
    assert live.num_batches_tracked is not None
    live.num_batches_tracked.fill_(7)
    update_ema(average, live, decay=0.998, step=0)
    assert average.weight.item() == pytest.approx(1 + 0.9 * 10)  # decay 1 / 10
    assert average.num_batches_tracked == 7
    update_ema(average, live, decay=0.5, step=1000)
    assert average.weight.item() == pytest.approx(10 + 0.5)
