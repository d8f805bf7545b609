"""Accuracy along epsilon of any of the eight variants, recorded and counted here."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from models import VARIANTS, NudgeError, Variant
from nudge.turns import Place
from views import choices, counting, curves_chart, figure, real_data, resources, text, trouble
from views.counting import Progress, Request
from views.page import begin, readable
from views.state import View, current, write_address

POLL = 0.7  # seconds between two looks at growing curves


def page() -> None:
    begin("curves")
    choices.variants(current())
    choices.epsilon()
    view = current()
    write_address(view)
    variants = readable(view.compared)
    if not variants:
        return
    _say_what_is_counted(variants)
    polling = counting.asked() is not None
    # A fragment of its own, which alone runs again while curves grow.
    st.fragment(_drawn, run_every=POLL if polling else None)(view, variants, polling=polling)


def _say_what_is_counted(variants: Sequence[Variant]) -> None:
    """The curves need no pictures; counting here does, and says itself where there are none."""
    with suppress(NudgeError):
        real_data.offer(*map(resources.exhibit, dict.fromkeys(v.dataset for v in variants)))


def _drawn(view: View, variants: Sequence[Variant], *, polling: bool) -> None:
    _controls(variants)
    request = counting.asked()
    if (request is not None) != polling:
        st.rerun()  # with polling, or without
    if request is not None:
        place, progress = counting.stand(request)
        if place.served and progress.complete:
            counting.stop()
            st.rerun()
        _status(place, progress)
    for error in counting.problems().values():
        trouble.explain(error)
    _chart(view, variants)


def _controls(variants: Sequence[Variant]) -> None:
    most = max(variant.card.total for variant in variants)
    st.session_state.setdefault("count_curves", 200)
    st.session_state.count_curves = min(st.session_state.count_curves, most)
    busy = counting.asked() is not None

    def begin() -> None:
        count = min(counting.whole_batches(st.session_state.count_curves), most)
        counting.ask(tuple(variant.id for variant in variants), count)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            text.COUNT_PICTURES, 1, most, step=50, key="count_curves", width=230, disabled=busy
        )
        if busy:
            st.button(text.CANCEL, icon=":material/close:", on_click=counting.stop)
        else:
            st.button(text.COMPUTE_HERE, icon=":material/calculate:", on_click=begin)


def _status(place: Place[Request], progress: Progress) -> None:
    if place.served:
        share = progress.done / progress.total if progress.total else 0.0
        st.progress(
            share, text.counting_networks(progress.done, progress.total, progress.seconds_left)
        )
        return
    first = place.ahead[0]
    of_first = counting.progress(first.what)
    share = of_first.done / of_first.total if of_first.total else 0.0
    names = [text.plain(VARIANTS[name]) for name in first.what.variants]
    st.progress(
        share,
        text.in_line(
            own=place.own.number,
            before=len(place.ahead),
            served=first.number,
            what=text.request(names, first.what.count),
            share=share,
        ),
    )


def _chart(view: View, variants: Sequence[Variant]) -> None:
    sights = counting.counted(tuple(variant.id for variant in variants))
    ids = tuple(variant.id for variant in variants)
    totals = sorted({variant.card.total for variant in variants}, reverse=True)
    figure.show(
        "curves",
        curves_chart.spec(ids),
        curves_chart.rows(variants, sights, view.epsilon, background=figure.background()),
        curves_chart.table(variants, sights),
        text.curves_caption(
            totals=totals,
            chances=curves_chart.chances(variants),
            live=bool(sights),
            generated=any(sight.generated for sight in sights.values()),
        ),
    )
    for name, sight in sights.items():
        if lost := sight.pair.fgsm.zero_gradients:
            words = text.zero_gradients(lost, sight.pair.total, text.plain(VARIANTS[name]))
            st.caption(f":material/warning: {words}")
    try:
        agreements = counting.agreements(sights)
    except NudgeError as error:  # the curves stand, with nothing to hold them against
        trouble.explain(error)
        return
    for name, found in agreements.items():
        icon = ":material/check:" if found.equal else ":material/difference:"
        words = text.agreement(
            text.plain(VARIANTS[name]),
            found.pictures,
            found.same,
            found.differing,
            generated=sights[name].generated,
        )
        st.caption(f"{icon} {words}")


page()
