"""The class's page, run by Streamlit's own tester: a teacher and students of one server."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from models import Architecture, Dataset, Regime
from nudge.classroom import guesses, rooms
from nudge.classroom.rooms import Kind, Phase, Question
from nudge.evaluation.methods import Method
from nudge.findings.lesson import findings
from tests.conftest import CHECKOUT
from tests.views.reading import open_at, rows
from views import text
from views.classroom import questions
from views.session import classroom
from views.session.state import Panel, View


@pytest.fixture(autouse=True)
def _fresh_server(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    monkeypatch.setenv("NUDGE_ROOMS", str(tmp_path))
    st.cache_resource.clear()
    yield
    classroom.store().close()
    st.cache_resource.clear()


def visit(code: str = "", who: str = "", key: str = "") -> AppTest:
    """The page as a browser that remembers a name and a key sees it."""
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    page.switch_page("views/pages/class.py")
    if code:
        page.query_params["room"] = code
    if who:
        page.session_state["_memory_known"] = [who, key, code]
    page.run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> None:
    found = [b for b in page.button if b.label == label]
    assert found, [b.label for b in page.button]
    found[0].click().run()
    assert not page.exception


def words(page: AppTest) -> str:
    parts: list[Any] = [*page.markdown, *page.caption, *page.info, *page.warning, *page.subheader]
    return "\n".join(part.value for part in parts)


@pytest.fixture
def led() -> tuple[str, AppTest]:
    """A class that was just started, and its teacher's page."""
    code, key = classroom.store().create()
    return code, visit(code, "teacher", key)


def test_the_door_starts_a_class_and_lets_people_in() -> None:
    page = visit()
    press(page, text.classroom.START)
    code = page.query_params["room"]
    assert rooms.as_code(code) == code
    room = classroom.store().room(code)
    assert room is not None
    (sent,) = [c for c in page.get("bidi_component") if c.proto.component_name == "memory"]
    assert code in sent.proto.json  # with the key, which the browser is to remember
    joining = visit()
    joining.text_input[0].set_value(f"{code[:3].lower()} {code[3:]}")
    press(joining, text.classroom.GO)
    assert rooms.as_code(joining.query_params["room"]) == code


def test_the_key_is_in_nobody_elses_page(led: tuple[str, AppTest]) -> None:
    code, teacher = led
    assert any(b.label == text.classroom.ASK for b in teacher.button)
    for key in ("", "x" * 22):
        student = visit(code, "ada", key)
        assert [b.label for b in student.button] == []
        assert text.classroom.WAITING in words(student)
    assert "key=" not in str(teacher.query_params)


def test_a_question_is_asked_answered_closed_and_shown(led: tuple[str, AppTest]) -> None:
    code, teacher = led
    press(teacher, text.classroom.ASK)  # the lesson's first one
    room = classroom.store().room(code)
    assert room is not None
    (question,) = room.questions
    assert question.kind is Kind.FLIP
    truth = questions.truth(question)
    (right,) = truth.places
    ada, ben = (visit(code, name) for name in ("ada", "ben"))
    ada.select_slider[0].set_value(right).run()
    press(ada, text.classroom.SEND)
    ben.select_slider[0].set_value(right + 3).run()
    press(ben, text.classroom.SEND)
    assert classroom.store().counts(code, 0) == {right: 1, right + 3: 1}
    ben.select_slider[0].set_value(right + 2).run()
    press(ben, text.classroom.CHANGE)
    assert classroom.store().counts(code, 0) == {right: 1, right + 2: 1}
    teacher.run()
    assert text.classroom.answered(2) in words(teacher)
    press(teacher, text.classroom.CLOSE)
    ada.run()
    assert text.classroom.NOT_OPEN in words(ada)
    assert question.choices[right] not in words(ada).partition(text.classroom.NOT_OPEN)[2]
    press(teacher, text.classroom.SHOW)
    shown = rows(teacher, "answers")
    assert {r["choice"]: r["count"] for r in shown if r["count"]} == {
        question.choices[right]: 1,
        question.choices[right + 2]: 1,
    }
    assert [r["choice"] for r in shown if r["right"]] == [question.choices[right]]
    for page, off in ((ada, 0), (ben, 2)):
        page.run()
        assert text.classroom.off_by(off, 0.005) in words(page)
    late = visit(code, "eve")
    assert "You did not answer." in words(late)


def test_choices_are_buttons_and_the_chosen_one_is_marked(led: tuple[str, AppTest]) -> None:
    code, _ = led
    view = questions.view_of(Question(Kind.CLASS, "image=17&epsilon=0.05", ("a", "b")))
    classroom.store().ask(code, questions.pose(Kind.CLASS, view), 0)
    student = visit(code, "ada")
    assert [b.label for b in student.button] == [
        text.common.class_name(view.dataset, name) for name in view.variant.classes
    ]
    press(student, "coat")
    assert classroom.store().counts(code, 0) == {view.variant.classes.index("coat"): 1}
    assert text.classroom.sent("coat") in words(student)
    press(student, "pullover")
    assert classroom.store().counts(code, 0) == {view.variant.classes.index("pullover"): 1}
    again = visit(code, "ada")  # after a reload
    assert text.classroom.sent("pullover") in words(again)


@pytest.mark.parametrize("dataset", Dataset)
def test_each_prepared_question_has_a_truth_and_a_stage(
    dataset: Dataset, led: tuple[str, AppTest]
) -> None:
    code, teacher = led
    prepared = questions.prepared(findings(dataset))
    assert list(prepared) == list(text.lesson.LESSON)[:7]
    for number, question in enumerate(prepared.values()):
        truth = questions.truth(question)
        assert truth.places
        assert truth.places <= set(range(len(question.choices)))
        classroom.store().ask(code, question, number)
        classroom.store().answer(code, number, "ada", min(truth.places))
        classroom.store().turn(code, Phase.SHOWN)
        teacher.run()
        assert not teacher.exception
        staged = [c for c in teacher.get("bidi_component") if c.proto.component_name == "stage"]
        assert bool(staged) == (question.kind not in (Kind.HALF, Kind.BEST))
        student = visit(code, "ada")
        assert {text.classroom.RIGHT, text.classroom.off_by(0, 0.005)} & set(
            words(student).split("\n")
        )
    press(teacher, text.classroom.FINISH)
    assert [r["fraction"] for r in rows(teacher, "questions")] == [1.0] * 7


@pytest.mark.parametrize("kind", [Kind.FLIP, Kind.CLASS, Kind.LONGEST, Kind.PIXELS])
@pytest.mark.parametrize(
    "view",
    [
        View(image=29, method=Method.RANDOM, epsilon=0.1),
        View(image=3, method=Method.PGD, epsilon=0.035),  # which twenty steps do not show
        View(image=3, regime=Regime.MASKED, quiz=True, hide=frozenset({"bars"}), panel=Panel.MAP),
    ],
    ids=["random", "odd", "exercise"],
)
def test_what_is_right_is_what_the_stage_shows(
    kind: Kind, view: View, led: tuple[str, AppTest]
) -> None:
    code, teacher = led
    question = questions.pose(kind, view)
    classroom.store().ask(code, question, 0)
    classroom.store().turn(code, Phase.SHOWN)
    teacher.run()
    assert not teacher.exception
    (sent,) = [c for c in teacher.get("bidi_component") if c.proto.component_name == "stage"]
    (scene,) = json.loads(sent.proto.json)
    assert (scene["quiz"], scene["panel"]) == (False, "none")
    truth, shown = questions.truth(question), questions.view_of(question)
    flips = []
    for network in scene["networks"]:
        path = network["control" if view.method is Method.RANDOM else "attack"]
        predictions = np.frombuffer(base64.b64decode(path["predictions"]), np.uint8)
        wrong = np.flatnonzero(predictions != scene["label"])
        flips.append(int(wrong[0]) if len(wrong) else len(predictions))
    if kind is Kind.CLASS:
        assert truth.places == {int(predictions[shown.step])}
    elif kind is Kind.FLIP:
        assert truth.places == {flips[0]}
    elif kind is Kind.LONGEST:
        assert truth.places == {i for i, flip in enumerate(flips) if flip == max(flips)}
        names = [network["name"] for network in scene["networks"]]
        assert names == [text.common.short_variant(variant) for variant in shown.four]
    else:
        own = [i for i, v in enumerate(shown.four) if v.architecture is shown.architecture]
        pair = [flips[i] for i in own]
        assert truth.places == {i for i, flip in enumerate(pair) if flip == max(pair)}


def test_an_earlier_question_can_be_asked_again(led: tuple[str, AppTest]) -> None:
    code, teacher = led
    for _ in range(2):
        press(teacher, text.classroom.ASK if not teacher_asked(code) else text.classroom.NEXT)
        press(teacher, text.classroom.CLOSE)
        press(teacher, text.classroom.SHOW)
    teacher.selectbox(key="_class_prepared").set_value("guess").run()
    press(teacher, text.classroom.NEXT)
    room = classroom.store().room(code)
    assert room is not None
    assert room.questions[0] == room.questions[2] != room.questions[1]


def teacher_asked(code: str) -> int:
    room = classroom.store().room(code)
    return len(room.questions) if room else 0


def test_the_teacher_asks_about_what_the_explorer_shows(led: tuple[str, AppTest]) -> None:
    """And comes back to the class from the explorer by the navigation, whose address is bare."""
    code, teacher = led
    teacher.switch_page("views/pages/explorer.py").run()
    teacher.number_input(key="image").set_value(23).run()
    teacher.switch_page("views/pages/class.py").run()
    assert teacher.query_params["room"] == code
    teacher.selectbox(key="_class_prepared").set_value(f"view-{Kind.CLASS}").run()
    press(teacher, text.classroom.ASK)
    room = classroom.store().room(code)
    assert room is not None
    assert questions.view_of(room.questions[0]).image == 23


@pytest.mark.parametrize("kind", [Kind.HALF, Kind.BEST])
def test_questions_about_the_test_set_are_about_fgsm(kind: Kind, led: tuple[str, AppTest]) -> None:
    """Whatever the explorer shows: PGD's epsilons are half as many, and other ones."""
    code, teacher = led
    shown = View(architecture=Architecture.FCNN, method=Method.PGD, epsilon=0.1)
    question = questions.pose(kind, shown)
    assert question == questions.pose(kind, replace(shown, method=Method.FGSM))
    assert len(question.choices) == 62
    assert questions.truth(question) == questions.truth(
        questions.pose(kind, View(architecture=Architecture.FCNN))
    )
    classroom.store().ask(code, question, 0)
    classroom.store().turn(code, Phase.SHOWN)
    teacher.run()
    assert text.common.METHODS[Method.FGSM] in words(teacher)
    page = "tradeoff" if kind is Kind.BEST else "curves"
    (link,) = [found.proto for found in teacher.get("page_link")][-1:]
    assert link.page == page
    assert "variants=fashion-fcnn" in link.query_string


def test_a_question_says_which_networks_and_where_the_nudge_leads() -> None:
    view = View(architecture=Architecture.FCNN, method=Method.TARGETED, target="bag", epsilon=0.05)

    def said(kind: Kind) -> str:
        def ask() -> None:
            import streamlit as st

            from nudge.classroom.rooms import Question
            from views.classroom import asked

            asked.pose(Question.from_json(st.session_state["question"]), 0)

        page = AppTest.from_function(ask, default_timeout=120)
        page.session_state["question"] = questions.pose(kind, view).to_json()
        page.run()
        assert not page.exception
        return str(page.markdown[0].value)

    dense, bag = "Fashion, Fully connected", "towards bag"
    assert said(Kind.PIXELS) == f"{dense}, picture 0. Targeted {bag}, with a growing epsilon."
    assert said(Kind.LONGEST) == f"Fashion, picture 0. Targeted {bag}, with a growing epsilon."
    assert said(Kind.CLASS) == f"{dense}, ordered pixels, picture 0. Targeted {bag}, epsilon 0.05."


def test_a_class_that_is_over_is_told(led: tuple[str, AppTest]) -> None:
    code, teacher = led
    student = visit(code, "ada")
    press(teacher, text.classroom.END)
    assert classroom.store().room(code) is None
    assert next(b.label for b in teacher.button) == text.classroom.START
    student.run()
    assert text.classroom.ENDED in words(student)
    assert text.classroom.NO_ROOM in words(visit(code, "eve"))


@pytest.mark.parametrize("code", ["2222222", "nonsense", "<b>", "x" * 500])
def test_a_code_that_is_none_is_told(code: str) -> None:
    page = visit(code, "ada")
    told = words(page)
    assert text.classroom.NO_ROOM in told
    assert "<b>" not in told


def test_many_guesses_find_nothing_for_a_while_and_disturb_nobody(
    led: tuple[str, AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = led
    student = visit(code, "ada")
    monkeypatch.setattr(guesses, "MOST", 3)
    for number in range(2):
        assert text.classroom.NO_ROOM in words(visit(f"22222{number + 2}2", "eve"))
    assert text.classroom.TOO_MANY_GUESSES in words(visit("2222299", "eve"))
    assert text.classroom.TOO_MANY_GUESSES in words(visit(code, "eve"))
    student.run()
    assert text.classroom.WAITING in words(student)
    monkeypatch.setattr(guesses, "WINDOW", 0.0)
    assert text.classroom.WAITING in words(visit(code, "eve"))


def test_a_store_that_is_down_is_told_in_a_sentence(
    led: tuple[str, AppTest], tmp_path: Path
) -> None:
    code, _ = led
    store = classroom.store()
    store.close()
    place = tmp_path / "rooms.sqlite"
    kept = place.read_bytes()
    for path in tmp_path.iterdir():
        path.unlink()
    place.mkdir()
    page = visit(code, "ada")
    assert text.classroom.STORE_DOWN in words(page)
    place.rmdir()
    place.write_bytes(kept)
    page.run()
    assert text.classroom.STORE_DOWN not in words(page)


def test_the_page_of_a_room_opens_from_its_address() -> None:
    code, _ = classroom.store().create()
    page = open_at("class", room=code)
    assert text.classroom.JOINING in words(page)  # until the browser has told its name
