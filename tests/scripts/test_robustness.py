import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from models import VARIANTS, zoo
from models.card_files import FLIP_STEPS, PGD_FLIP_STEPS, read_array
from nudge.data import Split
from nudge.evaluation.robustness import (
    STRONGEST,
    count_moved,
    count_robust,
    pgd_confusion,
    pgd_ssim,
    robust_curve,
)
from nudge.files import write_npz
from nudge.training.publishing import amend, publish
from scripts import robustness
from tests.conftest import tiny_split

SIGN = VARIANTS["sign-fcnn"]
TOTAL = 60


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of one variant's card and weights, beside a test set of a few pictures."""
    split = tiny_split(TOTAL, SIGN.dataset)
    monkeypatch.setattr(robustness, "load_split", lambda *arguments: split)
    arrays = {FLIP_STEPS: read_array(SIGN.weights.with_name(FLIP_STEPS), SIGN.id)}
    publish(tmp_path, SIGN, SIGN.weights.read_bytes(), SIGN.card, arrays)
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    monkeypatch.setattr(robustness, "PRETRAINED", tmp_path)
    monkeypatch.setattr(robustness, "SSIM_PICTURES", 5)
    return tmp_path


@pytest.fixture
def split() -> Split:
    return tiny_split(TOTAL, SIGN.dataset)


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str) -> None:
    command = ["robustness.py", SIGN.id, "--device", "cpu", "--checkpoint-dir", str(folder / "c")]
    monkeypatch.setattr(sys, "argv", [*command, *options])
    robustness.main()


def test_writes_the_card_and_finds_it_equal(
    folder: Path, split: Split, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A card of the full test set holds no counts of sixty pictures that contradict it.
    assert SIGN.card.pgd is None or len(SIGN.card.pgd) == len(SIGN.card.epsilons)
    before = SIGN.card
    run(monkeypatch, folder)
    curve = robust_curve(zoo.load_model(SIGN), *split, before.epsilons)
    assert SIGN.card.pgd == curve.correct
    (withstood,) = SIGN.card.withstood
    assert (withstood.attack, withstood.epsilon) == ("PGD, 40 steps, 5 restarts", 0.03)
    assert withstood.total == TOTAL
    strongest = count_robust(zoo.load_model(SIGN), *split, 0.03, attack=STRONGEST)
    assert 0 <= withstood.correct - strongest <= 2  # other starts: those left alone are numbered
    assert withstood.correct <= curve.correct[6]
    assert SIGN.card.moved == count_moved(zoo.load_model(SIGN), *split)
    model, grid = zoo.load_model(SIGN), before.epsilons[::2]
    confusion = pgd_confusion(model, *split, classes=24)
    assert SIGN.card.pgd_confusion == tuple(map(tuple, confusion.tolist()))
    similar = pgd_ssim(model, split.images[:5], split.labels[:5], grid)
    assert SIGN.card.pgd_ssim == tuple(round(value, 6) for value in similar)
    assert SIGN.card.fgsm == before.fgsm
    flips = read_array(folder / PGD_FLIP_STEPS, SIGN.id)
    assert [(flips > step).sum() for step in range(61)] == list(curve.correct)
    run(monkeypatch, folder, "--check")
    assert "as the card says" in capsys.readouterr().out
    write_npz(folder / PGD_FLIP_STEPS, {SIGN.id: np.zeros_like(flips)})
    with pytest.raises(SystemExit, match="not what the cards say"):
        run(monkeypatch, folder, "--check")
    assert f"{int((flips > 0).sum())} pictures flip elsewhere" in capsys.readouterr().out


def test_check_fails_where_another_count_differs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, folder)
    card = SIGN.card
    changes: tuple[dict[str, object], ...] = (
        {"moved": 1},
        {"withstood": []},
        {"pgd_confusion": None},
    )
    for changed in changes:
        amend(folder, SIGN, changed, {}, sha256=card.sha256)
        with pytest.raises(SystemExit, match="not what the cards say"):
            run(monkeypatch, folder, "--check")
        (name,) = changed
        kept = getattr(card, name)
        again = {name: [asdict(w) for w in kept] if name == "withstood" else kept}
        amend(folder, SIGN, again, {}, sha256=card.sha256)
    run(monkeypatch, folder, "--check")


def test_other_hardware_may_count_a_little_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, folder)
    card = SIGN.card
    assert card.attacked_on.startswith("cpu")
    assert card.pgd is not None
    assert card.moved is not None
    flips = read_array(folder / PGD_FLIP_STEPS, SIGN.id)
    other = {"attacked_on": "another", "moved": card.moved + int(0.004 * card.total)}
    amend(folder, SIGN, other, {PGD_FLIP_STEPS: np.zeros_like(flips)}, sha256=card.sha256)
    run(monkeypatch, folder, "--check")
    more = int(0.006 * card.total)
    counts = {"pgd": [count + more for count in card.pgd]}
    amend(folder, SIGN, counts, {}, sha256=card.sha256)
    with pytest.raises(SystemExit, match="not what the cards say"):
        run(monkeypatch, folder, "--check")
    assert "pgd: up to 0.60% apart" in capsys.readouterr().out


def test_takes_up_where_it_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the file of an interrupted run holds is believed, so that it need not be found again."""
    kept = np.full(TOTAL, 7, np.uint8)
    device = torch.device("cpu")
    path = robustness.kept_file(folder / "c", SIGN, device, check=False)
    write_npz(path, {"flips": kept})
    run(monkeypatch, folder)
    assert (read_array(folder / PGD_FLIP_STEPS, SIGN.id) == 7).all()
    assert not list((folder / "c").iterdir())
    assert "below half at epsilon 0.035 under PGD" in capsys.readouterr().out


def test_a_check_takes_nothing_from_a_run_that_was_interrupted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, folder)
    path = robustness.kept_file(folder / "c", SIGN, torch.device("cpu"), check=False)
    write_npz(path, {"flips": np.full(TOTAL, 7, np.uint8)})
    run(monkeypatch, folder, "--check")
    assert "as the card says" in capsys.readouterr().out
    assert path.exists()
