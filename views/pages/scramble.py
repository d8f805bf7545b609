"""The scramble: one permutation of the pixels, and what it does to each of the two networks."""

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from models import VARIANTS, Architecture, PixelOrder, Scramble, Variant
from models.zoo import TRAINED_HERE
from nudge.evaluation import first_layer
from views import text
from views.charts import figure
from views.charts.clean_accuracy import twins_rows, twins_spec
from views.parts import data_notice, widgets
from views.parts.weight_tiles import in_colours, tiles
from views.session import resources
from views.session.error_notice import Attempts
from views.session.page import begin, draw, readable
from views.session.state import View, current, write_address

PICTURES = 8  # of different classes
UNITS = 12  # of the first dense layer
FILTERS = 16  # of each kind


def page() -> None:
    begin("scramble")
    st.markdown(text.scramble.SCRAMBLE_LEAD)
    widgets.dataset()
    write_address(current())
    attempt = Attempts()
    parts = (partial(part, attempt=attempt) for part in (_accuracies, _reason, _dense, _filters))
    draw(_pictures, *parts, attempt=attempt)


def _pictures(view: View) -> None:
    among = resources.display_set(view.dataset)
    data_notice.offer(among)
    images, labels = among.split
    firsts = [int((labels == label).nonzero()[0]) for label in range(PICTURES)]
    shown = images[firsts]
    scrambled = Scramble()(shown)
    for heading, pictures in (
        (text.scramble.AS_TAKEN, shown),
        (text.scramble.AS_SCRAMBLED, scrambled),
    ):
        st.markdown(f"**{heading}**")
        names = [view.variant.classes[label] for label in range(PICTURES)]
        st.html(tiles([p.numpy() for p in pictures], f"{heading}: {', '.join(names)}"))
    st.caption(text.scramble.scramble_caption(firsts, generated=among.generated))


def _accuracies(view: View, attempt: Attempts) -> None:
    st.subheader(text.scramble.FOUR_TWINS, anchor=False)
    if variants := readable(view.four, attempt):
        rows, total = twins_rows(variants), variants[0].card.total
        figure.show(
            "twins", twins_spec(), {"twins": rows}, rows, text.scramble.twins_caption(total=total)
        )


def _reason(view: View, attempt: Attempts) -> None:
    with attempt():
        dense, convolutional = (
            [v.card.accuracy for v in _twins(view, architecture)] for architecture in TRAINED_HERE
        )
        st.subheader(text.scramble.WHY, anchor=False)
        st.markdown(text.scramble.why(dense=dense, convolutional=convolutional))


def _twins(view: View, architecture: Architecture) -> list[Variant]:
    """The ordered one and the scrambled one."""
    return [v for v in view.four if v.architecture is architecture]


def _dense(view: View, attempt: Attempts) -> None:
    st.subheader(text.scramble.DENSE_WEIGHTS, anchor=False)
    ordered, scrambled = _twins(view, Architecture.FCNN)
    for variant, heading, restore in (
        (ordered, text.scramble.ORDERED_TWIN, True),
        (scrambled, text.scramble.SCRAMBLED_TWIN, False),
        (scrambled, text.scramble.PUT_BACK, True),
    ):
        with attempt():
            pictures, alike = dense_pictures(variant.id, restore=restore)
            st.markdown(text.scramble.alike(heading, alike))
            st.html(tiles(pictures, text.scramble.weights_said(heading, UNITS)))
    st.caption(text.scramble.dense_caption(UNITS))


def _filters(view: View, attempt: Attempts) -> None:
    st.subheader(text.scramble.CNN_FILTERS, anchor=False)
    sides = st.columns(2, gap="medium")
    headings = {
        PixelOrder.ORDERED: text.scramble.ORDERED_TWIN,
        PixelOrder.SCRAMBLED: text.scramble.SCRAMBLED_TWIN,
    }
    for side, variant in zip(sides, _twins(view, Architecture.CNN), strict=True):
        with side, attempt():
            for pictures, alike in filter_pictures(variant.id):
                heading = text.scramble.filters(headings[variant.pixels], len(pictures[0]))
                st.markdown(text.scramble.alike(heading, alike))
                st.html(tiles(pictures, text.scramble.weights_said(heading, len(pictures))))
    st.caption(text.scramble.filters_caption(FILTERS))


Pictures = list[NDArray[np.uint8]]


@st.cache_data(show_spinner=False, max_entries=3 * len(VARIANTS))
def dense_pictures(variant_id: str, *, restore: bool) -> tuple[Pictures, float]:
    """The largest units of the first layer, and how alike neighbours are over all units.

    Raises PretrainedError.
    """
    model = resources.model(variant_id)

    def shown(weights: Tensor) -> Tensor:
        return first_layer.in_order(model, weights) if restore else weights

    weights = first_layer.first_dense(model)
    units = shown(first_layer.largest(weights, UNITS))
    return [in_colours(w) for w in units], first_layer.neighbour_correlation(shown(weights))


@st.cache_data(show_spinner=False, max_entries=len(VARIANTS))
def filter_pictures(variant_id: str) -> list[tuple[Pictures, float]]:
    """For each kind of first filters the largest, and how alike neighbours are over all.

    The widest come first, which show most. Raises PretrainedError.
    """
    kinds = first_layer.first_filters(resources.model(variant_id))
    return [
        (
            [in_colours(w) for w in first_layer.largest(filters, FILTERS)],
            first_layer.neighbour_correlation(filters),
        )
        for filters in sorted(kinds, key=lambda filters: -filters.shape[-1])
    ]


page()
