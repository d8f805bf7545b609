import socket
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit as st

from models import Dataset
from views import share
from views.state import View

VIEW = View(Dataset.SIGN, image=17, epsilon=0.04, quiz=True, hide=frozenset({"bars", "paths"}))


@pytest.mark.parametrize(
    ("opened", "place"),
    [
        ("http://localhost:8501/", "10.0.0.7:8501"),
        ("http://127.0.0.1:8501/?image=3", "10.0.0.7:8501"),
        ("http://[::1]/", "10.0.0.7"),
        ("http://teacher.example:8501/", "teacher.example:8501"),
        ("https://nudge.example/", "nudge.example"),
    ],
)
def test_the_link_opens_the_view_from_another_machine(opened: str, place: str) -> None:
    with (
        patch.object(share, "own_address", return_value="10.0.0.7"),
        patch.object(st, "context") as c,
    ):
        c.url = opened
        parts = urlsplit(share.link(VIEW))
    assert parts.netloc == place
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert View.from_query(query) == (VIEW, [])


def test_without_a_network_the_link_is_local() -> None:
    with patch.object(share, "own_address", return_value=None), patch.object(st, "context") as c:
        c.url = "http://localhost:8501/"
        assert urlsplit(share.link(VIEW)).netloc == "localhost:8501"


def test_own_address_is_none_or_an_address_of_this_machine() -> None:
    address = share.own_address()
    if address is not None:
        with socket.socket() as probe:
            probe.bind((address, 0))
