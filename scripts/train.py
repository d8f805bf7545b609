"""Train variants and write their weights and cards.

    python scripts/train.py                                  # all eight
    python scripts/train.py sign-cnn sign-cnn-scrambled      # some
    python scripts/train.py fashion-fcnn --device cuda

Each epoch ends with a checkpoint, so the same command run again takes up where it stopped.
"""

import argparse
import shlex
import sys
import tempfile
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from tqdm import tqdm

from models import PRETRAINED, Card, PixelOrder, Variant, assemble
from models.errors import CHECKOUT
from models.layers import scramble_permutation
from nudge.data import load_split
from nudge.devices import device_name, multiplies_bfloat16
from nudge.publishing import (
    half_precision,
    measure,
    publish,
    serialise,
    versions,
)
from nudge.recipes import RECIPES
from nudge.sources import SOURCES
from nudge.training import Step, Training
from scripts import console


def main() -> None:
    options = console.parser(__doc__)
    console.add_variants(options)
    console.add_device(options)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--epochs", type=int, help="instead of the recipe's")
    options.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        help="of the multiplications (default: bfloat16 where the device has instructions for it)",
    )
    options.add_argument("--output-dir", type=Path, default=PRETRAINED)
    options.add_argument("--checkpoint-dir", type=Path, default=CHECKOUT / "checkpoints")
    args = options.parse_args()
    if args.epochs is not None and args.epochs < 1:
        options.error(f"--epochs: expected at least 1, got {args.epochs}")
    device = console.device(options, args)
    if args.precision is None:
        args.precision = "bfloat16" if multiplies_bfloat16(device) else "float32"
    chosen = console.variants(options, args)
    for folder in (args.output_dir, args.checkpoint_dir):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()  # better now than after an hour
    for variant in chosen:
        train_one(variant, device, args)


def train_one(variant: Variant, device: torch.device, args: argparse.Namespace) -> None:
    """Train one variant, measure it on the full test set, write its weights and card."""
    train, test = (load_split(variant.dataset, split, args.data_dir) for split in ("train", "test"))
    recipe = RECIPES[variant.dataset, variant.architecture]
    if args.epochs is not None:
        recipe = replace(recipe, epochs=args.epochs)
    run = Training(
        variant,
        recipe,
        train,
        test,
        seed=args.seed,
        device=device,
        mixed_precision=args.precision == "bfloat16",
        checkpoint=args.checkpoint_dir / f"{variant.id}-seed{args.seed}.safetensors",
    )
    with tqdm(desc=f"{variant.id}: training", unit="step") as bar:
        for step in run.epochs():
            bar.total = step.total
            if step.done % 20 == 0 or step.done == step.total:
                bar.update(step.done - bar.n)
                bar.set_postfix_str(_status(run, step))

    weights = half_precision(run.model)
    content, digest = serialise(weights)
    with tqdm(desc=f"{variant.id}: measuring", unit="picture", total=2 * len(test.labels)) as bar:
        measurement = measure(
            # What is measured is what will be loaded: the rounded weights.
            assemble(variant, weights).to(device),
            test,
            progress=lambda done, _: bar.update(done - bar.n),
        )
    scrambled = variant.pixels is PixelOrder.SCRAMBLED
    card = Card(
        sha256=digest,
        data_sha256={n: r.sha256 for n, r in SOURCES[variant.dataset].splits.items()},
        permutation_sha256=sha256(scramble_permutation().numpy().tobytes()).hexdigest()
        if scrambled
        else None,
        parameters=sum(p.numel() for p in run.model.parameters()),
        **measurement.for_card(len(variant.classes)),
        learning_curve=run.curve,
        recipe=asdict(recipe) | {"precision": args.precision},
        seed=args.seed,
        seconds=round(run.seconds, 1),
        hardware=device_name(device),
        versions=versions(),
        command=_command(variant, device, args),
    )
    publish(args.output_dir, variant, content, card, measurement.first_misses())
    tqdm.write(
        f"{variant.id}: {card.fgsm[0]} of {card.total} test pictures right "
        f"({card.accuracy:.2%}), trained in {run.seconds / 60:.1f} min"
    )


def _status(run: Training, step: Step) -> str:
    status = [f"epoch {min(len(run.curve) + 1, run.recipe.epochs)}/{run.recipe.epochs}"]
    if step.loss is not None:
        status.append(f"loss {step.loss.item():.3f}")
    if run.curve:
        status.append(f"test {run.curve[-1].test_accuracy:.2%}")
    return ", ".join(status)


def _command(variant: Variant, device: torch.device, args: argparse.Namespace) -> str:
    command = ["python", "scripts/train.py", variant.id, "--device", device.type]
    command += ["--seed", str(args.seed), "--precision", args.precision]
    if device.type == "cpu":  # their number decides the order of sums, and so the last bits
        command += ["--threads", str(torch.get_num_threads())]
    if args.epochs is not None:
        command += ["--epochs", str(args.epochs)]
    return shlex.join(command)


if __name__ == "__main__":
    console.run(main)
