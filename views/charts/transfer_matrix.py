"""A table in colours: accuracy by row and column, each cell with its figure."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from nudge.evaluation.transferability import Transfer
from views import text
from views.charts import vega


@lru_cache(maxsize=2)
def transfer_spec(rows: tuple[str, ...], columns: tuple[str, ...]) -> dict[str, Any]:
    """Who is attacked against who reads, with a frame around the usual attack.

    One named set of rows feeds it: "cells", with source, target, accuracy, right and usual.
    """
    # A name's parts stand under each other, or four of them would not fit on a phone.
    below = alt.Axis(
        labelExpr="split(replace(datum.label, ',', ''), ' ')",
        labelAngle=0,
        labelFlush=False,
        labelOverlap=False,
        labelFontSize=12,
    )
    beside = alt.Axis(
        labelExpr="split(replace(datum.label, ' nudge', ', nudge'), ', ')",
        labelLimit=0,
        labelOffset=-7,  # two lines around the middle
        labelFontSize=12,
        titleAngle=0,  # above, where it takes no width
        titleAlign="left",
        titleAnchor="start",
        titleX=-110,
        titleY=-12,
    )
    source, target = text.transfer.TRANSFER_SOURCE, text.transfer.TRANSFER_TARGET
    base = vega.named("cells").encode(
        x=alt.X("target:N", title=target, scale=alt.Scale(domain=columns), axis=below),
        y=alt.Y("source:N", title=source, scale=alt.Scale(domain=rows), axis=beside),
    )
    scale = alt.Scale(domain=[0, 1], scheme="viridis")
    cells = base.mark_rect().encode(
        color=alt.Color("accuracy:Q", scale=scale, legend=None),  # each cell says its figure
        tooltip=vega.tooltip(
            ".2%",
            source=source,
            target=target,
            accuracy=text.common.ACCURACY_AXIS,
            right=text.common.COUNTED,
        ),
    )
    usual = base.transform_filter("datum.usual").mark_rect(
        filled=False, stroke=vega.ORANGE, strokeWidth=4
    )
    figures = base.mark_text(fontSize=14, fontWeight="bold").encode(
        text=alt.Text("accuracy:Q", format=".1%"),
        color=alt.condition("datum.accuracy < 0.45", alt.value("white"), alt.value("black")),
    )
    chart = alt.layer(cells, usual, figures).properties(height=alt.Step(52))
    return chart.to_dict()


def cells(
    rows: Sequence[str], columns: Sequence[str], counts: NDArray[np.int64], total: int
) -> vega.Rows:
    """The rows for `transfer_spec` from counts (rows, columns) out of `total` pictures each."""
    return [
        {
            "source": source,
            "target": target,
            "accuracy": int(counts[i, j]) / total,
            "right": f"{counts[i, j]:,} / {total:,}",
            "usual": i == j,
        }
        for i, source in enumerate(rows)
        for j, target in enumerate(columns)
    ]


def table(rows: Sequence[str], columns: Sequence[str], found: Transfer) -> vega.Rows:
    """Every count of a transfer, at every epsilon: its sources are the first of `rows`."""
    _, sources, targets = found.correct.shape
    heads = text.transfer.TRANSFER_COLUMNS
    return [
        dict(zip(heads, (*pair, epsilon, right, found.total, right / found.total), strict=True))
        for k, epsilon in enumerate(found.epsilons)
        for i in range(sources)
        for j in range(targets)
        for pair in [(rows[i].replace(",", ""), columns[j].replace(",", ""))]
        for right in [int(found.correct[k, i, j])]
    ]
