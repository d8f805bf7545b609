"""Says plainly where generated hands stand in, and fetches the real pictures on request."""

import streamlit as st

from models import NudgeError
from models.errors import script_command
from nudge.data import find_data_dir
from nudge.data.display_set import DisplaySet
from nudge.data.sources import SOURCES
from nudge.serving.background_download import State
from views import text
from views.session import resources

POLL = 1.0  # seconds between two polls of a download
# Key of the session's state: whether this visitor asked. Only who asked is told how it ended.
_ASKED = "_asked_for_real_data"


def offer(*shown: DisplaySet) -> None:
    """Above pictures that stand in for others: what they are, and a button for the real ones.

    Nothing where all pictures are the official ones and no file is damaged.
    """
    if st.session_state.get(_ASKED) and not any(pictures.why for pictures in shown):
        st.session_state[_ASKED] = False
        st.toast(text.data_notice.GOT_REAL, icon=":material/check:")
    for pictures in shown:
        # A file that is there and damaged is worth a word even where the bundle stands in for it.
        damaged = pictures.why is not None and pictures.why.expected is not None
        if pictures.generated or damaged:
            _said(pictures, damaged=damaged)


def _said(pictures: DisplaySet, *, damaged: bool) -> None:
    if damaged and pictures.why is not None:
        st.markdown(text.data_notice.damaged(pictures.why.what, pictures.why.found))
    state = resources.fetcher().poll()
    running = state is not None and state.running
    # A fragment of its own, which alone runs again while data comes in.
    st.fragment(_fetch, run_every=POLL if running else None)(pictures, polling=running)


def _fetch(pictures: DisplaySet, *, polling: bool) -> None:
    state = resources.fetcher().poll()
    if (state is not None and state.running) != polling:
        st.rerun()  # with polling, or without; and with the real pictures, if they came
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if pictures.generated:
            st.caption(text.data_notice.GENERATED_NOTICE, width="content")
        if not polling:
            st.button(
                text.data_notice.GET_REAL,
                icon=":material/download:",
                type="tertiary",
                on_click=_ask,
                args=(pictures,),
                key=f"get-real-{pictures.dataset}",
            )
    if state is None:
        return
    if state.running:
        fraction = min(state.received / state.total, 1.0) if state.total else 0.0
        told = (
            text.data_notice.received(state.received, state.total)
            if state.received
            else text.data_notice.GETTING
        )
        st.progress(fraction, told)
    elif state.failure and st.session_state.get(_ASKED):
        _explain(state, state.failure)


def _ask(pictures: DisplaySet) -> None:
    st.session_state[_ASKED] = True
    resources.fetcher().start(pictures.dataset, find_data_dir())


def _explain(state: State, failure: NudgeError) -> None:
    """Why nothing came, and what to do by hand."""
    source = SOURCES[state.dataset]
    st.warning(
        text.data_notice.not_fetched(failure.what, failure.found),
        icon=":material/cloud_off:",
    )
    st.markdown(
        text.data_notice.by_hand(
            source.homepage,
            source.splits["test"].files,
            find_data_dir() / source.folder,
            script_command("download", state.dataset),
        )
    )
