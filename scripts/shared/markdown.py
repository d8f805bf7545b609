"""Tables in Markdown, and the places on a page that hold them."""

from collections.abc import Iterable, Sequence

from models import NudgeError


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table whose first `left` columns are aligned to the left, the others to the right."""
    rule = ["---"] * left + ["---:"] * (len(heads) - left)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def fill(page: str, name: str, table: str) -> str:
    """The page with a new table between the two comments that bear the table's name.

    Raises NudgeError where the page has no such comments.
    """
    start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    head, found, rest = page.partition(start)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise NudgeError(
            f"There is no place for the table of {name}",
            expected=f"a line {start.strip()} and after it a line {end.strip()}",
        )
    return head + start + table + end + tail
