"""How well counts use the cores that visitors leave idle, and how little they take from visitors.

`scripts/benchmark.py count` runs it and writes a table of docs/performance.md. Two ways to use
several cores are measured: threads that count a batch each, as the server does, and one counting
thread whose operations are shared by all cores.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median, quantiles

import torch
from tqdm import tqdm

from models import VARIANTS, load_model
from nudge.attacks import random_direction
from nudge.data import Split, load_split
from nudge.devices import CPU, cores
from nudge.evaluation.fused_inference import for_inference
from nudge.evaluation.measurement import RANDOM_SEED
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from nudge.neighbourhood.picture_attack import Subject, attack_picture
from nudge.serving import process, scheduler
from nudge.serving.live_curves import LiveCurves
from nudge.serving.scheduler import StepExecutor
from scripts.measuring import performance
from scripts.measuring.performance import Record, machine
from scripts.shared import markdown

NETWORK = "fashion-cnn"
BESIDE = 1000  # pictures that are counted beside a visitor
EVERY = 0.3  # seconds between two views of that visitor
ALONE, SHARED = "accuracy_curve", "one counting thread, its operations shared by"
ROUNDS = 1  # of minutes each


def benchmark_count(pictures: int, data_dir: str | None) -> None:
    """Measure, print the table and write it down. Raises DataError and OSError."""
    process.tune()
    split = load_split(VARIANTS[NETWORK].dataset, "test", data_dir)
    many = cores()
    ways: Mapping[str, Callable[[Split], float]] = {
        f"`{ALONE}`, {threads(many)}": partial(_by_curve, many=many),
        **{
            f"the server, {threads(n)} of one batch each": partial(_by_server, many=n)
            for n in sorted({1, many})
        },
        f"the server, {SHARED} {threads(many)}": partial(_by_server, many=1, shared=many),
    }
    first = Split(*(values[:pictures] for values in split))
    few = Split(*(values[:BESIDE] for values in split))
    _visited(partial(_by_curve, few, many=1))  # warms the visitor's threads up, each with one core
    rows: dict[str, dict[str, list[float]]] = {
        name: {"seconds": [], "beside": [], "views": []} for name in ways
    }
    for _, (name, count) in tqdm(list(itertools.product(range(ROUNDS), ways.items()))):
        rows[name]["seconds"].append(count(first))
        seconds, views = _visited(partial(count, few))
        rows[name]["beside"].append(seconds)
        rows[name]["views"] += views
    record = machine(CPU) | {"pictures": len(first.labels), "cores": many, "ways": rows}
    performance.write("count", record, {"count": table(record)})


def threads(many: int) -> str:
    return f"{many} thread{'s' if many > 1 else ''}"


def _curves(split: Split) -> LiveCurves:
    directions = random_direction(len(split.labels), seed=RANDOM_SEED)
    return LiveCurves(load_model(NETWORK), split, EPSILONS, directions)


def _by_server(split: Split, *, many: int, shared: int = 1) -> float:
    """Seconds of both curves, as the server counts them."""
    executor, before = StepExecutor(many), scheduler.EXECUTOR
    scheduler.EXECUTOR = executor
    if shared > 1:  # only that thread's operations: PyTorch keeps the number for each thread
        executor.take(lambda: torch.set_num_threads(shared))
    try:
        curves, start = _curves(split), time.perf_counter()
        while not curves.poll(len(split.labels)).complete:
            time.sleep(0.02)
        return time.perf_counter() - start
    finally:
        executor.close()
        scheduler.EXECUTOR = before
        torch.set_num_threads(1)


def _by_curve(split: Split, *, many: int) -> float:
    """Seconds of both curves by `accuracy_curve`, which has the machine for itself."""
    model = load_model(NETWORK)
    random_signs = random_direction(len(split.labels), seed=RANDOM_SEED)
    torch.set_num_threads(many)
    start = time.perf_counter()
    for directions in (None, random_signs):
        accuracy_curve(model, *split, EPSILONS, directions=directions)
    torch.set_num_threads(1)
    return time.perf_counter() - start


def _visited(count: Callable[[], float]) -> tuple[float, list[float]]:
    """Seconds of a count, and milliseconds that views of one visitor take meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    model = load_model(NETWORK)
    network, views = for_inference(model), list[float]()
    subject = Subject(torch.rand(1, 1, 28, 28), 0, random_direction(1))
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count)
        while not counting.done():
            start = time.perf_counter()
            process.compute_in_foreground(
                attack_picture, model, network, subject, Method.FGSM, None
            )
            views.append(1000 * (time.perf_counter() - start))
            time.sleep(EVERY)
        return counting.result(), views


def table(record: Record) -> str:
    """Each way, and what it costs a visitor."""
    rows = list(record["ways"].items())
    best = median(rows[0][1]["seconds"])
    one = next(median(found["seconds"]) for name, found in rows if "server, 1 thread " in name)
    cells = [
        [
            name,
            f"{median(found['seconds']):.1f}",
            f"{median(found['seconds']) / best:.2f}x",
            f"{one / median(found['seconds']):.2f}x",
            f"{median(found['beside']):.1f}",
            f"{median(found['views']):.0f}",
            f"{quantiles(found['views'], n=20)[-1]:.0f}",
        ]
        for name, found in rows
    ]
    heads = [
        "both curves counted by",
        "seconds",
        "of the first",
        "one thread's by it",
        f"{BESIDE:,} pictures beside a visitor, seconds",
        "the visitor's view, ms",
        "95th percentile",
    ]
    return "\n\n".join(
        [
            f"{NETWORK}, {record['pictures']:,} pictures, {len(EPSILONS)} epsilons; "
            f"{record['hardware']}, {record['cores']} cores, torch {record['torch']}. The visitor "
            f"has a picture attacked every {EVERY:g} s.",
            markdown.table(heads, cells),
        ]
    )
