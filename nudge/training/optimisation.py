"""How weights move: the optimiser, its rate, and the average of the weights over time."""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from nudge.argument_checks import check_module
from nudge.training.recipes import Recipe


def adamw(network: nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW (arXiv:1711.05101), without decay of biases and batch norm: it would fit nothing.

    Raises ValueError of what is no network.
    """
    check_module(network, "network")
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)


def one_cycle(progress: float, warm_up: float) -> float:
    """The learning rate as a fraction of its peak: up in a line, down along a cosine to 0.

    `progress` and `warm_up` are fractions of the whole run (one cycle, arXiv:1708.07120).
    """
    if progress < warm_up:
        return progress / warm_up
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


@torch.no_grad()
def update_ema(average: nn.Module, live: nn.Module, *, decay: float, step: int) -> None:
    """Move an exponential moving average of weights (EMA) towards the live ones, in place.

    It is short at first, so that it soon forgets the random weights that it starts from. Raises
    ValueError of what is no network, and of networks of two kinds.
    """
    check_module(average, "average")
    check_module(live, "live network")
    decay = min(decay, (1 + step) / (10 + step))
    for old, new in zip(_tensors(average), _tensors(live), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - decay)
        else:  # a count of batches
            old.copy_(new)


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    yield from module.parameters()
    yield from module.buffers()
