from pathlib import Path

import pytest
import torch

from scripts import benchmark
from scripts.benchmark import NETWORKS


def test_trains_both_ways(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short run: what it measures is no matter here, that every contender trains is."""
    monkeypatch.setattr(benchmark, "STEPS", 3)
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    monkeypatch.setattr(benchmark, "WARM_UP", 1)
    monkeypatch.setattr(benchmark, "NETWORKS", NETWORKS[:1])
    page = tmp_path / "performance.md"
    page.write_text("<!-- train -->\n\n<!-- /train -->\n")
    benchmark.benchmark_training(torch.device("cpu"), str(data_dir), tmp_path)
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 3
    for row in rows:
        name, rate, _, ratio = (cell.strip() for cell in row.strip("|").split("|"))
        assert float(rate.replace(",", "")) > 0, name
        assert float(ratio) > 0, name
