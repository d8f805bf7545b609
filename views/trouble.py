"""What is missing or broken, and what to run: the same words on every page."""

import streamlit as st

from models import NudgeError
from views import text


def explain(error: NudgeError) -> None:
    """One clear sentence, and the command that mends it. What else is on the page stays."""
    st.warning(f"{error.what}.", icon=":material/folder_off:")
    if error.expected is not None:
        st.caption(text.expected(error.expected, error.found))
    if error.mend:
        st.markdown(text.RUN_THIS)
        st.code(error.mend, language="bash", wrap_lines=True)
