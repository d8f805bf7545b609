"""Measure trained variants again on the full test sets and compare with their cards.

    python scripts/evaluate.py                       # all that have a card
    python scripts/evaluate.py sign-fcnn --check     # exit status 1 on any difference
    python scripts/evaluate.py sign-cnn-robust --check --robustness    # PGD's figures, too
    torchrun --standalone --nproc-per-node=2 scripts/evaluate.py     # shared by two processes

Another processor may sum in another order and move a picture that stands exactly on the edge
between two classes; on the hardware that the card names, every count is equal.
"""

import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np
import torch
import torch.distributed as dist
from tqdm import tqdm

from models import Variant, load_model
from models.card_files import read_array
from models.errors import CHECKOUT
from nudge.data import load_split
from nudge.distributed import Workers, joined
from nudge.evaluation.measurement import Measurement, measure
from scripts import robustness
from scripts.shared import command_line


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_variants(options)
    command_line.add_device(options)
    options.add_argument("--check", action="store_true", help="fail on any difference")
    options.add_argument(
        "--robustness", action="store_true", help="measure what PGD leaves, too: up to an hour each"
    )
    options.add_argument("--checkpoint-dir", type=Path, default=CHECKOUT / "checkpoints")
    args = options.parse_args()
    if args.robustness and dist.is_torchelastic_launched():
        options.error("--robustness: expected to be measured by one process; leave out torchrun")
    device = command_line.device(options, args)
    chosen = command_line.variants(options, args)
    with joined(device) as workers:
        equal = []
        for variant in chosen:
            attempt = partial(evaluate, variant, data_dir=args.data_dir, workers=workers)
            found, device = command_line.falling_back(device, attempt)
            equal.append(found)
            if args.robustness:
                equal.append(robustness.attack(variant, device, args, write=False))
        if args.check and not all(equal) and workers.first:
            sys.exit("error: what was measured is not what the cards say")


def evaluate(
    variant: Variant, device: torch.device, data_dir: str | None, workers: Workers
) -> bool:
    """Print how one variant compares with its card; whether they agree."""
    test = load_split(variant.dataset, "test", data_dir)
    model = load_model(variant, device)
    start = time.perf_counter()
    with tqdm(desc=variant.id, unit="picture", disable=not workers.first) as bar:
        found = measure(
            model, test, workers=workers, progress=lambda *state: command_line.advance(bar, *state)
        )
    differences = compare(found, variant)
    if workers.first:
        seconds = time.perf_counter() - start
        shared = f"shared by {workers.count}" if workers.count > 1 else "alone"
        tqdm.write(f"{variant.id}: {seconds:.1f} s, {shared}", file=sys.stderr)
        tqdm.write(f"{variant.id}: " + ("; ".join(differences) or "equal to the card"))
    return not differences


def compare(found: Measurement, variant: Variant) -> list[str]:
    """How what was found differs from what is recorded, in words."""
    differences = []
    classes = len(variant.classes)
    for name, ours in found.for_card(classes).items():
        theirs = getattr(variant.card, name)
        if ours != theirs:
            differences.append(f"{name}: {_difference(ours, theirs)}")
    for name, array in found.arrays(classes).items():
        recorded = read_array(variant.weights.with_name(name), variant.id)
        if not np.array_equal(array, recorded):
            differences.append(f"{name}: found other values than recorded")
    return differences


def _difference(ours: object, theirs: object) -> str:
    if isinstance(ours, tuple) and isinstance(theirs, tuple) and len(ours) == len(theirs):
        off = [i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
        first = off[0]
        return f"{len(off)} differ, first found {ours[first]}, the card says {theirs[first]}"
    return f"found {ours}, the card says {theirs}"


if __name__ == "__main__":
    command_line.run(main)
