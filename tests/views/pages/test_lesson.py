"""The lesson's page: its links, what it hides, and figures that are those of the files."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from models import PRETRAINED, Dataset, zoo
from models.zoo import KNOWN
from nudge.findings.defences import Defence, Withstands
from nudge.findings.lesson import findings
from tests.conftest import CHECKOUT
from tests.views.reading import open_at
from views import text
from views.parts.lesson_steps import early, steps
from views.session.state import View

INDEX: dict[str, Any] = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _fresh_server() -> None:
    st.cache_resource.clear()


def open_page(dataset: Dataset = Dataset.FASHION) -> AppTest:
    return open_at("lesson", dataset=dataset)


def test_questions_and_no_answers() -> None:
    page = open_page()
    said = [m.value for m in page.markdown]
    asked = steps(findings(Dataset.FASHION))
    for number, step in enumerate(asked, 1):
        assert any(m.startswith(f"**{number}. {step.question}**") for m in said)
        assert f"{text.lesson.FIND} {step.find}" in said
    assert [step.question for step in asked][:7] == [
        step["question"] for step in list(text.lesson.LESSON.values())[:7]
    ]
    # What is to be guessed can be seen on the page that the step opens.
    for step in asked:
        without_a_picture = step.page in ("classes", "scramble", "transfer")
        assert not without_a_picture or step.guess not in text.classroom.QUESTIONS.values()
        assert step.guess is None or f"{text.lesson.GUESS} {step.guess}" in said
    assert len(page.get("page_link")) == len(asked) + 4  # three to do early, and the map
    assert not page.info
    assert f"about {sum(step.minutes for step in asked)} minutes" in " ".join(said)


def test_a_defence_and_a_false_one() -> None:
    """What was measured decides whether they are steps of the lesson."""
    plain = findings(Dataset.SIGN)
    robust = Defence(
        KNOWN["sign-cnn-robust"],
        0.03,
        "PGD, 40 steps, 5 restarts",
        Withstands(0.98, 0.97, 0.95, 0.91, 0.9, (0.03, 0.95)),
        Withstands(0.99, 0.98, 0.8, 0.61, 0.6, (0.03, 0.8)),
        None,
        (),
    )
    masked = Defence(
        KNOWN["fashion-cnn-masked"],
        0.1,
        "PGD, 40 steps, 5 restarts",
        Withstands(0.85, 0.8, 0.83, 0.01, 0.0, (0.03, 0.67)),
        Withstands(0.93, 0.9, 0.3, 0.0, 0.0, (0.1, 0.3)),
        0.42,
        (),
    )
    without = steps(replace(plain, robust=None, masked=None))
    both = steps(replace(plain, robust=robust, masked=masked))
    assert len(without) == 7
    defence, false = both[7:]
    assert (defence.page, defence.view.epsilon) == ("defences", 0.03)
    for said in ("**90.0%**", "**60.0%**", "**98.0%**", "costs 1.0 points"):
        assert said in defence.expected
    cheaper = replace(robust, defended=replace(robust.defended, clean=0.995), moves=("shift",))
    defence = steps(replace(plain, robust=cheaper))[7]
    assert "0.5 points more, not less (its training pictures were shifted" in defence.expected
    assert (false.page, false.view.dataset) == ("curves", Dataset.FASHION)
    assert false.view.variants == ("fashion-cnn", "fashion-cnn-masked")
    # What else gives it away, as far as it does.
    dip, coin = "at 0.03 FGSM leaves **67.0%**", "more harm than FGSM, and leaves **80.0%**"
    for said in (
        "**83.0%**",
        "**30.0%**",
        "**1.0%**",
        "**42.0%**",
        dip,
        coin,
        "no gradient of its",
    ):
        assert said in false.expected
    no_dip = replace(masked.defended, worst_step=(0.1, 0.83))
    neither = replace(no_dip, random=0.84)
    for seems, said in ((no_dip, coin), (neither, "withstand attacks. Pictures")):
        false = steps(replace(plain, masked=replace(masked, defended=seems)))[-1]
        assert said in false.expected
        assert "a smaller step" not in false.expected
    for left, said in (
        (0.8, "**80.0%**: that network's attack hardly fools it either"),
        (0.6, "**60.0%**. A defence is judged"),
    ):
        false = steps(replace(plain, masked=replace(masked, transferred=left)))[-1]
        assert said in false.expected
    assert text.lesson.lesson_lead(9, 54).startswith("Nine questions")
    (answer,) = (
        answer
        for question, answer in text.lesson.faq(replace(plain, robust=robust), "Sign")
        if "defended" in question
    )
    assert "it keeps 90.0% under the strongest attack" in answer
    assert answer.endswith("the standard one 60.0%.")


@pytest.mark.parametrize("dataset", Dataset)
def test_answers_are_the_figures_of_the_files(dataset: Dataset) -> None:
    page = open_page(dataset)
    page.toggle(key="teacher").set_value(True).run()
    answers = [info.value for info in page.info]
    assert len(answers) == len(steps(findings(dataset)))
    card = INDEX[f"{dataset}-cnn"]
    at = card["epsilons"].index(0.1)
    with np.load(PRETRAINED / "first_misses.npz") as arrays:
        flip_steps = arrays[f"{dataset}-cnn"]
    match = re.match(r"Test picture (\d+) is first misclassified at \*\*([\d.]+)\*\*", answers[0])
    assert match is not None
    assert card["epsilons"][flip_steps[int(match[1])]] == float(match[2])
    for count in (card["fgsm"][0], card["fgsm"][at], card["random"][at]):
        for answer in answers[1:3]:
            assert f"**{count / card['total']:.1%}**" in answer
    for name in ("fcnn", "fcnn-scrambled", "cnn", "cnn-scrambled"):
        twin = INDEX[f"{dataset}-{name}"]
        assert f"**{twin['fgsm'][0] / twin['total']:.2%}**" in answers[5]


@pytest.mark.parametrize("dataset", Dataset)
def test_every_link_opens_the_view_that_was_meant(dataset: Dataset) -> None:
    found = findings(dataset)
    lesson = steps(found)
    for view in [*(step.view for step in lesson), *(view for _, view in early(found))]:
        assert View.from_query(view.to_query()) == (view, [])
    guess, noise, *_ = (step.view for step in lesson)
    assert guess.quiz
    assert {"accuracy", "paths"} <= guess.hide
    assert not {"epsilon", "verdict"} & guess.hide
    assert noise.epsilon == found.flips_at
    assert [step.path for step in lesson][2:] == [
        "curves", "classes", "tradeoff", "scramble", "transfer", "defences", "curves",
    ]  # fmt: skip


def test_the_faq_counts_what_is_wrong_from_the_start() -> None:
    page = open_page(Dataset.SIGN)
    assert len(page.expander) == 8
    card = INDEX["sign-cnn"]
    answer = page.expander[2].markdown[0].value
    assert f"{card['total'] - card['fgsm'][0]:,} are wrong before" in answer


def test_coming_back_from_an_exercise_ends_it() -> None:
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    page.switch_page("views/pages/lesson.py")
    page.query_params.update({"dataset": "sign", "quiz": "1", "hide": "dataset,bars", "image": "7"})
    page.run()
    assert not page.exception
    assert page.query_params["dataset"] == "sign"
    assert page.query_params["image"] == "7"
    assert "quiz" not in page.query_params
    assert "hide" not in page.query_params


def test_without_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    page = open_page()
    assert "The model cards are missing" in page.warning[0].value
