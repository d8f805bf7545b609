"""What stands around every page."""

from html import escape
from pathlib import Path

import streamlit as st

from views import text

_FOLDER = Path(__file__).parent


def show() -> None:
    """The header and the style of all pages."""
    st.html(_FOLDER / "style.css")
    links = (_FOLDER / "links.js").read_text(encoding="utf-8")
    st.html(
        f'<header class="nudge-header"><h1>{escape(text.common.TITLE)}</h1></header>'
        f'<script type="module">{links}</script>',
        unsafe_allow_javascript=True,
    )
