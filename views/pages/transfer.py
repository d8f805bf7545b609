"""Transfer: nudged along the gradient of one network, read by another."""

import numpy as np
import streamlit as st

from models import Architecture, PixelOrder, Variant
from nudge.data.display_set import DisplaySet
from nudge.data.sources import SOURCES
from nudge.evaluation import transferability
from nudge.evaluation.transferability import TRANSFER_EPSILONS, Transfer, networks
from nudge.serving.background_job import Job
from views import text
from views.charts import figure, transfer_matrix
from views.parts import data_notice, widgets
from views.parts.links import link
from views.session import resources
from views.session.error_notice import Attempts
from views.session.page import begin
from views.session.state import Compare, View, current, write_address

COUNTS = (50, 200, 1000, 0)  # pictures to count here; 0 is all of them
POLL = 1.0  # seconds between two polls of growing counts
_FOUR = ""  # among the groups: the four standard ones
_HERE = "_transfer_here"  # the data set that this session asked to have counted here


def page() -> None:
    begin("transfer")
    st.markdown(text.transfer.TRANSFER_LEAD)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        widgets.dataset()
        _choose_group()
    group = _group(current())
    recorded: Transfer | None = None
    pictures: DisplaySet | None = None
    attempt = Attempts()
    with attempt():
        recorded = transferability.read_transfer(st.session_state.dataset, trainings_of=group)
    grid = recorded.epsilons if recorded else TRANSFER_EPSILONS
    with attempt():
        pictures = resources.display_set(st.session_state.dataset)
    with row:
        _choose_epsilon(grid)
        wanted = _choose_count(pictures) if pictures else 0
    view = current()
    write_address(view)
    if pictures:
        data_notice.offer(pictures)
    _counts(view, recorded, grid, wanted, pictures)
    several = View(
        dataset=view.dataset,
        architecture=_group(view) or View.architecture,
        epsilon=view.epsilon,
        image=view.image,
        compare=Compare.REGIMES if _group(view) else Compare.ALL,
    )
    link("explorer", text.transfer.ON_THESE, several, icon=":material/grid_view:")


def _group(view: View) -> Architecture | None:
    """The network whose trainings the address compares; None for the four."""
    chosen = view.architecture if view.compare is Compare.REGIMES else None
    return chosen if chosen in transferability.groups(view.dataset) else None


def _choose_group() -> None:
    """Between the four and the trainings of one network, where it has several."""
    view, state = current(), st.session_state
    groups = transferability.groups(view.dataset)
    if len(groups) == 1:
        return
    # Of None Streamlit thinks that nothing was chosen, and shows no name.
    state.transfer_group = _group(view) or _FOUR

    def take() -> None:
        group = state.transfer_group
        if group == _FOUR:
            state.compare = Compare.ALL
            return
        state.compare, state.architecture = Compare.REGIMES, Architecture(group)
        state.pixels = PixelOrder.ORDERED

    st.selectbox(
        text.transfer.AMONG,
        [group or _FOUR for group in groups],
        format_func=lambda group: text.transfer.group(group or None),
        key="transfer_group",
        on_change=take,
        width=270,
    )


def _choose_epsilon(grid: tuple[float, ...]) -> None:
    """A slider over the measured epsilons; what the address says stays until it is moved."""
    state = st.session_state
    state.transfer_epsilon = transferability.nearest(grid, state.epsilon)

    def take() -> None:
        state.epsilon = state.transfer_epsilon

    st.select_slider(
        text.common.EPSILON_AXIS,
        grid,
        format_func=lambda e: f"{e:g}",
        key="transfer_epsilon",
        on_change=take,
        width=320,
    )


def _choose_count(pictures: DisplaySet) -> int:
    """How many pictures to count here; 0 where the record is to be shown."""
    state = st.session_state
    asked = state.get(_HERE) == state.dataset
    counts = [n for n in COUNTS if n < pictures.total]
    if state.get("transfer_count", counts[0]) not in counts:  # of a data set that has more
        state.transfer_count = 0

    def ask() -> None:
        state[_HERE] = None if asked else state.dataset

    count = st.selectbox(
        text.transfer.TRANSFER_PICTURES,
        counts,
        format_func=lambda n: text.common.pictures(n, pictures.total, generated=pictures.generated),
        key="transfer_count",
        width=270 if pictures.generated else 170,
    )
    label = text.transfer.STOP_HERE if asked else text.transfer.HERE
    icon = ":material/history:" if asked else ":material/calculate:"
    st.button(label, icon=icon, on_click=ask, key="transfer_here")
    return (count or pictures.total) if asked else 0


def _counts(
    view: View,
    recorded: Transfer | None,
    grid: tuple[float, ...],
    wanted: int,
    pictures: DisplaySet | None,
) -> None:
    job: Job[Transfer] | None = None
    with Attempts()():
        job = (
            resources.transfer_job(pictures, wanted, grid, _group(view))
            if wanted and pictures
            else None
        )
    if job is None or pictures is None:
        if recorded:
            _draw(view, recorded, here=False)
        return
    generated = pictures.generated
    polling = not job.poll().complete

    def drawn() -> None:
        snapshot = job.poll()
        if polling and snapshot.complete:
            st.rerun()  # without polling
        if not snapshot.complete:
            told = text.common.counting(snapshot.value.total, wanted, snapshot.seconds_left)
            st.progress(snapshot.value.total / snapshot.total, told)
        if snapshot.value.total:
            _draw(view, snapshot.value, here=True, generated=generated)
            widgets.effort(snapshot.effort)
        if recorded and snapshot.value.total == recorded.total and not generated:
            equal = np.array_equal(snapshot.value.correct, recorded.correct)
            st.caption(text.transfer.transfer_equal(equal))

    st.fragment(drawn, run_every=POLL if polling else None)()


def _among(view: View) -> tuple[Variant, ...]:
    return networks(view.dataset, _group(view))


def _draw(view: View, found: Transfer, *, here: bool, generated: bool = False) -> None:
    epsilon, among = transferability.nearest(found.epsilons, view.epsilon), _among(view)
    columns = tuple(text.transfer.short(variant, _group(view)) for variant in among)
    names = (*columns, text.transfer.RANDOM_NUDGE, text.transfer.NO_NUDGE)
    counts = np.vstack([found.at(epsilon), found.clean])
    own, other, random = transferability.averages(found, epsilon)
    st.markdown(
        text.transfer.transfer_finding(
            len(among), own=own, other=other, random=random, epsilon=epsilon
        )
    )
    figure.show(
        "transfer",
        transfer_matrix.transfer_spec(names, columns),
        {"cells": transfer_matrix.cells(names, columns, counts, found.total)},
        transfer_matrix.table(names, columns, found),
        text.transfer.transfer_caption(
            total=found.total,
            epsilon=epsilon,
            title=SOURCES[view.dataset].title,
            here=here,
            asked=view.epsilon if view.epsilon != epsilon else None,
            generated=generated,
        ),
    )
    if found.zero_gradients is None:
        return
    for variant, lost in zip(among, found.zero_gradients.tolist(), strict=True):
        if lost:
            words = text.common.zero_gradients(lost, found.total, text.common.plain(variant))
            st.caption(f":material/warning: {words}")


page()
