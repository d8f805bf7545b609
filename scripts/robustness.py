"""Attack trained variants with twenty steps of PGD and record on their cards what withstands.

    python scripts/robustness.py                      # all that are not measured yet
    python scripts/robustness.py sign-cnn             # this one, again
    python scripts/robustness.py sign-cnn --check     # compare with the card, write nothing

A CNN's full test set takes up to half an hour on two cores. What is done is kept every thousand
pictures, so the same command run again takes up where it stopped.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from models import PRETRAINED, VARIANTS, Variant, load_model
from models.card_files import PGD_FLIP_STEPS, read_array, read_arrays
from models.epsilons import EPSILONS
from models.errors import CHECKOUT
from nudge.data import load_split
from nudge.evaluation.robustness import RECORDED, curve_of, stream_flips
from nudge.evaluation.sweep import BATCH_SIZE
from nudge.files import write_npz
from nudge.training.publishing import amend
from scripts.shared import command_line

KEPT_EVERY = 1000  # pictures


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_variants(options)
    command_line.add_device(options)
    options.add_argument("--check", action="store_true", help="fail on any difference")
    options.add_argument("--checkpoint-dir", type=Path, default=CHECKOUT / "checkpoints")
    args = options.parse_args()
    device = command_line.device(options, args)
    chosen = command_line.variants(options, args)
    if not (args.variants or args.check):
        chosen = [variant for variant in VARIANTS.values() if variant.card.pgd is None]
    equal = [attack(variant, device, args) for variant in chosen]
    if not all(equal):
        sys.exit("error: what was measured is not what the cards say")


def attack(variant: Variant, device: torch.device, args: argparse.Namespace) -> bool:
    """Measure one variant; with --check, whether its card says the same."""
    flips = measured(variant, device, args)
    curve = curve_of(torch.from_numpy(flips), EPSILONS)
    halves = [e for e, n in zip(EPSILONS, curve.correct, strict=True) if 2 * n < curve.total]
    at = f"below half at epsilon {halves[0]:g}" if halves else "never below half"
    tqdm.write(f"{variant.id}: {at} under PGD in {RECORDED.steps} steps")
    if not args.check:
        amend(PRETRAINED, variant, {"pgd": curve.correct}, {PGD_FLIP_STEPS: flips})
        return True
    recorded = read_array(variant.weights.with_name(PGD_FLIP_STEPS), variant.id)
    off = int((recorded != flips).sum())
    same = not off and variant.card.pgd == curve.correct
    tqdm.write(f"{variant.id}: " + ("equal to the card" if same else f"{off} pictures differ"))
    return same


def measured(variant: Variant, device: torch.device, args: argparse.Namespace) -> NDArray[np.uint8]:
    """Where PGD flips each test picture, uint8 (N,); what an interrupted run found is used."""
    images, labels = load_split(variant.dataset, "test", args.data_dir)
    model = load_model(variant, device)
    path = args.checkpoint_dir / f"robustness-{variant.id}-{variant.card.sha256[:8]}.npz"
    done = read_arrays(path, missing_ok=True).get("flips", np.empty(0, np.uint8))
    with tqdm(desc=f"{variant.id}: PGD", unit="picture", total=len(labels)) as bar:
        bar.update(len(done))
        found: list[Tensor] = [torch.from_numpy(done)]
        for first in range(len(done), len(labels), KEPT_EVERY):
            some = slice(first, first + KEPT_EVERY)
            for flips in stream_flips(model, images[some], labels[some], EPSILONS):
                found.append(flips)
                bar.update(BATCH_SIZE)
            write_npz(path, {"flips": torch.cat(found).numpy()})
    path.unlink(missing_ok=True)
    result: NDArray[np.uint8] = torch.cat(found).numpy()
    return result


if __name__ == "__main__":
    command_line.run(main)
