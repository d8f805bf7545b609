import socket
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest

from models import Dataset
from views.parts import share
from views.session.state import View

VIEW = View(Dataset.SIGN, image=17, epsilon=0.04, quiz=True, hide=frozenset({"bars", "paths"}))


@contextmanager
def opened_at(address: str, network: str | None = "10.0.0.7") -> Iterator[None]:
    """A browser at that address, and this machine's address on its network."""
    with (
        patch.object(share, "own_address", return_value=network),
        patch.object(share, "browser_address", return_value=address),
    ):
        yield


@pytest.mark.parametrize(
    ("opened", "place"),
    [
        ("http://localhost:8501/", "10.0.0.7:8501"),
        ("http://127.0.0.1:8501/?image=3", "10.0.0.7:8501"),
        ("http://[::1]/", "10.0.0.7"),
        ("http://0.0.0.0:8501/", "10.0.0.7:8501"),
        ("http://nudge.localhost:8501/", "10.0.0.7:8501"),
        ("http://teacher.example:8501/", "teacher.example:8501"),
        ("https://nudge.example/", "nudge.example"),
    ],
)
def test_the_link_opens_the_view_from_another_machine(opened: str, place: str) -> None:
    with opened_at(opened):
        parts = urlsplit(share.link(VIEW))
    assert parts.netloc == place
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert View.from_query(query) == (VIEW, [])


@pytest.mark.parametrize(
    ("opened", "folder"),
    [
        ("http://h:8501/", "http://h:8501/"),
        ("http://h:8501/classes", "http://h:8501/"),
        ("http://h:8501/no-such-page", "http://h:8501/"),
        ("http://h:8501/lab/nudge/", "http://h:8501/lab/nudge/"),
        ("https://h:8443/lab/nudge/classes", "https://h:8443/lab/nudge/"),
        ("https://h/lab/nudge/no-such-page", "https://h/lab/nudge/"),
        ("https://h/my-classes/", "https://h/my-classes/"),
        ("https://h/classes/classes", "https://h/classes/"),
        (
            "https://localhost:8443/user/a%40b/proxy/8501/lesson",
            "https://10.0.0.7:8443/user/a%40b/proxy/8501/",
        ),
    ],
)
def test_all_pages_lie_in_one_folder(opened: str, folder: str) -> None:
    with opened_at(opened):
        assert share.base() == folder
        assert share.link(VIEW).startswith(f"{folder}?dataset=sign&")
        assert share.link(VIEW, "lesson").startswith(f"{folder}lesson?dataset=sign&")


def test_without_a_network_the_link_is_local() -> None:
    with opened_at("http://localhost:8501/", network=None):
        assert urlsplit(share.link(VIEW)).netloc == "localhost:8501"


@pytest.mark.parametrize(
    ("opened", "host"),
    [("http://localhost:8501/lesson", "10.0.0.7"), ("http://teacher.example/", None)],
)
def test_the_host_that_others_write_instead(opened: str, host: str | None) -> None:
    with opened_at(opened):
        assert share.host_for_others() == host


def test_own_address_is_none_or_an_address_of_this_machine() -> None:
    address = share.own_address()
    if address is not None:
        with socket.socket() as probe:
            probe.bind((address, 0))
