"""Training pictures made harder in ways that know nothing of where a pixel is."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from nudge.argument_checks import as_number, check_images


@dataclass(frozen=True)
class Mixup:
    """Mixup, arXiv:1710.09412: each picture, and its target, blended with a partner's."""

    share: float  # of the picture itself; the same for a whole batch
    partner: Tensor  # int64 (N,), a permutation of the batch

    def __call__(self, values: Tensor) -> Tensor:
        return self.share * values + (1 - self.share) * values[self.partner.to(values.device)]


def add_noise(pictures: Tensor, largest: float) -> Tensor:
    """Gaussian noise, clipped to [0, 1]; each picture draws its size, up to `largest`.

    Pictures are floating point (N, 1, 28, 28); their range is taken on trust, for a training step
    waits for nothing. Raises ValueError of others.
    """
    check_images(pictures, values=False)
    if not 0 <= as_number(largest, "the largest noise") < math.inf:
        raise ValueError(f"expected finite noise of at least 0, got {largest}")
    size = largest * torch.rand(len(pictures), 1, 1, 1, device=pictures.device)
    return (pictures + size * torch.randn_like(pictures)).clamp_(0, 1)
