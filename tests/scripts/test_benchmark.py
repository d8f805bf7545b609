from pathlib import Path

import pytest

from scripts import benchmark
from scripts.benchmark import NETWORKS


def test_trains_both_ways(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A short run: what it measures is no matter here, that every contender trains is."""
    monkeypatch.setattr(benchmark, "STEPS", 3)
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    monkeypatch.setattr(benchmark, "WARM_UP", 1)
    monkeypatch.setattr(benchmark, "NETWORKS", NETWORKS[:1])
    arguments = ["benchmark.py", "train", "--device", "cpu", "--data-dir", str(data_dir)]
    monkeypatch.setattr("sys.argv", arguments)
    benchmark.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 3
    for row in rows:
        name, rate, _, ratio = (cell.strip() for cell in row.strip("|").split("|"))
        assert float(rate.replace(",", "")) > 0, name
        assert float(ratio) > 0, name
