"""One picture along epsilon: the probability of every class, and where the prediction flips."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from models import SIDE
from nudge.argument_checks import (
    as_count,
    as_epsilons,
    check_directions,
    check_images,
    check_model,
    check_same_device,
    kind,
    shape,
)
from nudge.attacks.model_outputs import check_finite, check_logits, explained

_LEAST = 1e-38  # about the smallest probability that float32 knows


@dataclass(frozen=True)
class ProbabilityPath:
    """What a model makes of one picture as it moves along one direction."""

    epsilons: tuple[float, ...]  # (K,), ascending
    probabilities: Tensor  # float32 (K, classes), the softmax of the logits

    @property
    def predictions(self) -> Tensor:
        """The most probable class at each epsilon: int64 (K,)."""
        return self.probabilities.argmax(dim=1)

    def losses(self, label: int) -> list[float]:
        """The cross-entropy of class `label` at each epsilon, in nats: finite where p rounds to 0.

        Raises ValueError where there is no such class.
        """
        classes = self.probabilities.shape[1]
        likely = self.probabilities[:, as_count(label, "a class", most=classes - 1)].double()
        losses: list[float] = (-likely.clamp(min=_LEAST).log()).tolist()
        return losses


@torch.inference_mode()
def probability_paths(
    model: nn.Module,
    image: Tensor,
    directions: Iterable[Tensor],
    epsilons: Iterable[SupportsFloat],
) -> list[ProbabilityPath]:
    """Move one picture along each direction by each epsilon and ask the model, once for all.

    >>> paths = probability_paths(model, image, [random_direction(1)], [0, 0.1, 0.2])
    >>> paths[0].probabilities.shape
    torch.Size([3, 10])

    Args:
        model: in eval mode.
        image: floating point (1, 1, 28, 28) in [0, 1], as in `nudge.attacks.fast_gradient.fgsm`.
        directions: at least one, each on the image's device, in [-28, 28], and of its shape; or
            one for every epsilon, (K, 1, 28, 28).
        epsilons: at least one, ascending, each in [0, 1].

    Raises:
        ValueError: an argument is not as said, or the logits are not finite.
    """
    check_model(model)
    check_images(image)
    ways, grid = _listed(directions), as_epsilons(epsilons, ascending=True)
    for direction in ways:
        _check_way(image, direction, len(grid))
    if not (ways and grid):
        raise ValueError(
            f"expected a direction and an epsilon, got {len(ways)} directions, {len(grid)} epsilons"
        )
    # All steps in a few operations: each gives up Python's lock, and waits for it on a busy server.
    steps = image.new_tensor(grid).view(-1, 1, 1, 1)
    nudged = torch.cat([image + steps * way.to(image.dtype) for way in ways]).clamp_(0, 1)
    with explained(model, image):
        logits = model(nudged)
    check_logits(logits, len(nudged))
    if not logits.isfinite().all():
        for row, epsilon in zip(logits, grid * len(ways), strict=True):
            check_finite(row[None], "logits", epsilon)
    return [ProbabilityPath(grid, along) for along in torch.split(logits.softmax(dim=1), len(grid))]


def _listed(directions: Iterable[Tensor]) -> list[Tensor]:
    """A tensor is one direction and not a list of them."""
    if isinstance(directions, Tensor) or not isinstance(directions, Iterable):
        raise ValueError(f"expected a list of directions, got {kind(directions)}")
    return list(directions)


def _check_way(image: Tensor, direction: Tensor, steps: int) -> None:
    shapes = (image.shape, (steps, *image.shape[1:]))
    if isinstance(direction, Tensor) and (len(image) != 1 or direction.shape not in shapes):
        raise ValueError(
            "expected one image and a direction of its shape, or one for every epsilon, "
            f"got {shape(image)} and {shape(direction)}"
        )
    check_directions(direction, len(direction) if isinstance(direction, Tensor) else 1, most=SIDE)
    check_same_device(direction, image, "directions")
