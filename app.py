"""Nudge: page config and navigation. Start it with `streamlit run app.py`.

`streamlit run app.py -- --networks FOLDER` brings networks along: see docs/own-network.md.
"""

import argparse
import os
from pathlib import Path

import streamlit as st

from views import text
from views.session import header

ICON = Path(__file__).parent / "views" / "icon.png"  # a named icon would be fetched from afar

options = argparse.ArgumentParser(add_help=False)
options.add_argument("--networks", default=os.environ.get("NUDGE_NETWORKS", ""))
os.environ["NUDGE_NETWORKS"] = options.parse_known_args()[0].networks  # read by views.session

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
