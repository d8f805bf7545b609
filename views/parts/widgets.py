"""Controls that the pages of the whole test set share. Each is kept in the address."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import streamlit as st

from models import STANDARD, VARIANTS, Dataset, PixelOrder
from models.zoo import OWN, TRAINED_HERE, find_variant
from nudge.evaluation.methods import COUNTED, Method
from nudge.evaluation.sweep import EPSILONS
from nudge.serving.device_choice import DEVICE
from nudge.serving.scheduler import Effort
from views import text
from views.charts.variant_number import numbered
from views.session import error_notice, resources
from views.session.late_messages import settle
from views.session.state import Compare, View, current

# Each choice of one of a few, by its key: its options, its label and how it names the options.
_SEGMENTS: Mapping[str, tuple[Iterable[StrEnum], str, Mapping[str, str]]] = {
    "dataset": (Dataset, text.common.DATASET, text.common.DATASETS),
    "architecture": (TRAINED_HERE, text.common.ARCHITECTURE, text.common.ARCHITECTURES),
    "pixels": (PixelOrder, text.common.PIXEL_ORDER, text.common.PIXELS),
    "compare": (Compare, text.explorer.COMPARE, text.explorer.COMPARISONS),
}
_ATTACK = "_attack"
_OTHERS = "_others"  # those chosen of the trainings beside the eight
_CHOSEN = "_chosen"  # the pills; the state's `variants` is empty for the four of the data set


def dataset() -> None:
    segments("dataset")


def variant() -> None:
    """Data set, network, order of the pixels and, where there are several, training regime.

    Or a network that somebody brought along.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        segments("dataset")
        if not current().network:
            segments("architecture", "pixels")
            regime()
        network()


def network() -> None:
    """One of those that somebody brought along for the data set; nothing where there are none."""
    view = current()
    if brought := [name for name, v in OWN.items() if v.dataset is view.dataset]:
        st.selectbox(
            text.common.OWN_NETWORK,
            ["", *brought],
            format_func=lambda name: name or text.common.NONE_CHOSEN,
            key="network",
            width=190,
        )


def server_problems() -> None:
    """What is wrong with the device that was asked for, and with networks that were left out."""
    if (problem := DEVICE.problem) is not None:
        error_notice.explain(problem, lead=f"**{text.common.NO_DEVICE}.** ")
    for error in resources.own_networks():
        error_notice.explain(error, lead=f"**{text.common.LEFT_OUT}.** ")


def effort(found: Effort, name: str = "") -> None:
    """On what pictures were counted here, or would be; `name` is the network's among several."""
    device = (found.threads, found.cards, found.failure)
    if found.pictures:
        said = text.common.counted_here(*device, found.pictures, found.seconds, name=name)
    else:
        said = text.common.counts_run_on(*device)
    st.caption(f":material/memory: {said}")


def regime() -> None:
    """The training regimes that there are for the network; nothing where there is one alone."""
    regimes = current().regimes
    if len(regimes) > 1:
        st.selectbox(
            text.common.REGIME,
            regimes,
            format_func=text.common.REGIMES.__getitem__,
            key="regime",
            on_change=settle,
            args=("regime",),
            width=150,
        )


def method() -> None:
    """How the picture is nudged."""
    st.selectbox(
        text.common.METHOD,
        list(Method),
        format_func=text.common.METHODS_IN_FULL.__getitem__,
        key="method",
        width=155,
    )


def compare() -> None:
    """One network or several; in all its training regimes where it has several."""
    several = len(current().regimes) > 1
    segments("compare", among=[c for c in Compare if several or c is not Compare.REGIMES])


def attack() -> None:
    """One of those under which curves are counted, kept as the explorer's method."""

    def take() -> None:
        st.session_state.method = st.session_state[_ATTACK]

    method = current().method
    st.session_state[_ATTACK] = method if method in COUNTED else Method.FGSM
    st.segmented_control(
        text.common.ATTACK,
        COUNTED,
        format_func=text.common.METHODS.__getitem__,
        key=_ATTACK,
        required=True,
        on_change=take,
    )


def variants(view: View) -> None:
    """Any variant, at least one; none is the four of the data set.

    The eight are there at a glance, other trainings in a list that opens.
    """
    state, others = st.session_state, [n for n in (*VARIANTS, *OWN) if n not in STANDARD]
    compared = [v.id for v in view.compared]
    state[_CHOSEN] = [name for name in compared if name in STANDARD]
    twins = [v.id for v in view.twins]

    def take() -> None:
        chosen = {*state[_CHOSEN], *state.get(_OTHERS, ())}
        in_order = tuple(name for name in (*VARIANTS, *OWN) if name in chosen)
        state.variants = () if list(in_order) == twins else in_order

    st.pills(
        text.common.CHOOSE_VARIANTS,
        list(STANDARD),
        selection_mode="multi",
        format_func=lambda name: numbered(VARIANTS[name]),
        key=_CHOSEN,
        on_change=take,
    )
    if others:
        state[_OTHERS] = [name for name in compared if name in others]
        st.multiselect(
            text.common.OTHERS_AND_OWN if OWN else text.common.OTHER_TRAININGS,
            others,
            format_func=lambda name: numbered(find_variant(name)),
            key=_OTHERS,
            on_change=take,
            placeholder=text.common.NONE_CHOSEN,
            width=520,
        )


def epsilon() -> None:
    st.select_slider(text.common.EPSILON, EPSILONS, format_func=lambda e: f"{e:.3f}", key="epsilon")


def segments(*keys: str, among: Iterable[StrEnum] = ()) -> None:
    """Choices of one of a few, each kept under its key: of all there are, or `among` these."""
    for key in keys:
        options, label, names = _SEGMENTS[key]
        st.segmented_control(
            label, list(among or options), format_func=names.__getitem__, key=key, required=True
        )
