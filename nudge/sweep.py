"""How accuracy falls as epsilon grows: K epsilons for one gradient and K forward passes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.cards import NEVER
from nudge.attacks import (
    check_classes,
    check_directions,
    check_epsilon,
    check_images,
    check_labels,
    fgsm_direction_and_logits,
)
from nudge.data import to_pixels
from nudge.inference import for_inference, logits_along

# Every page, card and curve uses this grid: fine, because most of the fall lies below 0.05.
EPSILON_STEP = 0.005
EPSILONS = tuple(round(i * EPSILON_STEP, 3) for i in range(61))  # 0, 0.005, ... 0.3

# Small enough for the activations to stay in cache, large enough to use both cores.
BATCH_SIZE = 100


@dataclass(frozen=True)
class AccuracyCurve:
    """Counts of pictures classified correctly (top-1), by epsilon."""

    epsilons: tuple[float, ...]
    correct: tuple[int, ...]
    total: int

    @property
    def accuracy(self) -> tuple[float, ...]:
        """Fractions of 1; NaN over no pictures."""
        return tuple(c / self.total if self.total else float("nan") for c in self.correct)


def accuracy_curve(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float],
    *,
    directions: Tensor | None = None,
    batch_size: int = BATCH_SIZE,
) -> AccuracyCurve:
    """Count the pictures that stay right when each is moved by epsilon, for every epsilon.

    >>> images, labels = load_split("fashion", "test")
    >>> curve = accuracy_curve(load_model("fashion-cnn"), images[:500], labels[:500], [0, 0.1])
    >>> curve.total, len(curve.accuracy)
    (500, 2)

    Args:
        model: maps pictures to logits (N, classes); in eval mode.
        images: float (N, 1, 28, 28) in [0, 1], or stored pictures, uint8 (N, 28, 28).
        labels: int64 (N,), the true classes.
        epsilons: each in [0, 1], in any order.
        directions: (N, 1, 28, 28), what to move along instead of FGSM's direction: the control of
            `random_direction`, or the directions of another model to see whether they transfer.
        batch_size: pictures at a time; changes speed and memory only.

    Raises:
        ValueError: an argument is not as said.
    """
    *_, curve = stream_accuracy_curve(
        model, images, labels, epsilons, directions=directions, batch_size=batch_size
    )
    return curve


def stream_accuracy_curve(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float],
    *,
    directions: Tensor | None = None,
    batch_size: int = BATCH_SIZE,
) -> Iterator[AccuracyCurve]:
    """`accuracy_curve` in the making: over no picture, then over those so far after every batch."""
    batches = stream_predictions(
        model, images, labels, epsilons, directions=directions, batch_size=batch_size
    )
    correct = torch.zeros(len(epsilons), dtype=torch.int64)
    total = 0
    yield AccuracyCurve(tuple(epsilons), tuple(correct.tolist()), total)
    for predictions in batches:
        truth = labels[total : total + predictions.shape[1]].cpu()
        correct += (predictions == truth).sum(dim=1)
        total += len(truth)
        yield AccuracyCurve(tuple(epsilons), tuple(correct.tolist()), total)


def stream_predictions(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float],
    *,
    directions: Tensor | None = None,
    batch_size: int = BATCH_SIZE,
    between: Callable[[], None] = lambda: None,
) -> Iterator[Tensor]:
    """The class read in each picture at each epsilon: int16 (K, n) for every batch of n pictures.

    What a curve counts comes from here. `between` is called after each forward pass, where a server
    may let something else go first. Other arguments and errors are those of `accuracy_curve`; like
    any generator it looks at them when the first batch is asked for.
    """
    for epsilon in epsilons:
        check_epsilon(epsilon)
    check_labels(labels, images)
    if directions is not None:
        check_directions(directions, len(images))
    device = next((p.device for p in model.parameters()), images.device)
    network = for_inference(model)
    for start in range(0, len(images), batch_size):
        batch = slice(start, start + batch_size)
        pictures = images[batch].to(device)
        if pictures.dtype == torch.uint8:
            pictures = to_pixels(pictures)
        truth = labels[batch].to(device)
        clean = None
        if directions is None:
            direction, clean = fgsm_direction_and_logits(model, pictures, truth)
        else:
            check_images(pictures)
            direction = directions[batch].to(device, pictures.dtype)
        yield _predictions(network, pictures, truth, direction, epsilons, clean, between)


@torch.inference_mode()
def _predictions(
    network: nn.Module,
    pictures: Tensor,
    labels: Tensor,
    direction: Tensor,
    epsilons: Sequence[float],
    clean: Tensor | None,
    between: Callable[[], None],
) -> Tensor:
    """The class read in each picture at each epsilon: int16 (K, n), on the CPU.

    `clean` are the logits at epsilon 0 where they are known already.
    """
    shape = (len(epsilons), len(pictures))
    predictions = torch.empty(shape, dtype=torch.int16, device=pictures.device)
    order = sorted(range(len(epsilons)), key=epsilons.__getitem__)
    if clean is not None:
        known = [i for i in order if epsilons[i] == 0]
        predictions[known] = clean.argmax(dim=1).to(torch.int16)
        order = order[len(known) :]
    found = logits_along(network, pictures, direction, [epsilons[i] for i in order])
    for i, logits in zip(order, found, strict=True):
        check_classes(labels, logits)
        predictions[i] = logits.argmax(dim=1)
        between()
    return predictions.cpu()


def first_misses(right: Tensor) -> NDArray[np.uint8]:
    """By picture, where in the epsilons its first wrong answer stands: uint8 (N,).

    `NEVER` where every answer is right. `right` is bool (K, N), the epsilons ascending.
    """
    first = (~right).int().argmax(dim=0)
    first[right.all(dim=0)] = NEVER
    return first.to(torch.uint8).numpy()
