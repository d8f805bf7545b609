"""docs/performance.md holds what docs/performance.json says, and nothing is lost on the way."""

import json
from pathlib import Path

import pytest
import torch

from models import NudgeError
from scripts import benchmark, benchmark_page
from scripts.measuring import performance, scaling, startup, sweeping


def test_a_record_takes_the_place_of_the_one_of_its_name(tmp_path: Path) -> None:
    page, kept = tmp_path / "performance.md", tmp_path / "performance.json"
    page.write_text("before\n<!-- a -->\nold\n<!-- /a -->\nafter\n")
    kept.write_text(json.dumps({"one": {"x": 1}, "other": {"y": 2}}))
    performance.write("one", {"x": 3}, {"a": "new"}, tmp_path)
    assert page.read_text() == "before\n<!-- a -->\nnew\n<!-- /a -->\nafter\n"
    assert json.loads(kept.read_text()) == {"one": {"x": 3}, "other": {"y": 2}}


def test_without_room_on_the_page_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "performance.md").write_text("no place\n")
    with pytest.raises(NudgeError, match="no place for the table of a"):
        performance.write("one", {}, {"a": "new"}, tmp_path)
    assert not (tmp_path / "performance.json").exists()


def test_the_committed_page_is_that_of_the_committed_record() -> None:
    records = json.loads((performance.DOCS / "performance.json").read_text(encoding="utf-8"))
    page = (performance.DOCS / "performance.md").read_text(encoding="utf-8")
    tables = {
        **sweeping.tables(records["sweep"]),
        "processes": scaling.table(records["processes"]),
        "train": benchmark.training_table(records["train"]),
        "start": startup.table(records["start"]),
        "pages": benchmark_page.table(records["pages"]),
    }
    for name, lines in tables.items():
        assert f"<!-- {name} -->\n{lines}\n<!-- /{name} -->" in page, name


def test_the_table_of_processes() -> None:
    record = {
        "hardware": "abacus",
        "torch": "2",
        "seconds": {"counting": {"1": [4.0, 5.0, 9.0], "2": [2.0, 2.5, 3.0]}},
        "exchange": 5e8,
    }
    table = scaling.table(record)
    assert "| counting | 1 | 5.0 | 4.0 to 9.0 | 1.00 |" in table
    assert "| counting | 2 | 2.5 | 2.0 to 3.0 | 2.00 |" in table
    assert "500 MB" in table


def test_two_processes_tell_each_other_what_they_read() -> None:
    assert scaling.exchange_under_torchrun(torch.device("cpu")) > 1e6


def test_what_a_start_takes() -> None:
    nothing, import_ = startup.measure(["pass", "import json, decimal, ctypes"])
    assert nothing[1] > 1  # Python itself takes megabytes
    assert 0 < import_[0] < 10
    record = {
        "hardware": "abacus",
        "torch": "2",
        "needed": {"a": [[1.0, 10.0], [2.0, 20.0], [9.0, 90.0]], "b": [[0.5, 5.0]] * 3},
        "spared": {"c": [[3.0, 30.0]] * 3},
    }
    table = startup.table(record)
    assert "| a | 2.00 | 20 |" in table
    assert "| **until the first view** | **2.50** | **25** |" in table
    assert "| c | +3.00 | +30 |" in table
