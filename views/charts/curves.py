"""The chart of many curves: its spec, its rows and its table."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import altair as alt

from models import VARIANTS, Variant
from models.intervals import wilson_interval
from nudge.evaluation.sweep import EPSILONS
from nudge.serving.live_curves import CurveSnapshot
from views import text
from views.charts.variant_number import variant_number

Rows = list[dict[str, Any]]

# Eight that colour-blind people tell apart as well as eight can be; numbers say it, too.
COLOURS = dict(
    zip(
        VARIANTS,
        ("#3a93cf", "#dd6b20", "#2a9d6f", "#b8629f", "#9a7b1c", "#7a75d6", "#c8505a", "#5f8f9b"),
        strict=True,
    )
)
LABEL_GAP = 0.052  # of the axis, between two values at the rule
HEIGHT = 340
# Words to the right of the rule and to its left: how they are aligned, and how far they stand off.
SIDES: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 10), ("right", -10))


def epsilon_axis(field: str = "epsilon") -> alt.X:
    return alt.X(
        f"{field}:Q",
        title=text.common.EPSILON_AXIS,
        scale=alt.Scale(domain=[0, EPSILONS[-1]]),
        axis=alt.Axis(format=".2f", tickCount=6),
    )


def share_axis(field: str, title: str) -> alt.Y:
    """An upright axis from 0 to 1, in percent."""
    return alt.Y(
        f"{field}:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")
    )


def fitted(chart: alt.LayerChart | alt.FacetChart, height: float | alt.Step) -> dict[str, Any]:
    """The spec, as wide as there is room. The height is that of the axis, without the legends."""
    autosize = alt.AutoSizeParams(type="fit-x", contains="padding")
    spec: dict[str, Any] = chart.properties(height=height, autosize=autosize).to_dict()
    # Legends stand beside each other, on a phone below each other.
    direction = {"signal": "width < 500 ? 'vertical' : 'horizontal'"}
    layout = {"bottom": {"anchor": "start", "direction": direction, "margin": 4}}
    return spec | {"config": {"legend": {"layout": layout}}}


def variant_colour(ids: Sequence[str]) -> alt.Color:
    """One colour for each variant on any page, with a legend that a phone has room for."""
    return alt.Color(
        "variant:N",
        title=None,
        scale=alt.Scale(
            domain=[text.common.tagged(VARIANTS[name], variant_number(name)) for name in ids],
            range=[COLOURS[name] for name in ids],
        ),
        legend=alt.Legend(
            orient="bottom",
            symbolType="stroke",
            symbolStrokeWidth=4,
            symbolOpacity=1,
            labelLimit=0,
            columns=alt.ExprRef("width < 500 ? 1 : 4"),
        ),
    )


@lru_cache(maxsize=32)
def spec(ids: tuple[str, ...]) -> dict[str, Any]:
    """Of those variants. Fed by "recorded", "live", "chance" and "marker".

    FGSM is solid, the random nudge dashed; bands are 95 % intervals, dots what was counted here.
    """
    kinds = [text.common.FGSM_CURVE, text.common.RANDOM_CURVE]
    x, y = epsilon_axis(), share_axis("accuracy", text.common.ACCURACY_AXIS)
    colour = variant_colour(ids)
    tooltip = [
        alt.Tooltip("variant:N", title=" "),
        alt.Tooltip("kind:N", title=text.common.METHOD),
        alt.Tooltip("epsilon:Q", title=text.common.EPSILON_AXIS, format=".3f"),
        alt.Tooltip("accuracy:Q", title=text.common.ACCURACY_AXIS, format=".2%"),
        alt.Tooltip("interval:N", title=text.curves.INTERVAL),
        alt.Tooltip("counted:N", title=text.common.COUNTED),
    ]
    recorded, live = (alt.Chart(alt.NamedData(name)) for name in ("recorded", "live"))
    band = {
        "x": x,
        "y": share_axis("low", text.common.ACCURACY_AXIS),
        "y2": "high:Q",
        "color": colour,
        "detail": "kind:N",
    }
    lines = recorded.mark_line(strokeWidth=2.5).encode(
        x=x,
        y=y,
        color=colour,
        strokeDash=alt.StrokeDash(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=[[1, 0], [6, 4]]),
            legend=alt.Legend(
                orient="bottom",
                symbolType="stroke",
                symbolSize=220,
                labelExpr=(
                    f"datum.label == '{kinds[0]}' ? '{kinds[0]}' : '{text.curves.RANDOM_SHORT}'"
                ),
            ),
        ),
    )
    dots = [
        live.mark_point(
            filled=kind == text.common.FGSM_CURVE,
            size=22,
            opacity=1,
            strokeWidth=1.2,
            aria=False,  # without a row it would be an unnamed picture to a screen reader
        )
        .transform_filter(alt.FieldEqualPredicate(field="kind", equal=kind))
        .encode(x=x, y=y, color=colour, tooltip=tooltip)
        for kind in kinds
    ]
    chart = alt.layer(
        *_chance(),
        recorded.mark_area(opacity=0.22).encode(**band),
        live.mark_area(opacity=0.16).encode(**band),
        alt.Chart(alt.NamedData("marker")).mark_rule(color="grey").encode(x=x),
        lines,
        *dots,
        recorded.mark_point(size=120, opacity=0).encode(x=x, y=y, tooltip=tooltip),
        *_values(x, y, colour, tooltip),
    )
    return fitted(chart, HEIGHT)


def _chance() -> tuple[alt.Chart, alt.Chart]:
    rows = alt.Chart(alt.NamedData("chance"))
    rule = rows.mark_rule(strokeDash=[2, 3], color="grey").encode(y="accuracy:Q")
    words = rows.mark_text(align="left", dx=4, dy=-7, color="grey", fontSize=12).encode(
        y="accuracy:Q", x=alt.value(0), text="label:N"
    )
    return rule, words


def _values(
    x: alt.X, y: alt.Y, colour: alt.Color, tooltip: list[alt.Tooltip]
) -> tuple[alt.Chart, ...]:
    """Each curve's value at the rule, on the side where there is room."""
    rows = alt.Chart(alt.NamedData("marker"))
    points = rows.mark_point(filled=True, size=80, opacity=1).encode(
        x=x, y=y, color=colour, tooltip=tooltip
    )
    halo = alt.Stroke("halo:N", scale=None)  # keeps words apart from the lines behind them
    sides = [
        rows.mark_text(align=align, dx=dx, fontSize=13, fontWeight="bold", strokeWidth=width)
        .transform_filter(alt.FieldEqualPredicate(field="side", equal=align))
        .encode(
            x=x,
            y=share_axis("place", text.common.ACCURACY_AXIS),
            color=colour,
            text="label:N",
            **({"stroke": halo} if width else {}),
        )
        for align, dx in SIDES
        for width in (5, 0)
    ]
    return points, *sides


def rows(
    variants: Sequence[Variant],
    sights: Mapping[str, CurveSnapshot],
    epsilon: float,
    *,
    background: str = "white",
) -> dict[str, Rows]:
    """What feeds `spec`. The background's colour stands around the words."""
    recorded = [
        row
        for variant in variants
        for row in _curve_rows(variant, variant.card.fgsm, variant.card.random, variant.card.total)
    ]
    live = [
        row
        for variant in variants
        if (snapshot := sights.get(variant.id)) is not None
        for row in _curve_rows(
            variant, snapshot.pair.fgsm.correct, snapshot.pair.random.correct, snapshot.pair.total
        )
    ]
    return {
        "recorded": recorded,
        "live": live,
        "chance": [
            {"accuracy": value, "label": text.curves.chance_label(value)}
            for value in chances(variants)
        ],
        "marker": [
            row | {"halo": background}
            for row in _with_labels([row for row in recorded if row["epsilon"] == epsilon])
        ],
    }


def _curve_rows(variant: Variant, fgsm: Sequence[int], random: Sequence[int], total: int) -> Rows:
    name = text.common.tagged(variant, variant_number(variant.id))
    found = []
    for kind, counts in ((text.common.FGSM_CURVE, fgsm), (text.common.RANDOM_CURVE, random)):
        for epsilon, correct in zip(variant.card.epsilons, counts, strict=True):
            low, high = wilson_interval(correct, total)
            found.append(
                {
                    "variant": name,
                    "tag": variant_number(variant.id),
                    "kind": kind,
                    "epsilon": epsilon,
                    "accuracy": correct / total,
                    "low": low,
                    "high": high,
                    "interval": f"{low:.2%} to {high:.2%}",
                    "counted": f"{correct:,} / {total:,}",
                }
            )
    return found


def _with_labels(marked: Rows) -> Rows:
    places = spread([row["accuracy"] for row in marked], LABEL_GAP)
    return [
        row
        | {
            "place": place,
            "side": "left" if row["epsilon"] < 0.75 * EPSILONS[-1] else "right",
            "label": text.curves.value_label(
                row["tag"], row["accuracy"], random=row["kind"] == text.common.RANDOM_CURVE
            ),
        }
        for row, place in zip(marked, places, strict=True)
    ]


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Places in [0, 1] at least `gap` apart (or as far as there is room), each near its value."""
    gap = min(gap, 1 / max(len(values) - 1, 1))
    order = sorted(range(len(values)), key=values.__getitem__)
    places = [0.0] * len(values)
    lowest = 0.0
    for i in order:
        places[i] = lowest = max(values[i], lowest)
        lowest += gap
    highest = 1.0
    for i in reversed(order):
        places[i] = highest = max(min(places[i], highest), 0.0)
        highest -= gap
    return places


def chances(variants: Sequence[Variant]) -> list[float]:
    """Of each data set that occurs, the accuracy of guessing."""
    return sorted({1 / len(variant.classes) for variant in variants})


def table(variants: Sequence[Variant], sights: Mapping[str, CurveSnapshot]) -> Rows:
    """All counts, recorded and live, by variant and epsilon."""
    found = []
    for variant in variants:
        card, snapshot = variant.card, sights.get(variant.id)
        for i, epsilon in enumerate(card.epsilons):
            row = {"variant": variant.id, "epsilon": epsilon, "pictures": card.total}
            for kind, counts in (("fgsm", card.fgsm), ("random", card.random)):
                low, high = wilson_interval(counts[i], card.total)
                row |= {
                    f"{kind} right": counts[i],
                    f"{kind} accuracy": round(counts[i] / card.total, 6),
                    f"{kind} 95 % low": round(low, 6),
                    f"{kind} 95 % high": round(high, 6),
                }
            if sights:
                pair = snapshot.pair if snapshot else None
                row |= {
                    "counted here": pair.total if pair else 0,
                    "fgsm right here": pair.fgsm.correct[i] if pair else None,
                    "random right here": pair.random.correct[i] if pair else None,
                    "zero gradients here": pair.fgsm.zero_gradients if pair else None,
                }
            found.append(row)
    return found
