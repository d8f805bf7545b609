"""One picture along epsilon: the probability of every class, and where the prediction flips."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nudge.attacks import check_epsilon


@dataclass(frozen=True)
class ProbabilityPath:
    """What a model makes of one picture as it moves along one direction."""

    epsilons: tuple[float, ...]  # (K,), ascending
    probabilities: Tensor  # float32 (K, classes), the softmax of the logits

    @property
    def predictions(self) -> Tensor:
        """The most probable class at each epsilon: int64 (K,)."""
        return self.probabilities.argmax(dim=1)

    def first_miss(self, label: int) -> float | None:
        """The smallest epsilon at which the prediction is not `label`; None if it always is."""
        return next(
            (
                e
                for e, p in zip(self.epsilons, self.predictions.tolist(), strict=True)
                if p != label
            ),
            None,
        )


@torch.inference_mode()
def probability_paths(
    model: nn.Module, image: Tensor, directions: Sequence[Tensor], epsilons: Sequence[float]
) -> list[ProbabilityPath]:
    """Move one picture along each direction by each epsilon and ask the model, once for all.

    >>> paths = probability_paths(model, image, [random_direction(1)], [0, 0.1, 0.2])
    >>> paths[0].probabilities.shape
    torch.Size([3, 10])

    Args:
        image: (1, 1, 28, 28), as in `nudge.attacks`, and so is each of the directions.
        epsilons: ascending, each in [0, 1].
    """
    for epsilon in epsilons:
        check_epsilon(epsilon)
    for direction in directions:
        if image.shape[:1] != (1,) or direction.shape != image.shape:
            raise ValueError(
                f"expected one image and a direction of its shape, "
                f"got {tuple(image.shape)} and {tuple(direction.shape)}"
            )
    # All steps in a few operations: each gives up Python's lock, and waits for it on a busy server.
    steps = image.new_tensor(epsilons).view(-1, 1, 1, 1)
    nudged = torch.cat([image + steps * direction for direction in directions]).clamp_(0, 1)
    probabilities = model(nudged).softmax(dim=1)
    return [
        ProbabilityPath(tuple(epsilons), along)
        for along in torch.split(probabilities, len(epsilons))
    ]
