"""What the command lines share: options, and errors told in one line."""

import argparse
import sys
from collections.abc import Callable

from models import NudgeError


def parser(description: str | None) -> argparse.ArgumentParser:
    """An option parser that knows --data-dir."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--data-dir", help="data folder (default: the environment's NUDGE_DATA, else data/)"
    )
    return options


def run(main: Callable[[], None]) -> None:
    """Run a script; what a user can mend is one line on standard error and exit status 1."""
    try:
        main()
    except NudgeError as error:
        sys.exit(f"error: {error}")
    except OSError as error:  # a full disk, a read-only folder
        sys.exit(f"error: {error.strerror or error} ({error.filename or 'no file named'})")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command takes up where it stopped")
