from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models import VARIANTS, NudgeError, Scramble
from nudge.data import Split
from nudge.distributed import Workers
from nudge.training.recipes import Recipe
from nudge.training.trainer import Training
from tests.conftest import CHECKOUT, tiny_split

RECIPE = Recipe(epochs=3, batch_size=32, learning_rate=2e-3, weight_decay=0.01, mixup=0.2)
TRAIN, TEST = tiny_split(320), tiny_split(100, seed=1)


def start(
    variant: str = "fashion-cnn-scrambled",
    *,
    seed: int = 0,
    checkpoint: Path | None = None,
    recipe: Recipe = RECIPE,
    train: Split = TRAIN,
) -> Training:
    torch.set_num_threads(1)
    return Training(VARIANTS[variant], recipe, train, TEST, seed=seed, checkpoint=checkpoint)


def finish(run: Training) -> dict[str, Tensor]:
    for _ in run.epochs():
        pass
    return run.model.state_dict()


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_learns() -> None:
    run = start(
        "fashion-fcnn", recipe=Recipe(epochs=8, batch_size=32, learning_rate=3e-3, weight_decay=0)
    )
    finish(run)
    assert len(run.curve) == 8
    assert run.curve[-1].train_loss < 0.5 * run.curve[0].train_loss
    assert run.curve[-1].test_accuracy > 0.9  # chance is 0.1
    assert not any(module.training for module in run.model.modules())


def test_same_seed_same_weights_bit_for_bit() -> None:
    weights = finish(start())
    assert same(weights, finish(start()))
    assert not same(weights, finish(start(seed=1)))


@pytest.mark.parametrize("steps", [1, 10, 11, 25], ids=lambda n: f"after {n} steps")
def test_resumed_equals_unbroken(tmp_path: Path, steps: int) -> None:
    """Broken off within the first, at the end of the first, and within later epochs."""
    unbroken = start()
    expected = finish(unbroken)
    checkpoint = tmp_path / "run.safetensors"
    broken = start(checkpoint=checkpoint).epochs()
    for _ in range(steps + 1):
        next(broken)
    resumed = start(checkpoint=checkpoint)
    assert len(resumed.curve) == (steps - 1) // 10  # whole epochs only
    assert same(finish(resumed), expected)
    assert resumed.curve == unbroken.curve


def test_a_finished_run_has_nothing_left_to_do(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    weights = finish(start(checkpoint=checkpoint))
    again = start(checkpoint=checkpoint)
    assert again.finished
    assert len(list(again.epochs())) == 1
    assert same(again.model.state_dict(), weights)


def test_a_checkpoint_of_another_run_is_not_taken_up(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.safetensors"
    finish(start(checkpoint=checkpoint))
    assert start(checkpoint=checkpoint).curve
    assert not start(checkpoint=checkpoint, seed=1).curve
    assert not start("fashion-cnn", checkpoint=checkpoint).curve
    assert not start(checkpoint=checkpoint, train=tiny_split(320, seed=2)).curve


@pytest.mark.parametrize(
    "name",
    [
        "models/layers.py",
        "models/networks.py",
        "models/zoo.py",
        "nudge/training/checkpoints.py",
        "nudge/data/splits.py",
        "nudge/training/trainer.py",
        "nudge/distributed.py",
        "nudge/data/movement.py",
        "nudge/attacks/iterated.py",
    ],
)
def test_a_checkpoint_of_other_code_is_not_taken_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    checkpoint = tmp_path / "run.safetensors"
    recipe = replace(RECIPE, epochs=1)
    finish(start("fashion-fcnn", checkpoint=checkpoint, recipe=recipe))
    assert start("fashion-fcnn", checkpoint=checkpoint, recipe=recipe).curve
    read, edited = Path.read_bytes, CHECKOUT / name
    monkeypatch.setattr(Path, "read_bytes", lambda p: read(p) + b"#" * (p == edited))
    assert not start("fashion-fcnn", checkpoint=checkpoint, recipe=recipe).curve


def test_normalisation_is_that_of_the_training_set() -> None:
    weights = start().model.state_dict()
    pixels = TRAIN.images.double() / 255
    assert weights["normalise.mean"].item() == pytest.approx(pixels.mean().item())
    assert weights["normalise.std"].item() == pytest.approx(pixels.std().item())


def test_averaging_leaves_the_permutation_alone() -> None:
    run = start()
    finish(run)
    scramble = run.model.get_submodule("scramble")
    assert isinstance(scramble, Scramble)
    assert torch.equal(scramble.permutation, Scramble().permutation)


def test_dropout_is_that_of_the_recipe() -> None:
    recipe = replace(RECIPE, input_dropout=0.125, dropout=0.375)
    for variant in ("fashion-fcnn", "fashion-cnn"):
        modules = start(variant, recipe=recipe).model.modules()
        shares = [module.p for module in modules if isinstance(module, nn.Dropout)]
        assert shares[0] == 0.125
        assert set(shares[1:]) == {0.375}


def test_processes_that_cannot_share_a_batch() -> None:
    for count in (3, 32):  # no whole shares; shares of one, which batch norm cannot normalise
        message = f"expected a divisor of the batch size, 32, got {count} processes"
        with pytest.raises(NudgeError, match=message):
            Training(VARIANTS["sign-fcnn"], RECIPE, TRAIN, TEST, workers=Workers(0, count))


def test_a_batch_larger_than_the_training_set() -> None:
    with pytest.raises(NudgeError, match="expected at most 320 pictures, got 321"):
        start(recipe=replace(RECIPE, batch_size=321))
