"""Pictures whose object is shifted, rotated, scaled or mirrored: augmentation, and its test."""

import torch
from torch import Tensor

from models import SIDE
from nudge.argument_checks import as_count, as_number, check_images


def move_objects(
    pictures: Tensor,
    *,
    shift: float = 0.0,
    rotation: float = 0.0,
    scale: float = 0.0,
    flip: float = 0.0,
    draws: int | None = None,
) -> Tensor:
    """Move the object of each picture at random, drawn from PyTorch's generator.

    >>> move_objects(torch.rand(5, 1, 28, 28), shift=4, rotation=15, scale=0.2).shape
    torch.Size([5, 1, 28, 28])

    Args:
        pictures: floating point (N, 1, 28, 28); what comes in from beyond the edge is black. Their
            range is taken on trust, for a training step waits for nothing.
        shift: largest, in whole pixels each way.
        rotation: largest, in degrees each way.
        scale: largest change of size, as a fraction below 1.
        flip: probability of a mirrored picture, drawn anew for each.
        draws: how many times a movement is drawn, each for an equal share of the pictures; None
            draws anew for each, which takes longer than a small network's step.

    Raises:
        ValueError: an argument is not as said.
    """
    check_images(pictures, values=False)
    for name, value, most in (
        ("shift", shift, SIDE),
        ("rotation", rotation, 180),
        ("scale", scale, 1),
        ("flip", flip, 1),
    ):
        if not 0 <= as_number(value, name) <= most or (name == "scale" and value == 1):
            raise ValueError(f"expected {name} of at least 0 and at most {most}, got {value}")
    count = len(pictures) if draws is None else as_count(draws, "a number of draws", least=1)
    if flip:
        mirrored = torch.rand(len(pictures), 1, 1, 1, device=pictures.device) < flip
        pictures = torch.where(mirrored, pictures.flip(-1), pictures)
    if not (shift or rotation or scale) or not len(pictures):
        return pictures
    # Here, because the pages import this package and start without torchvision.
    from torchvision.transforms import InterpolationMode, v2

    affine = v2.RandomAffine(
        degrees=rotation,
        translate=(shift / SIDE, shift / SIDE),
        scale=(1 - scale, 1 + scale),
        interpolation=InterpolationMode.BILINEAR,
    )
    return torch.cat([affine(part) for part in pictures.tensor_split(min(count, len(pictures)))])
