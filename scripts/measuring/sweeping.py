"""How fast a curve is counted: against other libraries, against limits, and as it grows.

`scripts/benchmark.py sweep` runs it and writes docs/performance.json, the chart, and the tables of
docs/performance.md.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import altair as alt
import numpy as np
import torch
from tqdm import tqdm

from models import VARIANTS, load_model
from nudge.batch_size import BATCH_SIZE
from nudge.data import load_split, to_pixels
from nudge.evaluation.sweep import EPSILONS as PAGES_EPSILONS
from nudge.files import replacing
from scripts.measuring import performance
from scripts.measuring.contenders import (
    BARE,
    ENGINE,
    PRODUCTS,
    RIVALS,
    contenders,
    contiguous,
    engine,
    in_batches,
    multiply_adds,
    product_rate,
    reference,
)
from scripts.measuring.performance import DOCS, Record, machine
from scripts.shared import markdown

NETWORKS = ("fashion-fcnn", "sign-fcnn", "fashion-cnn", "sign-cnn")
ROUNDS = 5  # in which all take turns
EPSILONS = tuple(i / 100 for i in range(31))  # 0, 0.01, ... 0.3
TIE = 1e-5  # between the two highest logits
GROWING = ("fashion-fcnn", "fashion-cnn")
GROWTH_ROUNDS = 3
BY_PICTURES = (100, 300, 1000, 3000, 10_000)
BY_EPSILONS = (1, 11, 31, 61, 121)
BY_THREADS = (1, 2)


def benchmark_sweep(pictures: int, data_dir: str | None, folder: Path = DOCS) -> None:
    """Measure, print the tables, and write them down. Raises DataError and OSError."""
    record = machine(torch.device("cpu")) | {
        "pictures": pictures,
        "epsilons": len(EPSILONS),
        "networks": {name: measure(name, pictures, data_dir) for name in NETWORKS},
        "growth": {name: grow(name, pictures, data_dir) for name in GROWING},
    }
    write(record, folder)


def measure(name: str, pictures: int, data_dir: str | None) -> Record:
    """By contender the seconds of each round, and how its answers differ from the reference."""
    variant = VARIANTS[name]
    images, labels = (v[:pictures] for v in load_split(variant.dataset, "test", data_dir))
    pixels = to_pixels(images)
    plain = contiguous(variant)
    logits = torch.cat(
        [reference(plain, *batch, EPSILONS) for batch in in_batches(pixels, labels)],
        dim=1,
    )
    right = logits.argmax(dim=2) == labels
    highest = logits.topk(2, dim=2).values
    tied = highest[..., 0] - highest[..., 1] <= TIE
    found = contenders(variant, pixels, labels, EPSILONS)
    seconds: dict[str, list[float]] = {key: [] for key in found}
    differing: dict[str, list[int]] = {}
    rates = [product_rate()]
    with tqdm(desc=name, total=(ROUNDS + 1) * len(found)) as bar:
        for turn, (key, count) in itertools.product(range(ROUNDS + 1), found.items()):
            start = perf_counter()
            answer = count()
            seconds[key].append(perf_counter() - start)
            if turn == 0 and key != BARE:  # the first round warms up, and is looked at
                other = answer != right
                differing[key] = [int(other.sum()), int((other & tied).sum())]
            bar.update()
            if key == BARE:
                rates.append(product_rate())
    work = (len(EPSILONS) + 1) * multiply_adds(plain) * len(labels)
    seconds = {key: values[1:] for key, values in seconds.items()}
    seconds[PRODUCTS] = [work / rate for rate in rates[2:]]
    return {"seconds": seconds, "differing": differing, "multiply_adds": multiply_adds(plain)}


def grow(name: str, pictures: int, data_dir: str | None) -> Record:
    """Median seconds of the engine by pictures, by epsilons and by threads."""
    variant, threads = VARIANTS[name], torch.get_num_threads()
    split = load_split(variant.dataset, "test", data_dir)
    pixels, model = to_pixels(split.images), load_model(variant)

    def took(count: int, epsilons: Sequence[float]) -> float:
        start = perf_counter()
        engine(model, pixels[:count], split.labels[:count], epsilons)
        return perf_counter() - start

    def medians(cases: Mapping[int, tuple[int, Sequence[float]]], what: str) -> dict[int, float]:
        times: dict[int, list[float]] = {case: [] for case in cases}
        took(min(pictures, 100), EPSILONS)
        bar = tqdm(list(itertools.product(range(GROWTH_ROUNDS), cases)), desc=f"{name} by {what}")
        for _, case in bar:
            if what == "threads":
                torch.set_num_threads(case)
            times[case].append(took(*cases[case]))
        torch.set_num_threads(threads)
        return {case: median(values) for case, values in times.items()}

    most = len(split.labels)
    grid = {k: (pictures, tuple(np.linspace(0, 0.3, k).tolist())) for k in BY_EPSILONS}
    return {
        "pictures": medians({n: (n, EPSILONS) for n in BY_PICTURES if n <= most}, "pictures"),
        "epsilons": medians(grid, "epsilons"),
        "threads": medians(dict.fromkeys(BY_THREADS, (pictures, EPSILONS)), "threads"),
    }


def write(record: Record, folder: Path) -> None:
    """The record, its chart, and its tables where docs/performance.md has room for them."""
    with replacing(folder / "performance.svg") as temporary:
        chart(record).save(str(temporary), format="svg")
    performance.write("sweep", record, tables(record), folder)


def tables(record: Record) -> dict[str, str]:
    """By the name of their places."""
    return {"sweep": table(record), "growth": growth_table(record), "cost": cost_table(record)}


def table(record: Record) -> str:
    """Every contender on every network, and the ratios that were aimed at."""
    rows = []
    for name, found in record["networks"].items():
        ours = median(found["seconds"][ENGINE])
        for key, values in found["seconds"].items():
            others = found["differing"].get(key)
            told = "" if others is None else f"{others[0]} ({others[1]})"
            ratio = f"{median(values) / ours:.2f}"
            rows.append([key, name, *performance.spread(values, ".3f"), ratio, told])
    heads = ["", "network", "seconds", "lowest to highest", "of Nudge's time"]
    return "\n\n".join(
        [
            f"{record['pictures']} test pictures, {record['epsilons']} epsilons, batches of "
            f"{BATCH_SIZE}, medians of {ROUNDS} rounds that took turns; {record['hardware']}, "
            f"torch {record['torch']}.",
            markdown.table([*heads, "other answers (ties)"], rows, 2),
            markdown.table(["", "measured", "target"], ratios(record), 3),
        ]
    )


def ratios(record: Record) -> Iterator[tuple[str, str, str]]:
    """What was aimed at: the ratio, for each network, and the target."""
    for kind, words, aim in (("fcnn", "Fully connected", "3.5"), ("cnn", "CNN", "7")):
        networks = {n: v["seconds"] for n, v in record["networks"].items() if f"-{kind}" in n}
        for said, chosen in (
            ("of the two libraries as they are used", lambda key: key in RIVALS),
            ("of both, given the channels last, too", lambda key: key.startswith(RIVALS)),
        ):
            best = {
                name: min(median(v) for key, v in seconds.items() if chosen(key))
                / median(seconds[ENGINE])
                for name, seconds in networks.items()
            }
            told = ", ".join(f"{name} {value:.1f}x" for name, value in best.items())
            yield f"{words}: faster than the best {said}", told, f"at least {aim}x"
        told = ", ".join(
            f"{name} {median(seconds[ENGINE]) / median(seconds[BARE]):.2f}x"
            for name, seconds in networks.items()
        )
        most = "at most 0.95x" if kind == "cnn" else ""
        yield f"{words}: against K + 1 bare forward passes", told, most


def growth_table(record: Record) -> str:
    """How the engine's time grows, and how far from a line."""
    rows = []
    for name, found in record["growth"].items():
        for what, times in found.items():
            cases = {int(case): seconds for case, seconds in times.items()}
            told = ", ".join(f"{case:,}: {seconds:.3f}" for case, seconds in cases.items())
            furthest_off = furthest(cases, through_zero=what == "pictures")
            off = "" if what == "threads" else f"{furthest_off:.0%}"
            rows.append([name, what, told, off])
    return markdown.table(["network", "by", "seconds", "furthest from a line"], rows, 3)


def cost_table(record: Record) -> str:
    """What a gradient and an epsilon cost a picture, and a million pictures on the pages' grid."""
    rows = []
    for name, found in record["growth"].items():
        cases = {int(case): seconds for case, seconds in found.get("epsilons", {}).items()}
        if cases:
            slope, start = (1e6 * value / record["pictures"] for value in line(cases))
            million = start + slope * len(PAGES_EPSILONS)
            rows.append([name, f"{start:.0f} µs", f"{slope:.1f} µs", f"{million:,.0f} s"])
    heads = ["network", "a picture", "and for each epsilon", "a million pictures at 61 epsilons"]
    return markdown.table(heads, rows)


def line(cases: Mapping[int, float], *, through_zero: bool = False) -> tuple[float, ...]:
    """Slope and start of the line that fits the times best, relatively; slope alone through zero.

    The start holds what no epsilon adds to: the gradient.
    """
    x, y = np.array(list(cases)), np.array(list(cases.values()))
    columns = [x] if through_zero else [x, np.ones(len(x))]
    system = np.stack(columns, axis=1) / y[:, None]
    solution, *_ = np.linalg.lstsq(system, np.ones(len(y)), rcond=None)
    return tuple(solution.tolist())


def furthest(cases: Mapping[int, float], *, through_zero: bool) -> float:
    """The largest relative distance of the times from the line that fits them best, relatively."""
    slope, *start = line(cases, through_zero=through_zero)
    return max(abs((slope * x + sum(start)) / y - 1) for x, y in cases.items())


def chart(record: Record) -> alt.TopLevelMixin:
    """Seconds by contender, a panel for each network."""
    kinds = {ENGINE: "Nudge", BARE: "limit", PRODUCTS: "limit"}
    rows = [
        {
            "network": name,
            "contender": key,
            "seconds": median(values),
            "kind": kinds.get(key, "others"),
        }
        for name, found in record["networks"].items()
        for key, values in found["seconds"].items()
    ]
    shown, colours = ["Nudge", "others", "limit"], ["#2c5282", "#f0a35e", "#a0aec0"]
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("seconds:Q", title="seconds"),
            y=alt.Y("contender:N", title=None, sort="x", axis=alt.Axis(labelLimit=240)),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=shown, range=colours)),
        )
        .properties(width=260, height=170)
    )
    panels: alt.TopLevelMixin = (
        bars.facet(facet=alt.Facet("network:N", title=None, sort=list(NETWORKS)), columns=2)
        .resolve_scale(x="independent", y="independent")
        .configure(background="white")
    )
    return panels
