"""How fast a card counts, and whether it counts what the CPU does.

`scripts/benchmark.py sweep --device cuda` runs it and writes a table of docs/performance.md.
"""

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import nn
from tqdm import tqdm

from models import VARIANTS, load_model
from nudge.attacks import fgsm_direction, nudge, random_direction
from nudge.batch_size import BATCH_SIZE, suitable_batch_size
from nudge.data import Split, load_split, to_pixels
from nudge.devices import CPU
from nudge.evaluation.fused_inference import for_inference
from nudge.evaluation.methods import Method
from nudge.evaluation.predictions import batches, stream_batches
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from nudge.neighbourhood.picture_attack import Subject, attack_picture
from nudge.serving.device_choice import placed
from scripts.measuring import performance
from scripts.measuring.contenders import multiply_adds
from scripts.measuring.performance import Record, machine
from scripts.shared import markdown

NETWORKS = ("fashion-fcnn", "sign-fcnn", "fashion-cnn", "sign-cnn")
ROUNDS = 5
COMPARED = 2000  # pictures that the CPU predicts, too
TIE = 1e-4  # between the two highest logits: what lies closer may fall either way
SIDE, PRODUCTS = 8192, 5


def benchmark_card(device: torch.device, data_dir: str | None) -> None:
    """Measure, print the table and write it down. Raises DataError and OSError."""
    networks = {}
    for name in tqdm(NETWORKS):
        split = load_split(VARIANTS[name].dataset, "test", data_dir)
        networks[name] = measure(name, device, split)
    record = machine(device) | {"networks": networks}
    performance.write("card", record, {"card": table(record)})


def measure(name: str, device: torch.device, split: Split) -> Record:
    """Seconds of the whole test set and of one picture there, and what is predicted otherwise."""
    model = load_model(name)
    there = placed(model, device)
    images, labels = (values.to(device) for values in split)
    rates, seconds = [product_rate(device)], []
    for _ in range(ROUNDS + 1):  # the first one warms up
        seconds.append(_timed(device, lambda: accuracy_curve(there, images, labels, EPSILONS)))
        rates.append(product_rate(device))
    work = (len(EPSILONS) + 2) * multiply_adds(model) * len(labels)  # a gradient is two passes more
    few = Split(*(values[:COMPARED] for values in split))
    differing = compare(model, there, few)
    return {
        "pictures": len(labels),
        "batch": suitable_batch_size(there),
        "seconds": seconds[1:],
        "of_products": work / median(rates) / median(seconds[1:]),
        "compared": COMPARED * len(EPSILONS),
        "differing": differing,
        "view": {str(d): _view(name, d) for d in (CPU, device)},
    }


def product_rate(device: torch.device) -> float:
    """Multiply-adds a second of a float32 matrix product there."""
    square = torch.rand(SIDE, SIDE, device=device)
    times = [_timed(device, lambda: square @ square) for _ in range(PRODUCTS)]
    return SIDE**3 / min(times)


def compare(model: nn.Module, there: nn.Module, split: Split) -> dict[str, tuple[int, float]]:
    """How many predictions differ, and the largest margin between two logits among those.

    By whose directions pictures move along: each device's own, or the CPU's for both, where only
    the forward passes can differ. The margin is the CPU's, between the class that it predicts and
    the other device's, along its own direction.
    """
    pixels = to_pixels(split.images)
    directions = torch.cat(
        [
            fgsm_direction(model, pixels[batch], split.labels[batch])
            for batch in batches(len(pixels), BATCH_SIZE)
        ]
    )
    network = for_inference(model)
    found = {}
    for whose, along in (("own", None), ("same", directions)):
        here, other = (
            torch.cat(
                [
                    batch.predictions
                    for batch in stream_batches(known, *split, EPSILONS, directions=along)
                ],
                dim=1,
            )
            for known in (model, there)
        )
        differing, margin = (here != other).nonzero().tolist(), 0.0
        for step, place in differing:
            one = slice(place, place + 1)
            with torch.inference_mode():
                logits = network(nudge(pixels[one], directions[one], EPSILONS[step]))[0]
            apart = logits[int(here[step, place])] - logits[int(other[step, place])]
            margin = max(margin, float(apart))
        found[whose] = len(differing), margin
    return found


def _view(name: str, device: torch.device) -> float:
    """Milliseconds that one picture's attack takes on a device, as the explorer asks for it."""
    model = placed(load_model(name), device)
    network = for_inference(model)
    pixels = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    subject = Subject(pixels.to(device), 0, random_direction(1).to(device))
    times = [
        _timed(device, lambda: attack_picture(model, network, subject, Method.FGSM, None))
        for _ in range(20)
    ]
    return 1000 * median(times[5:])


def _timed(device: torch.device, work: Callable[[], object]) -> float:
    """Seconds until the device is done with it: a card goes on when the call has returned."""
    wait: Callable[[], None] = {
        "cuda": torch.cuda.synchronize,
        "mps": torch.mps.synchronize,
    }.get(device.type, lambda: None)
    wait()
    start = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - start


def table(record: Record) -> str:
    """A row for each network."""
    cells = []
    for name, found in record["networks"].items():
        here, there = found["view"].values()
        cells.append(
            [
                name,
                f"{found['pictures']:,}",
                f"{found['batch']:,}",
                *performance.spread(found["seconds"], ".3f"),
                f"{found['of_products']:.0%}",
                *(
                    f"{count} ({margin:.1e})"
                    for count, margin in (found["differing"]["own"], found["differing"]["same"])
                ),
                f"{here:.0f} / {there:.0f}",
            ]
        )
    heads = [
        "network",
        "pictures",
        "a batch",
        "seconds",
        "lowest to highest",
        "of the card's products",
        "predicted otherwise than by the CPU (largest margin)",
        "along the CPU's directions",
        "one picture, CPU / card, ms",
    ]
    return "\n\n".join(
        [
            f"Full test sets, {len(EPSILONS)} epsilons, medians of {ROUNDS} rounds; "
            f"{record['hardware']}, torch {record['torch']}.",
            markdown.table(heads, cells),
            f"Compared over {COMPARED:,} pictures. Along the CPU's directions a margin above "
            f"{TIE:g} is a fault.",
        ]
    )
