"""How accuracy falls as epsilon grows: K epsilons for one gradient and K forward passes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.epsilons import EPSILON_STEP as EPSILON_STEP
from models.epsilons import EPSILONS as EPSILONS
from models.epsilons import NEVER_FLIPS
from nudge.argument_checks import as_epsilons, check_tensor
from nudge.evaluation.predictions import stream_batches


@dataclass(frozen=True)
class AccuracyCurve:
    """Counts of pictures classified correctly (top-1), by epsilon."""

    epsilons: tuple[float, ...]
    correct: tuple[int, ...]
    total: int
    # Pictures out of `total` whose gradient is zero everywhere, so that FGSM leaves them as they
    # are at every epsilon: where there are any, the curve speaks of a lost gradient (a saturated
    # softmax, a rounding) and not of robustness. None where no gradient was taken: along given
    # directions, and in what was recorded with the weights.
    zero_gradients: int | None = None

    @property
    def accuracy(self) -> tuple[float, ...]:
        """Fractions of 1; NaN over no pictures."""
        return tuple(c / self.total if self.total else float("nan") for c in self.correct)


def accuracy_curve(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    directions: Tensor | None = None,
    batch_size: int | None = None,
) -> AccuracyCurve:
    """Count the pictures that stay right when each is moved by epsilon, for every epsilon.

    >>> images, labels = load_split("fashion", "test")
    >>> curve = accuracy_curve(load_model("fashion-cnn"), images[:500], labels[:500], [0, 0.1])
    >>> curve.total, len(curve.accuracy), curve.zero_gradients
    (500, 2, 0)

    Args:
        model: maps pictures to logits (N, classes); in eval mode.
        images: floating point (N, 1, 28, 28) in [0, 1], or stored pictures, uint8 (N, 28, 28);
            both are brought to the model's device, and stored ones to the kind of its weights.
            Floats have that kind already: float64 is computed in float64.
        labels: int64 (N,), the true classes.
        epsilons: each in [0, 1], in any order.
        directions: (N, 1, 28, 28) in [-1, 1], what to move along instead of FGSM's direction: the
            control of `random_direction`, or the directions of another model to see whether they
            transfer.
        batch_size: pictures at a time, at least 1; changes speed and memory only. What suits the
            model's device where None.

    Raises:
        ValueError: an argument is not as said, the model cuts the gradient, or its logits or its
            gradient are not finite: the first such picture is named, counted from 0.
    """
    grid = as_epsilons(epsilons)
    batches = list(
        stream_batches(model, images, labels, grid, directions=directions, batch_size=batch_size)
    )
    found = [batch.predictions for batch in batches] or [torch.empty(len(grid), 0)]
    correct = (torch.cat(found, dim=1) == labels.cpu()).sum(dim=1)
    zeros = None if directions is not None else sum(int(b.zero_gradient.sum()) for b in batches)
    return AccuracyCurve(grid, tuple(correct.tolist()), len(labels), zeros)


def flip_steps_of(right: Tensor) -> NDArray[np.uint8]:
    """By picture, where in the epsilons its first wrong answer stands: uint8 (N,).

    `NEVER_FLIPS` where every answer is right. `right` is bool (K, N), the epsilons ascending.
    Raises ValueError where it is not, or where K is more than a byte can count.
    """
    check_tensor(right, "what is right")
    if right.dtype != torch.bool or right.ndim != 2 or not 0 < len(right) <= NEVER_FLIPS:
        raise ValueError(
            f"expected what is right as bool (K, N), K in 1 ... {NEVER_FLIPS}, "
            f"got {right.dtype} {tuple(right.shape)}"
        )
    first = (~right).int().argmax(dim=0)
    first[right.all(dim=0)] = NEVER_FLIPS
    return first.to(torch.uint8).numpy()
