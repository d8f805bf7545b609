"""The four twins of a data set beside each other: clean accuracy with its interval."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from models import Variant
from views import text
from views.charts import vega


@lru_cache(maxsize=1)
def twins_spec() -> dict[str, Any]:
    """A dot for each twin on its interval, its figure beside it.

    One named set of rows feeds it, "twins", see `twins_rows`.
    """
    orders = list(text.common.PIXELS.values())
    base = vega.named("twins").encode(
        y=alt.Y(
            "network:N",
            title=None,
            scale=alt.Scale(domain=list(text.common.ARCHITECTURES.values()), paddingInner=0.25),
            axis=alt.Axis(labelLimit=0, labelFontSize=13, labelExpr="split(datum.label, ' ')"),
        ),
        yOffset=alt.YOffset("pixels:N", scale=alt.Scale(domain=orders)),
        tooltip=vega.tooltip(
            ".2%",
            network=text.common.ARCHITECTURE,
            pixels=text.common.PIXEL_ORDER,
            accuracy=text.scramble.CLEAN_AXIS,
            right=text.common.COUNTED,
        ),
    )
    colour = vega.colours("pixels", orders, [vega.BLUE, vega.ORANGE], symbolType="circle")
    # Dots, not bars, for an axis that does not begin at 0.
    scale, axis = alt.Scale(domain=[0.6, 1], zero=False), alt.Axis(format="%", tickCount=6)
    accuracy, low = (
        alt.X(f"{field}:Q", title=text.scramble.CLEAN_AXIS, scale=scale, axis=axis)
        for field in ("accuracy", "low")
    )
    intervals = base.mark_rule(strokeWidth=5, opacity=0.5).encode(x=low, x2="high:Q", color=colour)
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=accuracy, color=colour, shape=alt.Shape("pixels:N", title=None, legend=None)
    )
    figures = base.mark_text(align="right", dx=-8, fontSize=14, fontWeight="bold").encode(
        x=low, text="said:N", color=colour
    )
    return alt.layer(intervals, dots, figures).properties(height=alt.Step(34)).to_dict()


def twins_rows(variants: Sequence[Variant]) -> vega.Rows:
    """A row for each variant, from its card."""
    return [
        {
            "network": text.common.ARCHITECTURES[variant.architecture],
            "pixels": text.common.PIXELS[variant.pixels],
            "accuracy": card.accuracy,
            "low": card.interval[0],
            "high": card.interval[1],
            "right": f"{card.fgsm[0]:,} / {card.total:,}",
            "said": f"{text.common.PIXELS[variant.pixels]} {card.accuracy:.2%}",
        }
        for variant in variants
        for card in [variant.card]
    ]
