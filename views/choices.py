"""Controls that the pages of the whole test set share. Each is kept in the address."""

from collections.abc import Mapping
from enum import StrEnum

import streamlit as st

from models import VARIANTS, Architecture, Dataset, PixelOrder
from nudge.sweep import EPSILONS
from views import text
from views.state import View

_CHOSEN = "_chosen"  # the pills; the state's `variants` is empty for the four of the data set


def dataset() -> None:
    segments("dataset", Dataset, text.DATASET, text.DATASETS)


def variant() -> None:
    """Data set, network and order of the pixels."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        dataset()
        segments("architecture", Architecture, text.ARCHITECTURE, text.ARCHITECTURES)
        segments("pixels", PixelOrder, text.PIXEL_ORDER, text.PIXELS)


def variants(view: View) -> None:
    """Any of the eight, at least one; none is the four of the data set."""
    st.session_state[_CHOSEN] = [v.id for v in view.compared]
    twins = [v.id for v in view.twins]

    def take() -> None:
        chosen = st.session_state[_CHOSEN]
        in_order = tuple(name for name in VARIANTS if name in chosen)
        st.session_state.variants = () if list(in_order) == twins else in_order

    st.pills(
        text.CHOOSE_VARIANTS,
        list(VARIANTS),
        selection_mode="multi",
        format_func=lambda name: text.tagged(VARIANTS[name], tag(name)),
        key=_CHOSEN,
        on_change=take,
    )


def epsilon() -> None:
    st.select_slider(text.EPSILON, EPSILONS, format_func=lambda e: f"{e:.3f}", key="epsilon")


def tag(variant_id: str) -> int:
    """A variant's number, from 1 up, which tells its curve where colours do not."""
    return list(VARIANTS).index(variant_id) + 1


def segments(key: str, options: type[StrEnum], label: str, names: Mapping[str, str]) -> None:
    """One of a few, kept under `key`."""
    st.segmented_control(
        label, list(options), format_func=names.__getitem__, key=key, required=True
    )
