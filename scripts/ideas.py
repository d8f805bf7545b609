"""What each idea of the recipes gives: train with and without it, on pictures held out.

    python scripts/ideas.py                # every idea; those in docs/ideas.json are not run again
    python scripts/ideas.py sign-fcnn      # the ideas of one network

Trainings are shorter than the recipes', so that all ideas can be tried; an idea that needs time to
pay looks worse here than it is. The test sets are not touched.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from filelock import FileLock
from tqdm import tqdm

from models import VARIANTS, Variant
from models.errors import CHECKOUT
from nudge.data import Split, load_split
from nudge.data.holdout import hold_out
from nudge.devices import multiplies_bfloat16
from nudge.files import replacing
from nudge.training.recipes import RECIPES, Recipe, change
from nudge.training.trainer import Training
from scripts.shared import command_line

RECORD = CHECKOUT / "docs" / "ideas.json"  # variant -> idea -> [pictures right, of all, recipe]
AS_IS = "the recipe"


@dataclass(frozen=True)
class Study:
    """Ideas tried on one variant, each as a change of its recipe."""

    epochs: int
    ideas: Mapping[str, str]


# Networks differ in what they need: a fully connected net on clothes is helped by other things than
# a convolutional one on scrambled hands.
STUDIES: Mapping[str, Study] = {
    "fashion-fcnn": Study(
        epochs=20,
        ideas={
            "no dropout": "dropout=0",
            "no dropout of pixels": "input_dropout=0",
            "no label smoothing": "label_smoothing=0",
            "no averaging of weights": "averaging=0",
            "hardly any weight decay": "weight_decay=0.001",
            "mixup 0.2": "mixup=0.2",
            "noise 0.2": "noise=0.2",
        },
    ),
    "fashion-cnn-scrambled": Study(
        epochs=4,
        ideas={
            "no mixup": "mixup=0",
            "no dropout": "dropout=0",
            "no averaging of weights": "averaging=0",
            "dropout of pixels 0.1": "input_dropout=0.1",
            "label smoothing 0.1": "label_smoothing=0.1",
        },
    ),
    "sign-fcnn": Study(
        epochs=15,
        ideas={
            "no dropout": "dropout=0",
            "no dropout of pixels": "input_dropout=0",
            "no noise": "noise=0",
            "no label smoothing": "label_smoothing=0",
            "no averaging of weights": "averaging=0",
            "hardly any weight decay": "weight_decay=0.001",
            "mixup 0.2": "mixup=0.2",
        },
    ),
    "sign-cnn-scrambled": Study(
        epochs=4,
        ideas={
            "no dropout": "dropout=0",
            "no dropout of pixels": "input_dropout=0",
            "no label smoothing": "label_smoothing=0",
            "no averaging of weights": "averaging=0",
            "mixup 0.2": "mixup=0.2",
            "noise 0.2": "noise=0.2",
        },
    ),
}


def main() -> None:
    options = command_line.parser(__doc__)
    options.add_argument("variants", nargs="*", metavar="variant", help=", ".join(STUDIES))
    command_line.add_device(options)
    args = options.parse_args()
    device = command_line.device(options, args)
    if unknown := [name for name in args.variants if name not in STUDIES]:
        options.error(f"unknown study {', '.join(unknown)}; choose from {', '.join(STUDIES)}")
    for name in args.variants or STUDIES:
        run(VARIANTS[name], STUDIES[name], device, args)


def run(variant: Variant, study: Study, device: torch.device, args: argparse.Namespace) -> None:
    """Train with each idea that is not on record, and record it."""
    train, held_out = hold_out(variant.dataset, load_split(variant.dataset, "train", args.data_dir))
    for idea, recipe in recipes(variant, study).items():
        if not on_record(variant, idea, recipe):
            correct = count_right(variant, recipe, train, held_out, device, idea)
            write_record(variant, idea, [correct, len(held_out.labels), asdict(recipe)])


def recipes(variant: Variant, study: Study) -> dict[str, Recipe]:
    """The recipe of each idea, that of none the first."""
    base = RECIPES[variant.dataset, variant.architecture]
    return {
        idea: change(base, [f"epochs={study.epochs}", *settings])
        for idea, settings in [(AS_IS, []), *((i, [s]) for i, s in study.ideas.items())]
    }


def count_right(
    variant: Variant,
    recipe: Recipe,
    train: Split,
    held_out: Split,
    device: torch.device,
    idea: str,
) -> int:
    """Train on one part, count the pictures of the other that are right."""
    training = Training(
        variant,
        recipe,
        train,
        held_out,
        device=device,
        mixed_precision=multiplies_bfloat16(device),
    )
    with tqdm(desc=f"{variant.id}: {idea}", unit="step", mininterval=1) as bar:
        for step in training.epochs():
            command_line.advance(bar, step.done, step.total)
    return round(training.curve[-1].test_accuracy * len(held_out.labels))


def on_record(variant: Variant, idea: str, recipe: Recipe) -> bool:
    """Whether it was measured with just that recipe."""
    _, _, recorded = read_record().get(variant.id, {}).get(idea, (0, 0, None))
    return bool(recorded == asdict(recipe))


def read_record() -> dict[str, dict[str, list[Any]]]:
    if not RECORD.exists():
        return {}
    return json.loads(RECORD.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def write_record(variant: Variant, idea: str, row: list[Any]) -> None:
    RECORD.parent.mkdir(exist_ok=True)
    with FileLock(RECORD.with_name(".ideas.lock")):
        record = read_record()
        record.setdefault(variant.id, {})[idea] = row
        lines = (
            f"{json.dumps(name)}: {{\n"
            + ",\n".join(f"  {json.dumps(i)}: {json.dumps(r)}" for i, r in rows.items())
            + "\n}"
            for name, rows in sorted(record.items())
        )
        with replacing(RECORD) as temporary:
            temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def table() -> str:
    """The record as Markdown, in points of accuracy against the recipe as it is."""
    lines = [
        "| variant | idea | held-out accuracy | against the recipe |",
        "| --- | --- | ---: | ---: |",
    ]
    for name, study in STUDIES.items():
        found = read_record().get(name, {})
        for idea in (AS_IS, *study.ideas):
            if idea in found and AS_IS in found:
                percent, base = (100 * found[i][0] / found[i][1] for i in (idea, AS_IS))
                points = "" if idea == AS_IS else f"{round(percent - base, 1) + 0:+.1f}"
                lines.append(f"| {name} | {idea} | {percent:.2f} % | {points} |")
    return "\n".join(lines)


if __name__ == "__main__":
    command_line.run(main)
