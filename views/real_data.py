"""Says plainly where generated hands stand in, and fetches the real pictures for whoever asks."""

import streamlit as st

from models import NudgeError
from models.errors import script_command
from nudge.data import find_data_dir
from nudge.exhibit import Exhibit
from nudge.fetching import State
from nudge.sources import SOURCES
from views import resources, text

POLL = 1.0  # seconds between two looks at a download
# Key of the session's state: whether this visitor asked. Only who asked is told how it ended.
_ASKED = "_asked_for_real_data"


def offer(*shown: Exhibit) -> None:
    """Above pictures that stand in for others: what they are, and a button for the real ones.

    Nothing where all pictures are the official ones and no file is damaged.
    """
    if st.session_state.get(_ASKED) and not any(pictures.why for pictures in shown):
        st.session_state[_ASKED] = False
        st.toast(text.GOT_REAL, icon=":material/check:")
    for pictures in shown:
        # A file that is there and damaged is worth a word even where the bundle stands in for it.
        damaged = pictures.why is not None and pictures.why.expected is not None
        if pictures.generated or damaged:
            _said(pictures, damaged=damaged)


def _said(pictures: Exhibit, *, damaged: bool) -> None:
    if damaged and pictures.why is not None:
        st.markdown(text.damaged(pictures.why.what, pictures.why.found))
    state = resources.fetcher().look()
    running = state is not None and state.running
    # A fragment of its own, which alone runs again while data comes in.
    st.fragment(_fetch, run_every=POLL if running else None)(pictures, polling=running)


def _fetch(pictures: Exhibit, *, polling: bool) -> None:
    state = resources.fetcher().look()
    if (state is not None and state.running) != polling:
        st.rerun()  # with polling, or without; and with the real pictures, if they came
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if pictures.generated:
            st.caption(text.GENERATED_NOTICE, width="content")
        if not polling:
            st.button(
                text.GET_REAL,
                icon=":material/download:",
                type="tertiary",
                on_click=_ask,
                args=(pictures,),
                key=f"get-real-{pictures.dataset}",
            )
    if state is None:
        return
    if state.running:
        share = min(state.received / state.total, 1.0) if state.total else 0.0
        told = text.received(state.received, state.total) if state.received else text.GETTING
        st.progress(share, told)
    elif state.failure and st.session_state.get(_ASKED):
        _explain(state, state.failure)


def _ask(pictures: Exhibit) -> None:
    st.session_state[_ASKED] = True
    resources.fetcher().start(pictures.dataset, find_data_dir())


def _explain(state: State, failure: NudgeError) -> None:
    """Why nothing came, and what to do by hand."""
    source = SOURCES[state.dataset]
    st.warning(
        text.not_fetched(failure.what, failure.found),
        icon=":material/cloud_off:",
    )
    st.markdown(
        text.by_hand(
            source.homepage,
            source.splits["test"].files,
            find_data_dir() / source.folder,
            script_command("download", state.dataset),
        )
    )
