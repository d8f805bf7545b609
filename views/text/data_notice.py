"""Data that is missing, generated or being fetched."""

from collections.abc import Sequence

from views.text.common import listing

GENERATED_NOTICE = (
    "Sign's test pictures are not on this computer. **Generated hands**, drawn by a network, stand "
    "in for them. Recorded figures were counted on the real pictures."
)
GET_REAL = "Get the real data"
GETTING = "Asking for the real data"
GOT_REAL = "The real pictures are here. They are shown and counted from now on."


def damaged(what: str, found: object) -> str:
    return f"**{what}** ({found}). Other pictures stand in."


def received(count: int, total: int) -> str:
    size = f" of {total / 1e6:.0f}" if total else ""
    return f"Received {count / 1e6:.0f}{size} MB of the real data"


def not_fetched(what: str, found: object) -> str:
    return f"**{what}** ({found}). The pictures shown so far stay."


def by_hand(homepage: str, files: Sequence[str], folder: object, command: str) -> str:
    """What to do where this computer cannot fetch the data."""
    return (
        f"By hand: on a computer with internet, download the data from {homepage}. Then put "
        f"{listing([f'`{name}`' for name in files])} into `{folder}` on this computer, or the zip "
        f"file as it is, and reload the page. Or run `{command}` in the project's folder when "
        "there is internet."
    )
