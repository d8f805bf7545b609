"""What a network looks at first: the weights that meet the pixels, as pictures."""

import torch
from torch import Tensor, nn

from models import SIDE, Scramble
from nudge.argument_checks import as_count, check_module, check_tensor, shape


def first_dense(model: nn.Module) -> Tensor:
    """The weights of the first linear layer, where they meet pixels: (units, 28, 28).

    They stand as the layer has them; `in_order` puts those of a scrambled network back.

    Raises ValueError where no linear layer reads the whole picture.
    """
    check_module(model)
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            if layer.in_features != SIDE * SIDE:
                break
            return layer.weight.detach().view(-1, SIDE, SIDE)
    raise ValueError(f"expected a network whose first linear layer reads {SIDE * SIDE} pixels")


def in_order(model: nn.Module, weights: Tensor) -> Tensor:
    """The weights of `first_dense` where the pixels stand in our pictures: (units, 28, 28).

    Raises ValueError of others.
    """
    check_module(model)
    _check_weights(weights)
    for layer in model.modules():
        if isinstance(layer, Scramble):
            return layer.undo(weights)
    return weights


def first_filters(model: nn.Module) -> list[Tensor]:
    """The filters of each convolution that reads the picture itself: (filters, k, k) each.

    Raises ValueError of what is no network.
    """
    check_module(model)
    return [
        layer.weight.detach().squeeze(1)
        for layer in model.modules()
        if isinstance(layer, nn.Conv2d) and layer.in_channels == 1
    ]


def largest(weights: Tensor, count: int) -> Tensor:
    """The `count` of (N, k, k) with the largest weights (Euclidean), the largest first.

    Fewer where there are fewer. Raises ValueError where there is no such count.
    """
    _check_weights(weights)
    count = as_count(count, "a count")
    return weights[weights.flatten(1).norm(dim=1).argsort(descending=True)[:count]]


def neighbour_correlation(weights: Tensor) -> float:
    """How much alike weights of neighbouring pixels are, over all of (N, k, k): -1 to 1.

    It is the correlation of each weight with the one to its right and the one below. Raises
    ValueError where none has a neighbour.
    """
    _check_weights(weights)
    as_count(weights.numel(), "a number of weights", least=1)
    as_count(min(weights.shape[1:]), "pixels a side", least=2)
    weights = weights.detach()
    beside = torch.stack([weights[:, :, :-1].flatten(), weights[:, :, 1:].flatten()])
    below = torch.stack([weights[:, :-1].flatten(), weights[:, 1:].flatten()])
    return float(torch.corrcoef(torch.cat([beside, below], dim=1).double())[0, 1])


def _check_weights(weights: Tensor) -> None:
    check_tensor(weights, "weights")
    if weights.ndim != 3 or not weights.is_floating_point():
        raise ValueError(
            f"expected floating-point weights (N, k, k), got {weights.dtype} {shape(weights)}"
        )
