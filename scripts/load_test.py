"""A class that uses the explorer all at once, without browsers: how long everybody waits.

    pip install -r requirements-dev.txt
    python scripts/load_test.py --users 100 --seconds 600
    python scripts/load_test.py --users 100 --room              # as students of one class

Starts a server, and lets visitors arrive one after another, each with a picture and a network of
their own. Each then moves the slider or chooses another picture or network, waits until that is
shown, checks that it is the right view, thinks for a second, and goes on. An update is the time
from the visitor's message to the end of the run that shows what was asked for. Memory is that of
the server's process (Linux). The visitors share the machine with the server.
"""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

from torch import Tensor

from models import STANDARD, Dataset, NudgeError
from nudge.data import find_data_dir
from nudge.data.display_set import load_display_set
from nudge.evaluation.sweep import EPSILONS
from scripts.measuring.browsing import serving
from scripts.measuring.conversation import VisitError
from scripts.measuring.room_load import hold_a_class
from scripts.measuring.visitors import Visitor
from scripts.shared import command_line, markdown
from views.session.state import View

ARRIVING = 20.0  # seconds in which a class arrives
THINKING = 1.0  # seconds on average between an answer and the next question
# What is done next: mostly the slider, for which the page is made.
ACTIONS = {"move": 6, "picture": 3, "network": 1}
SAMPLE = 5.0  # seconds between two looks at the server's memory


@dataclass
class Report:
    """What the visitors and the server's process went through."""

    first: list[float] = field(default_factory=list)  # seconds to the first complete view
    updates: list[float] = field(default_factory=list)  # seconds
    moments: list[float] = field(default_factory=list)  # at which second of the test each ended
    errors: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds, MB
    busy: float = 0.0  # seconds of a core that the server used
    seconds: float = 0.0  # in all

    def minutes(self) -> list[list[str]]:
        """Rows: minute, updates, their median and 95th percentile, the server's memory."""
        rows = []
        for minute in range(int(self.seconds // 60)):
            there = [
                s for s, at in zip(self.updates, self.moments, strict=True) if at // 60 == minute
            ]
            if len(there) > 1:
                megabytes = f"{self.memory_at(minute * 60 + 45):.0f} MB"
                times = [f"{1000 * s:.0f} ms" for s in (median(there), percentile(there))]
                rows.append([f"{minute + 1}", f"{len(there)}", *times, megabytes])
        return rows

    def memory_at(self, seconds: float) -> float:
        """MB, the mean of half a minute around a moment."""
        return mean(mb for at, mb in self.memory if abs(at - seconds) <= 15)


def percentile(values: Sequence[float]) -> float:
    """The 95th."""
    return quantiles(values, n=20)[-1]


def main() -> None:
    options = command_line.parser(__doc__)
    options.add_argument("--users", type=int, default=100)
    options.add_argument("--seconds", type=float, default=600, help="in all (default: 600)")
    options.add_argument("--arriving", type=float, default=ARRIVING, help="seconds (default: 20)")
    options.add_argument("--room", action="store_true", help="as students of one class")
    options.add_argument("--questions", type=int, default=7, help="of the class (default: 7)")
    args = options.parse_args()
    data_dir = find_data_dir(args.data_dir).resolve()
    pictures = shown_pictures(data_dir)
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if args.room:
        with serving(data_dir) as served:
            found = asyncio.run(hold_a_class(served.url, args.users, args.arriving, args.questions))
        print("\n".join(found.lines()))
        sys.exit(bool(found.errors))
    with serving(data_dir) as served:
        load = Load(served.url, pictures, served.process.pid)
        report = asyncio.run(load.run(args.users, args.seconds, args.arriving))
    print("\n".join(lines(args.users, report)))
    if report.errors:
        sys.exit(1)


def shown_pictures(data_dir: Path) -> dict[Dataset, Tensor]:
    """uint8 (N, 28, 28) of each data set, as pages show them."""
    found = {}
    for dataset in Dataset:
        with suppress(NudgeError):
            found[dataset] = load_display_set(dataset, data_dir).split.images
    return found


class Load:
    """Visitors who come to one address."""

    def __init__(self, url: str, pictures: Mapping[Dataset, Tensor], pid: int | None) -> None:
        """`pid` is the server's process, whose memory is looked at."""
        self.url, self.pictures, self._pid = url, pictures, pid
        self._variants = [v for v in STANDARD.values() if v.dataset in pictures]
        self.report = Report()
        self._start = 0.0

    def visitor(self, number: int) -> Visitor:
        """The visitor of that number, with a picture and a network of their own."""
        variant = self._variants[number % len(self._variants)]
        view = View(
            dataset=variant.dataset,
            architecture=variant.architecture,
            pixels=variant.pixels,
            image=number * 17 % len(self.pictures[variant.dataset]),
        )
        return Visitor(self.url, view, self.pictures)

    async def run(self, users: int, seconds: float, arriving: float) -> Report:
        self._start = start = time.perf_counter()
        busy = processor_seconds(self._pid)
        watching = asyncio.create_task(self._watch(start))
        async with asyncio.TaskGroup() as group:
            for number in range(users):
                group.create_task(self._visit(number, start + seconds))
                await asyncio.sleep(arriving / users)
        watching.cancel()
        self.report.seconds = time.perf_counter() - start
        self.report.busy = processor_seconds(self._pid) - busy
        return self.report

    async def _visit(self, number: int, end: float) -> None:
        visitor, luck = self.visitor(number), random.Random(number)  # noqa: S311 (nothing secret)
        staying = asyncio.create_task(visitor.run())
        try:
            self.report.first.append(await visitor.poll())
            while True:
                await asyncio.sleep(luck.uniform(0.5, 1.5) * THINKING)
                if time.perf_counter() > end:
                    break
                self.report.updates.append(await act(visitor, luck, self.pictures))
                self.report.moments.append(time.perf_counter() - self._start)
            if visitor.connections > 1:
                raise VisitError(f"the connection was lost {visitor.connections - 1} times")
        except VisitError as error:
            self.report.errors[str(error).split(":")[0]] += 1
        finally:
            staying.cancel()
            await asyncio.gather(staying, return_exceptions=True)  # it takes its leave

    async def _watch(self, start: float) -> None:
        while True:
            at = time.perf_counter() - start
            self.report.memory.append((at, memory(self._pid)))
            await asyncio.sleep(SAMPLE)


async def act(visitor: Visitor, luck: random.Random, pictures: Mapping[Dataset, Tensor]) -> float:
    """Let a visitor do one thing; returns the seconds until it is shown."""
    view = visitor.view
    match luck.choices(list(ACTIONS), list(ACTIONS.values()))[0]:
        case "move":
            steps = [i for i, epsilon in enumerate(EPSILONS) if epsilon != view.epsilon]
            return await visitor.move(luck.choice(steps))
        case "picture":
            return await visitor.choose_picture(luck.randrange(len(pictures[view.dataset])))
        case _:
            others = [variant for variant in view.twins if variant != view.variant]
            return await visitor.choose_network(luck.choice(others))


def memory(pid: int | None) -> float:
    """Megabytes that a process holds; NaN where nobody tells."""
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return float("nan")


def processor_seconds(pid: int | None) -> float:
    """Seconds of a core that a process has used; NaN where nobody tells."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return float("nan")


def lines(users: int, report: Report) -> list[str]:
    """The rows of a table."""
    errors = [f"{count} x {what}" for what, count in report.errors.most_common()]
    if not (report.first and len(report.updates) > 1 and report.memory):
        return [f"{len(report.first)} of {users} visitors came in; nothing to report", *errors]
    megabytes = [mb for _, mb in report.memory]
    rows = [
        ("visitors", f"{users}"),
        ("updates", f"{len(report.updates)} in {report.seconds:.0f} s"),
        ("errors", f"{sum(report.errors.values())}"),
        ("update, median", f"{median(report.updates) * 1000:.0f} ms"),
        ("update, 95th percentile", f"{percentile(report.updates) * 1000:.0f} ms"),
        ("update, slowest", f"{max(report.updates):.2f} s"),
        ("first view, median", f"{median(report.first):.2f} s"),
        ("first view, slowest", f"{max(report.first):.2f} s"),
        ("server, of one core", f"{report.busy / report.seconds:.0%}"),
        ("server, of a core for an update", f"{report.busy / len(report.updates) * 1000:.0f} ms"),
        ("server, memory at most", f"{max(megabytes):.0f} MB"),
    ]
    if report.seconds > 180:
        early, late = report.memory_at(120), report.memory_at(report.seconds - 15)
        rows.append(("memory, from minute two to the end", f"{late / early - 1:+.1%}"))
    heads = ["minute", "updates", "median", "95th percentile", "memory"]
    return [
        *(f"| {name} | {value} |" for name, value in rows),
        "",
        markdown.table(heads, report.minutes()),
        *errors,
    ]


if __name__ == "__main__":
    command_line.run(main)
