"""Accuracy along epsilon of any variant under an attack, recorded and counted here."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from models import NudgeError, Variant
from models.zoo import find_variant
from nudge.evaluation.methods import COUNTED, Method
from nudge.serving import scheduler
from nudge.serving.fair_queue import Position
from views import text
from views.charts import curves as curves_chart
from views.charts import figure
from views.parts import data_notice, widgets
from views.session import count_queue, error_notice, resources
from views.session.count_queue import Progress, Request
from views.session.page import begin, readable
from views.session.state import View, current, write_address

POLL = 0.7  # seconds between two polls of growing curves


def attack_of(view: View) -> Method:
    """The attack of the address, if curves are counted under it; else FGSM."""
    return view.method if view.method in COUNTED else Method.FGSM


def page() -> None:
    begin("curves")
    widgets.server_problems()
    widgets.variants(current())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        widgets.attack()
        widgets.epsilon()
    view = current()
    write_address(view)
    variants = readable(view.compared)
    if not variants:
        return
    _say_what_is_counted(variants)
    polling = count_queue.asked() is not None
    # A fragment of its own, which alone runs again while curves grow.
    st.fragment(_drawn, run_every=POLL if polling else None)(view, variants, polling=polling)


def _say_what_is_counted(variants: Sequence[Variant]) -> None:
    """The curves need no pictures; counting here does, and says itself where there are none."""
    with suppress(NudgeError):
        data_notice.offer(*map(resources.display_set, dict.fromkeys(v.dataset for v in variants)))


def _drawn(view: View, variants: Sequence[Variant], *, polling: bool) -> None:
    _controls(view, variants)
    request = count_queue.asked()
    if (request is not None) != polling:
        st.rerun()  # with polling, or without
    if request is not None:
        place, progress = count_queue.stand(request)
        if place.served and progress.complete:
            count_queue.stop()
            st.rerun()
        _status(place, progress)
    for error in count_queue.problems().values():
        error_notice.explain(error)
    _chart(view, variants)


def _controls(view: View, variants: Sequence[Variant]) -> None:
    most = max(variant.card.total for variant in variants)
    st.session_state.setdefault("count_curves", 200)
    st.session_state.count_curves = min(st.session_state.count_curves, most)
    busy = count_queue.asked() is not None

    def begin() -> None:
        count = min(count_queue.whole_batches(st.session_state.count_curves), most)
        count_queue.ask(tuple(variant.id for variant in variants), count, attack_of(view))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            text.curves.COUNT_PICTURES,
            1,
            most,
            step=50,
            key="count_curves",
            width=230,
            disabled=busy,
        )
        if busy:
            st.button(text.curves.CANCEL, icon=":material/close:", on_click=count_queue.stop)
        else:
            st.button(text.curves.COMPUTE_HERE, icon=":material/calculate:", on_click=begin)
    if not busy and not count_queue.has_counted():
        widgets.effort(scheduler.next_effort())


def _status(place: Position[Request], progress: Progress) -> None:
    if place.served:
        said = text.curves.counting_networks(progress.done, progress.total, progress.seconds_left)
        st.progress(progress.fraction, said)
        return
    first = place.ahead[0]
    fraction = count_queue.progress(first.what).fraction
    names = [text.common.plain(find_variant(name)) for name in first.what.variants]
    st.progress(
        fraction,
        text.curves.in_line(
            own=place.own.number,
            before=len(place.ahead),
            served=first.number,
            what=text.curves.request(names, first.what.count, first.what.method),
            fraction=fraction,
        ),
    )


def _chart(view: View, variants: Sequence[Variant]) -> None:
    ids = tuple(variant.id for variant in variants)
    method = attack_of(view)
    snapshots = count_queue.counted(ids, method)
    totals = sorted({variant.card.total for variant in variants}, reverse=True)
    figure.show(
        "curves",
        curves_chart.spec(ids, method),
        curves_chart.rows(
            variants, snapshots, view.epsilon, method=method, background=figure.background()
        ),
        curves_chart.table(variants, snapshots, method),
        text.curves.curves_caption(
            method,
            totals=totals,
            chances=curves_chart.chances(variants),
            live=bool(snapshots),
            generated=any(snapshot.generated for snapshot in snapshots.values()),
        ),
    )
    ours = [v for v in variants if not v.own_folder]  # of others it is counted here
    unmeasured = [v for v in ours if v.card.pgd is None] if method.iterated else []
    if missing := [text.common.plain(variant) for variant in unmeasured]:
        st.caption(f":material/info: {text.curves.not_recorded(missing)}")
    for name, snapshot in snapshots.items():
        if lost := snapshot.pair.attacked.zero_gradients:
            words = text.common.zero_gradients(
                lost, snapshot.pair.total, text.common.plain(find_variant(name))
            )
            st.caption(f":material/warning: {words}")
    try:
        agreements = count_queue.agreements(snapshots)
    except NudgeError as error:  # the curves stand, with nothing to hold them against
        error_notice.explain(error)
        return
    for name, snapshot in snapshots.items():
        widgets.effort(snapshot.effort, text.common.plain(find_variant(name)))
    for name, found in agreements.items():
        icon = ":material/check:" if found.equal else ":material/difference:"
        words = text.curves.agreement(
            text.common.plain(find_variant(name)),
            text.common.COUNTED_CURVES[snapshots[name].method],
            found.pictures,
            found.same,
            found.differing,
            generated=snapshots[name].generated,
        )
        st.caption(f"{icon} {words}")


page()
