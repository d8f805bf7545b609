"""Somebody's own picture: theirs alone, kept while it is shown, and prepared as they say."""

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from models import Regime
from tests.views.reading import checkbox, open_at
from views import text
from views.parts import picture_input
from views.session import resources


def picture(colour: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (64, 64), colour).save(file, "PNG")
    return file.getvalue()


def upload(page: AppTest, content: bytes) -> AppTest:
    page.button_group(key="source").set_value("upload").run()
    page.file_uploader[0].set_value(("mine.png", content, "image/png")).run()
    assert not page.exception
    return page


@pytest.fixture
def page(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    return open_at("explorer", architecture="fcnn", hide="accuracy,gallery")


def test_an_own_picture_is_in_no_cache_of_the_server(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(page, picture(90))
    asked: list[object] = []
    monkeypatch.setattr(resources, "attacked_test_picture", lambda *found: asked.append(found))
    checkbox(page, text.picture_input.STEPS["contrast"]).set_value(False).run()
    assert not page.exception
    assert asked == []  # nothing of an own picture goes the way of what all share
    # It is kept with the session, and another session has none of it.
    digest = hashlib.sha256(picture(90)).hexdigest()
    assert page.session_state[picture_input._DECODED][1] == digest
    monkeypatch.undo()
    other = open_at("explorer", architecture="fcnn", hide="accuracy,gallery")
    assert picture_input._DECODED not in other.session_state


def test_what_is_taken_away_is_forgotten(page: AppTest) -> None:
    upload(page, picture(90))
    kept = (
        picture_input._DECODED,
        picture_input._ATTACKS,
        picture_input._SUGGESTED,
        picture_input._STEPS,
    )
    assert all(key in page.session_state for key in kept)
    page.button_group(key="source").set_value("test").run()
    assert not page.exception
    assert not any(
        key in page.session_state for key in (*kept, picture_input._OWN, picture_input._BOX)
    )


def test_what_is_replaced_is_forgotten(page: AppTest) -> None:
    upload(page, picture(90))
    first = page.session_state[picture_input._ATTACKS]
    upload(page, picture(160))
    assert not page.session_state[picture_input._ATTACKS].keys() & first.keys()
    page.file_uploader[0].set_value(("mine.png", b"no picture", "image/png")).run()
    assert page.warning
    for key in (picture_input._DECODED, picture_input._STEPS, picture_input._ATTACKS):
        assert key not in page.session_state


def test_a_checkbox_is_its_owners_until_another_picture_comes(page: AppTest) -> None:
    mirror = text.picture_input.STEPS["mirror"]
    upload(page, picture(90))
    checkbox(page, mirror).set_value(True).run()
    checkbox(page, text.picture_input.STEPS["invert"]).set_value(True).run()
    assert checkbox(page, mirror).value
    upload(page, picture(160))
    assert not checkbox(page, mirror).value


def test_what_a_browser_sends_late_of_another_picture_changes_nothing(page: AppTest) -> None:
    mirror = text.picture_input.STEPS["mirror"]
    earlier = checkbox(upload(page, picture(90)), mirror)
    upload(page, picture(160))
    states = page._tree.get_widget_states()
    late = states.widgets.add()
    late.id, late.bool_value = earlier.id, True
    page._run(states)
    assert not page.exception
    assert not checkbox(page, mirror).value
    own = page.session_state[picture_input._OWN]
    assert own is not None
    assert not own.mirror


def test_a_box_brings_its_own_suggestion(page: AppTest) -> None:
    upload(page, picture(90))
    separate = text.picture_input.STEPS["separate"]
    assert not checkbox(page, separate).value
    digest = hashlib.sha256(picture(90)).hexdigest()
    page.session_state[picture_input._BOX] = digest, (0.2, 0.2, 0.8, 0.8)
    page.run()
    assert not page.exception
    assert checkbox(page, separate).value
    checkbox(page, separate).set_value(False).run()
    assert page.session_state[picture_input._OWN].box is None


def test_who_reads_it_is_said() -> None:
    """The augmented network or all four; where all trainings are compared, each reads it anyway."""
    said = {
        "one": text.picture_input.AUGMENTED,
        "all": text.picture_input.ALL_AUGMENTED,
        "regimes": None,
    }
    for compare, expected in said.items():
        page = open_at("explorer", dataset="sign", compare=compare, hide="accuracy,gallery")
        page.button_group(key="source").set_value("upload").run()
        assert not page.exception
        told = [c.value.removeprefix(":material/info: ") for c in page.caption]
        both = {text.picture_input.AUGMENTED, text.picture_input.ALL_AUGMENTED}
        assert both & set(told) == ({expected} if expected else set())
        regime = page.session_state["regime"]
        assert regime == (Regime.AUGMENTED if expected else Regime.STANDARD)
