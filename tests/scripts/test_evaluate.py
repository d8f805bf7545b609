import sys
from dataclasses import replace

import pytest

from models import VARIANTS, load_model
from nudge.data import Split
from nudge.publishing import Measurement, measure
from scripts import evaluate
from tests.conftest import tiny_split

SIGN = VARIANTS["sign-fcnn"]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Split:
    split = tiny_split(120, SIGN.dataset)
    monkeypatch.setattr(evaluate, "load_split", lambda *arguments: split)
    return split


@pytest.fixture
def found(tiny: Split) -> Measurement:
    return measure(load_model(SIGN), tiny)


def test_compare(found: Measurement) -> None:
    card = replace(SIGN.card, total=120, fgsm=found.fgsm, random=found.random)
    assert evaluate.compare(found, card) == []
    off = replace(card, fgsm=(found.fgsm[0] + 1, *found.fgsm[1:]))
    assert evaluate.compare(found, off) == [
        f"FGSM at 0: {found.fgsm[0]} right, the card says {found.fgsm[0] + 1}"
    ]
    assert "unlike the card" in evaluate.compare(found, SIGN.card)[0]


def test_check_fails_on_a_difference(tiny: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate.py", "sign-fcnn", "--device", "cpu"])
    evaluate.main()
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--check"])
    with pytest.raises(SystemExit, match="not what the cards say"):
        evaluate.main()
