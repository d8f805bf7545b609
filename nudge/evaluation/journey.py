"""Where an embedding of the last hidden layer puts pictures, and where they go as epsilon grows.

An embedding is fitted once, on clean pictures, and then places attacked ones in the same drawing.
t-SNE (arXiv:1301.3342, openTSNE's transform) keeps neighbours together and not distances; the plain
alternative is the plane of the two directions in which clean pictures differ most (PCA).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nudge.argument_checks import as_epsilons, check_model, check_split
from nudge.attacks import fgsm_direction, nudge, random_direction
from nudge.data import Split, to_pixels
from nudge.evaluation.hidden_layer import last_hidden
from nudge.evaluation.measurement import RANDOM_SEED

PICTURES = 1000  # the first ones of the official test set
# Close together where most pictures flip; in between dots move along straight lines.
EPSILONS = (
    *(0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08),
    *(0.1, 0.125, 0.15, 0.2, 0.25, 0.3),
)
UNITS = {"tsne": 200, "pca": 1000}  # whole numbers to one unit of an embedding
_LARGEST = np.iinfo(np.int16).max
SEED = 0
PERPLEXITY = 30


class Embedding(StrEnum):
    TSNE = "tsne"
    PCA = "pca"


class Nudge(StrEnum):
    FGSM = "fgsm"
    RANDOM = "random"


@dataclass(frozen=True)
class Journey:
    """The first pictures of a test set, moved under both nudges."""

    places: NDArray[np.int16]  # (embedding, nudge, epsilon, picture, 2), in `UNITS`
    predictions: NDArray[np.uint8]  # (nudge, epsilon, picture)
    fitted: NDArray[np.int16]  # (picture, 2): what t-SNE was fitted to be; places are told from it


Place = Callable[[NDArray[np.float32]], NDArray[np.floating[Any]]]  # (N, hidden) to (N, 2)


def measure_journey(
    model: nn.Module,
    split: Split,
    progress: Callable[[], object],
    fitted: NDArray[np.int16] | None = None,
) -> Journey:
    """Fit both embeddings on the clean pictures and place the attacked ones.

    Needs openTSNE. Raises ValueError of what is no model or split.

    Args:
        model, split: whose first `PICTURES` are placed.
        progress: is called 2 * 2 * K times.
        fitted: t-SNE's drawing of the clean pictures, as in `Journey`. Without it t-SNE is fitted,
            which ends in another drawing on another processor: its many steps amplify the rounding.
    """
    hidden, predictions = hidden_layers(model, split)
    clean = hidden[0, 0]
    fitted = fit_tsne(clean) if fitted is None else fitted
    fits = {Embedding.TSNE: _tsne(clean, fitted), Embedding.PCA: _pca(clean)}
    places = np.zeros((len(Embedding), *hidden.shape[:3], 2), dtype=np.int16)
    for embedding, place in fits.items():
        for nudge_index, epsilon_index in np.ndindex(*hidden.shape[:2]):
            values = place(hidden[nudge_index, epsilon_index])
            row = list(Embedding).index(embedding)
            places[row, nudge_index, epsilon_index] = whole(values, embedding)
            progress()
    return Journey(places, predictions, fitted)


def hidden_layers(
    model: nn.Module, split: Split, epsilons: Iterable[float] = EPSILONS
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The last hidden layer under each nudge at each epsilon, and what is predicted from it.

    Returns float32 (nudge, K, N, hidden) and uint8 (nudge, K, N) of the first `PICTURES`. Raises
    ValueError of what is no model, split or epsilon.
    """
    check_model(model)
    check_split(split)
    images, labels = to_pixels(split.images[:PICTURES]), split.labels[:PICTURES]
    grid = as_epsilons(epsilons)
    ways = {
        Nudge.FGSM: _in_batches(lambda i, y: fgsm_direction(model, i, y), images, labels),
        Nudge.RANDOM: random_direction(len(split.labels), seed=RANDOM_SEED)[:PICTURES],
    }
    hidden, predicted = [], []
    for way in ways.values():
        moved = [nudge(images, way, epsilon) for epsilon in grid]
        hidden.append(torch.stack([last_hidden(model, pictures) for pictures in moved]))
        predicted.append(torch.stack([_predict(model, pictures) for pictures in moved]))
    return torch.stack(hidden).numpy(), torch.stack(predicted).numpy().astype(np.uint8)


def whole(values: NDArray[np.floating[Any]], embedding: Embedding) -> NDArray[np.int16]:
    """Places as they are stored. Raises ValueError of one that is too far out."""
    units = np.rint(values * UNITS[embedding])
    if not np.abs(units).max(initial=0) <= _LARGEST:
        raise ValueError(f"expected places up to {_LARGEST}, got {np.abs(units).max()}")
    rounded: NDArray[np.int16] = units.astype(np.int16)
    return rounded


def places_again(
    clean: NDArray[np.float32],
    moved: NDArray[np.float32],
    fitted: NDArray[np.int16],
    embedding: Embedding,
) -> NDArray[np.int16]:
    """Where an embedding puts pictures, told from the clean ones' layer and what was fitted.

    Args:
        clean, moved: the last hidden layer, float32 (N, hidden).
        fitted: as in `Journey`; PCA needs none.
    """
    if embedding is Embedding.PCA:
        return whole(_pca(clean)(moved), embedding)
    return whole(_tsne(clean, fitted)(moved), embedding)


def fit_tsne(clean: NDArray[np.float32]) -> NDArray[np.int16]:
    """The drawing of the clean pictures in which others find their places: int16 (N, 2)."""
    import openTSNE  # of the scripts alone

    affinities = _affinities(clean)
    start = openTSNE.initialization.pca(clean, random_state=SEED)
    fitted = openTSNE.TSNE(random_state=SEED, n_jobs=1).fit(
        affinities=affinities, initialization=start
    )
    return whole(np.asarray(fitted), Embedding.TSNE)


def _affinities(clean: NDArray[np.float32]) -> Any:
    import openTSNE

    return openTSNE.affinity.PerplexityBasedNN(
        clean, perplexity=PERPLEXITY, metric="cosine", method="exact", n_jobs=1, random_state=SEED
    )


def _tsne(clean: NDArray[np.float32], fit: NDArray[np.int16]) -> Place:
    """Clean pictures are placed as attacked ones are, or all would jump at the first epsilon."""
    import openTSNE

    places = fit / UNITS[Embedding.TSNE]
    fitted = openTSNE.TSNEEmbedding(
        np.ascontiguousarray(places, dtype=np.float64), _affinities(clean), n_jobs=1,
        random_state=SEED,
    )  # fmt: skip

    return lambda moved: np.asarray(fitted.transform(moved))


def _pca(clean: NDArray[np.float32]) -> Place:
    mean = clean.mean(axis=0, dtype=np.float64)
    _, spread, axes = np.linalg.svd(clean - mean, full_matrices=False)
    signs = np.sign(axes[:2, np.abs(axes[:2]).argmax(axis=1)].diagonal())  # SVD leaves them open
    unit = spread[0] / np.sqrt(len(clean))
    towards = (axes[:2] * signs[:, None]).T / unit
    return lambda moved: (moved - mean) @ towards


def _in_batches(
    act: Callable[[Tensor, Tensor], Tensor], images: Tensor, labels: Tensor, size: int = 250
) -> Tensor:
    starts = range(0, len(labels), size)
    return torch.cat([act(images[i : i + size], labels[i : i + size]) for i in starts])


@torch.inference_mode()
def _predict(model: nn.Module, pictures: Tensor) -> Tensor:
    return _in_batches(lambda i, _: model(i).argmax(dim=1), pictures, torch.zeros(len(pictures)))
