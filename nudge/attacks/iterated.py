"""Attacks of one or many steps inside a ball around each picture.

One loop, `ascend`, serves all of them. A `Ball` gives it the step rule, the projection and the
random start of its norm. FGSM steps once, along the gradient at the picture; where the loss bends,
many small steps find what one large step misses.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from models import SIDE
from nudge.argument_checks import (
    as_count,
    as_epsilon,
    as_number,
    check_images,
    check_labels,
    check_same_device,
    check_tensor,
    shape,
)
from nudge.attacks.fast_gradient import Gradient, loss_gradient
from nudge.attacks.model_outputs import numbered

LARGEST_L2 = float(SIDE)  # the L2 norm of a picture of 784 pixels that all change by 1
STEPS = 20  # of PGD and BIM, unless told otherwise


@dataclass(frozen=True)
class Ball:
    """The pictures within a distance of the original, by one norm.

    A radius is a number, or a tensor (N, 1, 1, 1) with one for each picture.
    """

    step: Callable[[Tensor], Tensor]  # the gradient to a step of norm 1 up the loss
    project: Callable[[Tensor, float | Tensor], Tensor]  # a perturbation to the nearest inside
    start: Callable[[Tensor, torch.Generator | None], Tensor]  # a random one of norm up to 1

    def begin(self, images: Tensor, start: Tensor | None, radius: float | Tensor) -> Tensor:
        """The pictures that an attack begins at, in the ball and in [0, 1]."""
        return images if start is None else (images + self.project(start, radius)).clamp_(0, 1)

    def climb(
        self,
        moved: Tensor,
        gradient: Tensor,
        images: Tensor,
        radius: float | Tensor,
        step_size: float | Tensor,
    ) -> Tensor:
        """`moved` one step further up the loss, in the ball around `images` and in [0, 1]."""
        perturbation = moved + step_size * self.step(gradient) - images
        return (images + self.project(perturbation, radius)).clamp_(0, 1)


def _clamp(perturbation: Tensor, radius: float | Tensor) -> Tensor:
    return perturbation.clamp(-radius, radius)  # type: ignore[arg-type]


def _uniform(like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Drawn where the generator is, so that a seed means the same on every device."""
    device = like.device if generator is None else generator.device
    drawn = torch.rand(like.shape, generator=generator, dtype=like.dtype, device=device)
    return drawn.mul_(2).sub_(1).to(like.device)


def _norm(values: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(values, dim=(1, 2, 3), keepdim=True)
    return norm


def _normalise(gradient: Tensor) -> Tensor:
    # A gradient may be too small to square; one that is zero everywhere stays so.
    scaled = gradient / _positive(gradient.abs().amax(dim=(1, 2, 3), keepdim=True))
    return scaled / _positive(_norm(scaled))


def _positive(values: Tensor) -> Tensor:
    return torch.where(values > 0, values, 1)


def _shrink(perturbation: Tensor, radius: float | Tensor) -> Tensor:
    norm = _norm(perturbation)
    return perturbation * torch.where(norm > radius, radius / _positive(norm), 1)


def _inside_sphere(like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Uniform in the ball: a random direction, and a distance that its volume makes uniform."""
    device = like.device if generator is None else generator.device
    drawn = torch.randn(like.shape, generator=generator, dtype=like.dtype, device=device)
    distance = torch.rand(len(like), 1, 1, 1, generator=generator, dtype=like.dtype, device=device)
    return (_normalise(drawn) * distance ** (1 / like[0].numel())).to(like.device)


L_INFINITY = Ball(step=torch.sign, project=_clamp, start=_uniform)
L2 = Ball(step=_normalise, project=_shrink, start=_inside_sphere)


def ascend(
    gradient_at: Callable[[Tensor], Tensor],
    images: Tensor,
    ball: Ball,
    *,
    radius: float | Tensor,
    step_size: float | Tensor,
    steps: int,
    start: Tensor | None = None,
    on_step: Callable[[Tensor], None] = lambda moved: None,
) -> Tensor:
    """Climb the loss from `images + start`, inside the ball and inside [0, 1].

    `gradient_at` gives the loss's gradient at pictures (N, 1, 28, 28). Radius and step size are in
    the ball's norm. `on_step` is shown where it begins and where each step leads. Nothing is
    checked here: the attacks below do that.
    """
    moved = ball.begin(images, start, radius)
    on_step(moved)
    for _ in range(steps):
        moved = ball.climb(moved, gradient_at(moved), images, radius, step_size)
        on_step(moved)
    return moved


def bim(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: SupportsFloat | Tensor,
    *,
    steps: int = STEPS,
    step_size: SupportsFloat | None = None,
    on_step: Callable[[Tensor], None] = lambda moved: None,
) -> Tensor:
    """Iterated FGSM from the picture itself: the Basic Iterative Method, arXiv:1607.02533.

    >>> attacked = bim(model, torch.rand(5, 1, 28, 28), torch.arange(5), epsilon=0.04, steps=10)
    >>> attacked.shape
    torch.Size([5, 1, 28, 28])

    Args:
        model, images, labels: as in `nudge.attacks.fgsm`.
        epsilon: radius in L-infinity, in [0, 1]: a number, or a tensor (N,) of one per picture.
        steps: at least 1.
        step_size: as a fraction of epsilon; 2.5 / steps where None, so that the steps can reach
            every corner of the ball and turn back (arXiv:1706.06083).
        on_step: called with the pictures where the attack begins, and after every step.

    Returns:
        Pictures of the same shape and kind in [0, 1], nowhere further than epsilon from the
        original.

    Raises:
        ValueError: an argument is not as said, or what `nudge.attacks.fgsm` raises it for.
    """
    radius = _radius(epsilon, images, as_epsilon)
    return _attack(model, images, labels, L_INFINITY, radius, steps, step_size, None, on_step)


def pgd(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: SupportsFloat | Tensor,
    *,
    steps: int = STEPS,
    step_size: SupportsFloat | None = None,
    restarts: int = 1,
    seed: int = 0,
    on_step: Callable[[Tensor], None] = lambda moved: None,
) -> Tensor:
    """Projected gradient descent in L-infinity from random starts, arXiv:1706.06083.

    Of several restarts a picture keeps the first that the model gets wrong, or the last. Starts
    depend on the seed, the restart and a picture's place alone. Arguments, shapes and errors are
    those of `bim`; a restart shows `on_step` the pictures that are not wrong yet.
    """
    radius = _radius(epsilon, images, as_epsilon)
    check_labels(labels, len(images))
    check_same_device(labels, images, "labels")
    seed = as_count(seed, "a seed", most=2**32 - 1)
    attacked = images.detach().clone()
    alive = torch.ones(len(images), dtype=torch.bool, device=images.device)
    for restart in range(as_count(restarts, "a number of restarts", least=1)):
        generator = torch.Generator().manual_seed((restart << 32) + seed)
        start = radius * L_INFINITY.start(images, generator)
        if not alive.any():
            break
        left = radius[alive] if isinstance(radius, Tensor) else radius
        with numbered(alive.nonzero().flatten()):  # else the error counts those that are left
            attacked[alive] = _attack(
                model, images[alive], labels[alive], L_INFINITY, left, steps, step_size,
                start[alive], on_step,
            )  # fmt: skip
        with torch.inference_mode():
            alive = alive & (model(attacked).argmax(dim=1) == labels)
    return attacked


def l2_fast_gradient(
    model: nn.Module, images: Tensor, labels: Tensor, epsilon: SupportsFloat | Tensor
) -> Tensor:
    """One step of L2 norm `epsilon` along the gradient itself, as it is: not its sign.

    The fast gradient method with the L2 norm (arXiv:1605.07725; arXiv:1804.00097).
    FGSM's step of size e has the L2 norm 28 e at most, so epsilon is in [0, 28]: a number, or a
    tensor (N,). Other arguments, shapes and errors are those of `bim`.
    """
    radius = _radius(epsilon, images, _as_l2)
    return _attack(model, images, labels, L2, radius, 1, 1.0, None)


def l2_gradient(model: nn.Module, images: Tensor, labels: Tensor) -> Gradient:
    """`l2_fast_gradient`'s direction, scaled to the L2 norm 28: as long as 784 signs.

    Epsilon times it is a step of L2 norm 28 epsilon, that of FGSM's step of size epsilon, so both
    can be drawn over the same axis. Arguments and errors are those of `nudge.attacks.fgsm`.
    """
    gradient, logits = loss_gradient(model, images, labels)
    direction = LARGEST_L2 * _normalise(gradient)
    return Gradient(direction, logits, direction.flatten(1).abs().amax(dim=1) == 0)


def _attack(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    ball: Ball,
    radius: float | Tensor,
    steps: int,
    step_size: SupportsFloat | None,
    start: Tensor | None,
    on_step: Callable[[Tensor], None] = lambda moved: None,
) -> Tensor:
    steps = as_count(steps, "a number of steps", least=1)
    fraction = 2.5 / steps if step_size is None else as_number(step_size, "a step size")
    if not 0 <= fraction < math.inf:
        raise ValueError(f"expected a finite step size of at least 0, got {fraction}")
    return ascend(
        lambda moved: loss_gradient(model, moved, labels)[0],
        images.detach(),
        ball,
        radius=radius,
        step_size=fraction * radius,
        steps=steps,
        start=start,
        on_step=on_step,
    )


def _as_l2(epsilon: SupportsFloat) -> float:
    number = as_number(epsilon, f"epsilon in [0, {LARGEST_L2:g}]")
    if not 0 <= number <= LARGEST_L2:
        raise ValueError(f"expected epsilon in [0, {LARGEST_L2:g}], got {number}")
    return number


def _radius(
    epsilon: SupportsFloat | Tensor, images: Tensor, checked: Callable[[SupportsFloat], float]
) -> float | Tensor:
    """A number, or one for each picture as (N, 1, 1, 1), in the range that `checked` asks for."""
    check_images(images)
    if not isinstance(epsilon, Tensor) or not epsilon.ndim:
        return checked(epsilon)
    check_tensor(epsilon, "epsilon")
    if epsilon.shape != (len(images),):
        raise ValueError(
            f"expected an epsilon for each of {len(images)} images, got {shape(epsilon)}"
        )
    for end in epsilon.aminmax() if len(epsilon) else ():
        checked(end)
    return epsilon.to(images.device, images.dtype).view(-1, 1, 1, 1)
