"""A chart with all that belongs to it: its caption, its figures as a table, CSV and PNG."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from views import text

Row = Mapping[str, object]


def show(
    name: str,
    spec: Mapping[str, Any],
    datasets: Mapping[str, Sequence[Row]],
    table: Sequence[Row],
    caption: str,
) -> None:
    """Draw a chart.

    Args:
        name: of the chart on its page, and of the files it is saved as.
        spec: Vega-Lite, built once, with fixed axes; it names its data.
        datasets: rows for each of those names.
        table: the same figures for those who do not see charts, and for CSV.
        caption: what is counted, and over how many pictures.
    """
    complete = {**spec, "datasets": {key: list(rows) for key, rows in datasets.items()}}
    st.vega_lite_chart(spec=complete, key=name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(caption)
        with st.popover(text.common.TABLE, icon=":material/table:", key=f"{name}-table"):
            st.dataframe(list(table), hide_index=True, key=f"{name}-rows")
            st.download_button(
                text.common.SAVE_CSV, csv_of(table), f"nudge-{name}.csv", "text/csv",
                key=f"{name}-csv", on_click="ignore",
            )  # fmt: skip
            st.download_button(
                text.common.SAVE_PNG, lambda: png_of(complete), f"nudge-{name}.png", "image/png",
                key=f"{name}-png", on_click="ignore",
            )  # fmt: skip


def background() -> str:
    """The colour behind the charts, Streamlit's own of either theme."""
    return "#0e1117" if st.context.theme.type == "dark" else "#ffffff"


def csv_of(table: Sequence[Row]) -> str:
    """The rows as CSV, with a header."""
    file = io.StringIO()
    if table:
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    return file.getvalue()


def png_of(spec: Mapping[str, Any]) -> bytes:
    """The chart as a picture, drawn here and without a network."""
    import vl_convert  # 60 MB that only a click needs

    # What the page's theme painted around labels would stand out on white.
    white = {
        name: [row | {"halo": "white"} if "halo" in row else row for row in rows]
        for name, rows in spec.get("datasets", {}).items()
    }
    on_white = {**spec, "background": "white", "datasets": white}
    return vl_convert.vegalite_to_png(on_white, scale=2)
