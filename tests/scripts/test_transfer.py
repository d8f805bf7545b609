import sys
from pathlib import Path

import numpy as np
import pytest

from models import Dataset
from nudge.evaluation import transferability as nudge_transfer
from nudge.evaluation.transferability import Transfer, networks, save_transfer
from scripts import transfer
from tests.conftest import tiny_split

GRID = (0.0, 0.1)


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "transfer.npz"
    split = tiny_split(20, Dataset.SIGN)
    monkeypatch.setattr(transfer, "load_split", lambda *arguments: split)
    monkeypatch.setattr(transfer, "TRANSFER_EPSILONS", GRID)
    monkeypatch.setattr(nudge_transfer, "RECORD", path)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["transfer.py", *arguments, "--device", "cpu"])
    transfer.main()


def test_records_and_checks(
    record: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "sign")
    run(monkeypatch, "sign", "--check")
    cells = len(GRID) * len(networks(Dataset.SIGN)) ** 2
    assert f"sign: 0 of {cells} counts differ" in capsys.readouterr().out
    with np.load(record) as arrays:
        counts = arrays["sign"].astype(np.int64)
    counts[1, 2, 3] += 1
    save_transfer(Dataset.SIGN, Transfer(GRID, counts, 20))
    with pytest.raises(SystemExit, match="not what was recorded"):
        run(monkeypatch, "sign", "--check")
    assert f"sign: 1 of {cells} counts differ" in capsys.readouterr().out


def test_an_unknown_data_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "mnist")
    assert "unknown data set mnist; choose from fashion, sign" in capsys.readouterr().err
