"""The assignment, checked: its claims, the learning curves and the card of each variant."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from models import VARIANTS, Architecture, Variant
from models.cards import Repetition
from nudge.claims import RULES, Figures, claims, read_flips
from nudge.kinds import NearFlips
from nudge.records import repetitions, spread
from views import choices, figure, text
from views import claims as claims_table
from views.learning import learning_rows, learning_spec
from views.page import begin, draw, readable
from views.state import View, current, write_address
from views.trouble import Attempts


def page() -> None:
    begin("assignment")
    st.markdown(text.ASSIGNMENT_LEAD)
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
    st.markdown(claims_table.tally(found))
    st.html(claims_table.html(found))
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover(text.RULES, icon=":material/gavel:"):
            st.markdown(RULES)
        st.download_button(
            text.SAVE_CSV,
            lambda: figure.csv_of(claims_table.rows(found)),
            "nudge-assignment.csv",
            "text/csv",
            on_click="ignore",
        )


def _choose(_: View) -> None:
    st.subheader(text.TRAINED, anchor=False)
    choices.dataset()


def _learning(usable: Sequence[Variant], view: View) -> None:
    sides = st.columns(2, gap="medium")
    for side, architecture in zip(sides, Architecture, strict=True):
        twins = [v for v in view.twins if v.architecture is architecture and v in usable]
        if not twins:
            continue
        epochs = max(len(variant.card.learning_curve) for variant in twins)
        rows = learning_rows(twins)
        with side:
            st.markdown(f"**{text.network(twins[0])}**")
            figure.show(
                f"learning-{view.dataset}-{architecture}",
                learning_spec(epochs),
                {"points": rows},
                rows,
                text.learning_caption(total=twins[0].card.total),
            )


def _cards(usable: Sequence[Variant], view: View) -> None:
    runs, attempt = dict[str, list[Repetition]](), Attempts()
    with attempt():
        runs |= repetitions()
    for variant in (v for v in view.twins if v in usable):
        card = variant.card
        low, high = card.interval
        said = text.card_line(accuracy=card.accuracy, low=low, high=high)
        with st.expander(f"**{text.variant(variant)}**: {said}"):
            st.markdown(_lines(text.card_facts(card)))
            if found := spread(runs.get(variant.id, [])):
                mean, deviation = found
                st.markdown(text.seeds(count=len(runs[variant.id]), mean=mean, deviation=deviation))
            st.markdown(text.RECIPE)
            st.markdown(_lines(text.recipe(card.recipe)))
            st.markdown(text.CHECKSUMS)
            st.code(_hashes(variant), language=None, wrap_lines=True)
            st.markdown(text.RECREATE)
            st.code(card.command, language="bash", wrap_lines=True)


def _lines(facts: Sequence[str]) -> str:
    return "\n".join(f"- {fact}" for fact in facts)


def _hashes(variant: Variant) -> str:
    card = variant.card
    hashes = {variant.weights.name: card.sha256}
    hashes |= {text.split_of(name): sha256 for name, sha256 in card.data_sha256.items()}
    if card.permutation_sha256:
        hashes[text.PERMUTATION] = card.permutation_sha256
    return "\n".join(f"{sha256}  {name}" for name, sha256 in hashes.items())


page()
