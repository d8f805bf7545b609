"""Learning curves as a ready Vega-Lite spec, and the rows for it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from models import Variant
from nudge.findings.training_history import learning_points
from views import text
from views.charts import vega


@lru_cache(maxsize=8)
def learning_spec(epochs: int) -> dict[str, Any]:
    """Accuracy by epoch of a network and its twin: colour for the pixels, dashes for training.

    One named set of rows feeds it, "points", see `learning_rows`.
    """
    orders = list(text.common.PIXELS.values())
    # Where twins agree, the one is seen around the other.
    widths = alt.Scale(domain=orders, range=[5, 2])
    kinds = [text.assignment.ON_TEST, text.assignment.ON_TRAINING]
    x = alt.X(
        "epoch:Q",
        title=text.assignment.EPOCH,
        scale=alt.Scale(domain=[1, epochs], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1),
    )
    lines = (
        vega.named("points")
        .mark_line(clip=True)
        .encode(
            x=x,
            y=vega.percent_axis("accuracy", bounds=(0.5, 1)),
            color=vega.colours("pixels", orders, [vega.BLUE, vega.ORANGE]),
            strokeWidth=alt.StrokeWidth("pixels:N", title=None, scale=widths, legend=vega.legend()),
            strokeDash=vega.dashes("on", kinds, [[1, 0], [5, 4]]),
            tooltip=vega.tooltip(
                ".2%",
                pixels=text.common.PIXEL_ORDER,
                on=text.assignment.PICTURES_OF,
                epoch=text.assignment.EPOCH,
                accuracy=text.common.ACCURACY_AXIS,
            ),
        )
    )
    spec: dict[str, Any] = lines.properties(height=340).to_dict()
    return spec


def learning_rows(variants: Sequence[Variant]) -> vega.Rows:
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
