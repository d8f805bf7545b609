"""A lesson: questions, each with something to do and something to find."""

import streamlit as st

from models import NudgeError
from nudge.data.sources import SOURCES
from nudge.findings.lesson import Findings, findings
from nudge.serving import scheduler
from views import text
from views.parts import data_notice, share, widgets
from views.parts.lesson_steps import Step, early, map_of, steps
from views.parts.links import link
from views.parts.worksheet import Task, worksheet
from views.session import error_notice, resources
from views.session.page import begin
from views.session.state import current, write_address


def page() -> None:
    begin("lesson")
    # Who comes back from an exercise is done with it: the explorer shows everything again.
    st.session_state.quiz, st.session_state.hide = False, frozenset()
    view = current()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.dataset()
        teacher = st.toggle(text.lesson.TEACHER, key="teacher")
        sheet = st.container()
    write_address(view)
    try:
        pictures = resources.display_set(view.dataset)
        found = findings(view.dataset, generated=pictures.generated)
    except NudgeError as error:
        error_notice.explain(error)
        return
    data_notice.offer(pictures)
    lesson = steps(found)
    st.markdown(text.lesson.lesson_lead(len(lesson), sum(step.minutes for step in lesson)))
    if teacher:
        st.markdown(text.lesson.AS_A_CLASS)
        link("class", text.classroom.START, view, icon=":material/co_present:")
    with sheet:
        _download(lesson, found, teacher=teacher)
    for number, step in enumerate(lesson, 1):
        _show(number, step, teacher=teacher)
    _early(found)
    _faq(found)


def _download(lesson: list[Step], found: Findings, *, teacher: bool) -> None:
    dataset = found.variant.dataset
    note = text.lesson.GENERATED_SHEET if found.generated else None
    tasks = [
        Task(
            step.question, share.link(step.view, step.path), step.do, step.find, step.minutes,
            guess=step.guess, expected=step.expected if teacher else None,
        )
        for step in lesson
    ]  # fmt: skip
    st.download_button(
        text.lesson.WORKSHEET_ANSWERS if teacher else text.lesson.WORKSHEET,
        lambda: worksheet(SOURCES[dataset].title, tasks, note),
        f"nudge-{'answers' if teacher else 'worksheet'}-{dataset}.html",
        "text/html",
        icon=":material/print:",
        on_click="ignore",
    )


def _show(number: int, step: Step, *, teacher: bool) -> None:
    with st.container(border=True):
        st.markdown(f"**{number}. {step.question}** {text.lesson.minutes(step.minutes)}")
        if step.guess:
            st.markdown(f"{text.lesson.GUESS} {step.guess}")
        st.markdown(f"{text.lesson.DO} {step.do}")
        link(
            step.page, text.lesson.open_page(step.page), step.view, icon=":material/arrow_forward:"
        )
        st.markdown(f"{text.lesson.FIND} {step.find}")
        if teacher:
            st.info(step.expected, icon=":material/school:")


def _early(found: Findings) -> None:
    st.markdown(text.lesson.EARLY)
    for label, view in early(found):
        link("explorer", label, view, icon=":material/arrow_forward:")


def _faq(found: Findings) -> None:
    st.subheader(text.lesson.FAQ, anchor=False)
    title = SOURCES[found.variant.dataset].title
    for question, answer in text.lesson.faq(found, title):
        with st.expander(question):
            st.markdown(answer)
            if question == text.lesson.ONLY_NOISE:
                link("explorer", text.lesson.SEE_MAP, map_of(found), icon=":material/map:")
            if question == text.lesson.WHO_COMPUTES:
                widgets.effort(scheduler.next_effort())


page()
