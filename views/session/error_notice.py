"""What is missing or broken, and what to run: the same words on every page."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from models import NudgeError
from views import text


def explain(error: NudgeError, *, lead: str = "") -> None:
    """One clear sentence, and the command that mends it. What else is on the page stays."""
    st.warning(f"{lead}{error.what}.", icon=":material/folder_off:")
    if error.expected is not None:
        st.caption(text.common.expected(error.expected, error.found))
    if error.hint:
        st.caption(f"{error.hint}.")
    if error.mend:
        st.markdown(text.common.RUN_THIS)
        st.code(error.mend, language="bash", wrap_lines=True)


class Attempts:
    """Parts of a page, each of which may lack something: that is told once, and the others stand.

    >>> attempt = Attempts()
    >>> for variant in variants:
    ...     with attempt():
    ...         draw(variant)
    """

    def __init__(self) -> None:
        self._told: set[str] = set()

    @contextmanager
    def __call__(self, lead: str = "") -> Iterator[None]:
        try:
            yield
        except NudgeError as error:
            said = f"{error.what} {error.mend}"
            if said not in self._told:
                self._told.add(said)
                explain(error, lead=lead)
