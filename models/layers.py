"""Layers that stand before a network, so that a model takes plain pixels in [0, 1].

Because they are part of the model, attack, clipping and display share one space, and epsilon means
the same everywhere. Their numbers are buffers: saved with the weights, never trained.
"""

import torch
from torch import Tensor, nn

from models.networks import SIDE

SCRAMBLE_SEED = 2020  # any number does; changing it would orphan every scrambled weight file


def scramble_permutation() -> Tensor:
    """The one fixed permutation of the 784 pixels: int64 (784,), drawn from `SCRAMBLE_SEED`."""
    generator = torch.Generator().manual_seed(SCRAMBLE_SEED)
    return torch.randperm(SIDE * SIDE, generator=generator)


class Normalise(nn.Module):
    """Shift and scale pixels to mean 0 and variance 1 over the training set.

    >>> Normalise(mean=0.5, std=0.25)(torch.ones(1, 1, 28, 28)).unique()
    tensor([2.])
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: float = 0.0, std: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("std", torch.tensor(std))

    def forward(self, pixels: Tensor) -> Tensor:
        return (pixels - self.mean) / self.std


class Scramble(nn.Module):
    """Move pixel `permutation[i]` to place `i`, in the same way for every picture.

    Raises ValueError of what is no permutation, and of pictures with more or fewer pixels.

    >>> swap = Scramble(torch.arange(784).flip(0))
    >>> picture = torch.rand(1, 1, 28, 28)
    >>> torch.equal(swap.undo(swap(picture)), picture)
    True
    """

    permutation: Tensor

    def __init__(self, permutation: Tensor | None = None) -> None:
        super().__init__()
        order = scramble_permutation() if permutation is None else permutation
        if not (isinstance(order, Tensor) and _is_permutation(order)):
            raise ValueError(
                f"expected a permutation, int64 (pixels,), got {getattr(order, 'dtype', order)!r}"
            )
        self.register_buffer("permutation", order)

    def forward(self, pictures: Tensor) -> Tensor:
        return _reorder(pictures, self.permutation)

    def undo(self, pictures: Tensor) -> Tensor:
        """Put every pixel back: the inverse of calling the layer."""
        return _reorder(pictures, self.permutation.argsort())


def _is_permutation(order: Tensor) -> bool:
    whole = order.dtype == torch.int64 and order.ndim == 1
    return whole and torch.equal(order.sort().values, torch.arange(len(order)).to(order.device))


def _reorder(pictures: Tensor, order: Tensor) -> Tensor:
    if not isinstance(pictures, Tensor) or pictures.shape[1:].numel() != len(order):
        raise ValueError(
            f"expected pictures of {len(order)} pixels, (N, 1, 28, 28), "
            f"got {tuple(getattr(pictures, 'shape', ()))}"
        )
    return pictures.flatten(1)[:, order].view_as(pictures)
