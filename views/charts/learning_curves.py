"""Learning curves as a ready Vega-Lite spec, and the rows for it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from models import Variant
from nudge.findings.training_history import learning_points
from views import text

Rows = list[dict[str, Any]]
COLOURS = ["#3a93cf", "#dd6b20"]


@lru_cache(maxsize=8)
def learning_spec(epochs: int) -> dict[str, Any]:
    """Accuracy by epoch of a network and its twin: colour for the pixels, dashes for training.

    One named set of rows feeds it, "points", see `learning_rows`.
    """
    legend = alt.Legend(orient="bottom", symbolType="stroke", labelLimit=0)
    pixels = alt.Scale(domain=list(text.common.PIXELS.values()), range=COLOURS)
    # Where twins agree, the one is seen around the other.
    widths = alt.Scale(domain=list(text.common.PIXELS.values()), range=[5, 2])
    dashes = alt.Scale(
        domain=[text.assignment.ON_TEST, text.assignment.ON_TRAINING], range=[[1, 0], [5, 4]]
    )
    chart = (
        alt.Chart(alt.NamedData("points"))
        .mark_line(clip=True)
        .encode(
            x=alt.X(
                "epoch:Q",
                title=text.assignment.EPOCH,
                scale=alt.Scale(domain=[1, epochs], nice=False),
                axis=alt.Axis(format="d", tickMinStep=1),
            ),
            y=alt.Y(
                "accuracy:Q",
                title=text.common.ACCURACY_AXIS,
                scale=alt.Scale(domain=[0.5, 1]),
                axis=alt.Axis(format="%"),
            ),
            color=alt.Color("pixels:N", title=None, scale=pixels, legend=legend),
            strokeWidth=alt.StrokeWidth("pixels:N", title=None, scale=widths, legend=legend),
            strokeDash=alt.StrokeDash("on:N", title=None, scale=dashes, legend=legend),
            tooltip=[
                alt.Tooltip("pixels:N", title=text.common.PIXEL_ORDER),
                alt.Tooltip("on:N", title=text.assignment.PICTURES_OF),
                alt.Tooltip("epoch:Q", title=text.assignment.EPOCH),
                alt.Tooltip("accuracy:Q", title=text.common.ACCURACY_AXIS, format=".2%"),
            ],
        )
        .properties(height=340)
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec


def learning_rows(variants: Sequence[Variant]) -> Rows:
    """A row for each variant, epoch and set of pictures; the same figures make the table."""
    names = {"test": text.assignment.ON_TEST, "training": text.assignment.ON_TRAINING}
    return [
        {
            "pixels": text.common.PIXELS[point.variant.pixels],
            "on": names[point.on],
            "epoch": point.epoch,
            "accuracy": point.accuracy,
        }
        for point in learning_points(variants)
    ]
