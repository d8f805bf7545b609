import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models import VARIANTS, load_model, zoo
from nudge.data import Split
from nudge.evaluation.measurement import measure
from nudge.training.publishing import half_precision, publish, serialise
from scripts import evaluate
from tests.conftest import tiny_split

SIGN = VARIANTS["sign-fcnn"]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Split:
    """Other pictures than those of the card."""
    split = tiny_split(120, SIGN.dataset)
    monkeypatch.setattr(evaluate, "load_split", lambda *arguments: split)
    return split


def test_equal_to_what_was_just_published(
    tiny: Split, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model, found = load_model(SIGN), measure(load_model(SIGN), tiny)
    content, digest = serialise(half_precision(model))
    # What PGD left of the full test set is nothing of these pictures.
    others = {"pgd": None, "withstood": (), "moved": None, "pgd_ssim": None, "pgd_confusion": None}
    counts = found.for_card(len(SIGN.classes))
    card = replace(SIGN.card, sha256=digest, **others, **counts)  # type: ignore[arg-type]
    arrays = found.arrays(len(SIGN.classes))
    publish(tmp_path, SIGN, content, card, arrays)
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    monkeypatch.setattr(sys, "argv", ["evaluate.py", SIGN.id, "--device", "cpu", "--check"])
    evaluate.main()
    other = replace(card, fgsm=(card.fgsm[0] + 1, *card.fgsm[1:]))
    publish(tmp_path, SIGN, content, other, arrays)
    expected = f"fgsm: 1 differ, first found {card.fgsm[0]}, the card says {card.fgsm[0] + 1}"
    assert evaluate.compare(found, SIGN) == [expected]
    for name in arrays:
        publish(tmp_path, SIGN, content, card, {**arrays, name: np.zeros_like(arrays[name])})
        assert evaluate.compare(found, SIGN) == [f"{name}: found other values than recorded"]


def test_check_fails_on_a_difference(
    tiny: Split, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate.py", "sign-fcnn", "--device", "cpu"])
    evaluate.main()
    assert "total: found 120, the card says 7172" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--check"])
    with pytest.raises(SystemExit, match="not what the cards say"):
        evaluate.main()


def test_what_pgd_leaves_is_measured_by_one_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.distributed, "is_torchelastic_launched", lambda: True)
    monkeypatch.setattr(sys, "argv", ["evaluate.py", SIGN.id, "--robustness"])
    with pytest.raises(SystemExit):
        evaluate.main()
    assert "leave out torchrun" in capsys.readouterr().err
