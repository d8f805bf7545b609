"""Choosing a test picture: by class, by how robust it is, or by chance."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from models import CLASSES, NudgeError
from nudge.data.display_set import DisplaySet
from nudge.pictures.data_uri import png
from views import text
from views.session import error_notice, javascript, resources
from views.session.late_messages import change, settle
from views.session.state import View

PAGE = 24  # thumbnails at a time
_MARKED = "_marked"  # key of the session's state: the picture that was marked last

_mount = javascript.component(Path(__file__).with_name("gallery.js"))
_listen = javascript.component(Path(__file__).with_name("wishes.js"))


@dataclass(frozen=True, eq=False)
class Walk:
    """The pictures that previous, next and random lead through: those that were found."""

    found: NDArray[np.int64]
    place: int  # of the picture shown, among those; -1 where it is none of them


def walk(view: View, found: NDArray[np.int64]) -> Walk | None:
    """The way through the pictures found; None where an exercise holds on to one picture."""
    if "image" in view.hide:
        return None

    def go() -> None:
        place = st.session_state.wishes.place
        if isinstance(place, int) and 0 <= place < len(found):
            change("image", int(found[place]))

    _listen(key="wishes", on_place_change=go)
    return Walk(found, _place(view, found))


def _place(view: View, found: NDArray[np.int64]) -> int:
    """Of the view's picture among those found; -1 where it is none of them."""
    return int(np.flatnonzero(found == view.image)[0]) if view.image in found else -1


def search(view: View, among: DisplaySet) -> NDArray[np.int64]:
    """The controls that choose among the pictures; returns those to be shown."""
    label, order = None, "test set"
    if "gallery" not in view.hide:
        label = st.selectbox(
            text.common.CLASS,
            [None, *range(len(view.variant.classes))],
            format_func=lambda i: text.gallery.ALL_CLASSES if i is None else _name(view, i),
            key=f"class-{view.dataset}",
            on_change=_to_first_page,
            width=150,
        )
        order = st.selectbox(
            text.gallery.ORDER,
            list(text.gallery.ORDERS),
            format_func=lambda order: text.gallery.order(order, generated=among.generated),
            key="order",
            on_change=_to_first_page,
            width=215,
        )
    try:
        found = pictures(view, among, label, order)
    except NudgeError as error:  # how robust each is was recorded, but the record cannot be read
        error_notice.explain(error)
        found = pictures(view, among, label, "test set")
    if "image" not in view.hide:
        name = text.common.one_picture(generated=among.generated)
        last = among.total - 1
        st.number_input(
            name, 0, last, step=1, key="image", on_change=settle, args=("image",), width=130
        )
    return found


def pictures(view: View, among: DisplaySet, label: int | None, order: str) -> NDArray[np.int64]:
    """The pictures of a class, or of all, in an order of `text.gallery.ORDERS`.

    How robust a picture is was recorded with the weights: the epsilon at which the chosen network
    first misclassifies it. Those misclassified without a nudge have an order of their own.
    """
    labels = among.split.labels.numpy()
    chosen = labels == label if label is not None else np.ones(len(labels), dtype=bool)
    if order == "test set":
        return np.flatnonzero(chosen)
    flip_steps = resources.flip_steps(view.variant.id, generated=among.generated).numpy()
    if order == "wrong":
        return np.flatnonzero(chosen & (flip_steps == 0))
    found = np.flatnonzero(chosen & (flip_steps > 0))
    key = flip_steps[found].astype(int)  # 255, never, is the largest
    return found[np.argsort(-key if order == "robust" else key, kind="stable")]


def show(view: View, among: DisplaySet, found: NDArray[np.int64]) -> None:
    """Thumbnails of the pictures found, a page at a time; what is clicked on is chosen."""
    if "gallery" in view.hide:
        return
    if not len(found):
        st.caption(text.gallery.NO_PICTURES)
        return
    pages = -(-len(found) // PAGE)
    ordered = st.session_state.get("order", "test set") != "test set"
    if st.session_state.get(_MARKED) != view.image:  # chosen elsewhere, so it is shown where it is
        st.session_state[_MARKED] = view.image
        if view.image in found:
            st.session_state.gallery_page = _place(view, found) // PAGE
    page = min(st.session_state.setdefault("gallery_page", 0), pages - 1)

    def chosen() -> None:
        index = st.session_state.gallery.chosen
        if isinstance(index, int) and index in found:
            change("image", index)

    def turn() -> None:
        to = st.session_state.gallery.page
        if isinstance(to, int):
            st.session_state.gallery_page = min(max(to, 0), pages - 1)

    _mount(
        key="gallery",
        data=[_data(view, among, found, page, ordered=ordered)],  # in a list as the stage's is
        on_chosen_change=chosen,
        on_page_change=turn,
    )


def _data(
    view: View, among: DisplaySet, found: NDArray[np.int64], page: int, *, ordered: bool
) -> dict[str, Any]:
    """What the browser is sent: one page of the pictures found, and its words."""
    shown = found[page * PAGE : (page + 1) * PAGE]
    split = among.split
    return {
        "sheet": sheet(split.images[shown]),
        "pictures": [
            {
                "index": int(i),
                "name": text.common.thumbnail(
                    _name(view, int(split.labels[i])), int(i), generated=among.generated
                ),
            }
            for i in shown
        ],
        "chosen": view.image,
        "page": page,
        "pages": -(-len(found) // PAGE),
        "words": {
            "title": text.gallery.gallery_title(generated=among.generated),
            "earlier": text.gallery.EARLIER,
            "later": text.gallery.LATER,
            "caption": text.gallery.gallery_caption(
                first=page * PAGE,
                last=page * PAGE + len(shown),
                count=len(found),
                judge=text.common.short_variant(view.variant) if ordered else None,
            ),
        },
    }


def sheet(images: Tensor) -> str:
    """Pictures, uint8 (N, 28, 28), side by side as the data URI of one PNG."""
    row = images.permute(1, 0, 2).reshape(images.shape[1], -1)
    return png(row.numpy())


def _to_first_page() -> None:
    st.session_state.gallery_page = 0


def _name(view: View, label: int) -> str:
    return text.common.class_name(view.dataset, CLASSES[view.dataset][label])
