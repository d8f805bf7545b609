"""How fast training is, how fast a curve is counted, and how soon the server is there.

    python scripts/benchmark.py train       # pictures a second, and the ratio to the usual loop
    python scripts/benchmark.py sweep       # curves, against other libraries and against limits
    python scripts/benchmark.py sweep --device cuda     # on a card, and against the CPU's counts
    python scripts/benchmark.py count       # the server's counts on all cores, and beside a visitor
    python scripts/benchmark.py processes   # both by one and by two processes under torchrun
    python scripts/benchmark.py attacks     # PGD, BIM and L2, against other libraries
    python scripts/benchmark.py autoattack  # what AutoAttack leaves of defences, onto their cards
    python scripts/benchmark.py start       # the server's imports: time and memory by module

Each writes its tables into docs/performance.md. Contenders take turns in one run, so that whatever
else the machine does meets all of them; what counts is the median and the ratio. Close other
programs first.
"""

import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
import torch.nn.functional as F
from tqdm import tqdm

from models import VARIANTS, Variant, build_model
from nudge.data import Split, find_data_dir, load_split
from nudge.devices import multiplies_bfloat16
from nudge.training.recipes import RECIPES
from nudge.training.trainer import Training
from scripts.measuring import performance
from scripts.measuring.attack_rivals import benchmark_attacks, record_auto_attack
from scripts.measuring.cards import benchmark_card
from scripts.measuring.counting import benchmark_count
from scripts.measuring.scaling import benchmark_exchange, benchmark_processes
from scripts.measuring.startup import benchmark_start
from scripts.shared import command_line, markdown

ROUNDS = 5
STEPS = 50  # of each contender in each round
WARM_UP = 5  # steps before the clock starts
NETWORKS = ("fashion-fcnn", "fashion-cnn")

WHAT = ("train", "sweep", "count", "processes", "exchange", "attacks", "autoattack", "start")

Steps = Iterator[object]  # takes one training step each time it is asked
Rows = dict[str, list[float]]  # by contender, what each round gave


def main() -> None:
    options = command_line.parser(__doc__)
    # "exchange" is what each of the processes is asked for.
    options.add_argument("what", choices=WHAT)
    options.add_argument("--pictures", type=int, default=300, help="of a sweep (default: 300)")
    command_line.add_device(options)
    args = options.parse_args()
    device = command_line.device(options, args)
    match args.what:
        case "train":
            benchmark_training(device, args.data_dir)
        case "sweep" if device.type != "cpu":
            benchmark_card(device, args.data_dir)
        case "count":
            benchmark_count(args.pictures, args.data_dir)
        case "sweep":
            from scripts.measuring.sweeping import benchmark_sweep  # wants the chart's libraries

            benchmark_sweep(args.pictures, args.data_dir)
        case "attacks":
            benchmark_attacks(args.pictures, args.data_dir)
        case "autoattack":
            record_auto_attack(device, args.data_dir)
        case "processes":
            benchmark_processes(device, args)
        case "exchange":
            benchmark_exchange(device)
        case _:
            benchmark_start()


def benchmark_training(
    device: torch.device, data_dir: str | None, folder: Path = performance.DOCS
) -> None:
    """Measure both networks, print the tables and write them down."""
    rates = {name: training_rates(VARIANTS[name], device, data_dir) for name in NETWORKS}
    record = performance.machine(device)
    record |= {"threads": torch.get_num_threads(), "pictures_a_second": rates}
    performance.write("train", record, {"train": training_table(record)}, folder)


def training_rates(variant: Variant, device: torch.device, data_dir: str | None) -> Rows:
    """Pictures a second of our loop and of the usual one on the same network, by rounds."""
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
    return rates


def training_table(record: performance.Record) -> str:
    """A table for each network."""
    parts = [
        f"{record['hardware']}, {record['threads']} threads, torch {record['torch']}; medians of "
        f"{ROUNDS} rounds of {STEPS} steps."
    ]
    for name, rates in record["pictures_a_second"].items():
        usual = max(median(values) for key, values in rates.items() if key.startswith("usual"))
        rows = [
            [key, *performance.spread(values, ",.0f"), f"{median(values) / usual:.2f}"]
            for key, values in rates.items()
        ]
        heads = [name, "pictures a second", "lowest to highest", "against the usual"]
        parts.append(markdown.table(heads, rows))
    return "\n\n".join(parts)


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


if __name__ == "__main__":
    command_line.run(main)
