import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from models import VARIANTS, load_model, zoo
from models.card_files import CONFUSIONS, FLIP_STEPS, read_array
from nudge.data import Split
from nudge.evaluation.measurement import Measurement, measure
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


@pytest.mark.parametrize("moved", [14, 15])  # of 7,172 pictures: 0.2 % are 14.3
def test_other_hardware_may_move_pictures_that_stand_on_an_edge(
    moved: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures of the card, of which some pictures are seen otherwise at one epsilon."""
    card, classes, at = SIGN.card, len(SIGN.classes), 20
    flips = read_array(SIGN.weights.with_name(FLIP_STEPS), SIGN.id).copy()
    confusions = read_array(SIGN.weights.with_name(CONFUSIONS), SIGN.id).copy()
    true = int(confusions[1, at].diagonal().argmax())
    confusions[1, at, true, true] -= moved
    confusions[1, at, true, (true + 1) % classes] += moved
    some = np.flatnonzero(flips == at + 1)[:moved]
    flips[some] = at
    fgsm = tuple(n - moved * (i == at) for i, n in enumerate(card.fgsm))
    ssim = tuple(value + 0.0001 for value in card.ssim)

    class Found:
        def for_card(self, classes: int) -> dict[str, object]:
            names = ("total", "epsilons", "random", "class_totals", "class_correct")
            return {name: getattr(card, name) for name in names} | {"fgsm": fgsm, "ssim": ssim}

        def arrays(self, classes: int) -> dict[str, np.ndarray]:
            return {FLIP_STEPS: flips, CONFUSIONS: confusions}

    found = cast("Measurement", Found())
    differ = ["fgsm: 1 differ", "ssim: 61 differ", f"{FLIP_STEPS}: found", f"{CONFUSIONS}: found"]
    strict = evaluate.compare(found, SIGN)
    assert len(strict) == len(differ)
    assert all(said.startswith(start) for said, start in zip(strict, differ, strict=True))
    lenient = evaluate.compare(found, SIGN, within=evaluate.WITHIN)
    assert len(lenient) == (0 if moved == 14 else 3)  # SSIM moves by less in either


@pytest.mark.parametrize("same", [True, False])
def test_elsewhere_a_small_difference_passes(
    same: bool, tiny: Split, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = SIGN.card.hardware if same else "another: card"
    monkeypatch.setattr(evaluate, "device_name", lambda device: told)
    monkeypatch.setattr(
        evaluate, "compare", lambda found, variant, within=0.0: [] if within else ["fgsm: 1 differ"]
    )
    monkeypatch.setattr(sys, "argv", ["evaluate.py", SIGN.id, "--device", "cpu", "--check"])
    if same:
        with pytest.raises(SystemExit):
            evaluate.main()
    else:
        evaluate.main()
    said = capsys.readouterr().out
    assert "fgsm: 1 differ" in said
    assert ("no more than sums on other hardware may move" in said) != same


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
