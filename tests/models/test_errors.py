import sys

import pytest

from models.errors import CHECKOUT, NudgeError, script_command


def test_says_what_where_expected_found_and_the_mend() -> None:
    error = NudgeError("It is wrong", where="a/file", expected=1, found=2, mend="mend it")
    assert str(error) == "It is wrong (a/file): expected 1, got 2. To mend it, run: mend it"


def test_leaves_out_what_is_not_known() -> None:
    assert str(NudgeError("It is wrong")) == "It is wrong"


def test_command_names_the_python_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(CHECKOUT / ".venv" / "bin" / "python"))
    assert script_command("download", "sign") == ".venv/bin/python scripts/download.py sign"
    monkeypatch.setattr(sys, "executable", "/elsewhere/bin/python3")
    assert script_command("train") == "python scripts/train.py"
