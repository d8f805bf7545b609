"""The one kind of error that a user can mend, told the same way everywhere."""


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
        mend: str | None = None,
    ) -> None:
        self.what, self.where, self.mend = what, where, mend
        self.expected, self.found = expected, found
        super().__init__(str(self))

    def __str__(self) -> str:
        text = self.what
        if self.where is not None:
            text += f" ({self.where})"
        if self.expected is not None:
            text += f": expected {self.expected}, got {self.found}"
        if self.mend is not None:
            text += f". To mend it, run: {self.mend}"
        return text


class PretrainedError(NudgeError):
    """A trained variant cannot be used: its weights or its card are missing or not as recorded."""
