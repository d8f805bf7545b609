"""Everybody else's page, for a phone: answer with the thumb, then see the truth."""

import streamlit as st

from nudge.classroom.rooms import Phase, Question, Room
from views import text
from views.classroom import asked, questions
from views.session import classroom
from views.session.audience import watching
from views.session.classroom import Member
from views.session.error_notice import Attempts

# Seconds between two looks at one counter: at least, and for each visitor of the server. A look
# takes a server 4 ms: three hundred phones that looked as often as thirty would take all its time.
POLL, POLL_EACH = 1.5, 0.015
FEW = 5  # choices that have a line each; more of them stand side by side
BUTTON = 108  # pixels, so that a phone has room for three
PICTURE = 150


def show(room: Room, member: Member) -> None:
    st.fragment(_follow, run_every=max(POLL, POLL_EACH * watching()))(room)
    number = room.current
    if number is None:
        st.info(text.classroom.WAITING, icon=":material/hourglass_top:")
        return
    question = room.questions[number]
    if not asked.pose(question, number):
        return
    with Attempts()():
        asked.picture(question, width=PICTURE)
    own = classroom.store().answer_of(room.code, number, member.who)
    match room.phase:
        case Phase.OPEN:
            _answer(room, number, member, own)
        case Phase.CLOSED:
            st.info(text.classroom.NOT_OPEN, icon=":material/lock:")
        case _:
            _result(question, own)


@classroom.polled
def _follow(room: Room) -> None:
    """Look at one counter; another question or phase is shown at once, others' answers are not."""
    watching()
    store, state = classroom.store(), st.session_state
    version = store.version(room.code)
    followed = state.get("_class_followed")
    if version == room.version or (version is not None and followed == (room.code, version)):
        return
    latest = store.room(room.code)
    if latest is None or (latest.phase, latest.current) != (room.phase, room.current):
        st.rerun()
    state["_class_followed"] = (room.code, version)


def _answer(room: Room, number: int, member: Member, own: int | None) -> None:
    question = room.questions[number]
    if own is not None:  # above what is to be chosen, or a long list would hide it
        st.caption(f":material/check: {text.classroom.sent(question.choices[own])}")

    @classroom.attempted
    def send(choice: int) -> None:
        classroom.store().answer(room.code, number, member.who, choice)

    if question.kind in questions.ON_THE_AXIS:
        key = f"_class_axis_{room.code}_{number}"
        start = own if own is not None else len(question.choices) // 4
        st.select_slider(
            text.common.EPSILON_AXIS,
            range(len(question.choices)),
            value=start,
            format_func=question.choices.__getitem__,
            key=key,
        )

        def send_shown() -> None:
            # Of now: a thumb may have moved the slider since the page was last drawn.
            send(st.session_state[key])

        label = text.classroom.SEND if own is None else text.classroom.CHANGE
        st.button(label, type="primary", on_click=send_shown, width="stretch")
        return
    few = len(question.choices) <= FEW
    with st.container(horizontal=not few, gap="small"):
        for place, choice in enumerate(question.choices):
            st.button(
                choice,
                type="primary" if place == own else "secondary",
                on_click=send,
                args=(place,),
                width="stretch" if few else BUTTON,
                key=f"_class_choice_{number}_{place}",
            )


def _result(question: Question, own: int | None) -> None:
    truth = asked.truth(question)
    if truth is None:
        return
    right = truth.of(question.choices)
    st.markdown(
        f"### {text.classroom.result(right, None if own is None else question.choices[own])}"
    )
    if own is None:
        return
    epsilons = questions.view_of(question).method.shown_epsilons
    never = len(question.choices) - 1
    if question.kind in questions.ON_THE_AXIS and never not in (own, *truth.places):
        st.markdown(text.classroom.off_by(truth.distance(own), epsilons[1]))
    else:
        st.markdown(text.classroom.RIGHT if truth.is_right(own) else text.classroom.WRONG)
