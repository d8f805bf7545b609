"""The journey: a thousand test pictures as dots, and where they go as epsilon grows."""

from dataclasses import replace

import streamlit as st

from models import Regime
from nudge.evaluation.journey import EPSILONS, PICTURES, Embedding
from views import text
from views.charts import figure
from views.parts import data_notice, journey, widgets
from views.session import resources
from views.session.error_notice import Attempts
from views.session.page import begin
from views.session.state import View, current, write_address


def page() -> None:
    begin("journey")
    st.markdown(text.journey.LEAD)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        widgets.segments("dataset", "architecture", "pixels")
        embedding = st.segmented_control(
            text.journey.EMBEDDING,
            list(Embedding),
            format_func=text.journey.EMBEDDINGS.__getitem__,
            default=Embedding.TSNE,
            key="embedding",
            required=True,
        )
    view = replace(current(), regime=Regime.STANDARD)
    write_address(current())
    with Attempts()():
        _drawn(view, Embedding(embedding))


def _drawn(view: View, embedding: Embedding) -> None:
    pictures = resources.display_set(view.dataset)
    data_notice.offer(pictures)
    if pictures.generated:
        st.info(text.journey.NO_PICTURES, icon=":material/image_not_supported:")
        return
    found = resources.journey(view.variant.id)
    labels = pictures.split.labels[:PICTURES].numpy().astype("uint8")
    picture = journey.show(view, found, embedding, labels)
    if picture is not None:
        opened = View(
            view.dataset, view.architecture, view.pixels, epsilon=current().epsilon, image=picture
        )
        st.switch_page("views/pages/explorer.py", query_params=opened.to_query())
    st.fragment(journey.converse)(view, pictures)
    st.caption(text.journey.caption(embedding, PICTURES, list(EPSILONS)))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            text.common.SAVE_CSV,
            lambda: figure.csv_of(journey.rows(view, found, embedding, labels)),
            f"nudge-journey-{view.variant.id}-{embedding}.csv",
            "text/csv",
            on_click="ignore",
        )
        with st.popover(text.journey.CODE, icon=":material/code:"):
            st.caption(text.share.CODE_HELP)
            st.code(journey.snippet(view, embedding), language="python", wrap_lines=True)


page()
