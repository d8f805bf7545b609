"""The object on somebody's own picture, marked by a box that is dragged around it."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from PIL import Image

from nudge.pictures.data_uri import jpeg
from nudge.pictures.ground import opaque
from nudge.pictures.segmentation import Box, check_box
from views import text
from views.session import javascript

_SHOWN = 420  # pixels of a side, as marking.css has room for
_mount = javascript.component(Path(__file__).with_name("marking.js"))


def show(image: Image.Image, digest: str, box: Box | None, on_mark: Callable[[Box], None]) -> None:
    """The picture, and the box on it; `on_mark` is told of each that is drawn."""

    def take() -> None:
        marked = parse(st.session_state.marking.box, digest)
        if marked:
            on_mark(marked)

    small = opaque(image)
    small.thumbnail((_SHOWN, _SHOWN))
    _mount(
        key="marking",
        data=[{"id": digest, "box": box, "picture": jpeg(small), "words": text.common.MARKING}],
        on_box_change=take,
    )


def parse(value: object, digest: str) -> Box | None:
    """What a browser sent, if it is a box on that picture; a browser may send anything."""
    if not isinstance(value, list) or len(value) != 5 or value[0] != digest:
        return None
    if not all(isinstance(part, int | float) for part in value[1:]):
        return None
    left, top, right, bottom = (round(float(part), 3) for part in value[1:])
    box = left, top, right, bottom
    try:
        check_box(box)
    except ValueError:
        return None
    return box
