import torch
from streamlit import config
from streamlit.testing.v1 import AppTest

from views.session import resources


def test_what_makes_a_server_quick_is_set() -> None:
    before = config.get_option("runner.postScriptGC")
    try:
        resources.tune_process.clear()
        resources.tune_process()
        assert config.get_option("runner.postScriptGC") is False
        assert torch.get_num_threads() == 1
    finally:
        config.set_option("runner.postScriptGC", before)


def test_what_a_browser_did_not_send_is_as_the_address_says() -> None:
    def page() -> None:
        import streamlit as st

        from views.session.state import current, open_address

        open_address("explorer")
        del st.session_state["dataset"], st.session_state["image"]
        view = current()
        st.text(f"{view.dataset} {view.image} {view.epsilon}")

    app = AppTest.from_function(page)
    app.query_params.update({"dataset": "sign", "image": "17", "epsilon": "0.1"})
    app.run()
    assert not app.exception
    assert app.text[0].value == "sign 17 0.1"
