"""Make pretrained/generated-hands.npz: hands that nobody photographed, for want of the real ones.

No row of Sign-Language-MNIST may come with the checkout. A network learns from the training set
how its hands look, and draws 50 of each letter; none is chosen or thrown away. The network itself
is not kept. Checkpoints are written on the way: the same command run again takes up the training
where it stopped.

    python scripts/make_hands.py
    python scripts/make_hands.py --sheet hands.png      # and a contact sheet, to look at
    python scripts/make_hands.py --measure              # keep the hands: after new weights
"""

import argparse
import platform
import shlex
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from PIL import Image
from tqdm import tqdm

from models import CLASSES, PRETRAINED, Dataset
from models.errors import CHECKOUT
from nudge.data import Split, load_split
from nudge.data.generated_hands import FACTS, load_generated_hands, publish, read_card
from nudge.devices import device_name, multiplies_bfloat16
from nudge.evaluation.generated_hands import measure_hands
from nudge.training.flow_matching import FlowRecipe, FlowTraining
from scripts.shared import command_line


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_device(options)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--steps", type=int, default=FlowRecipe().steps, help="of the training")
    options.add_argument("--each", type=int, default=50, help="hands of each letter")
    options.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        help="of the multiplications (default: bfloat16 where the device has instructions for it)",
    )
    options.add_argument("--sheet", type=Path, help="where to put a contact sheet, as a PNG")
    options.add_argument("--measure", action="store_true", help="draw none, measure those there")
    options.add_argument("--output-dir", type=Path, default=PRETRAINED)
    options.add_argument("--checkpoint-dir", type=Path, default=CHECKOUT / "checkpoints")
    args = options.parse_args()
    device = command_line.device(options, args)
    if args.precision is None:
        args.precision = "bfloat16" if multiplies_bfloat16(device) else "float32"
    train, test = (load_split("sign", split, args.data_dir) for split in ("train", "test"))

    if args.measure:
        hands, known = load_generated_hands(args.output_dir), read_card(args.output_dir)
        facts = {name: getattr(known, name) for name in FACTS}
    else:
        hands, facts = make(train, device, args)
    if args.sheet is not None:
        contact_sheet(hands).save(args.sheet)
    card, flip_steps = measure_hands(hands, train, test, facts)
    publish(args.output_dir, hands, card, flip_steps)
    print(f"{card.total} hands, read as meant: {card.read_as_meant}")
    print(f"To the nearest training picture: {card.distances}")
    print(f"The same from official test pictures: {card.test_distances}")


def make(
    train: Split, device: torch.device, args: argparse.Namespace
) -> tuple[Split, dict[str, Any]]:
    """The hands, and what only their training knows of them."""
    training = train_network(train, device, args)
    # Letters take turns, so that the first so many pictures hold as many of each.
    labels = torch.arange(len(CLASSES[Dataset.SIGN])).repeat(args.each)
    with tqdm(desc="drawing", unit="hand", total=len(labels)) as bar:
        images = training.draw(
            labels, seed=args.seed, progress=lambda done: bar.update(done - bar.n)
        )
    return Split(images, labels), {
        "command": command(args, device),
        "seed": args.seed,
        "recipe": asdict(training.recipe),
        "seconds": round(training.seconds, 1),
        "hardware": device_name(device),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }


def train_network(train: Split, device: torch.device, args: argparse.Namespace) -> FlowTraining:
    training = FlowTraining(
        train,
        replace(FlowRecipe(), steps=args.steps),
        seed=args.seed,
        device=device,
        mixed_precision=args.precision == "bfloat16",
        checkpoint=args.checkpoint_dir / f"hands-seed{args.seed}-{args.steps}.safetensors",
    )
    mean = None
    with tqdm(desc="training", unit="step", total=args.steps, initial=training.done) as bar:
        for done, loss in training.steps():
            mean = loss if mean is None else mean.lerp(loss, 0.02)
            if done % 20 == 0 or done == args.steps:
                bar.update(done - bar.n)
                bar.set_postfix_str(f"loss {mean.item():.3f}")
    return training


def contact_sheet(hands: Split) -> Image.Image:
    """All hands, a row for each letter."""
    rows = [hands.images[hands.labels == label] for label in range(len(CLASSES[Dataset.SIGN]))]
    sheet = torch.cat([row.permute(1, 0, 2).flatten(1) for row in rows])
    return Image.fromarray(sheet.numpy())


def command(args: argparse.Namespace, device: torch.device) -> str:
    """What draws the same hands again, on the same hardware."""
    words = ["python", "scripts/make_hands.py", "--device", device.type, "--seed", str(args.seed)]
    words += ["--steps", str(args.steps), "--each", str(args.each), "--precision", args.precision]
    if device.type == "cpu":  # their number decides the order of sums, and so the last bits
        words += ["--threads", str(torch.get_num_threads())]
    return shlex.join(words)


if __name__ == "__main__":
    command_line.run(main)
