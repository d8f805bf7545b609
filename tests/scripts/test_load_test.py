from collections import Counter
from pathlib import Path

import pytest

from scripts.load_test import Load, Report, lines, percentile, shown_pictures
from scripts.measuring.browsing import serving
from tests.looping import finish


def test_a_small_class_is_shown_what_it_asks_for(data_dir: Path) -> None:
    with serving(data_dir) as served:
        pictures = shown_pictures(data_dir)
        first = Load(served.url, pictures, None)
        finish(first.run(users=1, seconds=0, arriving=0))  # for whom the server imports PyTorch
        load = Load(served.url, pictures, served.process.pid)
        report = finish(load.run(users=8, seconds=12, arriving=2))
    assert not report.errors
    assert len(report.first) == 8
    assert len(report.updates) > 8
    assert 100 < report.memory[-1][1] < 2000  # megabytes


def test_the_report_by_hand() -> None:
    report = Report(
        first=[0.5, 1.5],
        updates=[0.1] * 95 + [0.4] * 5,
        moments=[float(i) for i in range(100)],
        memory=[(at * 5.0, 700.0 if at < 60 else 714.0) for at in range(121)],
        busy=300.0,
        seconds=600.0,
    )
    assert percentile(report.updates) == pytest.approx(0.385)
    rows = dict(line.strip("| ").split(" | ") for line in lines(2, report) if line.count("|") == 3)
    assert rows["update, median"] == "100 ms"
    assert rows["server, of one core"] == "50%"
    assert rows["memory, from minute two to the end"] == "+2.0%"
    assert report.minutes()[0] == ["1", "60", "100 ms", "100 ms", "700 MB"]


def test_where_nobody_comes_in_the_errors_are_told() -> None:
    report = Report(errors=Counter({"no answer": 3}), seconds=10.0)
    assert lines(3, report) == ["0 of 3 visitors came in; nothing to report", "3 x no answer"]
