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

from models import Card, Variant, load_model
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
    accuracy = f"{found.fgsm[0]} of {found.total} right ({found.fgsm[0] / found.total:.2%})"
    differences = compare(found, variant.card)
    tqdm.write(f"{variant.id}: {accuracy}; " + (", ".join(differences) or "equal to the card"))
    return not differences


def compare(found: Measurement, card: Card) -> list[str]:
    """Each count that differs, in words."""
    if (found.total, found.epsilons) != (card.total, tuple(card.epsilons)):
        return [f"{found.total} pictures and {len(found.epsilons)} epsilons, unlike the card"]
    return [
        f"{name} at {epsilon:g}: {ours} right, the card says {theirs}"
        for name, counts, recorded in (
            ("FGSM", found.fgsm, card.fgsm),
            ("random", found.random, card.random),
        )
        for epsilon, ours, theirs in zip(found.epsilons, counts, recorded, strict=True)
        if ours != theirs
    ]


if __name__ == "__main__":
    console.run(main)
