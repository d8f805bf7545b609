"""Training pictures made harder: by mixup, by noise, and by moving the object in the picture."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from models import SIDE
from nudge.argument_checks import as_number, check_images
from nudge.training.recipes import Recipe


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


def move_objects(pictures: Tensor, recipe: Recipe) -> Tensor:
    """Shift, rotate, scale and mirror each picture at random, as far as the recipe says.

    Pictures are floating point (N, 1, 28, 28); what comes in from beyond the edge is black.
    """
    # Here, because the pages import this package and start without torchvision.
    from torchvision.transforms import InterpolationMode, v2

    if recipe.flip:
        mirrored = torch.rand(len(pictures), 1, 1, 1, device=pictures.device) < recipe.flip
        pictures = torch.where(mirrored, pictures.flip(-1), pictures)
    if not (recipe.shift or recipe.rotation or recipe.scale):
        return pictures
    affine = v2.RandomAffine(
        degrees=recipe.rotation,
        translate=(recipe.shift / SIDE, recipe.shift / SIDE),
        scale=(1 - recipe.scale, 1 + recipe.scale),
        interpolation=InterpolationMode.BILINEAR,
    )
    return torch.stack([affine(picture) for picture in pictures])  # one draw for each picture
