"""The pictures of RESULTS.md: Altair charts of what the cards say, saved without a network."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np

from models import STANDARD, Architecture, Dataset, PixelOrder, Variant
from nudge.evaluation.class_similarity import NearFlips
from nudge.findings.assignment_claims import SUBJECTS, subject
from nudge.findings.training_history import learning_points

ORDERS = [str(order) for order in PixelOrder]
PIXELS = {
    "color": alt.Color(
        "pixels:N",
        title="pixels",
        scale=alt.Scale(domain=ORDERS, range=["#f0a35e", "#2c5282"]),
    ),
    # Where twins agree, the one is seen around the other.
    "strokeWidth": alt.StrokeWidth(
        "pixels:N", title="pixels", scale=alt.Scale(domain=ORDERS, range=[5, 1.5])
    ),
}
PANELS = list(SUBJECTS.values())
EPSILON_AXIS = alt.X("epsilon:Q", title="epsilon")
SHOWN = (0.0, 0.02)  # epsilons of the figures by class


def figures(
    confusions: Mapping[str, np.ndarray], flips: Mapping[str, NearFlips]
) -> dict[str, alt.TopLevelMixin]:
    """Each chart by the name of its file."""
    return {
        "learning-curves": learning_curves(),
        "accuracy": accuracy_curves(),
        "classes-fashion": classes(Dataset.FASHION, confusions),
        "classes-sign": classes(Dataset.SIGN, confusions),
        "near-flips": near_flips(flips),
        "trade-off": trade_off(),
    }


def _panel(variant: Variant) -> dict[str, Any]:
    return {"panel": subject(variant.id), "pixels": str(variant.pixels)}


def _lines(
    rows: list[dict[str, Any]],
    x: alt.X,
    y: alt.Y,
    *,
    same_x: bool = True,
    clip: bool = False,
    **channels: Any,
) -> alt.TopLevelMixin:
    """A chart of lines for each data set and network, side by side on the same axes."""
    chart = alt.Chart(alt.InlineData(values=rows), width=210, height=190)
    lines = chart.mark_line(clip=clip).encode(x=x, y=y, **PIXELS, **channels)
    faceted = lines.facet(
        facet=alt.Facet("panel:N", title=None, sort=PANELS, header=alt.Header(labelFontSize=13)),
        columns=2,
    ).resolve_scale(x="shared" if same_x else "independent")
    return _finished(faceted)


def _share(field: str, title: str, lowest: float = 0.0) -> alt.Y:
    """An upright axis in percent."""
    scale = alt.Scale(domain=[lowest, 1])
    return alt.Y(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(format="%"))


def _dash(field: str, solid: str, dashed: str, *, title: str | None) -> alt.StrokeDash:
    """Two kinds of lines, told apart by their strokes."""
    scale = alt.Scale(domain=[solid, dashed], range=[[1, 0], [4, 3]])
    return alt.StrokeDash(f"{field}:N", title=title, scale=scale)


def _finished(chart: Any) -> alt.TopLevelMixin:
    return chart.configure(background="white", font="sans-serif").configure_axis(  # type: ignore[no-any-return]
        labelFontSize=11, titleFontSize=12
    )


def learning_curves() -> alt.TopLevelMixin:
    """Top-1 accuracy by epoch, in training and on the test set."""
    return _lines(
        [
            {"epoch": p.epoch, "accuracy": p.accuracy, "on": p.on, **_panel(p.variant)}
            for p in learning_points()
        ],
        alt.X("epoch:Q", title="epoch"),
        _share("accuracy", "top-1 accuracy", lowest=0.5),
        strokeDash=_dash("on", "test", "training", title="pictures"),
        same_x=False,
        clip=True,
    )


def accuracy_curves() -> alt.TopLevelMixin:
    """Accuracy along epsilon, under FGSM and under a random nudge."""
    rows = [
        {"epsilon": e, "accuracy": correct / card.total, "nudge": nudge, **_panel(variant)}
        for variant in STANDARD.values()
        for card in [variant.card]
        for nudge, counts in (("FGSM", card.fgsm), ("random", card.random))
        for e, correct in zip(card.epsilons, counts, strict=True)
    ]
    return _lines(
        rows,
        EPSILON_AXIS,
        _share("accuracy", "top-1 accuracy"),
        strokeDash=_dash("nudge", "FGSM", "random", title="nudge"),
    )


def classes(dataset: Dataset, confusions: Mapping[str, np.ndarray]) -> alt.TopLevelMixin:
    """Accuracy by class, clean and nudged, as a table in colours."""
    rows = []
    for variant in (v for v in STANDARD.values() if v.dataset is dataset):
        network = "CNN" if variant.architecture is Architecture.CNN else "FC"
        for epsilon in SHOWN:
            counts = confusions[variant.id].sum(axis=0)[variant.card.epsilons.index(epsilon)]
            row = {"variant": f"{network} {variant.pixels}", "at": _at(epsilon)}
            shares = zip(variant.classes, counts.diagonal() / counts.sum(axis=1), strict=True)
            rows += [{"class": name, **row, "accuracy": share} for name, share in shares]
    base = alt.Chart().encode(
        x=alt.X("variant:N", title=None, sort=None, axis=alt.Axis(labelAngle=-35)),
        y=alt.Y("class:N", title=None, sort=None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "accuracy:Q",
            title="accuracy",
            scale=alt.Scale(domain=[0, 1], scheme="viridis"),
            legend=alt.Legend(format="%"),
        )
    )
    figures_in_cells = base.mark_text(fontSize=10).encode(
        text=alt.Text("accuracy:Q", format=".0%"),
        color=alt.condition("datum.accuracy < 0.6", alt.value("white"), alt.value("black")),
    )
    layered = (cells + figures_in_cells).properties(
        data=alt.InlineData(values=rows), width=190, height=alt.Step(19)
    )
    order = [_at(epsilon) for epsilon in SHOWN]
    return _finished(layered.facet(column=alt.Column("at:N", title=None, sort=order)))


def _at(epsilon: float) -> str:
    return f"FGSM {epsilon:g}" if epsilon else "clean"


def near_flips(flips: Mapping[str, NearFlips]) -> alt.TopLevelMixin:
    """The share of flipped pictures that are taken for a near class, against chance."""
    rows = []
    for variant in STANDARD.values():
        found = flips[variant.id]
        for i, epsilon in enumerate(variant.card.epsilons):
            for line, shares in (("measured", found.fraction), ("by chance", found.chance)):
                if found.flipped[i]:
                    row = {"epsilon": epsilon, "share": float(shares[i]), "line": line}
                    rows.append(row | _panel(variant))
    return _lines(
        rows,
        EPSILON_AXIS,
        _share("share", "flips that stay near"),
        strokeDash=_dash("line", "measured", "by chance", title=None),
    )


def trade_off() -> alt.TopLevelMixin:
    """Accuracy against structural similarity, along epsilon."""
    rows = [
        {"ssim": similarity, "accuracy": correct / card.total, "epsilon": e, **_panel(variant)}
        for variant in STANDARD.values()
        for card in [variant.card]
        for e, similarity, correct in zip(card.epsilons, card.ssim, card.fgsm, strict=True)
    ]
    reversed_scale = alt.Scale(domain=[0, 1], reverse=True)
    return _lines(
        rows,
        alt.X("ssim:Q", title="SSIM with the original", scale=reversed_scale),
        _share("accuracy", "top-1 accuracy"),
        order="epsilon:Q",
    )
