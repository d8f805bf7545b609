"""Attacks that take many small steps inside a ball around each picture.

One loop serves all of them. A `Ball` gives its three parts: the step rule, the projection and the
random start. One step shows where the loss rises at the picture; many steps follow it as it bends.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

GradientAt = Callable[[Tensor], Tensor]  # pictures (N, 1, 28, 28) to the loss's gradient there


@dataclass(frozen=True)
class Ball:
    """The pictures within a distance of the original, by one norm.

    `radius` is a number, or a tensor (N, 1, 1, 1) with one for each picture.
    """

    step: Callable[[Tensor], Tensor]  # the gradient to a step of norm 1 up the loss
    project: Callable[[Tensor, float | Tensor], Tensor]  # a perturbation to the nearest inside
    start: Callable[[Tensor, torch.Generator | None], Tensor]  # a random perturbation, radius 1


def _clamp(perturbation: Tensor, radius: float | Tensor) -> Tensor:
    return perturbation.clamp(-radius, radius)  # type: ignore[arg-type]


def _uniform(like: Tensor, generator: torch.Generator | None) -> Tensor:
    return (
        torch.rand(like.shape, generator=generator, dtype=like.dtype, device=like.device)
        .mul_(2)
        .sub_(1)
    )


L_INFINITY = Ball(step=torch.sign, project=_clamp, start=_uniform)


def ascend(
    gradient: GradientAt,
    images: Tensor,
    ball: Ball,
    *,
    radius: float | Tensor,
    steps: int,
    step_size: float | Tensor,
    start: Tensor | None = None,
) -> Tensor:
    """Climb the loss from `images + start` and stay in the ball and in [0, 1].

    `radius` and `step_size` are in the ball's norm: numbers, or tensors (N, 1, 1, 1).
    """
    moved = images if start is None else (images + ball.project(start, radius)).clamp_(0, 1)
    for _ in range(steps):
        moved = moved + step_size * ball.step(gradient(moved))
        moved = (images + ball.project(moved - images, radius)).clamp_(0, 1)
    return moved
