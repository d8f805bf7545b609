"""Each wrong argument gets one message: expected X, got Y."""

import math

import pytest
import torch
from torch import Tensor, nn

from nudge.attacks import fgsm, nudge, random_direction

IMAGES = torch.full((2, 1, 28, 28), 0.5)
LABELS = torch.tensor([1, 2])


@pytest.mark.parametrize("epsilon", [-0.01, 1.01, math.nan, math.inf, -math.inf])
def test_epsilon(linear_model: nn.Module, epsilon: float) -> None:
    message = rf"expected epsilon in \[0, 1\], got {epsilon}"
    with pytest.raises(ValueError, match=message):
        fgsm(linear_model, IMAGES, LABELS, epsilon)
    with pytest.raises(ValueError, match=message):
        nudge(IMAGES, random_direction(2), epsilon)


def _with(value: float) -> Tensor:
    images = IMAGES.clone()
    images[1, 0, 3, 4] = value
    return images


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:, 0], LABELS, r"expected images \(N, 1, 28, 28\), got \(2, 28, 28\)"),
        (IMAGES[0, 0], LABELS, r"expected images \(N, 1, 28, 28\), got \(28, 28\)"),
        (IMAGES[..., :27], LABELS, r"expected images \(N, 1, 28, 28\), got \(2, 1, 28, 27\)"),
        (IMAGES.expand(2, 3, 28, 28), LABELS, r"got \(2, 3, 28, 28\)"),
        (IMAGES.to(torch.uint8), LABELS, r"expected floating-point images .* got torch.uint8"),
        (_with(-0.1), LABELS, r"expected images in \[0, 1\], got values from -0.1"),
        (_with(1.5), LABELS, r"expected images in \[0, 1\], got values from 0.5 to 1.5"),
        (_with(math.nan), LABELS, r"expected images in \[0, 1\], got values from nan to nan"),
        (_with(math.inf), LABELS, r"expected images in \[0, 1\], got values from 0.5 to inf"),
        (255 * IMAGES, LABELS, r"expected images in \[0, 1\], got values from 127.5"),
        (IMAGES, LABELS[:1], r"expected one label for each of 2 images, got \(1,\)"),
        (IMAGES, LABELS[:, None], r"expected one label for each of 2 images, got \(2, 1\)"),
        (IMAGES, LABELS.float(), "expected int64 labels, got torch.float32"),
        (IMAGES, torch.tensor([0, 10]), r"expected labels in 0 ... 9, got values from 0 to 10"),
        (IMAGES, torch.tensor([-1, 3]), r"expected labels in 0 ... 9, got values from -1 to 3"),
    ],
)
def test_images_and_labels(
    linear_model: nn.Module, images: Tensor, labels: Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fgsm(linear_model, images, labels, 0.1)
