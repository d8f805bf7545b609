"""What each idea of the recipes gives: train with and without it, on pictures held out.

    python scripts/ideas.py                # every idea; those in docs/ideas.json are not run again
    python scripts/ideas.py sign-fcnn      # the ideas of one network

Trainings are shorter than the recipes', so that all ideas can be tried; an idea that needs time to
pay looks worse here than it is. The test sets are not touched.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from filelock import FileLock
from tqdm import tqdm

from models import VARIANTS, Variant
from models.errors import CHECKOUT
from nudge.data import load_split
from nudge.data.holdout import hold_out
from nudge.devices import multiplies_bfloat16
from nudge.files import replacing
from nudge.training.recipes import RECIPES, Recipe, change
from nudge.training.trainer import Training
from scripts.shared import command_line, markdown

RECORD = CHECKOUT / "docs" / "ideas.json"  # variant -> idea -> [pictures right, of all, recipe]
AS_IS = "the recipe"


IDEAS: Mapping[str, str] = {  # each as a change of the recipe
    "no mixup": "mixup=0",
    "no dropout": "dropout=0",
    "no dropout of pixels": "input_dropout=0",
    "no noise": "noise=0",
    "no label smoothing": "label_smoothing=0",
    "no averaging of weights": "averaging=0",
    "hardly any weight decay": "weight_decay=0.001",
    "mixup 0.2": "mixup=0.2",
    "noise 0.2": "noise=0.2",
    "dropout of pixels 0.1": "input_dropout=0.1",
    "label smoothing 0.1": "label_smoothing=0.1",
}
_COMMON = ("no dropout", "no dropout of pixels", "no label smoothing", "no averaging of weights")
# Variant -> epochs and ideas. Networks differ in what they need: a fully connected network on
# clothes is helped by other things than a convolutional one on scrambled hands.
STUDIES: Mapping[str, tuple[int, Sequence[str]]] = {
    "fashion-fcnn": (20, [*_COMMON, "hardly any weight decay", "mixup 0.2", "noise 0.2"]),
    "fashion-cnn-scrambled": (
        4,
        ["no mixup", "no dropout", "no averaging of weights", "dropout of pixels 0.1",
         "label smoothing 0.1"],
    ),
    "sign-fcnn": (
        15,
        ["no dropout", "no dropout of pixels", "no noise", "no label smoothing",
         "no averaging of weights", "hardly any weight decay", "mixup 0.2"],
    ),
    "sign-cnn-scrambled": (4, [*_COMMON, "mixup 0.2", "noise 0.2"]),
}  # fmt: skip


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_names(options, "variant", STUDIES)
    command_line.add_device(options)
    args = options.parse_args()
    device = command_line.device(options, args)
    for name in args.variants or STUDIES:
        run(VARIANTS[name], device, args.data_dir)


def run(variant: Variant, device: torch.device, data_dir: str | None) -> None:
    """Train with each idea that is not on record with the same recipe, and record it."""
    train, held_out = hold_out(variant.dataset, load_split(variant.dataset, "train", data_dir))
    for idea, recipe in recipes(variant).items():
        *_, recorded = read_record().get(variant.id, {}).get(idea, [None])
        if recorded == recipe.record():
            continue
        bfloat16 = multiplies_bfloat16(device)
        training = Training(
            variant, recipe, train, held_out, device=device, mixed_precision=bfloat16
        )
        with tqdm(desc=f"{variant.id}: {idea}", unit="step", mininterval=1) as bar:
            for step in training.epochs():
                command_line.advance(bar, step.done, step.total)
        correct = round(training.curve[-1].test_accuracy * len(held_out.labels))
        write_record(variant, idea, [correct, len(held_out.labels), recipe.record()])


def recipes(variant: Variant) -> dict[str, Recipe]:
    """The recipe as it is, then that of each idea; all in fewer epochs."""
    epochs, ideas = STUDIES[variant.id]
    base = change(RECIPES[variant.dataset, variant.architecture], [f"epochs={epochs}"])
    return {AS_IS: base, **{idea: change(base, [IDEAS[idea]]) for idea in ideas}}


def read_record() -> dict[str, dict[str, list[Any]]]:
    if not RECORD.exists():
        return {}
    return json.loads(RECORD.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def write_record(variant: Variant, idea: str, row: list[Any]) -> None:
    with FileLock(RECORD.with_name(".ideas.lock")):
        record = read_record()
        record.setdefault(variant.id, {})[idea] = row
        with replacing(RECORD) as temporary:
            temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def table() -> str:
    """The record as Markdown, in points of accuracy against the recipe as it is."""
    rows = []
    for name, (_, ideas) in STUDIES.items():
        found = read_record().get(name, {})
        for idea in (AS_IS, *ideas):
            if idea in found and AS_IS in found:
                percent, base = (100 * found[i][0] / found[i][1] for i in (idea, AS_IS))
                points = "" if idea == AS_IS else f"{round(percent - base, 1) + 0:+.1f}"
                rows.append([name, idea, f"{percent:.2f} %", points])
    return markdown.table(["variant", "idea", "held-out accuracy", "against the recipe"], rows, 2)


if __name__ == "__main__":
    command_line.run(main)
