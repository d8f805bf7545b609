"""The class that a visitor is in: what their browser remembers, and the store that all share."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from nudge.classroom.guesses import Guesses
from nudge.classroom.opening import ROOMS, open_store
from nudge.classroom.rooms import Room, RoomsError, RoomStore, as_code
from views.session import javascript
from views.session.state import current

P = ParamSpec("P")
ROOM = "room"  # the parameter of the address
_mount = javascript.component(Path(__file__).parent.parent / "parts" / "memory.js")
_KNOWN = "_memory_known"
_INSIDE = "_room_inside"  # the code of the room that this session found last
_KEEP = "_memory_keep"  # a code and its key that the browser is to remember


@st.cache_resource(show_spinner=False)
def store() -> RoomStore:
    """Where the environment's NUDGE_ROOMS says. Raises RoomsError."""
    return open_store(os.environ.get(ROOMS, ""))


@st.cache_resource(show_spinner=False)
def guesses() -> Guesses:
    """Codes that belong to no room, of all visitors together."""
    return Guesses()


def attempted(act: Callable[P, None]) -> Callable[P, None]:
    """A button's callback, which may find the store out of reach: the run after it says so."""

    @wraps(act)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> None:
        with suppress(RoomsError):
            act(*args, **kwargs)

    return attempt


def polled(look: Callable[P, None]) -> Callable[P, None]:
    """A fragment, which may find the store out of reach: the page is drawn again, and says so."""

    @wraps(look)
    def poll(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            look(*args, **kwargs)
        except RoomsError:
            st.rerun()

    return poll


@dataclass(frozen=True)
class Member:
    """Somebody in a room, as their browser remembers it."""

    who: str  # a random name
    key: str  # of the room's teacher; empty for everybody else


def code() -> str:
    """That of the address, or of the room that this session comes back to from another page.

    Empty where there is none, or what cannot be one.
    """
    asked = st.query_params.get(ROOM)
    return (st.session_state.get(_INSIDE) or "") if asked is None else as_code(asked) or ""


def enter(asked: str) -> None:
    """Go to the room of that code; the address keeps the view, for questions about it."""
    query = {**current().to_query(), ROOM: asked}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def leave() -> None:
    """To the page's door."""
    st.session_state.pop(_INSIDE, None)
    st.query_params.pop(ROOM, None)


def begin() -> None:
    """Start a room, which this visitor leads. Raises RoomsError."""
    made, key = store().create()
    st.session_state[_KEEP] = (made, key)
    enter(made)


def find(asked: str) -> Room | None:
    """The room of that code; guessing many codes finds none for a while. Raises RoomsError."""
    inside = was_inside(asked)  # who was here before does not guess
    if not inside and too_many_guesses():
        return None
    room = store().room(asked)
    if room is None and not inside:
        guesses().note(time.monotonic())
    if room is not None:
        st.session_state[_INSIDE] = asked
    return room


def too_many_guesses() -> bool:
    """Whether nobody may try another code for now."""
    return guesses().too_many(time.monotonic())


def was_inside(asked: str) -> bool:
    """Whether this session was in the room of that code."""
    return bool(st.session_state.get(_INSIDE) == asked)


def member(asked: str) -> Member | None:
    """Who this browser is in that room; None until it has told."""
    state = st.session_state
    kept_code, key = state.get(_KEEP, ("", ""))
    mounted = _mount(
        key="memory",
        data=[
            {
                "code": asked,
                "key": key if kept_code == asked else "",
                "known": state.get(_KNOWN),
            }
        ],
        on_known_change=lambda: None,
    )
    # After a restart of the server the browser sends again what it had told the one before.
    known = _known(getattr(mounted, "known", None)) or state.get(_KNOWN)
    if known is None or known[2] != asked:
        return None
    if state.get(_KNOWN):
        known[0] = state[_KNOWN][0]  # who calls themselves something else is still one
    state[_KNOWN] = known
    return Member(known[0], known[1] or (key if kept_code == asked else ""))


def _known(told: object) -> list[str] | None:
    """Name, key and code, if they are; a browser may send anything."""
    if not isinstance(told, list) or [type(part) for part in told] != [str, str, str]:
        return None
    return list(told) if told[0] and all(len(part) <= 64 for part in told) else None
