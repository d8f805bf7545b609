"""How fast training is, and how fast a curve is counted.

    python scripts/benchmark.py train       # pictures a second, and the ratio to the usual loop
    python scripts/benchmark.py processes   # training by one and two processes under torchrun
    python scripts/benchmark.py sweep       # curves, against other libraries: docs/performance.md

Contenders take turns in one run, so that whatever else the machine does meets all of them; what
counts is the median and the ratio. Close other programs first.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
import torch.nn.functional as F
from tqdm import tqdm

from models import VARIANTS, Variant, build_model
from models.errors import CHECKOUT
from nudge.data import Split, find_data_dir, load_split
from nudge.devices import device_name, multiplies_bfloat16
from nudge.recipes import RECIPES
from nudge.training import Training
from scripts import console

ROUNDS = 5
PROCESS_ROUNDS = 3  # each starts processes and trains an epoch
STEPS = 50  # of each contender in each round
WARM_UP = 5  # steps before the clock starts
NETWORKS = ("fashion-fcnn", "fashion-cnn")

Steps = Iterator[object]  # takes one training step each time it is asked
Rows = dict[str, list[float]]  # by contender, what each round gave


def main() -> None:
    options = console.parser(__doc__)
    options.add_argument("what", choices=("train", "processes", "sweep"))
    options.add_argument("--pictures", type=int, default=300, help="of a sweep (default: 300)")
    console.add_device(options)
    args = options.parse_args()
    if args.what == "sweep":
        if args.threads is not None:
            torch.set_num_threads(args.threads)
        from scripts.sweeping import benchmark_sweep  # wants the chart's libraries

        benchmark_sweep(args.pictures, args.data_dir)
        return
    device = console.device(options, args)
    if args.what == "train":
        for name in NETWORKS:
            benchmark_training(VARIANTS[name], device, args.data_dir)
    else:
        benchmark_processes(device, args)


def benchmark_training(variant: Variant, device: torch.device, data_dir: str | None) -> None:
    """Print the pictures a second of our loop and of the usual one on the same network."""
    batch_size = RECIPES[variant.dataset, variant.architecture].batch_size
    train = load_split(variant.dataset, "train", data_dir)
    contenders: dict[str, Steps] = {
        "usual loop": usual_loop(variant, device, data_dir, workers=0),
        "usual loop, 2 workers": usual_loop(variant, device, data_dir, workers=2),
        "ours, float32": our_loop(variant, device, train, mixed_precision=False),
    }
    if multiplies_bfloat16(device):
        contenders["ours, bfloat16"] = our_loop(variant, device, train, mixed_precision=True)
    rates: Rows = {name: [] for name in contenders}
    for steps in contenders.values():
        for _ in range(WARM_UP):
            next(steps)
    with tqdm(desc=variant.id, total=ROUNDS * len(contenders)) as bar:
        for _, (name, steps) in itertools.product(range(ROUNDS), contenders.items()):
            rates[name].append(batch_size * steps_a_second(steps, device))
            bar.update()
    best_usual = max(median(r) for name, r in rates.items() if name.startswith("usual"))
    hardware = device_name(device)
    print(f"\n{variant.id}, batches of {batch_size}, {hardware}, torch {torch.__version__}\n")
    print_table("pictures a second", rates, lambda rate: rate / best_usual, "against the usual")


def usual_loop(
    variant: Variant, device: torch.device, data_dir: str | None, *, workers: int
) -> Steps:
    """A training loop as tutorials have it: DataLoader, ToTensor, one optimiser step a batch."""
    from torchvision import transforms  # takes seconds to import, and no other script needs it
    from torchvision.datasets import FashionMNIST

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    loader = torch.utils.data.DataLoader(
        FashionMNIST(str(find_data_dir(data_dir)), transform=transform),
        batch_size=RECIPES[variant.dataset, variant.architecture].batch_size,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    model = build_model(variant).to(device).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    while True:
        for pictures, labels in loader:
            optimiser.zero_grad()
            loss = F.cross_entropy(model(pictures.to(device)), labels.to(device))
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            yield loss


def our_loop(
    variant: Variant, device: torch.device, train: Split, *, mixed_precision: bool
) -> Steps:
    """`Training` with its whole recipe: regularisation, schedule and averaging of weights."""
    recipe = RECIPES[variant.dataset, variant.architecture]
    tiny = Split(train.images[:10], train.labels[:10])  # it is tested at the end of an epoch
    while True:
        run = Training(variant, recipe, train, tiny, device=device, mixed_precision=mixed_precision)
        yield from itertools.islice(run.epochs(), 1, None)


def steps_a_second(steps: Steps, device: torch.device) -> float:
    """Over `STEPS` of them; a GPU is waited for at both ends only, as in a training."""

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    start = now()
    for _ in range(STEPS):
        next(steps)
    return STEPS / (now() - start)


def benchmark_processes(device: torch.device, args: argparse.Namespace) -> None:
    """Print the seconds an epoch of one process and of two, of one thread each."""
    name = "sign-cnn"
    counts = (1, 2)
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    with tqdm(desc=name, total=PROCESS_ROUNDS * len(counts)) as bar:
        for _, count in itertools.product(range(PROCESS_ROUNDS), counts):
            seconds[count].append(epoch_under_torchrun(name, count, device, args.data_dir))
            bar.update()
    alone = median(seconds[1])
    hardware = device_name(device)
    print(f"\n{name}, one thread a process, {hardware}, torch {torch.__version__}\n")
    rows = {f"{count} process{'es' if count > 1 else ''}": s for count, s in seconds.items()}
    print_table("seconds an epoch", rows, lambda s: alone / s, "speed-up")


def epoch_under_torchrun(
    variant: str, processes: int, device: torch.device, data_dir: str | None
) -> float:
    """Wall time of one epoch, as the training itself recorded it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        command += [f"--nproc-per-node={processes}", str(CHECKOUT / "scripts" / "train.py")]
        command += [variant, "--repeat", "--epochs", "1", "--threads", "1"]
        command += ["--device", device.type, "--output-dir", folder, "--checkpoint-dir", folder]
        if data_dir is not None:
            command += ["--data-dir", data_dir]
        result = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 (ours)
        if result.returncode:
            sys.exit(result.stderr)
        (run,) = json.loads((Path(folder) / "seeds.json").read_text(encoding="utf-8"))[variant]
    return float(run["seconds"])


def print_table(
    unit: str, rows: Mapping[str, list[float]], ratio: Callable[[float], float], of: str
) -> None:
    """A line for each contender: median, spread, and its ratio."""
    print(f"| | {unit} | lowest to highest | {of} |\n| --- | ---: | ---: | ---: |")
    for name, values in rows.items():
        middle = median(values)
        digits = 0 if middle > 100 else 2
        spread = f"{min(values):,.{digits}f} to {max(values):,.{digits}f}"
        print(f"| {name} | {middle:,.{digits}f} | {spread} | {ratio(middle):.2f} |")


if __name__ == "__main__":
    console.run(main)
