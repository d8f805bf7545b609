"""The one kind of error that a user can mend, told the same way everywhere."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).absolute().parent.parent


def script_command(script: str, *arguments: str) -> str:
    """The line that runs one of our scripts with the Python that runs now, to be copied.

    >>> script_command("download", "sign")  # in a virtual environment within the checkout
    '.venv/bin/python scripts/download.py sign'
    """
    python = Path(sys.executable)
    inside = python.is_relative_to(CHECKOUT)  # as is a virtual environment made by the README
    shown = python.relative_to(CHECKOUT).as_posix() if inside else "python"
    return " ".join((shown, f"scripts/{script}.py", *arguments))


class NudgeError(Exception):
    """Says what is wrong, where, what was expected and found, and the command that mends it.

    The parts are kept apart, so that a page can set the command in its own line.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        expected: object = None,
        found: object = None,
        hint: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what, self.where, self.mend = what, where, mend
        self.expected, self.found = expected, found
        self.hint = hint  # a sentence of its own, without its full stop
        super().__init__(str(self))

    def __str__(self) -> str:
        text = self.what
        if self.where is not None:
            text += f" ({self.where})"
        if self.expected is not None:
            text += f": expected {self.expected}, got {self.found}"
        if self.hint is not None:
            text += f". {self.hint}"
        if self.mend is not None:
            text += f". To mend it, run: {self.mend}"
        return text


class PretrainedError(NudgeError):
    """A trained variant cannot be used: its weights or its card are missing or not as recorded."""
