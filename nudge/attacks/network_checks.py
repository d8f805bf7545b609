"""Whether somebody's network can be attacked: each picture by itself, along a gradient."""

import torch
from torch import Tensor, nn

from models import NudgeError
from nudge.argument_checks import as_count, check_images, check_labels, check_model
from nudge.attacks.fast_gradient import CutGradientError, loss_gradient
from nudge.attacks.model_outputs import NotFiniteError

CLOSE = 1e-3  # of the largest logit: what another order of sums may change


def check_network(model: nn.Module, images: Tensor, labels: Tensor, classes: int) -> None:
    """Put a network to the pictures that it is to classify; nothing where all is well.

    Args:
        model: takes pictures as `nudge.attacks.fgsm` gives them.
        images: float32 (N, 1, 28, 28) in [0, 1], at least two.
        labels: int64 (N,), the true classes.
        classes: how many logits it is to give.

    Raises:
        NudgeError: it gives anything but finite logits (N, classes), probabilities in their place,
            other ones for a picture among others than for it alone or a second time, or a gradient
            that is cut, not finite, or zero for most pictures.
        ValueError: an argument is not as said.
    """
    check_model(model)
    check_images(images)
    if images.dtype != torch.float32:
        raise ValueError(f"expected float32 images, got {images.dtype}")
    as_count(len(images), "a number of pictures", least=2)
    check_labels(labels, len(images), as_count(classes, "a number of classes", least=1))
    logits, again = _logits(model, images, classes), _logits(model, images, classes)
    alone = torch.cat([_logits(model, one, classes) for one in images.split(1)])  # type: ignore[no-untyped-call]
    _expect_same(logits, again, "a second time", "Leave out what is drawn at random, as dropout is")
    _expect_same(
        logits, alone, "alone", "Export it in eval mode, so that batch norm uses what it has learnt"
    )
    if logits.min() >= 0 and logits.max() <= 1:
        raise NudgeError(
            "The network gives probabilities",
            expected="logits, which are not all between 0 and 1",
            found=f"values from {float(logits.min()):.3g} to {float(logits.max()):.3g}",
            hint="Leave out its last softmax or sigmoid: FGSM needs the logits, for a probability "
            "close to 1 has hardly any gradient",
        )
    if found := _wrong_of_gradient(model, images, labels):
        raise NudgeError(
            "The network gives no gradient to attack along",
            expected="a finite gradient of the loss by the pixels",
            found=found,
            hint="Rounding and comparisons have none, and neither has a softmax rounded to 1",
        )


def _wrong_of_gradient(model: nn.Module, images: Tensor, labels: Tensor) -> str:
    try:
        gradient, _ = loss_gradient(model, images, labels)
    except NotFiniteError:
        return "values that are not finite"
    except CutGradientError:
        return "none: it is cut on the way to the pixels"
    except Exception as error:  # somebody else's code, which may raise anything
        return " ".join(f"none: {type(error).__name__}: {error}".split())[:300]
    zero = int((gradient.flatten(1) == 0).all(dim=1).sum())
    return f"zero everywhere for {zero} of {len(images)} pictures" if 2 * zero > len(images) else ""


@torch.inference_mode()
def _logits(model: nn.Module, images: Tensor, classes: int) -> Tensor:
    expected = f"logits ({len(images)}, {classes}) for pictures {tuple(images.shape)}"
    try:
        logits = model(images)
    except Exception as error:  # somebody else's code, which may raise anything
        found = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise NudgeError(
            "The network takes no such pictures",
            expected=expected,
            found=found,
            hint="Export it for any number of pictures: with a first dimension that is dynamic",
        ) from error
    found = f"{tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
    if not isinstance(logits, Tensor) or logits.shape != (len(images), classes):
        raise NudgeError("The network gives other logits", expected=expected, found=found)
    if not logits.is_floating_point() or not logits.isfinite().all():
        floating = logits.is_floating_point()
        found = "some that are NaN or infinite" if floating else f"{logits.dtype}"
        raise NudgeError("The network gives other logits", expected="finite ones", found=found)
    return logits.float()


def _expect_same(logits: Tensor, others: Tensor, when: str, hint: str) -> None:
    apart = float((logits - others).abs().max())
    if apart > CLOSE * float(logits.abs().max()):
        raise NudgeError(
            f"The network gives a picture other logits {when}",
            expected="the same ones, for attacks work on many pictures at once",
            found=f"logits up to {apart:.3g} apart",
            hint=hint,
        )
