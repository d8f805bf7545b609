"""The command lines, run in this process on tiny data or as a user runs them."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors import safe_open

from models import VARIANTS, load_model, zoo
from models.card_checks import parse_card
from nudge.data import Split
from nudge.evaluation.sweep import accuracy_curve
from scripts import train
from scripts.shared import command_line
from tests.conftest import CHECKOUT, tiny_split

Process = subprocess.Popen[str]


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
        assert "--set epochs=2" in card.command
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
    assert parse_card(record).seed == 0


def test_the_bar_shows_no_accuracy_on_the_test_set(
    tiny: dict[str, Split],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Pictures held out are there to choose by; the test set is for the end."""
    arguments = ("fashion-fcnn", "--epochs", "2", "--threads", "1", "--device", "cpu")
    run_train(monkeypatch, tmp_path, *arguments, "--repeat")
    bar = capsys.readouterr().err
    assert re.search(r"epoch 2/2, loss \d+\.\d{3}, train \d+\.\d\d%\]", bar)
    assert "held out" not in bar
    monkeypatch.setattr(train, "hold_out", lambda dataset, split: (split, tiny["test"]))
    run_train(monkeypatch, tmp_path, *arguments, "--validation")
    bar = capsys.readouterr().err
    assert re.search(r"train \d+\.\d\d%, held out \d+\.\d\d%\]", bar)


@pytest.mark.parametrize(
    ("script", "arguments", "message"),
    [
        ("train", ["mnist"], "unknown variant mnist; choose from fashion-fcnn,"),
        ("train", ["--epochs", "0"], "expected epochs of at least 1, got 0"),
        ("train", ["--device", "quantum"], "--device: "),
        ("train", ["--set", "mixup=-1"], "expected mixup of at least 0, got -1.0"),
        ("train", ["--set", "epochs=few"], "expected epochs to be a whole number, got 'few'"),
        ("train", ["--set", "momentum=1"], "unknown hyperparameter momentum; choose from epochs,"),
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
        command_line.run(lambda: run_train(monkeypatch, tmp_path, "fashion-fcnn", "--epochs", "1"))


LAUNCHER = """
import resource
import sys

if {largest_file}:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, {largest_file}))
sys.path.insert(0, {checkout!r})
from scripts import train
from scripts.shared import command_line
from tests.conftest import tiny_split

train.load_split = lambda dataset, split, data_dir: tiny_split(600 if split == "train" else 150)
command_line.run(train.main)
"""


def launch(tmp_path: Path, *arguments: str, largest_file: int | None = None) -> Process:
    """scripts/train.py in a process of its own, on tiny splits instead of the real ones."""
    launcher = tmp_path / "train_on_tiny_splits.py"
    launcher.write_text(LAUNCHER.format(checkout=str(CHECKOUT), largest_file=largest_file))
    command = [sys.executable, str(launcher), *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_kill_9_loses_at_most_an_epoch(tmp_path: Path) -> None:
    """A killed process run again ends in the weights of an unbroken one."""

    def start(folder: Path) -> Process:
        options = ["--epochs", "4", "--device", "cpu", "--threads", "1", "--precision", "float32"]
        folders = ["--output-dir", str(folder / "out"), "--checkpoint-dir", str(folder / "runs")]
        return launch(tmp_path, "fashion-cnn-scrambled", "--repeat", *options, *folders)

    def outcome(folder: Path) -> object:
        start(folder).communicate(timeout=180)
        (rows,) = json.loads((folder / "out" / "seeds.json").read_text()).values()
        return rows[0]["sha256"]

    killed = start(tmp_path / "killed")
    runs = tmp_path / "killed" / "runs"
    deadline = time.monotonic() + 120
    while finished_epochs(runs) < 2:
        assert killed.poll() is None, killed.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    killed.kill()
    killed.communicate()
    kept = finished_epochs(runs)
    assert 2 <= kept < 4
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "unbroken")


def finished_epochs(folder: Path) -> int:
    """Of the one checkpoint in the folder."""
    checkpoints = list(folder.glob("fashion-cnn-scrambled-seed0-*.safetensors"))
    if not checkpoints:
        return 0
    (checkpoint,) = checkpoints
    with safe_open(checkpoint, framework="pt") as file:
        return len(json.loads(file.metadata()["record"])["curve"])


def test_full_disk(tmp_path: Path) -> None:
    """A file that cannot grow is what a full disk is to the program: an error while it writes."""
    folders = ["--output-dir", str(tmp_path / "out"), "--checkpoint-dir", str(tmp_path / "runs")]
    options = ["sign-fcnn", "--epochs", "1", "--device", "cpu", *folders]
    _, errors = launch(tmp_path, *options, largest_file=100_000).communicate(timeout=120)
    (message,) = [line for line in errors.splitlines() if "error" in line.lower()]
    assert message.startswith("error: ")
    assert str(tmp_path / "runs") in message
    assert "Traceback" not in errors
    assert not list((tmp_path / "runs").iterdir())  # no half-written file
    assert not (tmp_path / "out").exists()
