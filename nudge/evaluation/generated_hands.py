"""What is measured of the generated hands: how they are classified, and how far from real ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import CLASSES, VARIANTS, Dataset, Variant, load_model
from nudge.argument_checks import as_count, check_split, check_stored, check_tensor
from nudge.data import Split, digest
from nudge.data.generated_hands import HandsCard
from nudge.evaluation.predictions import stream_batches
from nudge.evaluation.sweep import EPSILONS, flip_steps_of

NETWORKS = tuple(v for v in VARIANTS.values() if v.dataset is Dataset.SIGN)
PERCENTAGES = (0, 5, 50, 95)  # percent: the smallest distance, and those that so many are below


def measure_hands(
    hands: Split, train: Split, test: Split, facts: Mapping[str, Any]
) -> tuple[HandsCard, dict[str, NDArray[np.uint8]]]:
    """Their card, and by network the step at which each hand is first misclassified.

    `train` and `test` are the official splits; `facts` are the `FACTS`. Raises ValueError where
    pictures or labels are none.
    """
    for split in (hands, train, test):
        check_split(split, len(CLASSES[Dataset.SIGN]))
    flip_steps = {variant.id: hands_flip_steps(variant, hands) for variant in NETWORKS}
    card = HandsCard(
        total=len(hands.labels),
        sha256=digest(*hands),
        data_sha256={"train": digest(*train), "test": digest(*test)},
        weights={variant.id: variant.card.sha256 for variant in NETWORKS},
        read_as_meant={name: int((steps > 0).sum()) for name, steps in flip_steps.items()},
        distances=at_percentages(nearest_distances(hands.images, train.images)),
        test_distances=at_percentages(nearest_distances(test.images, train.images)),
        **facts,
    )
    return card, flip_steps


def nearest_distances(images: Tensor, others: Tensor) -> Tensor:
    """From each picture to the nearest of the others: L2 of pixels in [0, 1], float64 (N,).

    Both are uint8 (N, 28, 28). Squares of whole numbers are added up without rounding, so that a
    copy has distance 0 and nothing else has. Raises ValueError of other pictures, and where there
    are no others.
    """
    check_stored(images)
    check_stored(others, "others")
    as_count(len(others), "a count of others", least=1)
    there = others.flatten(1).double()
    lengths = there.square().sum(dim=1)
    nearest = [torch.empty(0, dtype=torch.float64)]
    for some in images.flatten(1).double().split(256):  # type: ignore[no-untyped-call]
        squares = some.square().sum(dim=1, keepdim=True) + lengths - 2 * some @ there.T
        nearest.append(squares.amin(dim=1).sqrt() / 255)
    return torch.cat(nearest)


def at_percentages(distances: Tensor) -> dict[str, float]:
    """The distances that so many per cent are at most, by `PERCENTAGES`.

    Raises ValueError where there are none.
    """
    check_tensor(distances, "distances")
    as_count(distances.numel(), "a count of distances", least=1)
    found = zip(PERCENTAGES, np.percentile(distances.numpy(), PERCENTAGES).tolist(), strict=True)
    return {f"{percent} %": round(distance, 4) for percent, distance in found}


def hands_flip_steps(variant: Variant, hands: Split) -> NDArray[np.uint8]:
    """The step at which FGSM first flips each hand: uint8 (N,), `NEVER_FLIPS` where none does.

    Raises PretrainedError, and ValueError where pictures or labels are none.
    """
    check_split(hands, len(CLASSES[Dataset.SIGN]))
    batches = stream_batches(load_model(variant), *hands, EPSILONS)
    found = torch.cat([batch.predictions for batch in batches], dim=1)
    return flip_steps_of(found == hands.labels)
