"""Two real processes under torchrun, on the CPU."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import VARIANTS, Dataset, load_model, zoo
from models.card_checks import parse_card
from models.card_files import CONFUSIONS, FLIP_STEPS, read_arrays
from nudge.evaluation.measurement import measure
from tests.conftest import CHECKOUT, tiny_split

# A script as torchrun starts it, on tiny splits instead of the real ones.
LAUNCHER = """
import sys
from pathlib import Path
sys.path.insert(0, {checkout!r})
from models import Dataset
from scripts import {script}
from scripts.shared import command_line
from tests.conftest import tiny_split

def load_split(dataset, split, data_dir=None):
    return tiny_split(*((600,) if split == "train" else (230,)), Dataset(dataset))

{script}.load_split = load_split
command_line.run({script}.main)
# A thread of gloo's that is left aborts the process at its end, now and then.
tasks = Path("/proc/self/task").glob("*/comm")
if any("gloo" in task.read_text() for task in tasks):
    sys.exit("threads of gloo are left")
"""


def torchrun(
    tmp_path: Path, script: str, *arguments: str, processes: int = 2
) -> subprocess.CompletedProcess[str]:
    launcher = tmp_path / f"{script}_on_tiny_splits.py"
    launcher.write_text(LAUNCHER.format(checkout=str(CHECKOUT), script=script))
    return run(launcher, *arguments, processes=processes)


def run(launcher: Path, *arguments: str, processes: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return subprocess.run(
        [*command, f"--nproc-per-node={processes}", str(launcher), *arguments],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=CHECKOUT,
    )


def test_trains_together_and_measures_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = ["--output-dir", str(tmp_path / "out"), "--checkpoint-dir", str(tmp_path / "runs")]
    arguments = ["sign-fcnn-scrambled", "--device", "cpu", "--epochs", "3", *folders]
    result = torchrun(tmp_path, "train", *arguments)
    assert result.returncode == 0, result.stderr
    (record,) = json.loads((tmp_path / "out" / "index.json").read_text()).values()
    card = parse_card(record)
    assert "--nproc-per-node=2" in card.command
    assert card.total == 230  # published once, with everybody's pictures
    assert card.learning_curve[-1].train_loss < card.learning_curve[0].train_loss
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path / "out")
    variant = VARIANTS["sign-fcnn-scrambled"]
    alone = measure(load_model(variant), tiny_split(230, Dataset.SIGN))
    assert tuple(card.fgsm) == alone.for_card(24)["fgsm"]
    for name in (FLIP_STEPS, CONFUSIONS):
        recorded = read_arrays(tmp_path / "out" / name)[variant.id]
        assert np.array_equal(recorded, alone.arrays(24)[name])
    before = (tmp_path / "out" / "index.json").read_text()
    result = torchrun(tmp_path, "train", *arguments)  # finds its checkpoint
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / "index.json").read_text() == before


IN_STEP = """
import sys
sys.path.insert(0, {checkout!r})
import torch
from models import VARIANTS
from nudge.training.recipes import Recipe
from nudge.training.trainer import Training
from nudge.distributed import joined
from tests.conftest import tiny_split

recipe = Recipe(epochs=2, batch_size=32, learning_rate=2e-3, weight_decay=0, mixup=0.2)
with joined(torch.device("cpu")) as workers:
    train, test = tiny_split(160), tiny_split(50, seed=1)
    variant = VARIANTS["fashion-cnn"]
    run = Training(variant, recipe, train, test, workers=workers)
    shares = [batch for batch, _ in run._batches()]
    for _ in run.epochs():
        pass
    for parameter in run._live.parameters():
        first = workers.from_first(lambda: parameter.detach())
        assert torch.equal(parameter, first), "the processes drifted apart"
    everybody = torch.zeros(160, dtype=torch.int64)
    everybody[torch.cat(shares)] = 1
    assert (workers.sum(everybody) == 1).all(), "a picture was left out or taken twice"
    if workers.first:
        print("in step:", workers.count)
    # What averages gradients has threads that must not outlive the group: they would abort.
    del run, parameter, first
"""


def test_processes_stay_in_step_and_share_the_pictures(tmp_path: Path) -> None:
    """Without the averaging of gradients each would go its own way on its own pictures."""
    launcher = tmp_path / "in_step.py"
    launcher.write_text(IN_STEP.format(checkout=str(CHECKOUT)))
    result = run(launcher, processes=2)
    assert result.returncode == 0, result.stderr
    assert "in step: 2" in result.stdout


def test_evaluates_with_the_counts_of_one_process(tmp_path: Path) -> None:
    """Both number of processes find the same first difference from the card of other pictures."""
    arguments = ["fashion-fcnn", "--device", "cpu", "--threads", "1"]
    one = torchrun(tmp_path, "evaluate", *arguments, processes=1)
    assert one.returncode == 0, one.stderr
    assert "fashion-fcnn: total: found 230, the card says 10000" in one.stdout
    two = torchrun(tmp_path, "evaluate", *arguments, "--check")
    assert one.stdout == two.stdout
    assert two.returncode != 0
    assert "what was measured is not what the cards say" in two.stderr


def test_a_batch_that_cannot_be_shared(tmp_path: Path) -> None:
    folders = ["--output-dir", str(tmp_path), "--checkpoint-dir", str(tmp_path)]
    arguments = ["sign-fcnn", "--device", "cpu", "--set", "batch_size=33", *folders]
    result = torchrun(tmp_path, "train", *arguments)
    assert result.returncode != 0
    assert "expected a divisor of the batch size, 33" in " ".join(result.stderr.split()).lower()


KILLED = """
import os, signal, sys
sys.path.insert(0, {checkout!r})
from nudge.evaluation import measurement
from scripts import evaluate
from scripts.shared import command_line
from tests.conftest import tiny_split

stream = measurement.stream_batches

def killed(*arguments, **options):
    for found in stream(*arguments, **options):
        if os.environ["RANK"] == "1":
            os.kill(os.getpid(), signal.SIGKILL)
        yield found

measurement.stream_batches = killed
evaluate.load_split = lambda *_: tiny_split(230)
command_line.run(evaluate.main)
"""


def test_a_killed_worker_ends_all_and_nothing_is_said_of_the_counts(tmp_path: Path) -> None:
    launcher = tmp_path / "killed.py"
    launcher.write_text(KILLED.format(checkout=str(CHECKOUT)))
    result = run(launcher, "fashion-fcnn", "--device", "cpu", "--threads", "1", processes=2)
    assert result.returncode != 0
    assert "SIGKILL" in result.stderr
    assert "fashion-fcnn" not in result.stdout
