"""What a server imports when it starts: seconds and memory by module, and what it does without.

`scripts/benchmark.py start` runs it and writes its table of docs/performance.md.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import torch
from tqdm import tqdm

from models.errors import CHECKOUT
from scripts.measuring.performance import DOCS, Record, machine, write
from scripts.shared import markdown

ROUNDS = 5  # of new processes
# What runs until the first view stands, in that order.
NEEDED = {
    "Python itself": "pass",
    "numpy": "import numpy",
    "Streamlit's server": "import streamlit.web.cli, streamlit.web.bootstrap, streamlit.web.server",
    "PyTorch": "import torch",
    "Nudge's pages": "import views.stage.payload, views.parts.picture_input",
    "one network": "from views.session import resources; resources.fast_model('fashion-cnn')",
    "Fashion's test pictures": "from models import Dataset; resources.display_set(Dataset.FASHION)",
}
# What the first view does without; each comes on top of all that stands before it.
SPARED = {
    "altair": "import altair",
    "pandas": "import pandas",
    "PyTorch's compiler": "import torch._dynamo",
    "torchvision": "import torchvision",
}
# Runs each code, and prints the seconds that it took and the megabytes that the process grew by.
_CHILD = """
import json, os, sys, time

def held():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

found, before = [], 0
for code in json.loads(sys.argv[1]):
    start = time.perf_counter()
    exec(code)
    seconds, after = time.perf_counter() - start, held()
    found.append([seconds, after - before])
    before = after
print(json.dumps(found))
"""


def benchmark_start(folder: Path = DOCS) -> None:
    """Measure, print the table and write it down. Reads memory as Linux tells it."""
    stages = NEEDED | SPARED
    rounds = [measure(list(stages.values())) for _ in tqdm(range(ROUNDS), desc="imports")]
    by_stage = dict(zip(stages, zip(*rounds, strict=True), strict=True))
    record = machine(torch.device("cpu"))
    record["needed"] = {name: by_stage[name] for name in NEEDED}
    record["spared"] = {name: by_stage[name] for name in SPARED}
    write("start", record, {"start": table(record)}, folder)


def measure(codes: list[str]) -> list[tuple[float, float]]:
    """Seconds and megabytes of each, run one after another by a new process."""
    command = [sys.executable, "-W", "ignore", "-c", _CHILD, json.dumps(codes)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT)  # noqa: S603
    if result.returncode:
        sys.exit(result.stderr)
    return [tuple(pair) for pair in json.loads(result.stdout.splitlines()[-1])]


def table(record: Record) -> str:
    """A row for each module, those that are needed added up."""
    needed, spared = (
        {
            name: [median(values) for values in zip(*pairs, strict=True)]
            for name, pairs in record[kind].items()
        }
        for kind in ("needed", "spared")
    )
    rows = [[name, f"{s:.2f}", f"{mb:.0f}"] for name, (s, mb) in needed.items()]
    seconds, megabytes = (sum(values) for values in zip(*needed.values(), strict=True))
    rows.append(["**until the first view**", f"**{seconds:.2f}**", f"**{megabytes:.0f}**"])
    rows += [[name, f"+{s:.2f}", f"+{mb:.0f}"] for name, (s, mb) in spared.items()]
    return (
        f"{record['hardware']}, torch {record['torch']}; medians of {ROUNDS} new processes.\n\n"
        + markdown.table(["", "seconds", "MB"], rows)
    )
