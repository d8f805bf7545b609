"""Pictures held out of the training sets, to choose hyperparameters by: never the test sets."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from models import Dataset
from models.zoo import find_dataset
from nudge.argument_checks import check_split
from nudge.data.splits import Split

FASHION_HELD_OUT = 10_000  # the last ones, as many as the test set has
SIGN_HELD_OUT = 0.2  # of the groups of near-copies
# Correlation of two pictures from which on they count as copies of one photograph. With it the
# pictures held out lie about as far from the training pictures as the test pictures do: the median
# Euclidean distance to the nearest is 2.60 against 2.45. (A threshold of 0.93 makes it 2.93.)
NEAR_COPY = 0.985


def hold_out(dataset: Dataset, train: Split) -> tuple[Split, Split]:
    """Split a training set in two: pictures to train on, and pictures to validate on.

    Sign's is some 1,300 photographs, each 16 to 50 times through filters. Held-out copies of what
    is trained on would all be recognised, so near-copies stay on one side. Raises ValueError where
    there is no such data set, or the split is none.
    """
    check_split(train)
    if find_dataset(dataset) is Dataset.FASHION:
        held_out = torch.arange(len(train.labels)) >= len(train.labels) - FASHION_HELD_OUT
    else:
        groups = near_copies(train)
        count = int(groups.max()) + 1
        chosen = np.random.default_rng(0).permutation(count) < SIGN_HELD_OUT * count
        held_out = torch.from_numpy(chosen[groups])
    kept, out = (Split(train.images[at], train.labels[at]) for at in (~held_out, held_out))
    return kept, out


def near_copies(split: Split) -> NDArray[np.int64]:
    """The group of each picture: int64 (N,), counted from 0.

    Pictures of a class are in one group if they, or others between them, correlate by more than
    `NEAR_COPY`. Raises ValueError where the split is none.
    """
    check_split(split)
    pixels = split.images.flatten(1).float()
    pixels = pixels - pixels.mean(dim=1, keepdim=True)
    pixels = pixels / pixels.norm(dim=1, keepdim=True).clamp_min(1e-6)
    groups = np.empty(len(pixels), dtype=np.int64)
    count = 0
    for label in sorted(set(split.labels.tolist())):
        members = (split.labels == label).nonzero().flatten()
        similar = pixels[members] @ pixels[members].T > NEAR_COPY
        found, group = connected_components(csr_array(similar.numpy()), directed=False)
        groups[members.numpy()] = count + group
        count += found
    return groups
