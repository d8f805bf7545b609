"""What is asked of a model's answers, so that a broken model is not taken for a robust one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from nudge.argument_checks import kind, shape


class NotFiniteError(ValueError):
    """A model gave NaN or infinity, which no attack moves: it would look perfectly robust."""

    def __init__(self, what: str, found: float, picture: int, epsilon: float | None = None) -> None:
        """`picture` is the first at fault, counted from 0."""
        self.what, self.found, self.picture, self.epsilon = what, found, picture, epsilon
        at = "" if epsilon is None else f" at epsilon {epsilon:g}"
        super().__init__(f"expected finite {what}, got {found} for picture {picture}{at}")


@contextmanager
def numbered(
    numbers: Sequence[int] | Tensor, epsilon: float | Tensor | None = None
) -> Iterator[None]:
    """Have errors about a picture of a batch name it by its number among the caller's.

    `numbers` are those of the batch; `epsilon`, which may be a tensor (N,) of one for each of it,
    is named where the error knows of none.
    """
    try:
        yield
    except NotFiniteError as error:
        own = float(epsilon[error.picture]) if isinstance(epsilon, Tensor) else epsilon
        at = own if error.epsilon is None else error.epsilon
        number = int(numbers[error.picture])
        raise NotFiniteError(error.what, error.found, number, at) from None


@contextmanager
def explained(model: nn.Module, images: Tensor) -> Iterator[None]:
    """Say it where pictures and model do not go together, in place of PyTorch's many ways to.

    Only what failed is looked into: a model may well bring its pictures to its own device and kind.
    """
    try:
        yield
    except RuntimeError as error:
        told = None if isinstance(error, torch.OutOfMemoryError) else _mismatch(model, images)
        if told is None:
            raise
        raise ValueError(told) from error


def _mismatch(model: nn.Module, images: Tensor) -> str | None:
    weights = next((v for v in tensors(model) if v.is_floating_point()), images)
    if weights.device != images.device:
        return f"expected images on {weights.device}, where the model is, got {images.device}"
    if weights.dtype != images.dtype:
        return f"expected images of {weights.dtype}, as the model's weights, got {images.dtype}"
    return None


def tensors(model: nn.Module) -> Iterator[Tensor]:
    """Its parameters, then its buffers."""
    yield from model.parameters()
    yield from model.buffers()


def check_differentiable(model: nn.Module) -> None:
    """A model that gradients go through: what was made in inference mode lets none pass."""
    if any(weights.is_inference() for weights in model.parameters()):
        raise ValueError("expected a model with a gradient, got one made for inference alone")


def check_logits(logits: Tensor, count: int) -> None:
    """One row of logits for each of `count` pictures: floating point (N, classes)."""
    if not isinstance(logits, Tensor):
        raise ValueError(f"expected logits as a torch.Tensor, got {kind(logits)}")
    if logits.ndim != 2 or len(logits) != count or not logits.shape[1]:
        raise ValueError(f"expected logits ({count}, classes), got {shape(logits)}")
    if not logits.is_floating_point():
        raise ValueError(f"expected floating-point logits, got {logits.dtype}")


def check_finite(values: Tensor, what: str, epsilon: float | None = None) -> None:
    """`values` are (N, ...), those of a picture in its row. Raises NotFiniteError."""
    rows = values.flatten(1)
    broken = ~rows.isfinite()
    if broken.any():
        picture = int(broken.any(dim=1).nonzero()[0])
        raise NotFiniteError(what, rows[picture][broken[picture]][0].item(), picture, epsilon)
