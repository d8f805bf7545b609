"""The assignment, checked: its claims, the learning curves and the card of each variant."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from models import VARIANTS, Variant
from models.cards import Repetition
from models.zoo import TRAINED_HERE
from nudge.evaluation.class_similarity import NearFlips
from nudge.findings.assignment_claims import RULES, Figures, claims, read_flips
from nudge.findings.training_history import repetitions, spread
from views import text
from views.charts import figure
from views.charts.learning_curves import learning_rows, learning_spec
from views.parts import claims_table, widgets
from views.session.error_notice import Attempts
from views.session.page import begin, draw, readable
from views.session.state import View, current, write_address


def page() -> None:
    begin("assignment")
    st.markdown(text.assignment.ASSIGNMENT_LEAD)
    usable = readable(VARIANTS.values())
    draw(partial(_claims, usable), _choose, partial(_learning, usable), partial(_cards, usable))
    write_address(current())


def _claims(usable: Sequence[Variant], _: View) -> None:
    flips, attempt = dict[str, NearFlips](), Attempts()
    with attempt():
        flips = read_flips()
    found = claims(Figures({variant.id: variant.card for variant in usable}), flips)
    if not found:
        return
    st.markdown(text.assignment.claims_tally(found))
    st.html(claims_table.html(found))
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover(text.assignment.RULES, icon=":material/gavel:"):
            st.markdown(RULES)
        st.download_button(
            text.common.SAVE_CSV,
            lambda: figure.csv_of(claims_table.rows(found)),
            "nudge-assignment.csv",
            "text/csv",
            on_click="ignore",
        )


def _choose(_: View) -> None:
    st.subheader(text.assignment.TRAINED, anchor=False)
    widgets.dataset()


def _learning(usable: Sequence[Variant], view: View) -> None:
    sides = st.columns(2, gap="medium")
    for side, architecture in zip(sides, TRAINED_HERE, strict=True):
        twins = [v for v in view.four if v.architecture is architecture and v in usable]
        if not twins:
            continue
        epochs = max(len(variant.card.learning_curve) for variant in twins)
        rows = learning_rows(twins)
        with side:
            st.markdown(f"**{text.common.network_of(twins[0].dataset, twins[0].architecture)}**")
            figure.show(
                f"learning-{view.dataset}-{architecture}",
                learning_spec(epochs),
                {"points": rows},
                rows,
                text.assignment.learning_caption(total=twins[0].card.total),
            )


def _cards(usable: Sequence[Variant], view: View) -> None:
    runs, attempt = dict[str, list[Repetition]](), Attempts()
    with attempt():
        runs |= repetitions()
    for variant in (v for v in usable if v.dataset is view.dataset):
        card = variant.card
        with st.expander(text.assignment.card_line(variant)):
            st.markdown(_lines(text.assignment.card_facts(card)))
            if found := spread(runs.get(variant.id, [])):
                st.markdown(text.assignment.seeds(len(runs[variant.id]), *found))
            st.markdown(text.assignment.RECIPE)
            st.markdown(_lines(text.assignment.recipe(card.recipe)))
            st.markdown(text.assignment.CHECKSUMS)
            st.code(_hashes(variant), language=None, wrap_lines=True)
            st.markdown(text.assignment.RECREATE)
            st.code(card.command, language="bash", wrap_lines=True)


def _lines(facts: Sequence[str]) -> str:
    return "\n".join(f"- {fact}" for fact in facts)


def _hashes(variant: Variant) -> str:
    card = variant.card
    hashes = {variant.weights.name: card.sha256}
    hashes |= {text.assignment.split_of(name): sha256 for name, sha256 in card.data_sha256.items()}
    if card.permutation_sha256:
        hashes[text.assignment.PERMUTATION] = card.permutation_sha256
    return "\n".join(f"{sha256}  {name}" for name, sha256 in hashes.items())


page()
