"""The charts of the trade-off: accuracy and similarity along epsilon, and against each other."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from models import Variant
from nudge.evaluation.sweep import EPSILONS
from nudge.findings.tradeoff import ASSIGNMENT, trade_off
from views import text
from views.charts.curves import fitted, share_axis, spread, variant_colour
from views.charts.variant_number import variant_number
from views.session.resources import Strip

Rows = list[dict[str, Any]]

SHOWN = EPSILONS[::6]  # 0, 0.03 ... 0.3: as many pictures as stand side by side on a phone
# Pixels from the top: the curves, the axis, then a row of pictures for each variant.
CURVES, AXIS, ROW = 300, 46, 92
SIDE = 56  # of a picture, where there is room
HALF = (EPSILONS[-1] - EPSILONS[0]) / (len(SHOWN) - 1) / 2
LABEL_GAP = 0.075


@lru_cache(maxsize=32)
def along_spec(ids: tuple[str, ...]) -> dict[str, Any]:
    """Accuracy solid and SSIM dashed along epsilon, and the pictures under the axis.

    Fed by "curves", "assignment", "best", "strip" and "titles". One view holds all of it, so that
    a picture stands at its epsilon.
    """
    below = AXIS + ROW * len(ids)
    x = alt.X(
        "epsilon:Q",
        title=text.common.EPSILON_AXIS,
        scale=alt.Scale(domain=[-HALF, EPSILONS[-1] + HALF], nice=False),
        axis=alt.Axis(values=list(SHOWN), format=".2f", offset=-below, grid=False),
    )
    y = _upright("value", below / CURVES)
    colour = variant_colour(ids)
    layers = [*_assignment(x, below), *_curves(x, y, colour), *_best(x, below, colour)]
    layers += _pictures(x, below)
    return fitted(alt.layer(*layers), CURVES + below)


def _upright(field: str, below: float) -> alt.Y:
    """From 0 to 1, with room underneath for what hangs below the axis."""
    return alt.Y(
        f"{field}:Q",
        title=text.tradeoff.TRADE_OFF_AXIS,
        scale=alt.Scale(domain=[-below, 1], nice=False),
        axis=alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format="%", titleY=CURVES / 2),
    )


def _assignment(x: alt.X, below: int) -> list[alt.Chart]:
    """What the assignment recommends: a band, or a line where it names one epsilon."""
    rows = alt.Chart(alt.NamedData("assignment"))
    top, bottom = alt.value(0), alt.value(CURVES)
    return [
        rows.mark_rect(color="grey", opacity=0.22).encode(x=x, x2="to:Q", y=top, y2=bottom),
        rows.mark_rule(color="grey", strokeWidth=1.5).encode(x=x, y=top, y2=bottom),
        rows.mark_text(align="left", dx=4, color="grey", fontSize=12).encode(
            x=alt.X("to:Q"), y=alt.Y("place:Q"), text="label:N"
        ),
    ]


def _curves(x: alt.X, y: alt.Y, colour: alt.Color) -> list[alt.Chart]:
    rows = alt.Chart(alt.NamedData("curves"))
    kinds = [text.common.ACCURACY_AXIS, text.tradeoff.SSIM]
    dash = alt.StrokeDash(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=kinds, range=[[1, 0], [6, 4]]),
        legend=alt.Legend(orient="bottom", symbolType="stroke", symbolSize=220, labelLimit=0),
    )
    tooltip = [
        alt.Tooltip("variant:N", title=" "),
        alt.Tooltip("epsilon:Q", title=text.common.EPSILON_AXIS, format=".3f"),
        alt.Tooltip("accuracy:Q", title=text.common.ACCURACY_AXIS, format=".1%"),
        alt.Tooltip("ssim:Q", title=text.tradeoff.SSIM, format=".3f"),
        alt.Tooltip("score:Q", title=text.tradeoff.SCORE, format=".3f"),
    ]
    return [
        rows.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash),
        rows.mark_point(size=120, opacity=0).encode(x=x, y=y, tooltip=tooltip),
    ]


def _best(x: alt.X, below: int, colour: alt.Color) -> list[alt.Chart]:
    """What our measure recommends, a diamond on both curves, named at the one of accuracy."""
    rows = alt.Chart(alt.NamedData("best"))
    y = _upright("value", below / CURVES)
    tooltip = [
        alt.Tooltip("variant:N", title=text.tradeoff.OURS),
        alt.Tooltip("epsilon:Q", title=text.common.EPSILON_AXIS, format=".3f"),
        alt.Tooltip("range:N", title=text.tradeoff.NEARLY_AS_GOOD),
        alt.Tooltip("score:Q", title=text.tradeoff.SCORE, format=".3f"),
    ]
    words = rows.transform_filter("isValid(datum.place)")
    halo = alt.Stroke("halo:N", scale=None)
    return [
        rows.mark_point(shape="diamond", filled=True, size=190, opacity=1).encode(
            x=x, y=y, color=colour, tooltip=tooltip
        ),
        *(
            words.mark_text(
                align="left", dx=12, fontSize=13, fontWeight="bold", strokeWidth=width
            ).encode(
                x=x,
                y=_upright("place", below / CURVES),
                color=colour,
                text="label:N",
                **({"stroke": halo} if width else {}),
            )
            for width in (5, 0)
        ),
    ]


def _pictures(x: alt.X, below: int) -> list[alt.Chart]:
    rows, titles = alt.Chart(alt.NamedData("strip")), alt.Chart(alt.NamedData("titles"))
    side = alt.ExprRef(f"min(width / {len(SHOWN) + 1}, {SIDE})")
    tooltip = [
        alt.Tooltip("variant:N", title=" "),
        alt.Tooltip("epsilon:Q", title=text.common.EPSILON_AXIS, format=".3f"),
        alt.Tooltip("read:N", title=text.common.READ_AS),
        alt.Tooltip("true:N", title=text.common.TRUE_CLASS),
        alt.Tooltip("verdict:N", title=" "),
    ]
    shape = alt.Shape(
        "verdict:N",
        title=None,
        scale=alt.Scale(
            domain=[text.tradeoff.RIGHT, text.tradeoff.WRONG], range=["circle", "cross"]
        ),
        legend=alt.Legend(orient="bottom", labelLimit=0),
    )
    return [
        titles.mark_text(align="left", fontSize=12, color="grey").encode(
            x=alt.value(0), y=_upright("place", below / CURVES), text="title:N"
        ),
        rows.mark_image(width=side, height=side).encode(
            x=x, y=_upright("place", below / CURVES), url="url:N", tooltip=tooltip
        ),
        rows.mark_point(filled=True, size=45, color="grey", opacity=1).encode(
            x=x, y=_upright("under", below / CURVES), shape=shape, tooltip=tooltip
        ),
    ]


def along_rows(
    variants: Sequence[Variant], strips: Mapping[str, Strip], *, background: str
) -> dict[str, Rows]:
    """What feeds `along_spec`."""
    curves, best = [], []
    for variant in variants:
        name, found = (
            text.common.tagged(variant, variant_number(variant.id)),
            trade_off(variant.card),
        )
        at = found.epsilons.index(found.best)
        points = _points(variant)
        for kind, field in ((text.common.ACCURACY_AXIS, "accuracy"), (text.tradeoff.SSIM, "ssim")):
            curves += [row | {"kind": kind, "value": row[field]} for row in points]
            best.append(
                {
                    "variant": name,
                    "epsilon": found.best,
                    "value": points[at][field],
                    "range": text.tradeoff.from_to(found.nearly),
                    "score": points[at]["score"],
                    "label": f"{variant_number(variant.id)}: {found.best:g}",
                    "halo": background,
                }
            )
    named = best[::2]  # those on the curves of accuracy
    for row, place in zip(named, spread([r["value"] for r in named], LABEL_GAP), strict=True):
        row["place"] = place
    for row in best[1::2]:
        row["place"] = None
    return {
        "curves": curves,
        "assignment": _assignment_rows(variants),
        "best": best,
        "strip": [row for i, v in enumerate(variants) for row in _strip_rows(v, strips, i)],
        "titles": [
            {
                "title": text.common.tagged(v, variant_number(v.id)),
                "place": -(AXIS + i * ROW + 6) / CURVES,
            }
            for i, v in enumerate(variants)
            if v.id in strips
        ],
    }


def _assignment_rows(variants: Sequence[Variant]) -> Rows:
    rows: Rows = []
    for dataset in dict.fromkeys(variant.dataset for variant in variants):
        low, high = ASSIGNMENT[dataset]
        label = text.tradeoff.assignment_label(dataset, (low, high))
        rows.append({"epsilon": low, "to": high, "label": label, "place": 0.05 + 0.08 * len(rows)})
    return rows


def _strip_rows(variant: Variant, strips: Mapping[str, Strip], row: int) -> Rows:
    if variant.id not in strips:
        return []
    strip = strips[variant.id]
    names = [text.common.class_name(variant.dataset, name) for name in variant.classes]
    top = AXIS + row * ROW + 16
    return [
        {
            "variant": text.common.tagged(variant, variant_number(variant.id)),
            "epsilon": epsilon,
            "url": url,
            "read": names[read],
            "true": names[strip.label],
            "verdict": text.tradeoff.RIGHT if read == strip.label else text.tradeoff.WRONG,
            "place": -(top + SIDE / 2) / CURVES,
            "under": -(top + SIDE + 7) / CURVES,
        }
        for epsilon, url, read in zip(SHOWN, strip.pictures, strip.read, strict=True)
    ]


def _points(variant: Variant) -> Rows:
    """One for each epsilon."""
    card = variant.card
    scores = trade_off(card).scores.tolist()
    return [
        {
            "variant": text.common.tagged(variant, variant_number(variant.id)),
            "epsilon": e,
            "accuracy": correct / card.total,
            "ssim": ssim,
            "score": score,
        }
        for e, correct, ssim, score in zip(card.epsilons, card.fgsm, card.ssim, scores, strict=True)
    ]


@lru_cache(maxsize=32)
def against_spec(ids: tuple[str, ...]) -> dict[str, Any]:
    """Accuracy against SSIM, one point an epsilon. Fed by "curves" and "marks"."""
    x = alt.X(
        "ssim:Q",
        title=text.tradeoff.SSIM_AXIS,
        scale=alt.Scale(domain=[1, 0], nice=False),
        axis=alt.Axis(format=".1f", tickCount=6),
    )
    y = share_axis("accuracy", text.common.ACCURACY_AXIS)
    colour = variant_colour(ids)
    rows, marks = alt.Chart(alt.NamedData("curves")), alt.Chart(alt.NamedData("marks"))
    tooltip = [
        alt.Tooltip("variant:N", title=" "),
        alt.Tooltip("epsilon:Q", title=text.common.EPSILON_AXIS, format=".3f"),
        alt.Tooltip("accuracy:Q", title=text.common.ACCURACY_AXIS, format=".1%"),
        alt.Tooltip("ssim:Q", title=text.tradeoff.SSIM, format=".3f"),
    ]
    shape = alt.Shape(
        "mark:N",
        title=None,
        scale=alt.Scale(
            domain=[text.tradeoff.OURS, text.tradeoff.THEIRS], range=["diamond", "square"]
        ),
        legend=alt.Legend(orient="bottom", labelLimit=0, symbolFillColor="grey"),
    )
    chart = alt.layer(
        rows.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, order="epsilon:Q"),
        rows.mark_point(filled=True, size=14, opacity=1).encode(
            x=x, y=y, color=colour, tooltip=tooltip
        ),
        marks.mark_point(filled=True, size=150, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape, tooltip=tooltip
        ),
        marks.mark_text(align="left", dx=10, dy=-8, fontSize=12).encode(
            x=x, y=y, color=colour, text="label:N"
        ),
    )
    return fitted(chart, 320)


def against_rows(variants: Sequence[Variant]) -> dict[str, Rows]:
    """What feeds `against_spec`."""
    curves: Rows = []
    marks: Rows = []
    for variant in variants:
        points, best = _points(variant), trade_off(variant.card).best
        curves += points
        wanted = [(text.tradeoff.OURS, best)]
        wanted += [(text.tradeoff.THEIRS, e) for e in dict.fromkeys(ASSIGNMENT[variant.dataset])]
        for kind, epsilon in wanted:
            point = points[variant.card.epsilons.index(epsilon)]
            marks.append(point | {"mark": kind, "label": f"{epsilon:g}"})
    return {"curves": curves, "marks": marks}


def table(variants: Sequence[Variant], strips: Mapping[str, Strip]) -> Rows:
    """All figures by variant and epsilon, and what the picture of the strip is read as."""
    found: Rows = []
    for variant in variants:
        card, strip = variant.card, strips.get(variant.id)
        low, high = trade_off(card).nearly
        for i, point in enumerate(_points(variant)):
            row = {
                "variant": variant.id,
                "epsilon": point["epsilon"],
                "right": card.fgsm[i],
                "pictures": card.total,
                "accuracy": round(point["accuracy"], 6),
                "ssim": point["ssim"],
                "score": round(point["score"], 6),
                "nearly as good": low <= point["epsilon"] <= high,
            }
            if strips:
                shown = strip is not None and point["epsilon"] in SHOWN
                read = strip.read[SHOWN.index(point["epsilon"])] if strip and shown else None
                row["picture read as"] = None if read is None else variant.classes[read]
            found.append(row)
    return found
