"""Measure what trained variants withstand, and record it on their cards.

    python scripts/robustness.py                      # all that are not measured yet
    python scripts/robustness.py sign-cnn             # this one, again
    python scripts/robustness.py sign-cnn --check     # compare with the card, write nothing

Three things are measured over the full test set: the smallest epsilon at which PGD in twenty steps
flips each picture; what is left under forty steps and five restarts at the epsilon that defences of
the data set are trained for; and what is right after the object of each picture was moved. Of the
standard networks on ordered pixels, what pictures are taken for at a small epsilon, and how similar
attacked pictures stay, too: the assignment's findings ask for both.

A CNN takes up to an hour on two cores. What is done is kept every thousand pictures, so the same
command run again takes up where it stopped.

Twenty steps carry the last bits of a sum a long way, so on other hardware than the card names a
check asks for counts within half a point; on the same one they are equal.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from models import PRETRAINED, VARIANTS, PixelOrder, Regime, Variant, load_model
from models.card_files import PGD_FLIP_STEPS, read_array, read_arrays
from models.cards import Withstood
from models.epsilons import EPSILONS, step_of
from models.errors import CHECKOUT
from nudge.attacks.fast_gradient import loss_gradient
from nudge.attacks.iterated import ascend
from nudge.data import load_split
from nudge.devices import device_name
from nudge.evaluation.robustness import (
    DEFENDED_AT,
    RECORDED,
    STRONGEST,
    count_moved,
    curve_of,
    pgd_confusion,
    pgd_ssim,
    stream_flips,
)
from nudge.files import code_digest, write_npz
from nudge.training.publishing import amend
from scripts.shared import command_line

KEPT_EVERY = 1000  # pictures
WITHIN = 0.005  # of all pictures, how far counts of two kinds of hardware may lie apart
SSIM_PICTURES = 200  # the first ones: an attack for each of 31 epsilons


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
        chosen = [v for v in VARIANTS.values() if _lacks_something(v)]
    equal = [attack(variant, device, args, write=not args.check) for variant in chosen]
    if not all(equal):
        sys.exit("error: what was measured is not what the cards say")


def _lacks_something(variant: Variant) -> bool:
    card = variant.card
    unmeasured = None in (card.pgd, card.moved) or not card.withstood
    return unmeasured or (asked(variant) and card.pgd_ssim is None)


def asked(variant: Variant) -> bool:
    """Whether the assignment's findings about FGSM speak of it."""
    return variant.regime is Regime.STANDARD and variant.pixels is PixelOrder.ORDERED


def attack(
    variant: Variant, device: torch.device, args: argparse.Namespace, *, write: bool
) -> bool:
    """Measure one variant, and write its card or tell whether that says the same."""
    images, labels = load_split(variant.dataset, "test", args.data_dir)
    weights, model = variant.card.sha256, load_model(variant, device)
    path = kept_file(args.checkpoint_dir, variant, device, check=not write)
    epsilon = DEFENDED_AT[variant.dataset]

    def flips_of(some: NDArray[np.int64]) -> Iterator[Tensor]:
        return stream_flips(model, images[some], labels[some], EPSILONS)

    def strongest(some: NDArray[np.int64]) -> Iterator[Tensor]:
        return stream_flips(model, images[some], labels[some], [epsilon], attack=STRONGEST)

    everybody = np.arange(len(labels))
    flips = _kept(path, "flips", everybody, flips_of, f"{variant.id}: {RECORDED.name}")
    # What twenty steps flip within epsilon needs no forty.
    left = everybody[flips > step_of(EPSILONS, epsilon)]
    withstands = _kept(path, "strongest", left, strongest, f"{variant.id}: {STRONGEST.name}")
    curve = curve_of(torch.from_numpy(flips), EPSILONS)
    withstood = Withstood(
        attack=STRONGEST.name,
        epsilon=epsilon,
        correct=int((withstands > 0).sum()),
        total=len(labels),
    )
    moved = count_moved(model, images, labels)
    findings = for_findings(variant, model, images, labels) if asked(variant) else {}
    halves = [e for e, n in zip(EPSILONS, curve.correct, strict=True) if 2 * n < curve.total]
    at = f"below half at epsilon {halves[0]:g}" if halves else "never below half"
    tqdm.write(
        f"{variant.id}: {at} under {RECORDED.name}; {withstood.correct / withstood.total:.2%} "
        f"under {withstood.attack} at {epsilon:g}; {moved / len(labels):.2%} of moved pictures"
    )
    figures = {
        "pgd": curve.correct,
        "withstood": (withstood,),
        "attacked_on": device_name(device),
        "moved": moved,
        **findings,
    }
    if write:
        others = [found for found in variant.card.withstood if found.attack != STRONGEST.name]
        figures["withstood"] = [asdict(found) for found in (withstood, *others)]
        amend(PRETRAINED, variant, figures, {PGD_FLIP_STEPS: flips}, sha256=weights)
    else:
        differences = compare(figures, flips, variant)
        tqdm.write(f"{variant.id}: " + ("; ".join(differences) or "as the card says"))
    path.unlink(missing_ok=True)
    return write or not differences


def kept_file(folder: Path, variant: Variant, device: torch.device, *, check: bool) -> Path:
    """Where an interrupted run keeps what it found.

    What other weights, another device or other code found is not this run's, nor is a check's.
    """
    code = code_digest(stream_flips, ascend, loss_gradient)
    by = (variant.card.sha256, device_name(device), torch.__version__, RECORDED, STRONGEST, code)
    name = f"robustness-{variant.id}-{sha256(repr(by).encode()).hexdigest()[:8]}"
    return folder / f"{name}{'-check' if check else ''}.npz"


def compare(figures: Mapping[str, Any], flips: NDArray[np.uint8], variant: Variant) -> list[str]:
    """How what was found differs from what the card says, in words: by more than it may.

    `figures` go by the names that cards give them, and `flips` are where each picture flips.
    """
    card = variant.card
    same_hardware = figures["attacked_on"] == card.attacked_on
    may = 0 if same_hardware else WITHIN
    differences = []
    if same_hardware:
        recorded = read_array(variant.weights.with_name(PGD_FLIP_STEPS), variant.id)
        if off := int((recorded != flips).sum()):
            differences.append(f"{off} pictures flip elsewhere")
    for name in figures.keys() - {"attacked_on"}:
        ours, theirs = figures[name], getattr(card, name)
        if name == "withstood":
            ours, theirs = (
                [w.correct for w in ws if w.attack == STRONGEST.name] for ws in (ours, theirs)
            )
        scale = 1 if name == "pgd_ssim" else card.total
        pair = [np.asarray([] if v is None else v, float) / scale for v in (ours, theirs)]
        if pair[0].shape != pair[1].shape:
            differences.append(f"{name} is not on the card")
        elif (apart := float(np.abs(pair[0] - pair[1]).max())) > may:
            differences.append(f"{name}: up to {apart:.2%} apart")
    return sorted(differences)


def for_findings(
    variant: Variant, model: nn.Module, images: Tensor, labels: Tensor
) -> dict[str, tuple[Any, ...]]:
    """What the card is to say of twenty steps beside the counts."""
    with tqdm(desc=f"{variant.id}: confusion", unit="picture", total=len(labels)) as bar:
        confusion = pgd_confusion(
            model,
            images,
            labels,
            len(variant.classes),
            progress=lambda done: bar.update(done - bar.n),
        )
    grid, some = EPSILONS[::2], slice(SSIM_PICTURES)
    with tqdm(desc=f"{variant.id}: SSIM", unit="epsilon", total=len(grid)) as bar:
        similar = pgd_ssim(
            model, images[some], labels[some], grid, progress=lambda done: bar.update(done - bar.n)
        )
    return {
        "pgd_ssim": tuple(round(value, 6) for value in similar),
        "pgd_confusion": tuple(map(tuple, confusion.tolist())),
    }


def _kept(
    path: Path,
    name: str,
    pictures: NDArray[np.int64],
    flips_of: Callable[[NDArray[np.int64]], Iterator[Tensor]],
    said: str,
) -> NDArray[np.uint8]:
    """Where each of those pictures flips, uint8 (N,); what an interrupted run found is used."""
    arrays = dict(read_arrays(path, missing_ok=True))
    found = [arrays.get(name, np.empty(0, np.uint8))]
    with tqdm(desc=said, unit="picture", total=len(pictures)) as bar:
        bar.update(len(found[0]))
        for first in range(len(found[0]), len(pictures), KEPT_EVERY):
            for flips in flips_of(pictures[first : first + KEPT_EVERY]):
                found.append(flips.numpy())
                bar.update(len(flips))
            write_npz(path, arrays | {name: np.concatenate(found)})
    return np.concatenate(found)


if __name__ == "__main__":
    command_line.run(main)
