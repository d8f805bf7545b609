"""Nudging every pixel by at most epsilon: the Fast Gradient Sign Method, and a random control.

An attack is split in two: a direction, with entries in {-1, 0, 1}, and a step along it. FGSM's
direction does not depend on epsilon (arXiv:1412.6572), so one gradient serves every epsilon.
"""

from dataclasses import dataclass
from typing import SupportsFloat

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import SIDE
from nudge.argument_checks import (
    as_count,
    as_epsilon,
    check_directions,
    check_images,
    check_labels,
    check_model,
    check_module,
    check_same_device,
)
from nudge.attacks.model_outputs import check_differentiable, check_finite, check_logits, explained


def fgsm(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilon: SupportsFloat,
    *,
    training: bool = False,
) -> Tensor:
    """Pictures moved by `epsilon` up the gradient's sign, away from their labels.

    The Fast Gradient Sign Method of Goodfellow, Shlens and Szegedy, arXiv:1412.6572.

    >>> model = load_model("fashion-cnn")
    >>> attacked = fgsm(model, torch.rand(5, 1, 28, 28), torch.arange(5), epsilon=0.04)
    >>> attacked.shape
    torch.Size([5, 1, 28, 28])

    Args:
        model: maps pictures to logits (N, classes); in eval mode, or dropout answers otherwise at
            each call and batch norm mixes pictures and changes the model.
        images: floating point (N, 1, 28, 28) in [0, 1], of the kind and on the device of the
            model's weights; float64 is computed in float64.
        labels: int64 (N,), the true classes.
        epsilon: size of the step in L-infinity, in units of the pixel range, in [0, 1].
        training: the model may be in training mode, as adversarial training wants it.

    Returns:
        Pictures of the same shape and kind in [0, 1], nowhere further than epsilon from the
        original; they do not require grad. A picture whose gradient is zero everywhere comes back
        as it was: `fgsm_gradient` tells which these are, and a curve counts them.

    Raises:
        ValueError: an argument is not as said, the model cuts the gradient, or its logits or its
            gradient are not finite.
    """
    epsilon = as_epsilon(epsilon)
    return _moved(images, fgsm_direction(model, images, labels, training=training), epsilon)


def nudge(images: Tensor, direction: Tensor, epsilon: SupportsFloat) -> Tensor:
    """Pictures moved by `epsilon` along `direction` and clipped to [0, 1].

    Pictures are as in `fgsm`. The direction is of their shape and on their device, floats or
    integers in [-1, 1]. Raises ValueError where an argument is not so.
    """
    check_images(images)
    check_directions(direction, len(images))
    check_same_device(direction, images, "directions")
    return _moved(images, direction, as_epsilon(epsilon))


def _moved(images: Tensor, direction: Tensor, epsilon: float) -> Tensor:
    way = direction.detach().to(images.dtype)
    return torch.add(images.detach(), way, alpha=epsilon).clamp_(0, 1)


@dataclass(frozen=True, eq=False)
class Gradient:
    """What a one-step attack goes by, and what was found on the way to it."""

    direction: Tensor  # (N, 1, 28, 28), the gradient's sign, or the gradient scaled to a norm
    logits: Tensor  # (N, classes), of the pictures as they are
    zero: Tensor  # bool (N,), whether a picture's gradient is zero everywhere: none can move it


def fgsm_direction(
    model: nn.Module, images: Tensor, labels: Tensor, *, training: bool = False
) -> Tensor:
    """The sign of the gradient of the cross-entropy at the pictures: -1, 0 or 1, (N, 1, 28, 28).

    The cross-entropy is taken on logits: the logarithm of a softmax would lose the gradient of a
    confident network. Where float32 rounds the softmax itself to 1 it is lost all the same, which
    fakes robustness; label smoothing and mixup keep the eight variants away from there, and a test
    checks that. `Gradient.zero` says of which pictures it is lost.

    Arguments and errors are those of `fgsm`.
    """
    return fgsm_gradient(model, images, labels, training=training).direction


def fgsm_gradient(
    model: nn.Module, images: Tensor, labels: Tensor, *, training: bool = False
) -> Gradient:
    """`fgsm_direction`, the logits of the pictures, and which of them have no gradient at all.

    Arguments and errors are those of `fgsm`.
    """
    found, logits = loss_gradient(model, images, labels, training=training)
    largest = found.flatten(1).abs().amax(dim=1)
    return Gradient(found.sign(), logits, largest == 0)


def loss_gradient(
    model: nn.Module, images: Tensor, labels: Tensor, *, training: bool = False
) -> tuple[Tensor, Tensor]:
    """The gradient of the cross-entropy at the pictures, (N, 1, 28, 28), and their logits.

    Every attack follows it. Arguments and errors are those of `fgsm`.
    """
    if training:
        check_module(model)
    else:
        check_model(model)
    check_differentiable(model)
    check_images(images)
    check_labels(labels, len(images))
    check_same_device(labels, images, "labels")
    # A caller may stand in inference mode; a gradient needs to leave it and to own its input.
    with torch.inference_mode(False), torch.enable_grad():
        pictures = images.detach().clone().requires_grad_()
        with explained(model, images):
            logits = model(pictures)
        check_logits(logits, len(images))
        check_labels(labels, len(images), logits.shape[1])
        check_finite(logits, "logits")
        # Summed, not averaged, so that a picture's gradient does not depend on its batch.
        loss = F.cross_entropy(logits, labels.clone(), reduction="sum")
        gradient = _gradient(loss, pictures)
    if not gradient.isfinite().all():
        check_finite(gradient, "gradient")
    return gradient, logits.detach()


def _gradient(loss: Tensor, pictures: Tensor) -> Tensor:
    found = None
    if loss.requires_grad:
        (found,) = torch.autograd.grad(loss, pictures, allow_unused=True)
    if found is None:
        raise CutGradientError(
            "expected logits with a gradient at the pictures, "
            "got a model that cuts it, as detach, argmax and no_grad do"
        )
    return found


class CutGradientError(ValueError):
    """No gradient leads from the logits to the pictures."""


def targeted_direction(
    model: nn.Module, images: Tensor, targets: Tensor, *, training: bool = False
) -> Tensor:
    """FGSM towards a class: down the gradient of the cross-entropy of `targets`, int64 (N,).

    What arXiv:1607.02533 steps along to make a network predict a class of one's choice. Shape,
    other arguments and errors are those of `fgsm_direction`.
    """
    return -fgsm_direction(model, images, targets, training=training)


def random_direction(count: int, *, seed: int = 0) -> Tensor:
    """The control: every pixel up or down by the toss of a coin, int8 (count, 1, 28, 28).

    A picture's direction depends on the seed and its place alone: asking for more adds to the end.
    Raises ValueError where there is no such count, or the seed has more than 64 bits.
    """
    count = as_count(count, "a count")
    generator = torch.Generator().manual_seed(
        as_count(seed, "a seed", least=-(2**63), most=2**64 - 1)
    )
    shape = (count, 1, SIDE, SIDE)
    random_signs = torch.randint(0, 2, shape, generator=generator, dtype=torch.int8)
    return 2 * random_signs - 1
