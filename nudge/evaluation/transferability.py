"""Attacked on one network, classified by another: whether what fools the one fools the other.

A direction lives in the pixels that a model takes. The scramble is a layer of the model, so these
are pixels in our order for every variant, and a direction of one is as good for another as it is.
"""

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import SupportsFloat

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor, nn

from models import (
    PRETRAINED,
    STANDARD,
    VARIANTS,
    Architecture,
    Dataset,
    PixelOrder,
    PretrainedError,
    Variant,
)
from models.card_files import read_arrays
from models.epsilons import EPSILONS, step_of
from models.errors import script_command
from models.zoo import TRAINED_HERE, find_dataset
from nudge.argument_checks import (
    as_epsilon,
    as_epsilons,
    check_directions,
    check_labels,
    check_model,
    check_pictures,
    kind,
)
from nudge.attacks import fgsm_gradient
from nudge.attacks.model_outputs import numbered
from nudge.batch_size import as_batch_size
from nudge.evaluation.fused_inference import for_inference
from nudge.evaluation.predictions import batches, predictions_along, prepared
from nudge.files import write_npz

# Coarser than a curve's grid: sixteen curves to a data set, most of which fall below 0.1.
TRANSFER_EPSILONS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3)

RECORD = PRETRAINED / "transfer.npz"


@dataclass(frozen=True, eq=False)
class Transfer:
    """Pictures classified correctly, by the network attacked and the network that classifies."""

    epsilons: tuple[float, ...]  # K of them, the first 0
    # (K, source, target), both in the same order: the diagonal is the usual attack. A source more,
    # the last, is the control, a random nudge of the same size, where that was counted.
    correct: NDArray[np.int64]
    total: int
    # Pictures out of `total` whose gradient is zero everywhere, so that FGSM leaves them as they
    # are: (source,), the control left out. None where that was not recorded.
    zero_gradients: NDArray[np.int64] | None = None

    def at(self, epsilon: float) -> NDArray[np.int64]:
        """What is right at one of the epsilons: (source, target). Raises ValueError elsewhere."""
        counts: NDArray[np.int64] = self.correct[step_of(self.epsilons, epsilon)]
        return counts

    def __add__(self, other: "Transfer") -> "Transfer":
        """The counts over the pictures of both. Raises ValueError where they count other things."""
        if self.epsilons != other.epsilons or self.correct.shape != other.correct.shape:
            raise ValueError(
                f"expected counts {self.correct.shape} at the same epsilons, "
                f"got {other.correct.shape} at {other.epsilons}"
            )
        zeros = None
        if self.zero_gradients is not None and other.zero_gradients is not None:
            zeros = self.zero_gradients + other.zero_gradients
        total, correct = self.total + other.total, self.correct + other.correct
        return Transfer(self.epsilons, correct, total, zeros)

    @property
    def clean(self) -> NDArray[np.int64]:
        """What is right without a nudge: (target,)."""
        counts: NDArray[np.int64] = self.correct[0, 0]
        return counts


def nearest(grid: Sequence[float], epsilon: float) -> float:
    """The one of the grid that is nearest to `epsilon`, the smaller of two.

    Raises ValueError where the grid is empty, or holds or is asked for what is no epsilon.
    """
    if not as_epsilons(grid):
        raise ValueError("expected at least one epsilon in the grid, got none")
    epsilon = as_epsilon(epsilon)
    return min(grid, key=lambda e: (abs(e - epsilon), e))


def averages(found: Transfer, epsilon: float) -> tuple[float, float, float]:
    """Mean accuracy over the networks: along their own gradient, along another's, and at random.

    Fractions of 1; the control must have been counted, too. Raises ValueError where it was not,
    over no picture, and at no epsilon of what was counted.
    """
    _, sources, targets = found.correct.shape
    if sources != targets + 1 or not found.total:
        raise ValueError(
            f"expected counts of {targets + 1} sources, the control the last, over some pictures, "
            f"got {sources} sources over {found.total}"
        )
    *square, control = found.at(epsilon) / found.total
    among, own = np.array(square), np.eye(len(control), dtype=bool)
    return float(among[own].mean()), float(among[~own].mean()), float(control.mean())


def networks(dataset: Dataset, trainings_of: Architecture | None = None) -> tuple[Variant, ...]:
    """The variants of a data set in the order of sources and targets.

    The four standard ones, or one network on ordered pixels in all regimes that it was trained in.
    Raises ValueError where there is no such data set.
    """
    dataset = find_dataset(dataset)
    if trainings_of is None:
        return tuple(v for v in STANDARD.values() if v.dataset is dataset)
    kind = (dataset, trainings_of, PixelOrder.ORDERED)
    return tuple(v for v in VARIANTS.values() if (v.dataset, v.architecture, v.pixels) == kind)


def groups(dataset: Dataset) -> tuple[Architecture | None, ...]:
    """What `networks` knows of a data set: the four, and whatever was trained in several regimes.

    Raises ValueError where there is no such data set.
    """
    several = (a for a in TRAINED_HERE if len(networks(dataset, a)) > 1)
    return (None, *several)


def _key(dataset: Dataset, trainings_of: Architecture | None) -> str:
    return f"{dataset}-{trainings_of}" if trainings_of else f"{dataset}"


def stream_transfer(
    models: Sequence[nn.Module],
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat] = TRANSFER_EPSILONS,
    *,
    control: Tensor | None = None,
    batch_size: int | None = None,
) -> Iterator[Transfer]:
    """Counts in the making: over no picture, then over those so far after every batch.

    >>> models = [load_model(v) for v in networks(Dataset.FASHION)]
    >>> *_, found = stream_transfer(models, *load_split("fashion", "test"))
    >>> found.correct.shape, found.total
    ((10, 4, 4), 10000)

    Arguments and errors are those of `transfer_counter`; raises ValueError of a batch size below 1.
    """
    count = transfer_counter(models, images, labels, epsilons, control=control)
    size = as_batch_size(batch_size, models)
    slices = (slice(0), *batches(len(images), size))
    return itertools.accumulate(map(count, slices), operator.add)


def transfer_counter(
    models: Sequence[nn.Module],
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat] = TRANSFER_EPSILONS,
    *,
    control: Tensor | None = None,
    yield_to: Callable[[], None] = lambda: None,
) -> Callable[[slice], Transfer]:
    """A function that counts any batch of the pictures; counts of several batches can be added.

    It may be called in any order and by several threads at once.

    Args:
        models: at least one, each a source and a target; all on one device, in eval mode.
        images: stored pictures, uint8 (N, 28, 28), or others as `accuracy_curve` takes them.
        labels: int64 (N,), the true classes.
        epsilons: each in [0, 1], in any order.
        control: directions (N, 1, 28, 28) of no network, counted as one source more, the last.
        yield_to: called after each forward pass, as in `batch_counter`.

    Raises:
        ValueError: as of `accuracy_curve`; what is wrong of values is said by their batch.
    """
    if not isinstance(models, list | tuple) or not models:
        raise ValueError(f"expected a list of models, got {kind(models) if models else 'none'}")
    for model in models:
        check_model(model)
    check_pictures(images)
    check_labels(labels, len(images))
    if control is not None:
        check_directions(control, len(images))
    grid = as_epsilons(epsilons)
    targets = [for_inference(model) for model in models]
    sources = len(models) + (control is not None)

    def count(batch: slice) -> Transfer:
        places = range(len(images))[batch]
        correct = np.zeros((len(grid), sources, len(models)), dtype=np.int64)
        zeros = np.zeros(len(models), dtype=np.int64)
        if not places:
            return Transfer(grid, correct, 0, zeros)
        pictures = prepared(models[0], images[batch])
        truth = labels[batch].to(pictures.device)
        with numbered(places, epsilon=0):
            gradients = [fgsm_gradient(model, pictures, truth) for model in models]
            directions = [gradient.direction for gradient in gradients]
            if control is not None:
                directions.append(control[batch].to(pictures.device))
            for (i, direction), (j, target) in itertools.product(
                enumerate(directions), enumerate(targets)
            ):
                found = predictions_along(
                    target, pictures, truth, direction, grid, yield_to=yield_to
                )
                correct[:, i, j] = (found == truth.cpu()).sum(dim=1).numpy()
        zeros += np.array([int(gradient.zero.sum()) for gradient in gradients])
        return Transfer(grid, correct, len(places), zeros)

    return count


def save_transfer(
    dataset: Dataset,
    found: Transfer,
    path: Path | None = None,
    *,
    trainings_of: Architecture | None = None,
    weights: Sequence[str] | None = None,
) -> None:
    """Record a measurement and the weights it was made with; those of other networks stay.

    `weights` are their checksums, as `weights_of` gave them before the count; by default those of
    the cards as they are now. Raises OSError, and PretrainedError where what is there already is
    damaged.
    """
    path = path or RECORD
    with FileLock(path.with_name(".index.lock")):
        key = _key(dataset, trainings_of)
        record = {
            key: found.correct.astype(np.int32),
            f"{key}-epsilons": np.array(found.epsilons),
            f"{key}-total": np.array(found.total),
            f"{key}-weights": np.array(weights or weights_of(networks(dataset, trainings_of))),
        }
        write_npz(path, read_arrays(path, missing_ok=True) | record)


def read_transfer(
    dataset: Dataset, path: Path | None = None, *, trainings_of: Architecture | None = None
) -> Transfer:
    """What was recorded over the full test set, and the control as the cards have it.

    Raises:
        PretrainedError: the file or the record is missing, damaged, or made with other weights.
    """
    path = path or RECORD
    arrays = read_arrays(path)
    refused = partial(PretrainedError, where=path, mend=script_command("transfer", dataset))
    key, among = _key(dataset, trainings_of), networks(dataset, trainings_of)
    parts = (f"{key}{part}" for part in ("", "-epsilons", "-total", "-weights"))
    try:
        correct, epsilons, total, weights = map(arrays.__getitem__, parts)
    except KeyError as error:
        raise refused("The transfer of attacks was not recorded") from error
    if weights.tolist() != weights_of(among):
        raise refused("The transfer of attacks was recorded with other weights")
    count = len(among)
    shapes_fit = correct.shape == (*epsilons.shape, count, count) and total.shape == ()
    whole = correct.dtype.kind in "iu" and total.dtype.kind in "iu"
    if not (shapes_fit and whole and total > 0 and set(epsilons.flat) <= set(EPSILONS)):
        raise refused(
            "The transfer of attacks cannot be read",
            expected=f"counts (K, {count}, {count}), K epsilons and a total",
            found=f"shapes {correct.shape}, {epsilons.shape} and {total.shape}",
        )
    counts = np.concatenate([correct, _control(among, epsilons.tolist())], axis=1)
    return Transfer(tuple(epsilons.tolist()), counts.astype(np.int64), int(total))


def _control(among: Sequence[Variant], epsilons: Sequence[float]) -> NDArray[np.int64]:
    """The cards' counts under a random nudge: (K, 1, target)."""
    cards = [variant.card for variant in among]
    return np.array([[[c.random[c.epsilons.index(e)] for c in cards]] for e in epsilons])


def weights_of(among: Sequence[Variant]) -> list[str]:
    """The checksums of the weights, as the cards have them. Raises PretrainedError."""
    return [variant.card.sha256 for variant in among]
