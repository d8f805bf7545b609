"""Data that is missing, generated or being fetched."""

from collections.abc import Sequence

from views.text.common import listing

GENERATED_NOTICE = (
    "**Generated hands**, drawn by a network, stand in for Sign's test pictures, which are not on "
    "this computer. Whatever is called recorded was counted on the real ones."
)
GET_REAL = "Get the real data"
GETTING = "Asking for the real data"
GOT_REAL = "The real pictures are here: from now on these are shown and counted."


def damaged(what: str, found: object) -> str:
    return f"**{what}** ({found}), so other pictures stand in."


def received(count: int, total: int) -> str:
    size = f" of {total / 1e6:.0f}" if total else ""
    return f"Received {count / 1e6:.0f}{size} MB of the real data"


def not_fetched(what: str, found: object) -> str:
    return f"**{what}** ({found}). What stands in for it stays."


def by_hand(homepage: str, files: Sequence[str], folder: object, command: str) -> str:
    """What to do where this computer cannot fetch the data."""
    return (
        f"By hand: where there is a network, download the data from {homepage} and put "
        f"{listing([f'`{name}`' for name in files])} into `{folder}` on this computer, or the zip "
        "as it came; the page finds it when it is loaded again. Or run "
        f"`{command}` in the project's folder when there is a network."
    )
