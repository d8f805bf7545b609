"""The chart of many curves: its spec, its rows and its table."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import altair as alt

from models import Card, Variant
from models.intervals import wilson_interval
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS
from nudge.serving.live_curves import CurveSnapshot
from views import text
from views.charts import vega
from views.charts.variant_number import numbered, variant_number

LABEL_GAP = 0.052  # of the axis, between two values at the rule
HEIGHT = 340
# Words to the right of the rule and to its left: how they are aligned, and how far they stand off.
SIDES: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 10), ("right", -10))


def kinds(method: Method) -> list[str]:
    """What is drawn under each method: solid and dashed.

    Twenty steps are held against one. What was counted here under BIM or L2 alone has dots and no
    line, since nothing of it is recorded.
    """
    if method.iterated:
        return [text.common.PGD_CURVE, text.common.FGSM_CURVE]
    return [text.common.FGSM_CURVE, text.common.RANDOM_CURVE]


@lru_cache(maxsize=32)
def spec(ids: tuple[str, ...], method: Method = Method.FGSM) -> dict[str, Any]:
    """Of those variants. Fed by "recorded", "live", "chance" and "marker".

    Of `kinds` the first is solid, the second dashed; bands are 95 % intervals, dots what was
    counted here: filled under the attack, hollow at random.
    """
    lines, counted = kinds(method), [text.common.COUNTED_CURVES[method], text.common.RANDOM_CURVE]
    x, y, colour = vega.epsilon_axis(), vega.percent_axis("accuracy"), vega.variant_colour(ids)
    tips = vega.tooltip(
        ".2%",
        variant=" ",
        kind=text.common.METHOD,
        epsilon=text.common.EPSILON_AXIS,
        accuracy=text.common.ACCURACY_AXIS,
        interval=text.curves.INTERVAL,
        counted=text.common.COUNTED,
    )
    recorded, live = vega.named("recorded"), vega.named("live")
    recorded_band, live_band = (
        rows.encode(x=x, y=vega.percent_axis("low"), y2="high:Q", color=colour, detail="kind:N")
        for rows in (recorded, live)
    )
    random = text.common.RANDOM_CURVE
    short = f"datum.label == '{random}' ? '{text.curves.RANDOM_SHORT}' : datum.label"
    dash = vega.dashes("kind", lines, symbolSize=220, labelExpr=short)
    dots = [
        live.mark_point(
            filled=kind != random,
            size=22,
            opacity=1,
            strokeWidth=1.2,
            aria=False,  # without a row it would be an unnamed picture to a screen reader
        )
        .transform_filter(alt.FieldEqualPredicate(field="kind", equal=kind))
        .encode(x=x, y=y, color=colour, tooltip=tips)
        for kind in counted
    ]
    chart = alt.layer(
        *_chance(),
        recorded_band.mark_area(opacity=0.22),
        live_band.mark_area(opacity=0.16),
        vega.named("marker").mark_rule(color="grey").encode(x=x),
        recorded.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash),
        *dots,
        vega.hover_points(recorded, x, y, tips),
        *_values(x, y, colour, tips),
    )
    return vega.fitted(chart, HEIGHT)


def _chance() -> tuple[alt.Chart, alt.Chart]:
    rows = vega.named("chance")
    rule = rows.mark_rule(strokeDash=[2, 3], color="grey").encode(y="accuracy:Q")
    words = rows.mark_text(align="left", dx=4, dy=-7, color="grey", fontSize=12).encode(
        y="accuracy:Q", x=alt.value(0), text="label:N"
    )
    return rule, words


def _values(x: alt.X, y: alt.Y, colour: alt.Color, tips: list[alt.Tooltip]) -> list[alt.Chart]:
    """Each curve's value at the rule, on the side where there is room."""
    rows = vega.named("marker")
    points = rows.mark_point(filled=True, size=80, opacity=1)
    found = [points.encode(x=x, y=y, color=colour, tooltip=tips)]
    place = vega.percent_axis("place")
    for align, dx in SIDES:
        side = rows.transform_filter(alt.FieldEqualPredicate(field="side", equal=align))
        found += vega.with_halo(side, align=align, dx=dx, x=x, y=place, color=colour)
    return found


def rows(
    variants: Sequence[Variant],
    snapshots: Mapping[str, CurveSnapshot],
    epsilon: float,
    *,
    method: Method = Method.FGSM,
    background: str = "white",
) -> dict[str, vega.Rows]:
    """What feeds `spec`. The background's colour stands around the words."""
    recorded = [
        row
        for variant in variants
        for kind in kinds(method)
        if (counts := _recorded(variant.card, kind)) is not None
        for row in _curve_rows(variant, kind, counts, variant.card.total)
    ]
    live = [
        row
        for variant in variants
        if (snapshot := snapshots.get(variant.id)) is not None
        for kind, curve in (
            (text.common.COUNTED_CURVES[method], snapshot.pair.attacked),
            (text.common.RANDOM_CURVE, snapshot.pair.random),
        )
        for row in _curve_rows(variant, kind, curve.correct, curve.total)
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
            for row in _with_labels(
                [row for row in recorded if row["epsilon"] == epsilon], solid=kinds(method)[0]
            )
        ],
    }


def _recorded(card: Card, kind: str) -> Sequence[int] | None:
    return {
        text.common.FGSM_CURVE: card.fgsm,
        text.common.PGD_CURVE: card.pgd,
        text.common.RANDOM_CURVE: card.random,
    }[kind]


def _curve_rows(variant: Variant, kind: str, counts: Sequence[int], total: int) -> vega.Rows:
    found = []
    for epsilon, correct in zip(variant.card.epsilons, counts, strict=True):
        low, high = wilson_interval(correct, total)
        found.append(
            {
                "variant": numbered(variant),
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


def _with_labels(marked: vega.Rows, *, solid: str) -> vega.Rows:
    places = spread([row["accuracy"] for row in marked], LABEL_GAP)
    return [
        row
        | {
            "place": place,
            "side": "left" if row["epsilon"] < 0.75 * EPSILONS[-1] else "right",
            "label": text.curves.value_label(row["tag"], row["accuracy"], row["kind"], solid),
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


def table(
    variants: Sequence[Variant],
    snapshots: Mapping[str, CurveSnapshot],
    method: Method = Method.FGSM,
) -> vega.Rows:
    """All counts, recorded and live, by variant and epsilon."""
    found = []
    for variant in variants:
        card, snapshot = variant.card, snapshots.get(variant.id)
        for i, epsilon in enumerate(card.epsilons):
            row = {"variant": variant.id, "epsilon": epsilon, "pictures": card.total}
            measured = {"fgsm": card.fgsm, "pgd": card.pgd, "random": card.random}
            for kind, counts in measured.items():
                if counts is None:
                    continue
                low, high = wilson_interval(counts[i], card.total)
                row |= {
                    f"{kind} right": counts[i],
                    f"{kind} accuracy": round(counts[i] / card.total, 6),
                    f"{kind} 95 % low": round(low, 6),
                    f"{kind} 95 % high": round(high, 6),
                }
            if snapshots:
                pair = snapshot.pair if snapshot else None
                row |= {
                    "counted here": pair.total if pair else 0,
                    f"{method} right here": pair.attacked.correct[i] if pair else None,
                    "random right here": pair.random.correct[i] if pair else None,
                    "zero gradients here": pair.attacked.zero_gradients if pair else None,
                }
            found.append(row)
    return found
