"""Nudging pictures: the Fast Gradient Sign Method, iterated attacks, and the random control.

Knows tensors and models alone, no data set. `model_outputs` says what every attack expects of a
model; start reading at `fast_gradient`.
"""

from nudge.attacks.fast_gradient import (
    Gradient,
    fgsm,
    fgsm_direction,
    fgsm_gradient,
    loss_gradient,
    nudge,
    random_direction,
    targeted_direction,
)
from nudge.attacks.iterated import bim, l2_fast_gradient, l2_gradient, pgd

__all__ = [
    "Gradient",
    "bim",
    "fgsm",
    "fgsm_direction",
    "fgsm_gradient",
    "l2_fast_gradient",
    "l2_gradient",
    "loss_gradient",
    "nudge",
    "pgd",
    "random_direction",
    "targeted_direction",
]
