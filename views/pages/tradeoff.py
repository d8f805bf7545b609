"""The trade-off: how much accuracy is lost, and how much of the picture is left to the eye."""

from collections.abc import Sequence

import streamlit as st

from models import Dataset, Variant
from nudge.data.display_set import DisplaySet
from nudge.evaluation.measurement import SSIM_PICTURES
from nudge.findings.tradeoff import ASSIGNMENT, NEARLY, trade_off
from views import text
from views.charts import figure
from views.charts import tradeoff as tradeoff_chart
from views.charts.variant_number import numbered
from views.parts import data_notice, widgets
from views.session import resources
from views.session.error_notice import Attempts
from views.session.page import begin, readable
from views.session.state import View, current, last_picture, write_address


def page() -> None:
    begin("tradeoff")
    widgets.variants(current())
    datasets = {variant.dataset for variant in current().compared}
    last = min(last_picture(dataset) for dataset in {*datasets, current().dataset})
    st.session_state.image = min(st.session_state.image, last)
    st.number_input(text.tradeoff.STRIP_PICTURE, 0, last, step=1, key="image", width=220)
    view = current()
    write_address(view)
    if variants := readable(view.compared):
        st.markdown("\n".join(f"- {_recommendation(variant)}" for variant in variants))
        _along(view, variants)
        _against(variants)


def _recommendation(variant: Variant) -> str:
    card = variant.card
    return text.tradeoff.recommendation(
        numbered(variant), card, trade_off(card), ASSIGNMENT[variant.dataset]
    )


def _along(view: View, variants: Sequence[Variant]) -> None:
    strips, attempt, shown = {}, Attempts(), dict[Dataset, DisplaySet]()
    for variant in variants:
        with attempt():
            pictures = resources.display_set(variant.dataset)
            shown[variant.dataset] = pictures
            strips[variant.id] = resources.strip(
                variant.id, view.image, tradeoff_chart.SHOWN, pictures
            )
    data_notice.offer(*shown.values())
    ids = tuple(variant.id for variant in variants)
    figure.show(
        "trade-off",
        tradeoff_chart.along_spec(ids),
        tradeoff_chart.along_rows(variants, strips, background=figure.background()),
        tradeoff_chart.table(variants, strips),
        text.tradeoff.along_caption(
            totals=sorted({v.card.total for v in variants}, reverse=True),
            ssim_pictures=SSIM_PICTURES,
            image=view.image,
            nearly=NEARLY,
            under=text.tradeoff.strip_pictures(
                {name: found.generated for name, found in shown.items()}
            ),
        ),
    )


def _against(variants: Sequence[Variant]) -> None:
    st.subheader(text.tradeoff.AGAINST)
    ids = tuple(variant.id for variant in variants)
    figure.show(
        "accuracy-ssim",
        tradeoff_chart.against_spec(ids),
        tradeoff_chart.against_rows(variants),
        tradeoff_chart.table(variants, {}),
        text.tradeoff.against_caption(
            totals=sorted({v.card.total for v in variants}, reverse=True),
            ssim_pictures=SSIM_PICTURES,
        ),
    )


page()
