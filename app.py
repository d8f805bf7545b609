"""Nudge: page config and navigation. Start it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parent / "views" / "icon.png"  # a named icon would be fetched from afar

st.set_page_config(page_title="Nudge", page_icon=str(ICON), layout="wide")
st.navigation(
    [st.Page("views/explorer.py", title="Explorer", default=True)], position="hidden"
).run()
