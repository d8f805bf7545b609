"""A class: its door, then the teacher's page or everybody else's."""  # noqa: N999

import logging

import streamlit as st

from nudge.classroom.rooms import RoomsError
from views import text
from views.classroom import student, teacher
from views.session import classroom
from views.session.page import begin
from views.session.state import current, write_address

log = logging.getLogger("nudge.classroom")


def page() -> None:
    begin("class")
    try:
        code = classroom.code()
        if not code:
            if st.query_params.get(classroom.ROOM):  # of another form than any code
                st.warning(text.classroom.NO_ROOM, icon=":material/meeting_room:")
            _door()
            return
        room = classroom.find(code)
        if room is None:
            st.warning(_why_not(code), icon=":material/meeting_room:")
            _door()
            return
        member = classroom.member(code)
        if member is None:  # the address stays: its last part may be a key, for the browser alone
            st.caption(text.classroom.JOINING)
            return
        classroom.enter(code)
        if member.key and classroom.store().owns(code, member.key):
            teacher.show(room, member)
        else:
            student.show(room, member)
    except RoomsError as error:
        log.warning("%s", error)  # for who runs the server: a class can do nothing about it
        st.warning(text.classroom.STORE_DOWN, icon=":material/cloud_off:")
        st.caption(f"{error.what}. {text.classroom.LOG_SAYS_WHY}")
        st.fragment(_try_again, run_every=2.0)()


def _why_not(code: str) -> str:
    if classroom.was_inside(code):
        return text.classroom.ENDED
    if classroom.too_many_guesses():
        return text.classroom.TOO_MANY_GUESSES
    return text.classroom.NO_ROOM


def _try_again() -> None:
    """The page goes on by itself when the store is back."""
    try:
        classroom.store().version(classroom.code() or "")
    except RoomsError:
        return
    st.rerun()


def _door() -> None:
    """Neither in a room nor at its address."""
    if classroom.ROOM not in st.query_params:
        write_address(current())
    st.markdown(text.classroom.LEAD)
    lead, join = st.columns(2)
    with lead.container(border=True):
        st.subheader(text.classroom.START, anchor=False)
        st.markdown(text.classroom.HOW)
        if st.button(text.classroom.START, type="primary", icon=":material/co_present:"):
            classroom.begin()
            st.rerun()
    with join.container(border=True), st.form("join", border=False):
        st.subheader(text.classroom.JOIN, anchor=False)
        asked = st.text_input(text.classroom.CODE, max_chars=20)
        if st.form_submit_button(text.classroom.GO, icon=":material/login:"):
            classroom.enter(asked)
            st.rerun()


page()
