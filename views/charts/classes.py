"""The four charts of where it breaks: their specs, rows and tables."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import numpy as np
from numpy.typing import NDArray

from models import CLASSES, Dataset
from nudge.evaluation.class_similarity import NearFlips, arrangement, near
from nudge.evaluation.per_class import ClassCurves
from nudge.evaluation.sweep import EPSILON_STEP, EPSILONS
from views import text
from views.charts import vega

STEP = {Dataset.FASHION: 30, Dataset.SIGN: 17}  # pixels to a class
MOST_AT_ONCE = 0.15  # of the pictures; no variant has more that flip at one epsilon
LOW = 220  # pixels, of a chart of lines or bars
RULE = "#888888"


@lru_cache(maxsize=len(Dataset))
def falls_spec(dataset: Dataset) -> dict[str, Any]:
    """Accuracy by class along epsilon, as bands of colour.

    Fed by "classes", "halves" (where a class falls below half) and "marker".
    """
    by_place = alt.EncodingSortField(field="place", op="min")
    y = alt.Y("class:N", title=None, sort=by_place, axis=alt.Axis(labelOverlap=False))
    cells = (
        vega.named("classes")
        .mark_rect(clip=True)
        .encode(
            x=vega.epsilon_axis("from"),
            x2="to:Q",
            y=y,
            color=_fractions(straight=True),
            tooltip=vega.tooltip(
                **{"class": text.common.CLASS},
                epsilon=text.common.EPSILON_AXIS,
                fraction=text.common.ACCURACY_AXIS,
                counted=text.common.COUNTED,
            ),
        )
    )
    halves = (
        vega.named("halves")
        .mark_tick(color="white", thickness=3, size=STEP[dataset] - 5)
        .encode(x="epsilon:Q", y=y)
    )
    rule = vega.named("marker").mark_rule(color="white", strokeDash=[4, 3], size=1.5)
    layered = alt.layer(cells, halves, rule.encode(x="epsilon:Q"))
    return vega.fitted(layered, alt.Step(STEP[dataset]))


def falls_rows(curves: ClassCurves, classes: Sequence[str], epsilon: float) -> dict[str, vega.Rows]:
    """What feeds `falls_spec`, the class that falls first at the top."""
    accuracy, half = curves.accuracy, EPSILON_STEP / 2
    places = np.argsort(curves.order()).tolist()
    rows = [
        {
            "class": name,
            "place": places[c],
            "epsilon": e,
            "from": max(e - half, 0.0),
            "to": min(e + 2 * half, EPSILONS[-1]),  # under the next, else a seam is seen
            "fraction": float(accuracy[k, c]),
            "counted": f"{curves.right[k, c]:,} / {curves.totals[c]:,}",
        }
        for c, name in enumerate(classes)
        for k, e in enumerate(EPSILONS)
    ]
    halves = [
        {"class": classes[c], "place": places[c], "epsilon": EPSILONS[step]}
        for c, step in enumerate(curves.falls().tolist())
        if step < len(EPSILONS)
    ]
    return {"classes": rows, "halves": halves, "marker": [{"epsilon": epsilon}]}


def falls_table(curves: ClassCurves, classes: Sequence[str]) -> vega.Rows:
    return [
        {
            "class": classes[c],
            "epsilon": e,
            "right": int(curves.right[k, c]),
            "pictures": int(curves.totals[c]),
            "accuracy": round(float(curves.accuracy[k, c]), 6),
        }
        for c in curves.order().tolist()
        for k, e in enumerate(EPSILONS)
    ]


@lru_cache(maxsize=len(Dataset))
def confusion_spec(dataset: Dataset) -> dict[str, Any]:
    """What each class is predicted as: a square of cells, near ones outlined. Fed by "cells"."""
    names = [CLASSES[dataset][i] for i in arrangement(dataset)]
    rows = vega.named("cells")
    angle = -45 if dataset is Dataset.FASHION else 0
    x = alt.X(
        "predicted:N",
        title=text.common.PREDICTED_AS,
        sort=names,
        axis=alt.Axis(labelAngle=angle, labelOverlap=False),
    )
    y = alt.Y("true:N", title=text.common.TRUE_CLASS, sort=names, axis=alt.Axis(labelOverlap=False))
    tips = vega.tooltip(
        true=text.common.TRUE_CLASS,
        predicted=text.common.PREDICTED_AS,
        fraction=text.classes.FRACTION_OF_CLASS,
        counted=text.classes.PICTURES_COUNTED,
    )
    cells = rows.mark_rect().encode(x=x, y=y, color=_fractions(straight=False), tooltip=tips)
    outlines = (
        rows.mark_rect(filled=False, stroke="white", strokeWidth=1.2, strokeOpacity=0.8)
        .transform_filter("datum.near")
        .encode(x=x, y=y)
    )
    layers = [cells, outlines]
    if dataset is Dataset.FASHION:  # there is no room for words in a cell of 24 letters
        # A narrow window has room for two digits only; small fractions are left to the colour.
        layers.append(
            rows.mark_text(fontSize=alt.ExprRef("width < 320 ? 9 : 12"))
            .transform_filter("datum.fraction >= 0.01")
            .encode(
                x=x,
                y=y,
                text="percent:N",
                color=alt.condition("datum.fraction < 0.4", alt.value("white"), alt.value("black")),
                tooltip=tips,
            )
        )
    return vega.fitted(alt.layer(*layers), alt.Step(STEP[dataset]))


def confusion_rows(counts: NDArray[np.integer], dataset: Dataset) -> vega.Rows:
    """A row a cell; `counts` is integers (true, predicted)."""
    names, close, totals = CLASSES[dataset], near(dataset), counts.sum(axis=1)
    return [
        {
            "true": names[t],
            "predicted": names[r],
            "fraction": float(counts[t, r] / totals[t]),
            "percent": f"{100 * counts[t, r] / totals[t]:.0f}",
            "near": bool(close[t, r]),
            "count": int(counts[t, r]),
            "counted": f"{counts[t, r]:,} / {totals[t]:,}",
        }
        for t in arrangement(dataset)
        for r in arrangement(dataset)
    ]


def worst(cells: vega.Rows) -> dict[str, Any] | None:
    """The confusion of the largest fraction of a class; None where nothing is wrong."""
    wrong = [cell for cell in cells if cell["true"] != cell["predicted"] and cell["count"]]
    return max(wrong, key=lambda cell: cell["fraction"], default=None)


def confusion_table(counts: NDArray[np.integer], classes: Sequence[str]) -> vega.Rows:
    """As one is used to it: a row for each true class, a column for what it is predicted as."""
    return [
        {text.common.TRUE_CLASS: name} | dict(zip(classes, row, strict=True))
        for name, row in zip(classes, counts.tolist(), strict=True)
    ]


@lru_cache(maxsize=1)
def near_spec() -> dict[str, Any]:
    """The fraction of flips that stay near, along epsilon. Fed by "fractions" and "marker"."""
    kinds = [text.classes.MEASURED, text.classes.BY_CHANCE]
    x, y = vega.epsilon_axis(), vega.percent_axis("fraction", text.classes.NEAR_AXIS)
    rows, marker = vega.named("fractions"), vega.named("marker")
    colour = vega.colours("kind", kinds, [vega.ORANGE, vega.BLUE])
    dash = vega.dashes("kind", kinds, [[1, 0], [2, 3]])
    tips = vega.tooltip(
        kind=" ",
        epsilon=text.common.EPSILON_AXIS,
        fraction=text.classes.NEAR_AXIS,
        counted=text.classes.NEAR_COUNTED,
    )
    points = marker.transform_filter("isValid(datum.fraction)").encode(x=x, y=y, color=colour)
    chart = alt.layer(
        marker.mark_rule(color=RULE).encode(x=x),
        rows.mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash),
        vega.hover_points(rows, x, y, tips),
        points.mark_point(filled=True, size=80, opacity=1).encode(tooltip=tips),
        points.mark_text(align="left", dx=8, dy=-8, fontSize=13, fontWeight="bold").encode(
            text=alt.Text("fraction:Q", format=".0%")
        ),
    )
    return vega.fitted(chart, LOW)


def near_rows(flips: NearFlips, epsilon: float) -> dict[str, vega.Rows]:
    """What feeds `near_spec`; without a flip there is no fraction."""
    rows = [
        {
            "kind": kind,
            "epsilon": e,
            "fraction": float(fractions[k]),
            "counted": f"{flips.near[k]:,} / {flips.flipped[k]:,}",
        }
        for kind, fractions in (
            (text.classes.MEASURED, flips.fraction),
            (text.classes.BY_CHANCE, flips.chance),
        )
        for k, e in enumerate(EPSILONS)
        if flips.flipped[k]
    ]
    marked = [row for row in rows if row["epsilon"] == epsilon]
    return {"fractions": rows, "marker": marked or [{"epsilon": epsilon, "fraction": None}]}


def near_table(flips: NearFlips) -> vega.Rows:
    return [
        {
            "epsilon": e,
            "flipped": int(flips.flipped[k]),
            "near": int(flips.near[k]),
            "fraction near": round(float(flips.fraction[k]), 6) if flips.flipped[k] else None,
            "by chance": round(float(flips.chance[k]), 6) if flips.flipped[k] else None,
        }
        for k, e in enumerate(EPSILONS)
    ]


@lru_cache(maxsize=1)
def flips_spec() -> dict[str, Any]:
    """How many pictures flip first at each epsilon. Fed by "bars" and "marker"."""
    tips = vega.tooltip(
        ".2%",
        epsilon=text.classes.FLIPS_AT,
        fraction=text.classes.FLIPS_AXIS,
        counted=text.classes.PICTURES_COUNTED,
    )
    y = vega.percent_axis("fraction", text.classes.FLIPS_AXIS, (0, MOST_AT_ONCE))
    y = y.axis(format="%", tickCount=4)
    bars = vega.named("bars").mark_rect(color=vega.ORANGE, clip=True)
    bars = bars.encode(x=vega.epsilon_axis("from"), x2="to:Q", y=y, y2=alt.Y2Datum(0), tooltip=tips)
    rule = vega.named("marker").mark_rule(color=RULE).encode(x="epsilon:Q")
    return vega.fitted(alt.layer(bars, rule), LOW)


def flips_rows(counts: Sequence[int], epsilon: float) -> dict[str, vega.Rows]:
    """What feeds `flips_spec`, from `nudge.evaluation.per_class.flips_by_step`."""
    total, gap = sum(counts), EPSILON_STEP / 10
    bars = [
        {
            "epsilon": e,
            "from": e - EPSILON_STEP + gap,  # a picture flips somewhere since the step before
            "to": e,
            "fraction": counts[k] / total,
            "counted": f"{counts[k]:,} / {total:,}",
        }
        for k, e in enumerate(EPSILONS)
        if k
    ]
    return {"bars": bars, "marker": [{"epsilon": epsilon}]}


def flips_table(counts: Sequence[int]) -> vega.Rows:
    names = [text.classes.WRONG_BEFORE, *(f"{e:g}" for e in EPSILONS[1:]), text.classes.NEVER_FLIPS]
    return [
        {"smallest flipping epsilon": name, "pictures": count}
        for name, count in zip(names, counts, strict=True)
    ]


def _fractions(*, straight: bool) -> alt.Color:
    """Dark to bright on both themes; on a bent scale small fractions can be told from none."""
    kind: Literal["linear", "sqrt"] = "linear" if straight else "sqrt"
    return alt.Color(
        "fraction:Q",
        title=text.common.ACCURACY_AXIS if straight else text.classes.FRACTION_OF_CLASS,
        scale=alt.Scale(domain=[0, 1], scheme="viridis", type=kind),
        legend=alt.Legend(format="%", orient="bottom", gradientLength=180, tickCount=4),
    )
