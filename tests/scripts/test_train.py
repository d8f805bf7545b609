"""The command lines, run in this process on tiny data or as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models import VARIANTS, Card, load_model, zoo
from nudge.data import Split
from nudge.sweep import accuracy_curve
from scripts import console, train
from tests.conftest import CHECKOUT, tiny_split


def command(
    script: str, *arguments: str, folder: Path = CHECKOUT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, CHECKOUT / "scripts" / f"{script}.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, Split]:
    """Real training, on tiny splits."""
    splits = {"train": tiny_split(600), "test": tiny_split(150, seed=1)}
    monkeypatch.setattr(train, "load_split", lambda dataset, split, data_dir: splits[split])
    return splits


def run_train(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> None:
    options = ["--output-dir", str(folder / "out"), "--checkpoint-dir", str(folder / "checkpoints")]
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments, *options])
    train.main()


def test_trains_measures_and_publishes(
    tiny: dict[str, Split], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = ("fashion-fcnn", "fashion-cnn-scrambled", "--epochs", "2", "--threads", "1")
    run_train(monkeypatch, tmp_path, *arguments, "--device", "cpu", "--precision", "float32")
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path / "out")
    for name in ("fashion-fcnn", "fashion-cnn-scrambled"):
        card = VARIANTS[name].card
        curve = accuracy_curve(load_model(name), *tiny["test"], card.epsilons)
        assert card.fgsm == curve.correct
        assert card.total == 150
        assert len(card.learning_curve) == card.recipe["epochs"] == 2
        assert (card.permutation_sha256 is None) == (name == "fashion-fcnn")
        assert "--epochs 2" in card.command
        assert "--precision float32" in card.command


def test_the_same_command_again_changes_nothing(
    tiny: dict[str, Split], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = ("sign-fcnn", "--epochs", "1", "--threads", "1", "--device", "cpu")
    run_train(monkeypatch, tmp_path, *arguments)
    weights = tmp_path / "out" / "sign-fcnn.safetensors"
    index = weights.with_name("index.json")
    before = weights.read_bytes(), index.read_text()
    run_train(monkeypatch, tmp_path, *arguments)
    assert (weights.read_bytes(), index.read_text()) == before
    (record,) = json.loads(before[1]).values()
    assert Card.from_json(record).seed == 0


@pytest.mark.parametrize(
    ("script", "arguments", "message"),
    [
        ("train", ["mnist"], "unknown variant mnist; choose from fashion-fcnn,"),
        ("train", ["--epochs", "0"], "--epochs: expected at least 1, got 0"),
        ("train", ["--device", "quantum"], "--device: "),
        ("train", ["--threads", "0"], "--threads: expected at least 1, got 0"),
        ("download", ["mnist"], "unknown data set mnist; choose from fashion, sign"),
    ],
)
def test_bad_options(script: str, arguments: list[str], message: str) -> None:
    result = command(script, *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_without_data(tmp_path: Path) -> None:
    folders = ("--output-dir", str(tmp_path), "--checkpoint-dir", str(tmp_path))
    result = command("train", "sign-cnn", "--data-dir", str(tmp_path), *folders)
    assert result.returncode == 1
    assert result.stderr.startswith("error: The train split of Sign-Language-MNIST is missing")
    assert result.stderr.count("\n") == 1


def test_unwritable_folder(
    tiny: dict[str, Split], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(SystemExit, match=r"error: .*\(.*out.*\)"):
        console.run(lambda: run_train(monkeypatch, tmp_path, "fashion-fcnn", "--epochs", "1"))
