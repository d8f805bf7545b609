"""Downloads in the background, from a real server on this machine."""

import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models import Dataset
from nudge.data import digest, load_split, splits
from nudge.data.sources import SIGN, SOURCES, Archive, SplitRecord
from nudge.serving import background_download
from nudge.serving.background_download import Fetcher, State
from tests.conftest import tiny_split
from tests.nudge.data.test_download import sha256
from tests.nudge.data.test_splits import csv_lines
from tests.serving import Server

SPLIT = tiny_split(40)
CSV = "sign_mnist_test.csv"
CONTENT = "".join(line + "\r\n" for line in csv_lines(SPLIT)).encode("ascii")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serves a tiny Sign, which every record is made to expect."""
    server = Server(tmp_path / "served")
    with zipfile.ZipFile(server.folder / "sign.zip", "w") as file:
        file.writestr(CSV, CONTENT)
    archive = Archive(
        urls=(f"{server.url}/sign.zip",), checksum=None, members={CSV: frozenset({sha256(CONTENT)})}
    )
    record = SplitRecord(files=(CSV,), total=40, sha256=digest(*SPLIT))
    source = replace(SIGN, splits={"test": record}, archives=(archive,))
    for module in (splits, background_download):
        monkeypatch.setattr(module, "SOURCES", {**SOURCES, Dataset.SIGN: source})
    yield server
    server.gate.set()
    server.close()


def ended(fetcher: Fetcher) -> State:
    deadline = time.monotonic() + 60
    while (state := fetcher.poll()) is None or state.running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return state


def test_nothing_was_asked_for() -> None:
    assert Fetcher().poll() is None


def test_what_was_fetched_is_there(server: Server, tmp_path: Path) -> None:
    fetcher = Fetcher()
    assert fetcher.start(Dataset.SIGN, tmp_path)
    assert ended(fetcher).failure is None
    assert digest(*load_split("sign", "test", tmp_path)) == digest(*SPLIT)


def test_one_at_a_time(server: Server, tmp_path: Path) -> None:
    fetcher = Fetcher()
    server.gate.clear()
    assert fetcher.start(Dataset.SIGN, tmp_path)
    assert not fetcher.start(Dataset.SIGN, tmp_path)
    assert fetcher.poll() == State(Dataset.SIGN, running=True)
    server.gate.set()
    assert ended(fetcher).failure is None
    assert len(server.requests) == 1
    assert fetcher.start(Dataset.SIGN, tmp_path)  # the next may begin
    assert ended(fetcher).failure is None
    assert len(server.requests) == 1  # and finds all there


def test_how_far_it_is(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    update = background_download._Bar.update

    def slow(bar: background_download._Bar, count: int) -> None:
        update(bar, count)
        seen.append(fetcher.poll())

    monkeypatch.setattr(background_download._Bar, "update", slow)
    fetcher = Fetcher()
    fetcher.start(Dataset.SIGN, tmp_path)
    assert ended(fetcher).failure is None
    size = (server.folder / "sign.zip").stat().st_size
    assert all(state is not None and state.running and state.total == size for state in seen)
    assert [state.received for state in seen if state][-1] == size


def test_why_nothing_came_and_another_try(server: Server, tmp_path: Path) -> None:
    (server.folder / "sign.zip").rename(server.folder / "away.zip")
    fetcher = Fetcher()
    fetcher.start(Dataset.SIGN, tmp_path)
    failure = ended(fetcher).failure
    assert failure is not None
    assert "could not be downloaded from any mirror" in failure.what
    assert "HTTP status 404 from http://127.0.0.1" in str(failure.found)
    (server.folder / "away.zip").rename(server.folder / "sign.zip")
    fetcher.start(Dataset.SIGN, tmp_path)
    assert ended(fetcher).failure is None


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    fetcher = Fetcher()
    fetcher.start(Dataset.SIGN, tmp_path / "file")
    state = ended(fetcher)
    assert state.failure is not None
    assert state.failure is not None
    assert state.failure.what == "The data folder cannot be written"
    assert state.failure.found == "Not a directory"


def test_even_a_fault_of_ours_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(background_download, "download", fault)
    fetcher = Fetcher()
    fetcher.start(Dataset.SIGN, tmp_path)
    failure = ended(fetcher).failure
    assert failure is not None
    assert failure.found == "ZeroDivisionError: ours"
