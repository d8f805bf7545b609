"""Throw inputs that nobody in their right mind would send at Nudge: none may end in an exception.

python scripts/fuzz.py                            # 20,000 of them: uploads, addresses and files
python scripts/fuzz.py --inputs 1000 --seed 3
python scripts/fuzz.py uploads --first 812 --inputs 1    # one again, that was told of

Each input is made from the seed, its family and its number alone, so that it can be had again.
"""

import logging
import random
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from tqdm import tqdm

from scripts.fuzzing import Try
from scripts.fuzzing.addresses import addresses
from scripts.fuzzing.files import files
from scripts.fuzzing.uploads import uploads
from scripts.shared import command_line

# Of each hundred inputs, how many; addresses are the cheapest to try and the easiest to send.
FAMILIES: Mapping[str, tuple[Callable[[], AbstractContextManager[Try]], int]] = {
    "uploads": (uploads, 40),
    "addresses": (addresses, 35),
    "files": (files, 25),
}


@dataclass
class Outcome:
    """What became of the inputs of one family."""

    ends: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)  # seconds, and the number of that input

    def __str__(self) -> str:
        ends = ", ".join(f"{count:,} {end}" for end, count in self.ends.most_common())
        tried = self.ends.total() + len(self.failures)
        seconds, number = self.slowest
        return f"{tried:,} inputs: {ends}; the slowest, {number}, took {seconds:.2f} s"


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_names(options, "family", FAMILIES, "families")
    options.add_argument("--inputs", type=int, default=20_000, help="in all (default: 20000)")
    options.add_argument("--first", type=int, default=0, help="number of each family's first input")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    torch.set_num_threads(1)
    begun = time.perf_counter()
    failures, total = [], 0
    for name, count in shares(args.families or list(FAMILIES), args.inputs).items():
        outcome = fuzz(name, range(args.first, args.first + count), args.seed)
        print(f"{name}: {outcome}", flush=True)
        failures += outcome.failures
        total += count
    took = time.perf_counter() - begun
    for failure in failures:
        print(failure, file=sys.stderr)
    ending = f"{len(failures)} failed" if failures else "no uncaught exception"
    print(f"{total:,} inputs, seed {args.seed}: {ending} ({took:.0f} s)")
    sys.exit(bool(failures))


def shares(families: list[str], inputs: int) -> dict[str, int]:
    """How many inputs each family gets; together exactly as many."""
    weights = [FAMILIES[name][1] for name in families]
    ends = [inputs * sum(weights[: i + 1]) // sum(weights) for i in range(len(weights))]
    return {name: end - start for name, start, end in zip(families, [0, *ends], ends, strict=False)}


def fuzz(family: str, numbers: range, seed: int) -> Outcome:
    """Try the inputs of those numbers; whatever is raised is noted, and the next one tried."""
    outcome = Outcome()
    logging.disable(logging.WARNING)  # each damaged cache is told of, which is right but much
    try:
        with warnings.catch_warnings(), FAMILIES[family][0]() as try_one:
            warnings.simplefilter("ignore")  # as it is outside tests: Pillow warns, and reads on
            for number in tqdm(numbers, desc=family, leave=False, disable=None):
                begun = time.perf_counter()
                try:
                    outcome.ends[try_one(random.Random(f"{seed}-{family}-{number}"))] += 1  # noqa: S311
                except Exception:  # what this is about
                    told = f"{family} --first {number} --inputs 1 --seed {seed}"
                    outcome.failures.append(f"{told}\n{traceback.format_exc(limit=-6)}")
                outcome.slowest = max(outcome.slowest, (time.perf_counter() - begun, number))
    finally:
        logging.disable(logging.NOTSET)
    return outcome


if __name__ == "__main__":
    command_line.run(main)
