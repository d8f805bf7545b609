"""Measure trained variants anew on the full test sets and compare with their cards.

    python scripts/evaluate.py                       # all eight
    python scripts/evaluate.py sign-fcnn --check     # exit status 1 on any difference

Another processor may sum in another order and move a picture that stands exactly on the edge
between two classes; on the hardware that the card names, every count is equal.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from tqdm import tqdm

from models import Variant, load_model
from models.cards import FIRST_MISSES, read_first_misses
from nudge.data import load_split
from nudge.publishing import Measurement, measure
from scripts import console


def main() -> None:
    options = console.parser(__doc__)
    console.add_variants(options)
    console.add_device(options)
    options.add_argument("--check", action="store_true", help="fail on any difference")
    args = options.parse_args()
    device = console.device(options, args)
    different = False
    for variant in console.variants(options, args):
        different |= not evaluate(variant, device, args.data_dir)
    if different and args.check:
        sys.exit("error: what was measured is not what the cards say")


def evaluate(variant: Variant, device: torch.device, data_dir: str | None) -> bool:
    """Print how one variant compares with its card; whether they agree."""
    test = load_split(variant.dataset, "test", data_dir)
    with tqdm(desc=variant.id, unit="picture", total=2 * len(test.labels)) as bar:
        found = measure(
            load_model(variant, device), test, progress=lambda done, _: bar.update(done - bar.n)
        )
    differences = compare(found, variant)
    tqdm.write(f"{variant.id}: " + ("; ".join(differences) or "equal to the card"))
    return not differences


def compare(found: Measurement, variant: Variant) -> list[str]:
    """How what was found differs from what is recorded, in words."""
    differences = []
    for name, ours in found.for_card(len(variant.classes)).items():
        theirs = getattr(variant.card, name)
        if ours != theirs:
            differences.append(f"{name}: {_difference(ours, theirs)}")
    recorded = read_first_misses(variant.weights.with_name(FIRST_MISSES))[variant.id]
    if found.first_misses().tolist() != recorded.tolist():
        differences.append(f"{FIRST_MISSES}: found other values than recorded")
    return differences


def _difference(ours: object, theirs: object) -> str:
    if isinstance(ours, tuple) and isinstance(theirs, tuple) and len(ours) == len(theirs):
        off = [i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
        first = off[0]
        return f"{len(off)} differ, first found {ours[first]}, the card says {theirs[first]}"
    return f"found {ours}, the card says {theirs}"


if __name__ == "__main__":
    console.run(main)
