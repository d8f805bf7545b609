from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import STANDARD, VARIANTS, Architecture, Dataset, PixelOrder, Regime
from models.zoo import KNOWN
from nudge.data.sources import SOURCES
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS
from views.session import state
from views.session.state import Compare, Panel, View


def test_the_default_is_an_empty_address() -> None:
    assert View.from_query({}) == (View(), [])


def test_the_documented_address() -> None:
    query = {
        "dataset": "sign",
        "architecture": "cnn",
        "pixels": "scrambled",
        "epsilon": "0.04",
        "image": "17",
    }
    view, notices = View.from_query(query)
    assert view == View(Dataset.SIGN, Architecture.CNN, PixelOrder.SCRAMBLED, 0.04, 17)
    assert view.variant is VARIANTS["sign-cnn-scrambled"]
    assert view.to_query() == query
    assert not notices


@pytest.mark.parametrize(
    ("name", "asked", "shown"),
    [
        ("dataset", "mnist", Dataset.FASHION),
        ("dataset", "", Dataset.FASHION),
        ("architecture", "<script>alert(1)</script>", Architecture.CNN),
        ("architecture", "imported", Architecture.CNN),  # networks of other makes have a name
        ("pixels", "Scrambled", PixelOrder.ORDERED),
        ("epsilon", "0.237", 0.235),
        ("epsilon", "5", 0.3),
        ("epsilon", "10E305", 0.3),
        ("epsilon", "-1e9", 0.0),
        ("epsilon", "nan", 0.05),
        ("epsilon", "-inf", 0.05),
        ("epsilon", "much", 0.05),
        ("image", "10000", 9999),
        ("image", "-1", 0),
        ("image", "1.5", 0),
        ("image", "9" * 5000, 0),
        ("image", "٣", 3),
        ("image", "²", 0),
        ("compare", "two", Compare.ONE),
        ("method", "cw", Method.FGSM),
        ("quiz", "yes", False),
    ],
)
def test_what_does_not_fit_is_adjusted_and_told(name: str, asked: str, shown: object) -> None:
    view, notices = View.from_query({name: asked})
    assert getattr(view, name) == shown
    assert len(notices) == 1
    said = f"{shown:g}" if isinstance(shown, float | bool) else shown
    assert notices[0].startswith(f"{name} is {said}, not")
    assert len(notices[0]) < 80


def test_what_is_not_as_usual_stands_in_the_address() -> None:
    view = View(
        compare=Compare.ALL,
        method=Method.TARGETED,
        target="sandal",
        quiz=True,
        hide=frozenset({"paths", "gallery"}),
    )
    query = view.to_query()
    assert query.items() > View().to_query().items()
    assert {name: query[name] for name in query.keys() - View().to_query().keys()} == {
        "compare": "all",
        "method": "targeted",
        "target": "sandal",
        "quiz": "1",
        "hide": "gallery,paths",
    }
    assert View.from_query(query) == (view, [])


def test_a_target_is_a_class_of_the_data_set() -> None:
    view, notices = View.from_query({"dataset": "sign", "method": "targeted", "target": "bag"})
    assert view.target_index == 0
    assert notices == ["target is A, not `bag`"]
    assert View.from_query({"method": "targeted"})[1] == []
    assert View.from_query({"target": "bag"}) == (View(), [])


def test_what_cannot_be_hidden_is_told() -> None:
    view, notices = View.from_query({"hide": "bars,teacher,paths"})
    assert view.hide == {"bars", "paths"}
    assert notices == ["hide does not include `teacher`"]


def test_the_last_picture_depends_on_the_data_set() -> None:
    view, _ = View.from_query({"dataset": "sign", "image": "9999"})
    assert view.image == 7171


texts = st.text() | st.floats().map(str) | st.integers().map(str)
names = st.sampled_from([*(field.name for field in fields(View)), "other"])


@given(st.dictionaries(names, texts))
def test_any_address_gives_a_view_that_is_its_own_address(query: dict[str, str]) -> None:
    view, _ = View.from_query(query)
    assert view.epsilon in EPSILONS
    assert 0 <= view.image < SOURCES[view.dataset].splits["test"].total
    assert View.from_query(view.to_query()) == (view, [])


def test_a_regime_that_the_network_has_not_is_adjusted(monkeypatch: pytest.MonkeyPatch) -> None:
    robust = KNOWN["sign-cnn-robust"]
    monkeypatch.setattr(state, "VARIANTS", {**STANDARD, robust.id: robust})
    query = {"dataset": "sign", "architecture": "cnn", "regime": "robust"}
    view, notices = View.from_query(query)
    assert (view.variant, notices) == (robust, [])
    assert view.regimes == (Regime.STANDARD, Regime.ROBUST)
    assert view.twins == (robust,)
    assert view.to_query()["regime"] == "robust"
    view, notices = View.from_query(query | {"pixels": "scrambled"})
    assert view.variant is VARIANTS["sign-cnn-scrambled"]
    assert notices == ["regime is standard, not `robust`"]
    assert "regime" not in view.to_query()


@pytest.mark.parametrize("hidden", ["verdict", "bars,paths"])
def test_no_map_tells_what_an_exercise_hides(hidden: str) -> None:
    assert View.from_query({"panel": "map", "hide": "paths"})[0].panel is Panel.MAP
    view, notices = View.from_query({"panel": "map", "hide": hidden})
    assert view.panel is Panel.NONE
    assert notices
