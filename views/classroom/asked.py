"""What the teacher's page and the phones show alike of a question."""

import streamlit as st

from models import NudgeError
from nudge.classroom.rooms import Kind, Question
from nudge.findings.class_answers import Truth
from nudge.pictures.data_uri import png
from views import text
from views.classroom import questions
from views.session import error_notice, resources
from views.session.state import View


def pose(question: Question, number: int) -> bool:
    """The question, and what it is about, in words; whether that is here, or else it is told."""
    st.subheader(
        f"{text.classroom.asked(number)}: {text.classroom.QUESTIONS[question.kind]}", anchor=False
    )
    try:
        view = questions.view_of(question)
    except NudgeError as error:
        error_notice.explain(error)
        return False
    st.markdown(
        text.classroom.about(
            question.kind, _networks(question.kind, view), _nudge(view), view.epsilon, view.image
        )
    )
    return True


def _networks(kind: Kind, view: View) -> str:
    match kind:
        case Kind.LONGEST:
            return text.common.DATASETS[view.dataset]
        case Kind.PIXELS:
            return text.common.network_of(view.dataset, view.architecture)
        case _:
            return text.common.variant(view.variant)


def _nudge(view: View) -> str:
    if view.target_index is None:
        return text.common.METHODS[view.method]
    name = text.common.class_name(view.dataset, view.variant.classes[view.target_index])
    return text.common.towards(text.common.METHODS[view.method], name)


def picture(question: Question, width: int) -> None:
    """What is asked about, before any nudge; questions about the test set have none."""
    if question.kind in (Kind.HALF, Kind.BEST):
        return
    view = questions.view_of(question)
    pixels = resources.display_set(view.dataset).split.images[view.image].numpy()
    name = text.common.one_picture(generated=resources.display_set(view.dataset).generated)
    st.html(
        f'<img src="{png(pixels)}" alt="{name} {view.image}" '
        f'style="width:min(100%,{width}px);image-rendering:pixelated">'
    )


def truth(question: Question) -> Truth | None:
    """What is right; None where a network cannot be used here, which is told."""
    try:
        return questions.truth(question)
    except NudgeError as error:
        error_notice.explain(error)
        return None
