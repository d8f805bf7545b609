"""What charts share: axes, colours, dashes, legends and tooltips."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import altair as alt

from models import VARIANTS, Regime
from models.zoo import find_variant
from nudge.evaluation.sweep import EPSILONS
from views import text
from views.charts.variant_number import numbered, variant_number

Rows = list[dict[str, Any]]

# Eight that colour-blind people tell apart as well as eight can be; numbers say it, too.
_PALETTE = ("#3a93cf", "#dd6b20", "#2a9d6f", "#b8629f", "#9a7b1c", "#7a75d6", "#c8505a", "#5f8f9b")
_BROUGHT = ("#808080", "#c63fb0", "#5c9a00")  # networks of one's own: none of the above
# Other trainings take the colours of other networks, each so many further on.
_SHIFTED = {Regime.STANDARD: 0, Regime.AUGMENTED: 3, Regime.ROBUST: 5, Regime.MASKED: 4}
BLUE, ORANGE = "#3a93cf", "#dd6b20"
DASHED = [[1, 0], [6, 4]]  # the first of two kinds solid, the second dashed


def colour(variant_id: str) -> str:
    """A variant's: the eight have one each, and the trainings of one network differ."""
    variant = find_variant(variant_id)
    if variant.own_folder:
        return _BROUGHT[(variant_number(variant_id) - 1 - len(VARIANTS)) % len(_BROUGHT)]
    standard = replace(variant, regime=Regime.STANDARD).id
    return _PALETTE[(variant_number(standard) - 1 + _SHIFTED[variant.regime]) % len(_PALETTE)]


def named(name: str) -> alt.Chart:
    """A chart of the rows that are handed over under this name."""
    return alt.Chart(alt.NamedData(name))


def epsilon_axis(field: str = "epsilon") -> alt.X:
    return alt.X(
        f"{field}:Q",
        title=text.common.EPSILON_AXIS,
        scale=alt.Scale(domain=[0, EPSILONS[-1]]),
        axis=alt.Axis(format=".2f", tickCount=6),
    )


def percent_axis(
    field: str, title: str = text.common.ACCURACY_AXIS, bounds: tuple[float, float] = (0, 1)
) -> alt.Y:
    """An upright axis, in percent."""
    return alt.Y(
        f"{field}:Q", title=title, scale=alt.Scale(domain=bounds), axis=alt.Axis(format="%")
    )


def tooltip(percent: str = ".1%", **titles: str) -> list[alt.Tooltip]:
    """A line for each field, by its title; `percent` is the format of accuracies and fractions."""
    formats = {"epsilon": ".3f", "ssim": ".3f", "score": ".3f", "epoch": "d"}
    formats |= {"accuracy": percent, "fraction": percent}
    return [
        alt.Tooltip(f"{field}:Q", title=title, format=formats[field])
        if field in formats
        else alt.Tooltip(f"{field}:N", title=title)
        for field, title in titles.items()
    ]


def legend(**options: Any) -> alt.Legend:
    """Below the chart, with a stroke for each entry, whose name may be long."""
    return alt.Legend(orient="bottom", labelLimit=0, **{"symbolType": "stroke"} | options)


def colours(field: str, kinds: Sequence[str], range_: Sequence[str], **options: Any) -> alt.Color:
    scale = alt.Scale(domain=kinds, range=range_)
    return alt.Color(f"{field}:N", title=None, scale=scale, legend=legend(**options))


def dashes(
    field: str, kinds: Sequence[str], range_: Sequence[Sequence[int]] = DASHED, **options: Any
) -> alt.StrokeDash:
    scale = alt.Scale(domain=kinds, range=range_)
    return alt.StrokeDash(f"{field}:N", title=None, scale=scale, legend=legend(**options))


def variant_colour(ids: Sequence[str]) -> alt.Color:
    """One colour for each variant on any page, with a legend that a phone has room for."""
    return colours(
        "variant",
        [numbered(find_variant(name)) for name in ids],
        [colour(name) for name in ids],
        symbolStrokeWidth=4,
        symbolOpacity=1,
        columns=alt.ExprRef("width < 500 ? 1 : 4"),
    )


def with_halo(
    rows: alt.Chart, *, dx: int, align: Literal["left", "right"] = "left", **encoding: Any
) -> list[alt.Chart]:
    """The rows' labels, bold, kept apart from what is behind them by the colour of their `halo`."""
    return [
        rows.mark_text(
            align=align, dx=dx, fontSize=13, fontWeight="bold", strokeWidth=width
        ).encode(text="label:N", **encoding, **stroke)
        for width, stroke in ((5, {"stroke": alt.Stroke("halo:N", scale=None)}), (0, {}))
    ]


def hover_points(rows: alt.Chart, x: alt.X, y: alt.Y, tips: list[alt.Tooltip]) -> alt.Chart:
    """Invisible points on a line, which show its tooltip."""
    points: alt.Chart = rows.mark_point(size=120, opacity=0).encode(x=x, y=y, tooltip=tips)
    return points


def fitted(chart: alt.LayerChart | alt.FacetChart, height: float | alt.Step) -> dict[str, Any]:
    """The spec, as wide as there is room. The height is that of the axis, without the legends."""
    autosize = alt.AutoSizeParams(type="fit-x", contains="padding")
    spec: dict[str, Any] = chart.properties(height=height, autosize=autosize).to_dict()
    # Legends stand beside each other, on a phone below each other.
    direction = {"signal": "width < 500 ? 'vertical' : 'horizontal'"}
    layout = {"bottom": {"anchor": "start", "direction": direction, "margin": 4}}
    return spec | {"config": {"legend": {"layout": layout}}}
