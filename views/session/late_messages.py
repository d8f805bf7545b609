"""What a browser sent before it heard of a change is told from what somebody chose.

What it sends carries the value of every widget. So a message that was under way while the program
changed one still has the value of before, and Streamlit takes that for a choice. It is none where
the browser's address, which it sends along, has that value, too.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from views.session.state import View, current, opened

# Key of the session's state: parts of the view that `change` changed since an address was opened.
_CHANGED = "_changed"


@dataclass(frozen=True)
class _Changed:
    """What `change` did to a part of the view since the browser last knew it, or somebody chose."""

    earlier: tuple[object, ...] = ()
    to: object = None


def change(name: str, value: object) -> None:
    """Change a part of the view that has a widget on the page, not by that widget."""
    state, before = st.session_state, settled(name)
    if value != before:
        earlier = _changed(name).earlier if before != _known(name) else ()
        _all_changed()[name] = _Changed((*earlier, before), value)
        state[name] = value


def settled(name: str) -> Any:
    """A part of the view that `change` changes, as it is meant: for callbacks of widgets."""
    value, changed = getattr(current(), name), _changed(name)
    if value in changed.earlier and value == _known(name):
        st.session_state[name] = value = changed.to
    return value


def settle(name: str) -> None:
    """`on_change` of the widget of a part of the view that `change` changes, too."""
    if settled(name) != _changed(name).to:
        _all_changed().pop(name, None)  # somebody chose


def is_chosen(name: str) -> bool:
    """Whether somebody chose it, or it stands by default: `change` did not bring it about."""
    return bool(st.session_state[name] != _changed(name).to)


def _all_changed() -> dict[str, _Changed]:
    kept: tuple[int, dict[str, _Changed]] | None = st.session_state.get(_CHANGED)
    if kept is None or kept[0] != opened():
        st.session_state[_CHANGED] = kept = opened(), {}
    return kept[1]


def _changed(name: str) -> _Changed:
    return _all_changed().get(name, _Changed())


def _known(name: str) -> object:
    """What the browser's address said when it sent what is being answered."""
    known, _ = View.from_query(st.query_params.to_dict())
    return getattr(known, name)
