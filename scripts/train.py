"""Train variants and write their weights and cards.

    python scripts/train.py                                  # all that have a card
    python scripts/train.py sign-cnn sign-cnn-scrambled      # some
    python scripts/train.py fashion-fcnn --device cuda
    torchrun --standalone --nproc-per-node=2 scripts/train.py sign-cnn    # two processes

Each epoch ends with a checkpoint, so the same command run again takes up where it stopped.
"""

import argparse
import shlex
import sys
import tempfile
from functools import partial
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from tqdm import tqdm

from models import PRETRAINED, Variant, assemble
from models.errors import CHECKOUT
from nudge.data import load_split
from nudge.data.holdout import hold_out
from nudge.devices import multiplies_bfloat16
from nudge.distributed import Workers, joined
from nudge.evaluation.measurement import measure
from nudge.evaluation.sweep import EPSILONS
from nudge.training.publishing import (
    as_repetition,
    check_folder,
    describe,
    half_precision,
    publish,
    record,
    serialise,
)
from nudge.training.recipes import change, recipe_of, trainable
from nudge.training.trainer import Step, Training
from scripts.shared import command_line


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_variants(options, trainable())
    command_line.add_device(options)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--epochs", type=int, help="instead of the recipe's")
    options.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value of a hyperparameter in nudge/training/recipes.py; may be repeated",
    )
    options.add_argument(
        "--repeat",
        action="store_true",
        help="write no weights, only the clean accuracy, beside that of other seeds",
    )
    options.add_argument(
        "--validation",
        action="store_true",
        help="train on a part of the training set, print the accuracy on the rest, publish nothing",
    )
    options.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        help="of the multiplications (default: bfloat16 where the device has instructions for it)",
    )
    options.add_argument("--output-dir", type=Path, default=PRETRAINED)
    options.add_argument("--checkpoint-dir", type=Path, default=CHECKOUT / "checkpoints")
    args = options.parse_args()
    if args.epochs is not None:
        args.changes.append(f"epochs={args.epochs}")
    chosen = command_line.variants(options, args)
    try:
        for variant in chosen:
            change(recipe_of(variant), args.changes)
    except ValueError as error:
        options.error(str(error))
    device = command_line.device(options, args)
    check_folder(args.output_dir)
    args.checkpoint_dir.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=args.checkpoint_dir).close()  # better now than after an hour
    with joined(device) as workers:
        for variant in chosen:
            attempt = partial(train_one, variant, args=args, workers=workers)
            _, device = command_line.falling_back(device, attempt)


def train_one(
    variant: Variant, device: torch.device, args: argparse.Namespace, workers: Workers
) -> None:
    """Train one variant, measure it on the full test set, write its weights and card."""
    train, test = (load_split(variant.dataset, split, args.data_dir) for split in ("train", "test"))
    recipe = change(recipe_of(variant), args.changes)
    precision = args.precision or ("bfloat16" if multiplies_bfloat16(device) else "float32")
    # Trainings that differ keep apart, so that none loses its checkpoint to another.
    kind = repr((recipe, precision, workers.count, device.type))
    name = f"{variant.id}-seed{args.seed}-{sha256(kind.encode()).hexdigest()[:8]}"
    if args.validation:
        train, test = hold_out(variant.dataset, train)
        name += "-validation"
    run = Training(
        variant,
        recipe,
        train,
        test,
        seed=args.seed,
        device=device,
        mixed_precision=precision == "bfloat16",
        checkpoint=args.checkpoint_dir / f"{name}.safetensors",
        workers=workers,
    )
    silent = not workers.first
    with tqdm(desc=f"{variant.id}: training", unit="step", disable=silent) as bar:
        for step in run.epochs():
            if step.done % 20 == 0 or step.done == step.total:
                command_line.advance(bar, step.done, step.total)
                bar.set_postfix_str(_status(run, step, args.validation))

    if args.validation:
        if workers.first:
            tqdm.write(f"{variant.id}: {run.curve[-1].test_accuracy:.2%} of the pictures held out")
        return
    # What is measured is what will be loaded: the first process's weights, rounded.
    weights = workers.from_first(lambda: half_precision(run.model))
    model = assemble(variant, weights).to(device)
    epsilons = (0.0,) if args.repeat else EPSILONS
    with tqdm(desc=f"{variant.id}: measuring", unit="picture", disable=silent) as bar:
        measurement = measure(
            model,
            test,
            epsilons,
            workers=workers,
            progress=lambda *state: command_line.advance(bar, *state),
        )
    if workers.first:
        content, digest = serialise(weights)
        card = describe(run, measurement, digest, _command(run, args))
        if not args.repeat:
            arrays = measurement.arrays(len(variant.classes))
            publish(args.output_dir, variant, content, card, arrays)
        record(args.output_dir, variant, as_repetition(card))
        tqdm.write(
            f"{variant.id}: {card.fgsm[0]} of {card.total} test pictures right "
            f"({card.accuracy:.2%}), trained in {run.seconds / 60:.1f} min"
        )


def _status(run: Training, step: Step, validation: bool) -> str:
    """How far the training is. Of the test set nothing: what is watched is soon chosen by."""
    status = [f"epoch {min(len(run.curve) + 1, run.recipe.epochs)}/{run.recipe.epochs}"]
    if step.loss is not None:
        status.append(f"loss {step.loss.item():.3f}")
    if run.curve:
        status.append(f"train {run.curve[-1].train_accuracy:.2%}")
        if (robust := run.curve[-1].robust_accuracy) is not None:
            status.append(f"under PGD {robust:.2%}")
        if validation:
            status.append(f"held out {run.curve[-1].test_accuracy:.2%}")
    return ", ".join(status)


def _command(run: Training, args: argparse.Namespace) -> str:
    command = ["python", "scripts/train.py"]
    if run.workers.count > 1:
        command = ["torchrun", "--standalone", f"--nproc-per-node={run.workers.count}", command[1]]
    command += [run.variant.id, "--device", run.device.type]
    command += [
        "--seed",
        str(args.seed),
        "--precision",
        "bfloat16" if run.mixed_precision else "float32",
    ]
    if run.device.type == "cpu":  # their number decides the order of sums, and so the last bits
        command += ["--threads", str(torch.get_num_threads())]
    for setting in args.changes:
        command += ["--set", setting]
    return shlex.join([*command, "--repeat"] if args.repeat else command)


if __name__ == "__main__":
    command_line.run(main)
