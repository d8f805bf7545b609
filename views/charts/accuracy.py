"""Charts as ready Vega-Lite specs: built once, so that a rerun hands over data only."""

from functools import lru_cache
from typing import Any

import altair as alt

from nudge.evaluation.sweep import EPSILONS
from nudge.serving.live_curves import CurvePair
from views import text

Rows = list[dict[str, Any]]


@lru_cache(maxsize=1)
def accuracy_spec() -> dict[str, Any]:
    """Accuracy along epsilon: FGSM solid, the random nudge dashed, chance dotted, epsilon a rule.

    Three named sets of rows feed it: "curves", "chance" and "marker".
    """
    kinds = [text.common.FGSM_CURVE, text.common.RANDOM_CURVE]
    epsilon = alt.X(
        "epsilon:Q",
        title=text.common.EPSILON_AXIS,
        scale=alt.Scale(domain=[0, EPSILONS[-1]]),
        axis=alt.Axis(format=".2f", tickCount=6),
    )
    accuracy = alt.Y(
        "accuracy:Q",
        title=text.common.ACCURACY_AXIS,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%"),
    )
    kind = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=kinds, range=["#dd6b20", "#3a93cf"])
    )
    tooltip = [
        alt.Tooltip("kind:N", title=" "),
        alt.Tooltip("epsilon:Q", title=text.common.EPSILON_AXIS, format=".3f"),
        alt.Tooltip("accuracy:Q", title=text.common.ACCURACY_AXIS, format=".1%"),
        alt.Tooltip("counted:N", title=text.common.COUNTED),
    ]
    lines = (
        alt.Chart(alt.NamedData("curves"))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=epsilon,
            y=accuracy,
            color=kind.legend(orient="bottom", symbolType="stroke", labelLimit=0),
            strokeDash=alt.StrokeDash(
                "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[[1, 0], [6, 4]])
            ),
        )
    )
    chance = (
        alt.Chart(alt.NamedData("chance"))
        .mark_rule(strokeDash=[2, 3], color="grey")
        .encode(y="accuracy:Q")
    )
    rule = alt.Chart(alt.NamedData("marker")).mark_rule(color="grey").encode(x="epsilon:Q")
    points = (
        alt.Chart(alt.NamedData("marker"))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(x=epsilon, y=accuracy, color=kind, tooltip=tooltip)
    )
    values = points.mark_text(align="left", dx=8, dy=-8, fontSize=13, fontWeight="bold").encode(
        text=alt.Text("accuracy:Q", format=".0%")
    )
    hover = (
        alt.Chart(alt.NamedData("curves"))
        .mark_point(size=120, opacity=0)
        .encode(x=epsilon, y=accuracy, tooltip=tooltip)
    )
    chart = alt.layer(chance, rule, lines, hover, points, values).properties(height=300)
    return chart.to_dict()


def accuracy_rows(pair: CurvePair, epsilon: float, chance: float) -> dict[str, Rows]:
    """The rows for `accuracy_spec`; none before the first picture is counted."""
    rows: Rows = [
        {
            "kind": kind,
            "epsilon": e,
            "accuracy": correct / curve.total,
            "counted": f"{correct:,} / {curve.total:,}",
        }
        for kind, curve in (
            (text.common.FGSM_CURVE, pair.fgsm),
            (text.common.RANDOM_CURVE, pair.random),
        )
        for e, correct in zip(curve.epsilons, curve.correct, strict=True)
        if curve.total
    ]
    return {
        "curves": rows,
        "chance": [{"accuracy": chance}],
        "marker": [row for row in rows if row["epsilon"] == epsilon],
    }
