"""Attacked on one network, read by another: how far what fools the one fools the other.

A direction lives in the pixels that a model takes. The scramble is a layer of the model, so these
are pixels in our order for every variant, and a direction of one is as good for another as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor, nn

from models import PRETRAINED, VARIANTS, Dataset, PretrainedError, Variant
from models.cards import GRID, read_arrays
from models.errors import script_command
from nudge.attacks import fgsm_direction
from nudge.data import to_pixels
from nudge.files import replacing
from nudge.inference import for_inference
from nudge.sweep import BATCH_SIZE, accuracy_curve

# Coarser than a curve's grid: sixteen curves to a data set, most of which fall below 0.1.
EPSILONS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3)

RECORD = PRETRAINED / "transfer.npz"


@dataclass(frozen=True, eq=False)
class Transfer:
    """Pictures read right, by the network that is attacked and the network that reads them."""

    epsilons: tuple[float, ...]  # K of them, the first 0
    # (K, source, target), both in the same order: the diagonal is the usual attack. A source more,
    # the last, is the control, a random nudge of the same size, where that was counted.
    correct: NDArray[np.int64]
    total: int

    def at(self, epsilon: float) -> NDArray[np.int64]:
        """What is right at one of the epsilons: (source, target)."""
        counts: NDArray[np.int64] = self.correct[self.epsilons.index(epsilon)]
        return counts

    def nearest(self, epsilon: float) -> float:
        """The measured epsilon nearest to `epsilon`, the smaller of two."""
        return nearest(self.epsilons, epsilon)

    @property
    def clean(self) -> NDArray[np.int64]:
        """What is right without a nudge: (target,)."""
        counts: NDArray[np.int64] = self.correct[0, 0]
        return counts


def nearest(grid: Sequence[float], epsilon: float) -> float:
    """The one of the grid that is nearest to `epsilon`, the smaller of two."""
    return min(grid, key=lambda e: (abs(e - epsilon), e))


def averages(found: Transfer, epsilon: float) -> tuple[float, float, float]:
    """Mean accuracy over the networks: along their own gradient, along another's, and at random.

    Fractions of 1; the control must have been counted, too.
    """
    *square, control = found.at(epsilon) / found.total
    among, own = np.array(square), np.eye(len(control), dtype=bool)
    return float(among[own].mean()), float(among[~own].mean()), float(control.mean())


def networks(dataset: Dataset) -> tuple[Variant, ...]:
    """The variants of a data set in the order of sources and targets."""
    return tuple(v for v in VARIANTS.values() if v.dataset is dataset)


def stream_transfer(
    models: Sequence[nn.Module],
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float] = EPSILONS,
    *,
    control: Tensor | None = None,
    batch_size: int = BATCH_SIZE,
    between: Callable[[], None] = lambda: None,
) -> Iterator[Transfer]:
    """Counts in the making: over no picture, then over those so far after every batch.

    >>> models = [load_model(v) for v in networks(Dataset.FASHION)]
    >>> *_, found = stream_transfer(models, *load_split("fashion", "test"))
    >>> found.correct.shape, found.total
    ((10, 4, 4), 10000)

    Args:
        models: each is a source and a target; all on one device, in eval mode.
        images: stored pictures, uint8 (N, 28, 28).
        labels: int64 (N,), the true classes.
        epsilons: each in [0, 1].
        control: directions (N, 1, 28, 28) of no network, counted as one source more, the last.
        batch_size: pictures at a time.
        between: called after each network's reading of a batch, as in `stream_predictions`.

    Raises:
        ValueError: an argument is not as said.
    """
    sources = len(models) + (control is not None)
    correct = np.zeros((len(epsilons), sources, len(models)), dtype=np.int64)
    yield Transfer(tuple(epsilons), correct, 0)
    readers = [for_inference(model) for model in models]
    for start in range(0, len(images), batch_size):
        batch = slice(start, start + batch_size)
        noise = None if control is None else control[batch]
        pictures = images[batch], labels[batch]
        correct = correct + _counts(models, readers, *pictures, epsilons, noise, between)
        yield Transfer(tuple(epsilons), correct, min(start + batch_size, len(images)))


def _counts(
    models: Sequence[nn.Module],
    readers: Sequence[nn.Module],
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float],
    control: Tensor | None,
    between: Callable[[], None],
) -> NDArray[np.int64]:
    """Of one batch: (K, source, target)."""
    device = next((p.device for p in models[0].parameters()), images.device)
    pictures, truth = to_pixels(images.to(device)), labels.to(device)
    directions = [fgsm_direction(model, pictures, truth) for model in models]
    if control is not None:
        directions.append(control)
    counts = np.empty((len(epsilons), len(directions), len(readers)), dtype=np.int64)
    for source, direction in enumerate(directions):
        for target, reader in enumerate(readers):
            curve = accuracy_curve(reader, pictures, truth, epsilons, directions=direction)
            counts[:, source, target] = curve.correct
            between()
    return counts


def save_transfer(dataset: Dataset, found: Transfer, path: Path | None = None) -> None:
    """Record a measurement and the weights it was made with; other data sets' stay.

    Raises OSError, and PretrainedError where what is there already is damaged.
    """
    path = path or RECORD
    with FileLock(path.with_name(".index.lock")):
        kept = read_arrays(path) if path.exists() else {}
        merged = kept | {
            f"{dataset}": found.correct.astype(np.int32),
            f"{dataset}-epsilons": np.array(found.epsilons),
            f"{dataset}-total": np.array(found.total),
            f"{dataset}-weights": np.array(_weights(dataset)),
        }
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **merged)  # type: ignore[arg-type]


def read_transfer(dataset: Dataset, path: Path | None = None) -> Transfer:
    """What was recorded over the full test set, and the control as the cards have it.

    Raises:
        PretrainedError: the file or the record is missing, damaged, or made with other weights.
    """
    path = path or RECORD
    arrays = read_arrays(path)
    mend = script_command("transfer", dataset)
    try:
        correct, epsilons, total, weights = (
            arrays[f"{dataset}{part}"] for part in ("", "-epsilons", "-total", "-weights")
        )
    except KeyError as error:
        raise PretrainedError(
            "The transfer of attacks was not recorded", where=path, mend=mend
        ) from error
    count = len(networks(dataset))
    if not (
        all(isinstance(array, np.ndarray) for array in (correct, epsilons, total, weights))
        and correct.dtype.kind in "iu"
        and correct.shape == (*epsilons.shape, count, count)
        and set(epsilons.flat) <= set(GRID)
        and total.shape == ()
        and total.dtype.kind in "iu"
        and total > 0
    ):
        raise PretrainedError(
            "The transfer of attacks cannot be read",
            where=path,
            expected=f"counts (K, {count}, {count}), K epsilons and a total",
            found=f"shapes {correct.shape}, {epsilons.shape} and {total.shape}",
            mend=mend,
        )
    if weights.tolist() != _weights(dataset):
        raise PretrainedError(
            "The transfer of attacks was recorded with other weights", where=path, mend=mend
        )
    counts = np.concatenate([correct, _control(dataset, epsilons.tolist())], axis=1)
    return Transfer(tuple(epsilons.tolist()), counts.astype(np.int64), int(total))


def _control(dataset: Dataset, epsilons: Sequence[float]) -> NDArray[np.int64]:
    """The cards' counts under a random nudge: (K, 1, target)."""
    cards = [variant.card for variant in networks(dataset)]
    return np.array([[[c.random[c.epsilons.index(e)] for c in cards]] for e in epsilons])


def _weights(dataset: Dataset) -> list[str]:
    """The checksums of the weights, as the cards have them."""
    return [variant.card.sha256 for variant in networks(dataset)]
