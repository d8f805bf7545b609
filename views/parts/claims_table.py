"""The assignment's findings as a table that a phone can show."""

from collections.abc import Sequence
from html import escape

from nudge.findings.assignment_claims import Claim
from views import text


def html(claims: Sequence[Claim]) -> str:
    """A table for each network, in the order of its first claim; on a phone a card each."""
    tables = []
    heads = "".join(
        f'<th scope="col" role="columnheader">{escape(head)}</th>'
        for head in text.assignment.CLAIM_HEADS
    )
    for subject in dict.fromkeys(claim.subject for claim in claims):
        rows = "".join(_row(claim) for claim in claims if claim.subject == subject)
        tables.append(
            f'<table class="nudge-claims" role="table"><caption>{escape(subject)}</caption>'
            f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{rows}</tbody></table>'
        )
    return "".join(tables)


def _row(claim: Claim) -> str:
    cells = (claim.reported, claim.measured, claim.verdict, claim.why, claim.again)
    again = f"again {_mark(claim.stronger)}" if claim.stronger else "none"
    classes = ("", "", f"verdict {_mark(claim)}", "", again)
    row = "".join(
        f'<td role="cell" data-head="{escape(head)}" class="{cls}">{escape(cell)}</td>'
        for head, cell, cls in zip(text.assignment.CLAIM_HEADS, cells, classes, strict=True)
    )
    return f'<tr role="row">{row}</tr>'


def _mark(claim: Claim) -> str:
    """A verdict is told by a word; the mark beside it makes a column of them quick to read."""
    return claim.verdict.replace(" ", "-")


def rows(claims: Sequence[Claim]) -> list[dict[str, str]]:
    """The same for CSV."""
    return [
        {
            "network": claim.subject,
            "reported": claim.reported,
            "measured": claim.measured,
            "verdict": str(claim.verdict),
            "because": claim.why,
            "in twenty steps": claim.again,
        }
        for claim in claims
    ]
