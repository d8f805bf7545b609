"""The journey of a test set: what the browser is sent once, so that it moves all dots there."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from models import SIDE
from models.epsilons import EPSILON_STEP, EPSILONS
from nudge.data.display_set import DisplaySet
from nudge.evaluation import journey
from nudge.evaluation.journey import Embedding, Journey
from nudge.pictures.data_uri import png
from views import text
from views.session import javascript
from views.session.state import View, current, opened, write_address

_mount = javascript.component(Path(__file__).with_name("journey.js"))
_messages = javascript.component(Path(__file__).with_name("journey_messages.js"))
ACROSS = 40  # pictures side by side on the sheet


def show(view: View, found: Journey, embedding: Embedding, labels: NDArray[np.uint8]) -> int | None:
    """Draw the dots; returns the picture that somebody wants to open, if somebody does."""
    data = payload(view, found, embedding, labels)
    mounted = _mount(key="journey", data=[data], on_picture_change=lambda: None)
    picture = getattr(mounted, "picture", None)
    return picture if isinstance(picture, int) and 0 <= picture < len(labels) else None


def payload(
    view: View, found: Journey, embedding: Embedding, labels: NDArray[np.uint8]
) -> dict[str, Any]:
    """What the browser is sent."""
    row = list(Embedding).index(embedding)
    return {
        "id": f"{view.variant.id}-{embedding}",
        "places": _base64(found.places[row].astype("<i2")),
        "predictions": _base64(found.predictions),
        "labels": _base64(labels),
        "epsilons": list(journey.EPSILONS),
        "steps": len(EPSILONS) - 1,
        "step": EPSILON_STEP,
        "epsilon": view.epsilon,
        "opened": opened(),
        "classes": [text.common.class_name(view.dataset, name) for name in view.variant.classes],
        "names": view.variant.classes,
        "network": text.common.variant(view.variant),
        "drawing": text.journey.EMBEDDINGS[embedding],
        "sheet": str(view.dataset),
        "across": ACROSS,
        "words": text.journey.WORDS,
    }


def rows(
    view: View, found: Journey, embedding: Embedding, labels: NDArray[np.uint8]
) -> list[dict[str, object]]:
    """A row for each dot at each epsilon under each nudge; places in the embedding's own units."""
    places = found.places[list(Embedding).index(embedding)] / journey.UNITS[embedding]
    classes = view.variant.classes
    return [
        {
            "nudge": str(nudge),
            "epsilon": epsilon,
            "picture": picture,
            "class": classes[label],
            "prediction": classes[found.predictions[i, j, picture]],
            "x": round(float(places[i, j, picture, 0]), 3),
            "y": round(float(places[i, j, picture, 1]), 3),
        }
        for i, nudge in enumerate(journey.Nudge)
        for j, epsilon in enumerate(journey.EPSILONS)
        for picture, label in enumerate(labels)
    ]


def snippet(view: View, embedding: Embedding) -> str:
    """Python that computes the drawing anew, to be run in the project's folder."""
    return f"""from models import PRETRAINED, load_model
from models.card_files import JOURNEY_FITS, read_array
from nudge.data import load_split
from nudge.evaluation.journey import Embedding, UNITS, measure_journey

name, pictures = "{view.variant.id}", load_split("{view.dataset}", "test")
# Where t-SNE was fitted to put clean pictures: fitted again, it would end in another drawing.
fitted = read_array(PRETRAINED / JOURNEY_FITS, name)
found = measure_journey(load_model(name), pictures, progress=lambda: None, fitted=fitted)
places = found.places[list(Embedding).index("{embedding}")] / UNITS["{embedding}"]
print(places.shape)  # nudges, epsilons, pictures, x and y
"""


def converse(view: View, pictures: DisplaySet) -> None:
    """Hear where the slider was released, and send all pictures once somebody looks for one.

    In a fragment of its own, so that the dots are not sent again for it.
    """

    def take_epsilon() -> None:
        step = st.session_state.journey_messages.epsilon
        if isinstance(step, int) and 0 <= step < len(EPSILONS):
            st.session_state.epsilon = EPSILONS[step]

    wanted = getattr(st.session_state.get("journey_messages"), "wanted", None)
    _messages(
        key="journey_messages",
        data=[{"id": str(view.dataset), "uri": sheet(pictures) if wanted else ""}],
        on_wanted_change=lambda: None,
        on_epsilon_change=take_epsilon,
    )
    write_address(current())


def sheet(pictures: DisplaySet) -> str:
    """The first pictures side by side, as a data URI."""
    some = pictures.split.images[: journey.PICTURES].numpy()
    rows = some.reshape(-1, ACROSS, SIDE, SIDE).transpose(0, 2, 1, 3)
    return png(rows.reshape(-1, ACROSS * SIDE))


def _base64(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
