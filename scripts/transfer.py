"""Attack each variant of a group and let the others classify the result.

A group is the four standard variants of a data set, or all trainings of one network.

    python scripts/transfer.py                  # both data sets, into pretrained/transfer.npz
    python scripts/transfer.py sign --check     # compare with what is recorded; 1 on a difference

Run it again when weights have changed: a record made with other weights is not shown.
"""

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np
import torch
from tqdm import tqdm

from models import Architecture, Dataset, load_model
from nudge.data import load_split
from nudge.evaluation.transferability import (
    TRANSFER_EPSILONS,
    Transfer,
    groups,
    networks,
    read_transfer,
    save_transfer,
    stream_transfer,
    weights_of,
)
from scripts.shared import command_line


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_names(options, "data set", Dataset, "datasets")
    command_line.add_device(options)
    options.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    args = options.parse_args()
    device = command_line.device(options, args)
    differences = 0
    asked = map(Dataset, args.datasets or Dataset)
    for dataset, group in ((d, group) for d in asked for group in groups(d)):
        weights = weights_of(networks(dataset, group))
        attempt = partial(measure, dataset, group, data_dir=args.data_dir)
        found, device = command_line.falling_back(device, attempt)
        if args.check:
            differences += _differences(dataset, group, found)
        else:
            save_transfer(dataset, found, trainings_of=group, weights=weights)
    if differences:
        sys.exit("error: what was measured is not what was recorded")


def measure(
    dataset: Dataset, group: Architecture | None, device: torch.device, data_dir: str | None
) -> Transfer:
    """The counts of one group over its full test set."""
    test = load_split(dataset, "test", data_dir)
    models = [load_model(variant, device) for variant in networks(dataset, group)]
    stream = stream_transfer(models, *test, TRANSFER_EPSILONS)
    with tqdm(desc=_named(dataset, group), unit="picture") as bar:
        for found in stream:
            command_line.advance(bar, found.total, len(test.labels))
    return found


def _named(dataset: Dataset, group: Architecture | None) -> str:
    return f"{dataset}, trainings of the {group}" if group else dataset


def _differences(dataset: Dataset, group: Architecture | None, found: Transfer) -> int:
    """How many counts differ from the record; prints it."""
    recorded, name = read_transfer(dataset, trainings_of=group), _named(dataset, group)
    if recorded.epsilons != found.epsilons:
        tqdm.write(f"{name}: recorded at other epsilons: {recorded.epsilons}")
        return recorded.correct.size
    networks_only = recorded.correct[:, : found.correct.shape[1]]  # without the cards' control
    different = int(np.count_nonzero(found.correct != networks_only))
    tqdm.write(f"{name}: {different} of {found.correct.size} counts differ")
    return different


if __name__ == "__main__":
    command_line.run(main)
