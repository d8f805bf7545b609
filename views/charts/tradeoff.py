"""The charts of the trade-off: accuracy and similarity along epsilon, and against each other."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from models import Variant
from nudge.evaluation.sweep import EPSILONS
from nudge.findings.tradeoff import ASSIGNMENT, trade_off
from views import text
from views.charts import vega
from views.charts.curves import spread
from views.charts.variant_number import numbered, variant_number
from views.session.resources import Strip

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
    y, colour = _upright("value", below), vega.variant_colour(ids)
    layers = [*_assignment(x, below), *_curves(x, y, colour), *_best(x, below, colour)]
    layers += _pictures(x, below)
    return vega.fitted(alt.layer(*layers), CURVES + below)


def _upright(field: str, below: int) -> alt.Y:
    """From 0 to 1, with room underneath, in pixels, for what hangs below the axis."""
    return alt.Y(
        f"{field}:Q",
        title=text.tradeoff.TRADE_OFF_AXIS,
        scale=alt.Scale(domain=[-below / CURVES, 1], nice=False),
        axis=alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format="%", titleY=CURVES / 2),
    )


def _assignment(x: alt.X, below: int) -> list[alt.Chart]:
    """What the assignment recommends: a band, or a line where it names one epsilon."""
    rows = vega.named("assignment")
    top, bottom = alt.value(0), alt.value(CURVES)
    return [
        rows.mark_rect(color="grey", opacity=0.22).encode(x=x, x2="to:Q", y=top, y2=bottom),
        rows.mark_rule(color="grey", strokeWidth=1.5).encode(x=x, y=top, y2=bottom),
        rows.mark_text(align="left", dx=4, color="grey", fontSize=12).encode(
            x=alt.X("to:Q"), y=alt.Y("place:Q"), text="label:N"
        ),
    ]


def _curves(x: alt.X, y: alt.Y, colour: alt.Color) -> list[alt.Chart]:
    rows = vega.named("curves")
    dash = vega.dashes("kind", [text.common.ACCURACY_AXIS, text.tradeoff.SSIM], symbolSize=220)
    tips = vega.tooltip(
        variant=" ",
        epsilon=text.common.EPSILON_AXIS,
        accuracy=text.common.ACCURACY_AXIS,
        ssim=text.tradeoff.SSIM,
        score=text.tradeoff.SCORE,
    )
    return [
        rows.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash),
        vega.hover_points(rows, x, y, tips),
    ]


def _best(x: alt.X, below: int, colour: alt.Color) -> list[alt.Chart]:
    """What our measure recommends, a diamond on both curves, named at the one of accuracy."""
    rows = vega.named("best")
    tips = vega.tooltip(
        variant=text.tradeoff.OURS,
        epsilon=text.common.EPSILON_AXIS,
        range=text.tradeoff.NEARLY_AS_GOOD,
        score=text.tradeoff.SCORE,
    )
    words = rows.transform_filter("isValid(datum.place)")
    return [
        rows.mark_point(shape="diamond", filled=True, size=190, opacity=1).encode(
            x=x, y=_upright("value", below), color=colour, tooltip=tips
        ),
        *vega.with_halo(words, dx=12, x=x, y=_upright("place", below), color=colour),
    ]


def _pictures(x: alt.X, below: int) -> list[alt.Chart]:
    rows, place = vega.named("strip"), _upright("place", below)
    side = alt.ExprRef(f"min(width / {len(SHOWN) + 1}, {SIDE})")
    tips = vega.tooltip(
        variant=" ",
        epsilon=text.common.EPSILON_AXIS,
        predicted=text.common.PREDICTED_AS,
        true=text.common.TRUE_CLASS,
        verdict=" ",
    )
    verdicts = [text.tradeoff.RIGHT, text.tradeoff.WRONG]
    shape = _shapes("verdict", verdicts, ["circle", "cross"])
    return [
        vega.named("titles")
        .mark_text(align="left", fontSize=12, color="grey")
        .encode(x=alt.value(0), y=place, text="title:N"),
        rows.mark_image(width=side, height=side).encode(x=x, y=place, url="url:N", tooltip=tips),
        rows.mark_point(filled=True, size=45, color="grey", opacity=1).encode(
            x=x, y=_upright("under", below), shape=shape, tooltip=tips
        ),
    ]


def _shapes(field: str, kinds: list[str], shapes: list[str], **options: Any) -> alt.Shape:
    scale = alt.Scale(domain=kinds, range=shapes)
    key = alt.Legend(orient="bottom", labelLimit=0, **options)
    return alt.Shape(f"{field}:N", title=None, scale=scale, legend=key)


def along_rows(
    variants: Sequence[Variant], strips: Mapping[str, Strip], *, background: str
) -> dict[str, vega.Rows]:
    """What feeds `along_spec`."""
    curves, best = [], []
    for variant in variants:
        name, found = numbered(variant), trade_off(variant.card)
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
    on_accuracy = best[::2]
    places = spread([row["value"] for row in on_accuracy], LABEL_GAP)
    for row, place in zip(on_accuracy, places, strict=True):
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
                "title": numbered(v),
                "place": -(AXIS + i * ROW + 6) / CURVES,
            }
            for i, v in enumerate(variants)
            if v.id in strips
        ],
    }


def _assignment_rows(variants: Sequence[Variant]) -> vega.Rows:
    rows: vega.Rows = []
    for dataset in dict.fromkeys(variant.dataset for variant in variants):
        low, high = ASSIGNMENT[dataset]
        label = text.tradeoff.assignment_label(dataset, (low, high))
        rows.append({"epsilon": low, "to": high, "label": label, "place": 0.05 + 0.08 * len(rows)})
    return rows


def _strip_rows(variant: Variant, strips: Mapping[str, Strip], row: int) -> vega.Rows:
    if variant.id not in strips:
        return []
    strip = strips[variant.id]
    names = [text.common.class_name(variant.dataset, name) for name in variant.classes]
    top = AXIS + row * ROW + 16
    return [
        {
            "variant": numbered(variant),
            "epsilon": epsilon,
            "url": url,
            "predicted": names[label],
            "true": names[strip.label],
            "verdict": text.tradeoff.RIGHT if label == strip.label else text.tradeoff.WRONG,
            "place": -(top + SIDE / 2) / CURVES,
            "under": -(top + SIDE + 7) / CURVES,
        }
        for epsilon, url, label in zip(SHOWN, strip.pictures, strip.predictions, strict=True)
    ]


def _points(variant: Variant) -> vega.Rows:
    """One for each epsilon."""
    card = variant.card
    scores = trade_off(card).scores.tolist()
    return [
        {
            "variant": numbered(variant),
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
    y, colour = vega.percent_axis("accuracy"), vega.variant_colour(ids)
    rows, marks = (vega.named(n).encode(x=x, y=y, color=colour) for n in ("curves", "marks"))
    tips = vega.tooltip(
        variant=" ",
        epsilon=text.common.EPSILON_AXIS,
        accuracy=text.common.ACCURACY_AXIS,
        ssim=text.tradeoff.SSIM,
    )
    kinds = [text.tradeoff.OURS, text.tradeoff.THEIRS]
    shape = _shapes("mark", kinds, ["diamond", "square"], symbolFillColor="grey")
    chart = alt.layer(
        rows.mark_line(strokeWidth=2).encode(order="epsilon:Q"),
        rows.mark_point(filled=True, size=14, opacity=1).encode(tooltip=tips),
        marks.mark_point(filled=True, size=150, opacity=1).encode(shape=shape, tooltip=tips),
        marks.mark_text(align="left", dx=10, dy=-8, fontSize=12).encode(text="label:N"),
    )
    return vega.fitted(chart, 320)


def against_rows(variants: Sequence[Variant]) -> dict[str, vega.Rows]:
    """What feeds `against_spec`."""
    curves: vega.Rows = []
    marks: vega.Rows = []
    for variant in variants:
        points, best = _points(variant), trade_off(variant.card).best
        curves += points
        wanted = [(text.tradeoff.OURS, best)]
        wanted += [(text.tradeoff.THEIRS, e) for e in dict.fromkeys(ASSIGNMENT[variant.dataset])]
        for kind, epsilon in wanted:
            point = points[variant.card.epsilons.index(epsilon)]
            marks.append(point | {"mark": kind, "label": f"{epsilon:g}"})
    return {"curves": curves, "marks": marks}


def table(variants: Sequence[Variant], strips: Mapping[str, Strip]) -> vega.Rows:
    """All figures by variant and epsilon, and what the picture of the strip is predicted as."""
    found: vega.Rows = []
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
                row["picture predicted as"] = (
                    variant.classes[strip.predictions[SHOWN.index(point["epsilon"])]]
                    if strip and shown
                    else None
                )
            found.append(row)
    return found
