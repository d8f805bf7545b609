"""What the command lines share: options, and errors told in one line."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
import torch.distributed as dist
from tqdm import tqdm

from models import VARIANTS, NudgeError, Variant
from models.zoo import KNOWN
from nudge.devices import best_device, has_failed

T = TypeVar("T")


def parser(description: str | None) -> argparse.ArgumentParser:
    """An option parser that knows --data-dir."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--data-dir", help="data folder (default: the environment's NUDGE_DATA, else data/)"
    )
    return options


def add_names(
    options: argparse.ArgumentParser, name: str, known: Iterable[str], plural: str = ""
) -> None:
    """Any number of names out of those that are known; `args` has them by their plural."""
    choices = ", ".join(known)

    def check(word: str) -> str:
        if word not in choices.split(", "):
            raise argparse.ArgumentTypeError(f"unknown {name} {word}; choose from {choices}")
        return word

    options.add_argument(plural or f"{name}s", nargs="*", metavar=name, type=check, help=choices)


def add_variants(options: argparse.ArgumentParser, known: Iterable[str] = VARIANTS) -> None:
    """Those that are trained, or those that are known to the command."""
    add_names(options, "variant", known)


def variants(options: argparse.ArgumentParser, args: argparse.Namespace) -> list[Variant]:
    """Those that were named, or all."""
    return [KNOWN[name] for name in args.variants or VARIANTS]


def add_device(options: argparse.ArgumentParser) -> None:
    options.add_argument("--device", help="cuda, mps or cpu (default: the best there is)")
    options.add_argument("--threads", type=int, help="on a CPU (default: all cores)")


def device(options: argparse.ArgumentParser, args: argparse.Namespace) -> torch.device:
    """The device that was named, or the best; sets the number of threads."""
    if args.threads is not None:
        if args.threads < 1:
            options.error(f"--threads: expected at least 1, got {args.threads}")
        torch.set_num_threads(args.threads)
    together = dist.is_torchelastic_launched()
    if args.device is None and not together:
        best, _ = falling_back(best_device(), _touched)
        args.device = str(best)
    try:
        chosen = torch.device(args.device or best_device())
        if chosen.type not in ("cuda", "mps", "cpu"):
            raise RuntimeError(f"expected cuda, mps or cpu, got {chosen.type}")
        if together and chosen.type == "mps":
            raise RuntimeError("under torchrun expected cuda or cpu, got mps")
        if chosen.type == "cuda":
            if together and chosen.index is not None:
                raise RuntimeError(f"under torchrun each process takes its own, got {chosen}")
            if chosen.index is None:  # torchrun numbers its processes
                chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(chosen)
            # cuDNN rounds to 10 bits unless told not to, and counts would not be the CPU's.
            torch.backends.cudnn.allow_tf32 = False
        torch.empty(0, device=chosen)  # a device may have a name and not be there
    except (RuntimeError, AssertionError) as error:
        options.error(f"--device: {str(error).splitlines()[0]}")
    return chosen


def _touched(device: torch.device) -> torch.device:
    torch.zeros(1, device=device).add(1).item()  # a device may have a name and not compute
    return device


def falling_back(device: torch.device, work: Callable[[torch.device], T]) -> tuple[T, torch.device]:
    """What `work` gives on the device, or on the CPU where the device fails, which is told.

    Also gives the device to go on with. Processes of torchrun work together on theirs, so there the
    error ends all of them.
    """
    try:
        return work(device), device
    except (RuntimeError, AssertionError) as error:
        if not has_failed(device, error) or dist.is_torchelastic_launched():
            raise
        reason = str(error).strip().partition("\n")[0]
    # Beyond the handler, whose traceback holds on to all that was on the device.
    tqdm.write(f"{device} failed ({reason}); starting over on the CPU", file=sys.stderr)
    cpu = torch.device("cpu")
    return work(cpu), cpu


def advance(bar: tqdm, done: int, total: int) -> None:  # type: ignore[type-arg]
    """Bring a progress bar to `done` of `total`."""
    bar.total = total
    bar.update(done - bar.n)


def run(main: Callable[[], None]) -> None:
    """Run a script; what a user can mend is one line on standard error and exit status 1."""
    try:
        main()
    except NudgeError as error:
        sys.exit(f"error: {error}")
    except OSError as error:  # a full disk, a read-only folder
        sys.exit(f"error: {error.strerror or error} ({error.filename or 'no file named'})")
    except KeyboardInterrupt:
        sys.exit("interrupted")
