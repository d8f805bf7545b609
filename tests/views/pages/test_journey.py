"""The Journey page against the arrays that it shows."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from models import PRETRAINED, STANDARD
from models.card_files import JOURNEY_CLASSES, JOURNEYS, read_array
from nudge.evaluation import journey
from tests.views.reading import open_at
from views import text
from views.parts import journey as parts
from views.session import resources
from views.session.state import View


@pytest.fixture(autouse=True)
def _fresh_server(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()


def sent(page: AppTest) -> dict[str, object]:
    (found,) = [c for c in page.get("bidi_component") if c.proto.component_name == "journey"]
    (data,) = json.loads(found.proto.json)
    return dict(data)


@pytest.mark.parametrize("name", STANDARD)
def test_the_browser_is_sent_what_is_stored(name: str) -> None:
    variant = STANDARD[name]
    page = open_at(
        "journey",
        dataset=str(variant.dataset),
        architecture=str(variant.architecture),
        pixels=str(variant.pixels),
    )
    assert not page.exception
    data = sent(page)
    places = np.frombuffer(base64.b64decode(str(data["places"])), "<i2")
    assert np.array_equal(places, read_array(PRETRAINED / JOURNEYS, name)[0].flatten())
    predictions = np.frombuffer(base64.b64decode(str(data["predictions"])), np.uint8)
    assert np.array_equal(predictions, read_array(PRETRAINED / JOURNEY_CLASSES, name).flatten())
    assert data["epsilons"] == list(journey.EPSILONS)
    assert len(json.dumps(data)) < 300_000


def test_another_drawing_is_another_plane() -> None:
    page = open_at("journey")
    page.segmented_control(key="embedding").set_value("pca").run()
    places = np.frombuffer(base64.b64decode(str(sent(page)["places"])), "<i2")
    assert np.array_equal(places, read_array(PRETRAINED / JOURNEYS, "fashion-cnn")[1].flatten())
    assert text.journey.ORIGINS["pca"] in "\n".join(c.value for c in page.caption)


def test_every_dot_is_a_row() -> None:
    view = View()
    labels = resources.display_set(view.dataset).split.labels[:1000].numpy().astype(np.uint8)
    rows = parts.rows(view, resources.journey("fashion-cnn"), journey.Embedding.TSNE, labels)
    assert len(rows) == 2 * len(journey.EPSILONS) * journey.PICTURES
    assert rows[0]["class"] == view.variant.classes[labels[0]]
    assert {row["epsilon"] for row in rows} == set(journey.EPSILONS)


def test_the_code_names_what_is_drawn() -> None:
    code = parts.snippet(View(), journey.Embedding.PCA)
    compile(code, "snippet", "exec")
    assert '"fashion-cnn"' in code
    assert 'Embedding).index("pca")' in code
