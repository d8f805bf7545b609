"""The scramble: one permutation of the pixels, and what it does to each of the two networks."""

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from models import VARIANTS, Architecture, PixelOrder, Scramble, Variant
from nudge.weights import first_dense, first_filters, in_order, largest, neighbour_correlation
from views import choices, figure, real_data, resources, text
from views.page import begin, draw, readable
from views.state import View, current, write_address
from views.trouble import Attempts
from views.twins import twins_rows, twins_spec
from views.weights import in_colours, tiles

PICTURES = 8  # of different classes
UNITS = 12  # of the first dense layer
FILTERS = 16  # of each kind


def page() -> None:
    begin("scramble")
    st.markdown(text.SCRAMBLE_LEAD)
    choices.dataset()
    write_address(current())
    attempt = Attempts()
    parts = (partial(part, attempt=attempt) for part in (_accuracies, _reason, _dense, _filters))
    draw(_pictures, *parts, attempt=attempt)


def _pictures(view: View) -> None:
    among = resources.exhibit(view.dataset)
    real_data.offer(among)
    images, labels = among.split
    firsts = [int((labels == label).nonzero()[0]) for label in range(PICTURES)]
    shown = images[firsts]
    scrambled = Scramble()(shown)
    for heading, pictures in ((text.AS_TAKEN, shown), (text.AS_SCRAMBLED, scrambled)):
        st.markdown(f"**{heading}**")
        names = [view.variant.classes[label] for label in range(PICTURES)]
        st.html(tiles([p.numpy() for p in pictures], f"{heading}: {', '.join(names)}"))
    st.caption(text.scramble_caption(firsts, generated=among.generated))


def _accuracies(view: View, attempt: Attempts) -> None:
    st.subheader(text.FOUR_TWINS, anchor=False)
    if variants := readable(view.twins, attempt):
        rows, total = twins_rows(variants), variants[0].card.total
        figure.show("twins", twins_spec(), {"twins": rows}, rows, text.twins_caption(total=total))


def _reason(view: View, attempt: Attempts) -> None:
    with attempt():
        dense, convolutional = (
            [v.card.accuracy for v in _twins(view, architecture)] for architecture in Architecture
        )
        st.subheader(text.WHY, anchor=False)
        st.markdown(text.why(dense=dense, convolutional=convolutional))


def _twins(view: View, architecture: Architecture) -> list[Variant]:
    """The ordered one and the scrambled one."""
    return [v for v in view.twins if v.architecture is architecture]


def _dense(view: View, attempt: Attempts) -> None:
    st.subheader(text.DENSE_WEIGHTS, anchor=False)
    ordered, scrambled = _twins(view, Architecture.FCNN)
    for variant, heading, restore in (
        (ordered, text.ORDERED_TWIN, True),
        (scrambled, text.SCRAMBLED_TWIN, False),
        (scrambled, text.PUT_BACK, True),
    ):
        with attempt():
            pictures, alike = dense_pictures(variant.id, restore=restore)
            st.markdown(text.alike(heading, alike))
            st.html(tiles(pictures, text.weights_said(heading, UNITS)))
    st.caption(text.dense_caption(UNITS))


def _filters(view: View, attempt: Attempts) -> None:
    st.subheader(text.CNN_FILTERS, anchor=False)
    sides = st.columns(2, gap="medium")
    headings = {PixelOrder.ORDERED: text.ORDERED_TWIN, PixelOrder.SCRAMBLED: text.SCRAMBLED_TWIN}
    for side, variant in zip(sides, _twins(view, Architecture.CNN), strict=True):
        with side, attempt():
            for pictures, alike in filter_pictures(variant.id):
                heading = text.filters(headings[variant.pixels], len(pictures[0]))
                st.markdown(text.alike(heading, alike))
                st.html(tiles(pictures, text.weights_said(heading, len(pictures))))
    st.caption(text.filters_caption(FILTERS))


Pictures = list[NDArray[np.uint8]]


@st.cache_data(show_spinner=False, max_entries=3 * len(VARIANTS))
def dense_pictures(variant_id: str, *, restore: bool) -> tuple[Pictures, float]:
    """The largest units of the first layer, and how alike neighbours are over all units.

    Raises PretrainedError.
    """
    model = resources.model(variant_id)
    weights = first_dense(model)
    put_back: Callable[[Tensor], Tensor] = lambda w: in_order(model, w) if restore else w  # noqa: E731
    shown = put_back(largest(weights, UNITS))
    return [in_colours(w) for w in shown], neighbour_correlation(put_back(weights))


@st.cache_data(show_spinner=False, max_entries=len(VARIANTS))
def filter_pictures(variant_id: str) -> list[tuple[Pictures, float]]:
    """For each kind of first filters the largest, and how alike neighbours are over all.

    The widest come first, which show most. Raises PretrainedError.
    """
    kinds = sorted(first_filters(resources.model(variant_id)), key=lambda f: -f.shape[-1])
    return [
        ([in_colours(w) for w in largest(filters, FILTERS)], neighbour_correlation(filters))
        for filters in kinds
    ]


page()
