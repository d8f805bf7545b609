"""What defences withstand, and how the loss bends along one step."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from models import Variant
from models.epsilons import step_of
from models.intervals import wilson_interval
from nudge.evaluation.methods import Method
from nudge.evaluation.robustness import DEFENDED_AT
from nudge.neighbourhood.probability_path import ProbabilityPath
from views import text
from views.charts import vega

# Each measure has a colour and a shape; the strongest attack stands out.
_COLOURS = ("#3a93cf", "#dd6b20", "#b8629f", "#c8505a", "#2a9d6f", "#9a7b1c")
_SHAPES = ("circle", "triangle-up", "square", "diamond", "cross", "triangle-down")


def measures(variant: Variant) -> dict[str, tuple[int, int]]:
    """What was counted of one variant, by name: right, and out of how many."""
    card = variant.card
    epsilon = DEFENDED_AT[variant.dataset]
    at = step_of(card.epsilons, epsilon)
    found = {
        text.defences.CLEAN: (card.fgsm[0], card.total),
        text.defences.FGSM: (card.fgsm[at], card.total),
    }
    if card.pgd is not None:
        found[text.common.PGD_CURVE] = card.pgd[at], card.total
    found |= {attack.attack: (attack.correct, attack.total) for attack in card.withstood}
    if card.moved is not None:
        found[text.defences.MOVED] = card.moved, card.total
    return found


# A long name takes two lines; one line alone stands in the middle only as a text.
_IN_LINES = (
    "indexof(datum.label, ' (') < 0 ? datum.label : "
    "[split(datum.label, ' (')[0], '(' + split(datum.label, ' (')[1]]"
)


@lru_cache(maxsize=8)
def withstood_spec(trainings: tuple[str, ...], names: tuple[str, ...]) -> dict[str, Any]:
    """A row for each training, a dot for each of the named measures. Fed by "withstood"."""
    base = vega.named("withstood").encode(
        y=alt.Y(
            "training:N",
            title=None,
            scale=alt.Scale(domain=trainings),
            axis=alt.Axis(labelLimit=0, labelFontSize=13, labelExpr=_IN_LINES),
        ),
        tooltip=vega.tooltip(
            ".2%",
            training=text.defences.TRAINING,
            measure=text.defences.MEASURE,
            accuracy=text.common.ACCURACY_AXIS,
            counted=text.common.COUNTED,
        ),
    )
    axis = alt.X(
        "accuracy:Q",
        title=text.common.ACCURACY_AXIS,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=6, labelFlushOffset=-3),  # or 100 % is cut off
    )
    two_columns = alt.ExprRef("width < 500 ? 1 : 6")
    colour = vega.colours(
        "measure", names, [_COLOURS[i % 6] for i in range(len(names))], columns=two_columns
    )
    shapes = alt.Shape(
        "measure:N",
        title=None,
        scale=alt.Scale(domain=names, range=[_SHAPES[i % 6] for i in range(len(names))]),
        legend=vega.legend(columns=two_columns, symbolType=alt.Undefined),
    )
    ranges = (
        vega.named("withstood")
        .mark_rule(color="grey", opacity=0.5)
        .encode(
            y=base.encoding.y,
            x=alt.X("min(accuracy):Q", scale=alt.Scale(domain=[0, 1])),
            x2="max(accuracy):Q",
        )
    )
    dots = base.mark_point(filled=True, size=130, opacity=1).encode(
        x=axis, color=colour, shape=shapes
    )
    return vega.fitted(alt.layer(ranges, dots), alt.Step(44))


def withstood_rows(variants: Sequence[Variant]) -> vega.Rows:
    rows = []
    for variant in variants:
        for name, (right, total) in measures(variant).items():
            low, high = wilson_interval(right, total)
            rows.append(
                {
                    "training": text.common.REGIMES[variant.regime],
                    "measure": name,
                    "accuracy": right / total,
                    "counted": f"{right:,} / {total:,}",
                    "95 % low": round(low, 4),
                    "95 % high": round(high, 4),
                }
            )
    return rows


@lru_cache(maxsize=8)
def loss_spec(ids: tuple[str, ...], names: tuple[str, ...]) -> dict[str, Any]:
    """The loss of one picture for each network: along FGSM's step, and after twenty of PGD.

    Fed by "loss".
    """
    colours = [vega.colour(name) for name in ids]
    kinds = [text.defences.ONE_STEP, text.common.PGD_CURVE]
    lines = (
        vega.named("loss")
        .mark_line(strokeWidth=2.5)
        .encode(
            x=vega.epsilon_axis(),
            y=alt.Y("loss:Q", title=text.defences.LOSS_AXIS),
            color=vega.colours(
                "network",
                names,
                colours,
                symbolStrokeWidth=4,
                symbolOpacity=1,
                columns=alt.ExprRef("width < 500 ? 1 : 4"),
            ),
            strokeDash=vega.dashes("kind", kinds, symbolSize=220),
            tooltip=vega.tooltip(
                network=text.defences.NETWORK,
                kind=text.common.ATTACK,
                epsilon=text.common.EPSILON_AXIS,
                loss=text.defences.LOSS_AXIS,
            ),
        )
    )
    return vega.fitted(alt.layer(lines), 260)


def loss_rows(paths: Mapping[tuple[str, Method], ProbabilityPath], label: int) -> vega.Rows:
    """What the loss of class `label` is along each path, by a network's name and the attack."""
    kinds = {Method.FGSM: text.defences.ONE_STEP, Method.PGD: text.common.PGD_CURVE}
    rows = []
    for (name, method), path in paths.items():
        for epsilon, loss in zip(path.epsilons, path.losses(label), strict=True):
            row = {"network": name, "kind": kinds[method], "epsilon": epsilon}
            rows.append(row | {"loss": round(loss, 4)})
    return rows
