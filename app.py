"""Nudge: page config and navigation. Start it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from views import text
from views.session import header

ICON = Path(__file__).parent / "views" / "icon.png"  # a named icon would be fetched from afar

st.set_page_config(page_title="Nudge", page_icon=str(ICON), layout="wide")
page = st.navigation(
    [
        st.Page(f"views/pages/{name}.py", title=title, url_path=name, default=name == "explorer")
        for name, title in text.common.PAGES.items()
    ],
    position="top",
)
header.show()  # stands already while a server's first page loads PyTorch
page.run()
