"""The assignment's findings as a table that a phone can show."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from nudge.findings.assignment_claims import Claim, Verdict
from views import text


def html(claims: Sequence[Claim]) -> str:
    """A table for each network, in the order of its first claim; on a phone a card each."""
    tables = []
    for subject in dict.fromkeys(claim.subject for claim in claims):
        rows = "".join(_row(claim) for claim in claims if claim.subject == subject)
        heads = "".join(
            f'<th scope="col" role="columnheader">{escape(head)}</th>'
            for head in text.assignment.CLAIM_HEADS
        )
        tables.append(
            f'<table class="nudge-claims" role="table"><caption>{escape(subject)}</caption>'
            f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{rows}</tbody></table>'
        )
    return "".join(tables)


def _row(claim: Claim) -> str:
    cells = (claim.reported, claim.measured, claim.verdict, claim.why)
    # Told by a word; the mark beside it only makes a column of them quick to read.
    kind = claim.verdict.replace(" ", "-")
    classes = ("", "", f' class="verdict {kind}"', "")
    return (
        '<tr role="row">'
        + "".join(
            f'<td role="cell" data-head="{escape(head)}"{cls}>{escape(cell)}</td>'
            for head, cell, cls in zip(text.assignment.CLAIM_HEADS, cells, classes, strict=True)
        )
        + "</tr>"
    )


def tally(claims: Sequence[Claim]) -> str:
    """How many hold, hold in part and do not."""
    counts = Counter(claim.verdict for claim in claims)
    return text.assignment.claims_tally(
        total=len(claims),
        holds=counts[Verdict.HOLDS],
        in_part=counts[Verdict.IN_PART],
        fails=counts[Verdict.FAILS],
    )


def rows(claims: Sequence[Claim]) -> list[dict[str, str]]:
    """The same for CSV."""
    return [
        {
            "network": claim.subject,
            "reported": claim.reported,
            "measured": claim.measured,
            "verdict": str(claim.verdict),
            "because": claim.why,
        }
        for claim in claims
    ]
