"""What stands around every page."""

from html import escape
from pathlib import Path

import streamlit as st

from views import text


def show() -> None:
    """The header and the style of all pages."""
    st.html(Path(__file__).with_name("style.css"))
    st.html(f'<header class="nudge-header"><h1>{escape(text.TITLE)}</h1></header>')
