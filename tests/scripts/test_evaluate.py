import sys

import pytest

from models import VARIANTS
from nudge.data import Split
from scripts import evaluate
from tests.conftest import tiny_split

SIGN = VARIANTS["sign-fcnn"]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Split:
    """Other pictures than those of the card."""
    split = tiny_split(120, SIGN.dataset)
    monkeypatch.setattr(evaluate, "load_split", lambda *arguments: split)
    return split


def test_check_fails_on_a_difference(
    tiny: Split, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate.py", "sign-fcnn", "--device", "cpu"])
    evaluate.main()
    assert "total differs: found 120, the card says 7172" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--check"])
    with pytest.raises(SystemExit, match="not what the cards say"):
        evaluate.main()
