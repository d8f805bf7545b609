"""Nudging every pixel by at most epsilon: the Fast Gradient Sign Method, and a random control.

An attack is split in two: a direction, with entries in {-1, 0, 1}, and a step along it. FGSM's
direction does not depend on epsilon (arXiv:1412.6572), so one gradient serves every epsilon.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import SIDE


def fgsm(model: nn.Module, images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    """Pictures moved by `epsilon` up the gradient's sign, away from their labels.

    The Fast Gradient Sign Method of Goodfellow, Shlens and Szegedy, arXiv:1412.6572.

    >>> model = load_model("fashion-cnn")
    >>> attacked = fgsm(model, torch.rand(5, 1, 28, 28), torch.arange(5), epsilon=0.04)
    >>> attacked.shape
    torch.Size([5, 1, 28, 28])

    Args:
        model: maps pictures to logits (N, classes); in eval mode, or batch norm mixes pictures.
        images: float (N, 1, 28, 28) in [0, 1].
        labels: int64 (N,), the true classes.
        epsilon: size of the step in L-infinity, in units of the pixel range, in [0, 1].

    Returns:
        Pictures of the same shape in [0, 1], nowhere further than epsilon from the original.

    Raises:
        ValueError: an argument is not as said.
    """
    check_epsilon(epsilon)
    return nudge(images, fgsm_direction(model, images, labels), epsilon)


def nudge(images: Tensor, direction: Tensor, epsilon: float) -> Tensor:
    """Pictures moved by `epsilon` along `direction` and clipped to [0, 1]."""
    check_epsilon(epsilon)
    return torch.add(images, direction, alpha=epsilon).clamp_(0, 1)


def fgsm_direction(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The sign of the gradient of the cross-entropy at the pictures: -1, 0 or 1, (N, 1, 28, 28).

    The cross-entropy is taken on logits: the logarithm of a softmax would lose the gradient of a
    confident network. Where float32 rounds the softmax itself to 1 it is lost all the same, which
    fakes robustness; label smoothing and mixup keep the eight variants away from there, and a test
    checks that.

    Arguments and errors are those of `fgsm`.
    """
    return fgsm_direction_and_logits(model, images, labels)[0]


def fgsm_direction_and_logits(
    model: nn.Module, images: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """`fgsm_direction`, and the logits of the pictures that were computed on the way to it."""
    check_images(images)
    check_labels(labels, images)
    # A caller may stand in inference mode; a gradient needs to leave it and to own its input.
    with torch.inference_mode(False), torch.enable_grad():
        pictures = images.detach().clone().requires_grad_()
        logits = model(pictures)
        check_classes(labels, logits)
        # Summed, not averaged, so that a picture's gradient does not depend on its batch.
        loss = F.cross_entropy(logits, labels.clone(), reduction="sum")
        (gradient,) = torch.autograd.grad(loss, pictures)
    return gradient.sign(), logits.detach()


def targeted_direction(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    """FGSM towards a class: down the gradient of the cross-entropy of `targets`, int64 (N,).

    What arXiv:1607.02533 steps along to make a network read a class of one's choice. Shape, other
    arguments and errors are those of `fgsm_direction`.
    """
    return -fgsm_direction(model, images, targets)


def random_direction(count: int, *, seed: int = 0) -> Tensor:
    """The control: every pixel up or down by the toss of a coin, int8 (count, 1, 28, 28).

    A picture's direction depends on the seed and its place alone: asking for more adds to the end.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (count, 1, SIDE, SIDE)
    tosses = torch.randint(0, 2, shape, generator=generator, dtype=torch.int8)
    return 2 * tosses - 1


def check_epsilon(epsilon: float) -> None:
    if not 0 <= epsilon <= 1:  # NaN fails both comparisons
        raise ValueError(f"expected epsilon in [0, 1], got {epsilon}")


def check_images(images: Tensor) -> None:
    if images.ndim != 4 or images.shape[1:] != (1, SIDE, SIDE):
        raise ValueError(f"expected images (N, 1, {SIDE}, {SIDE}), got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise ValueError(f"expected floating-point images in [0, 1], got {images.dtype}")
    if images.numel():
        low, high = (bound.item() for bound in images.detach().aminmax())
        if not (low >= 0 and high <= 1):  # NaN fails both comparisons
            raise ValueError(f"expected images in [0, 1], got values from {low} to {high}")


def check_labels(labels: Tensor, images: Tensor) -> None:
    if labels.dtype != torch.int64:
        raise ValueError(f"expected int64 labels, got {labels.dtype}")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"expected one label for each of {len(images)} images, got {tuple(labels.shape)}"
        )


def check_classes(labels: Tensor, logits: Tensor) -> None:
    classes = logits.shape[1]
    if labels.numel() and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(
            f"expected labels in 0 ... {classes - 1}, "
            f"got values from {labels.min().item()} to {labels.max().item()}"
        )


def check_directions(directions: Tensor, count: int) -> None:
    shape = (count, 1, SIDE, SIDE)
    if directions.shape != shape:
        raise ValueError(f"expected directions {shape}, got {tuple(directions.shape)}")
    if directions.numel():
        low, high = (bound.item() for bound in directions.aminmax())
        if not (low >= -1 and high <= 1):  # NaN fails both comparisons
            raise ValueError(f"expected directions in [-1, 1], got values from {low} to {high}")
