"""What a second process under torchrun buys, and what processes have to tell each other.

`scripts/benchmark.py processes` runs it and writes its table of docs/performance.md.
"""

import json
import re
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from tqdm import tqdm

from models.errors import CHECKOUT
from nudge.distributed import joined
from nudge.evaluation.sweep import EPSILONS
from scripts.measuring.performance import DOCS, Record, machine, spread, write
from scripts.shared import markdown

TRAINED, MEASURED = "sign-cnn", "sign-fcnn"
PROCESSES = (1, 2)
ROUNDS = 3  # each starts processes, and has them do all of an epoch or of a test set
TOLD = 100_000  # pictures whose predictions are told in a round of the exchange


def benchmark_processes(device: torch.device, args: Namespace, folder: Path = DOCS) -> None:
    """Measure by one and by two processes of one thread each, print the table and write it down."""
    found: dict[str, dict[int, list[float]]] = {}
    tasks: dict[str, Callable[[int, torch.device, Namespace], float]] = {
        f"training {TRAINED}, an epoch": seconds_of_training,
        f"measuring {MEASURED}, its test set": seconds_of_measuring,
    }
    with tqdm(total=ROUNDS * len(tasks) * len(PROCESSES)) as bar:
        for _, (name, task), count in product(range(ROUNDS), tasks.items(), PROCESSES):
            bar.set_description(f"{name}, {count}")
            seconds = task(count, device, args)
            found.setdefault(name, {}).setdefault(count, []).append(seconds)
            bar.update()
    record = machine(device) | {"seconds": found, "exchange": exchange_under_torchrun(device)}
    write("processes", record, {"processes": table(record)}, folder)


def seconds_of_training(count: int, device: torch.device, args: Namespace) -> float:
    """Of one epoch, as the training itself recorded them."""
    with tempfile.TemporaryDirectory() as folder:
        options = [TRAINED, "--repeat", "--epochs", "1"]
        options += ["--output-dir", folder, "--checkpoint-dir", folder]
        under_torchrun(count, "train.py", options, device, args)
        (run,) = json.loads((Path(folder) / "seeds.json").read_text(encoding="utf-8"))[TRAINED]
    return float(run["seconds"])


def seconds_of_measuring(count: int, device: torch.device, args: Namespace) -> float:
    """Of the full test set, as `evaluate.py` tells them."""
    told = under_torchrun(count, "evaluate.py", [MEASURED], device, args)
    found = re.search(rf"{MEASURED}: ([\d.]+) s, ", told)
    if found is None:
        sys.exit(f"error: evaluate.py did not tell its seconds:\n{told}")
    return float(found[1])


def exchange_under_torchrun(device: torch.device) -> float:
    """Predictions that two processes add up in a second, in bytes of one of them."""
    command = [str(CHECKOUT / "scripts" / "benchmark.py"), "exchange", "--device", device.type]
    return float(torchrun(2, command).stdout.split()[0])


def benchmark_exchange(device: torch.device) -> None:
    """Print the bytes a second at which this process and its fellows tell each other all."""
    with joined(device) as workers:
        answers = torch.zeros(len(EPSILONS), TOLD, dtype=torch.int32)
        seconds = []
        for _ in range(ROUNDS + 1):
            start = perf_counter()
            workers.sum(answers)
            seconds.append(perf_counter() - start)
        if workers.first:
            print(answers.nbytes / median(seconds[1:]))  # the first makes the connections


def under_torchrun(
    count: int, script: str, options: list[str], device: torch.device, args: Namespace
) -> str:
    """Run a script by so many processes of one thread; returns its standard error."""
    command = [str(CHECKOUT / "scripts" / script), *options, "--device", device.type]
    command += ["--threads", "1"]
    if args.data_dir is not None:
        command += ["--data-dir", args.data_dir]
    return torchrun(count, command).stderr


def torchrun(count: int, command: list[str]) -> subprocess.CompletedProcess[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    launcher += [f"--nproc-per-node={count}", *command]
    result = subprocess.run(launcher, capture_output=True, text=True)  # noqa: S603 (ours)
    if result.returncode:
        sys.exit(result.stderr)
    return result


def table(record: Record) -> str:
    """A row for each task and number of processes, and how fast two add up what they read."""
    rows = []
    for name, by_count in record["seconds"].items():
        alone, *_ = (median(seconds) for seconds in by_count.values())
        rows += [
            [name, f"{count}", *spread(seconds, ".1f"), f"{alone / median(seconds):.2f}"]
            for count, seconds in by_count.items()
        ]
    heads = ["", "processes", "seconds", "lowest to highest", "speed-up"]
    return "\n\n".join(
        [
            f"One thread a process, {record['hardware']}, torch {record['torch']}.",
            markdown.table(heads, rows),
            f"Two processes add up {record['exchange'] / 1e6:,.0f} MB of predictions a second.",
        ]
    )
