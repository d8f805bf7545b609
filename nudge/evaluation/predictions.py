"""What a model makes of pictures as they move, batch by batch: where every count comes from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from nudge.argument_checks import (
    as_epsilons,
    check_directions,
    check_images,
    check_labels,
    check_model,
    check_module,
    check_pictures,
)
from nudge.attacks import Gradient, fgsm_gradient
from nudge.attacks.model_outputs import check_finite, check_logits, explained, numbered, tensors
from nudge.batch_size import as_batch_size
from nudge.data import to_pixels
from nudge.evaluation.fused_inference import for_inference, logits_along


@dataclass(frozen=True, eq=False)
class Batch:
    """What was found of n pictures."""

    predictions: Tensor  # int16 (K, n), on the CPU
    zero_gradient: Tensor  # bool (n,), on the CPU: zero everywhere; False along given directions


def batches(total: int, size: int) -> Iterator[slice]:
    """`total` pictures in slices of `size`, the last of what is left."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))


def stream_batches(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    directions: Tensor | None = None,
    gradient: Callable[[nn.Module, Tensor, Tensor], Gradient] = fgsm_gradient,
    batch_size: int | None = None,
    yield_to: Callable[[], None] = lambda: None,
) -> Iterator[Batch]:
    """What a model makes of each batch of pictures as they move, in their order.

    Arguments and errors are those of `batch_counter`; raises ValueError of a batch size below 1.
    """
    count = batch_counter(
        model,
        images,
        labels,
        epsilons,
        directions=directions,
        gradient=gradient,
        yield_to=yield_to,
    )
    return map(count, batches(len(images), as_batch_size(batch_size, [model])))


def batch_counter(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    directions: Tensor | None = None,
    gradient: Callable[[nn.Module, Tensor, Tensor], Gradient] = fgsm_gradient,
    yield_to: Callable[[], None] = lambda: None,
) -> Callable[[slice], Batch]:
    """A function that says of any batch of the pictures what the model makes of them as they move.

    Batches may be asked for in any order and by several threads at once. Without `directions`,
    pictures move along what `gradient` finds at them. `yield_to` is called after each forward pass,
    where a server may let something else go first. Other arguments and errors are those of
    `accuracy_curve`: what is wrong with an argument is raised at once, what is wrong with a value
    with its batch.
    """
    grid = as_epsilons(epsilons)
    check_model(model)
    check_pictures(images)
    check_labels(labels, len(images))
    if directions is not None:
        check_directions(directions, len(images))
    network = for_inference(model)

    def count(batch: slice) -> Batch:
        pictures = prepared(model, images[batch])
        truth = labels[batch].to(pictures.device)
        clean, zeros = None, torch.zeros(len(truth), dtype=torch.bool)
        with numbered(range(len(images))[batch], epsilon=0):
            if directions is None:
                found = gradient(model, pictures, truth)
                direction, clean, zeros = found.direction, found.logits, found.zero.cpu()
            else:
                direction = directions[batch].to(pictures.device, pictures.dtype)
            along = predictions_along(
                network, pictures, truth, direction, grid, clean=clean, yield_to=yield_to
            )
        return Batch(along, zeros)

    return count


def prepared(model: nn.Module, images: Tensor) -> Tensor:
    """Pictures on the model's device: stored ones as pixels of the kind of its weights.

    Either kind that `accuracy_curve` takes, (N, 1, 28, 28) in the end.
    """
    check_module(model)
    check_pictures(images)
    there = images.to(next((v.device for v in tensors(model)), images.device))
    if images.dtype != torch.uint8:
        return there
    weights = (v.dtype for v in tensors(model) if v.is_floating_point())
    return to_pixels(there, next(weights, torch.float32))


@torch.inference_mode()
def predictions_along(
    network: nn.Module,
    pictures: Tensor,
    labels: Tensor,
    direction: Tensor,
    epsilons: Sequence[float],
    *,
    clean: Tensor | None = None,
    yield_to: Callable[[], None] = lambda: None,
) -> Tensor:
    """The class predicted for each picture of one batch at each epsilon: int16 (K, n), on the CPU.

    `network` comes from `for_inference`; `clean` are the logits at epsilon 0 where they are known
    already. Other arguments and errors are those of `accuracy_curve`, but all are on one device.
    """
    grid = as_epsilons(epsilons)
    check_model(network)
    check_images(pictures, values=False)
    check_labels(labels, len(pictures))
    shape = (len(grid), len(pictures))
    predictions = torch.empty(shape, dtype=torch.int16, device=pictures.device)
    order = sorted(range(len(grid)), key=grid.__getitem__)
    if clean is not None:
        check_logits(clean, len(pictures))
        known = [i for i in order if grid[i] == 0]
        predictions[known] = clean.argmax(dim=1).to(torch.int16)
        order = order[len(known) :]
    ascending = [grid[i] for i in order]
    probe = None
    with explained(network, pictures):
        along = logits_along(network, pictures, direction, ascending)
        for i, logits in zip(order, along, strict=True):
            if probe is None:
                check_logits(logits, len(pictures))
                check_labels(labels, len(pictures), logits.shape[1])
                probe = torch.zeros_like(logits)
            # 0 times NaN or infinity is NaN: a look at every epsilon for the price of an addition.
            probe.add_(logits, alpha=0)
            predictions[i] = logits.argmax(dim=1)
            yield_to()
    if probe is not None and probe.isnan().any():
        _name_first(network, pictures, direction, ascending, probe)
    return predictions.cpu()


def _name_first(
    network: nn.Module,
    pictures: Tensor,
    direction: Tensor,
    epsilons: Sequence[float],
    probe: Tensor,
) -> None:
    """Compute it all once more to find the epsilon at which the first picture fails."""
    first = int(probe.isnan().any(dim=1).nonzero()[0])
    one = slice(first, first + 1)
    with numbered([first]):
        found = logits_along(network, pictures, direction, epsilons)
        for epsilon, logits in zip(epsilons, found, strict=True):
            check_finite(logits[one], "logits", epsilon)
        check_finite(probe[one], "logits")  # a model that does not fail twice
