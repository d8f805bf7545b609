"""Training on pictures that are moved or attacked."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.zoo import KNOWN, Regime
from nudge.data import to_pixels
from nudge.evaluation.robustness import IteratedAttack, count_robust
from nudge.training.augmentation import move_objects
from nudge.training.recipes import BY_REGIME, RECIPES, Recipe, recipe_of
from tests.conftest import tiny_split
from tests.nudge.training.test_trainer import RECIPE, TEST, finish, same, start

PLAIN = Recipe(epochs=6, batch_size=32, learning_rate=3e-3, weight_decay=0)
ROBUST = replace(PLAIN, epsilon=0.2, attack_steps=3, attack_step_size=0.5)


def test_no_augmentation_draws_nothing_and_changes_nothing() -> None:
    """The standard variants' weights depend on it, bit for bit."""
    pictures = to_pixels(tiny_split(5).images)
    before = torch.get_rng_state()
    assert move_objects(pictures, RECIPE) is pictures
    assert torch.equal(torch.get_rng_state(), before)


def test_each_picture_moves_on_its_own() -> None:
    torch.manual_seed(0)
    one = torch.zeros(1, 1, 28, 28)
    one[..., 10:18, 12:16] = 1.0
    moved = move_objects(one.expand(50, -1, -1, -1), replace(RECIPE, shift=3))
    rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    weight = moved / moved.sum(dim=(2, 3), keepdim=True)
    centres = torch.stack([(weight * axis).sum(dim=(1, 2, 3)) for axis in (rows, columns)], 1)
    shifts = centres - torch.tensor([13.5, 13.5])
    assert len({tuple(shift) for shift in shifts.round().tolist()}) > 10
    assert shifts.abs().max() <= 3.01
    assert moved.shape == (50, 1, 28, 28)
    assert moved.min() >= 0
    assert moved.max() <= 1


def test_flips() -> None:
    pictures = to_pixels(tiny_split(200).images)
    flipped = move_objects(pictures, replace(RECIPE, flip=0.5))
    mirrored = [torch.equal(a, b.flip(-1)) for a, b in zip(flipped, pictures, strict=True)]
    kept = [torch.equal(a, b) for a, b in zip(flipped, pictures, strict=True)]
    assert all(a or b for a, b in zip(mirrored, kept, strict=True))
    assert 60 < sum(mirrored) < 140
    always = move_objects(pictures, replace(RECIPE, flip=1))
    assert torch.equal(always, pictures.flip(-1))


def test_adversarial_training_withstands_more() -> None:
    def left(recipe: Recipe) -> tuple[int, float | None]:
        run = start("fashion-fcnn", recipe=recipe)
        finish(run)
        pixels = to_pixels(TEST.images)
        count = count_robust(run.model, pixels, TEST.labels, 0.2, attack=IteratedAttack(10))
        return count, run.curve[-1].robust_accuracy

    standard, watched = left(PLAIN)
    assert watched is None
    robust, watched = left(ROBUST)
    assert robust > standard
    assert watched is not None
    assert watched > 0.5


def test_resumed_equals_unbroken(tmp_path: Path) -> None:
    """Starts, flips and moves are drawn anew in each epoch, as all chance is."""
    recipe = replace(ROBUST, epochs=2, flip=0.5, shift=1, rotation=5, scale=0.1)
    expected = finish(start(recipe=recipe))
    checkpoint = tmp_path / "run.safetensors"
    broken = start(recipe=recipe, checkpoint=checkpoint).epochs()
    for _ in range(13):
        next(broken)
    resumed = start(recipe=recipe, checkpoint=checkpoint)
    assert len(resumed.curve) == 1
    assert same(finish(resumed), expected)


def test_recipes_of_the_regimes() -> None:
    for regime, recipes in BY_REGIME.items():
        for recipe in recipes.values():
            assert (recipe.epsilon > 0) == (regime in (Regime.ROBUST, Regime.MASKED))
            moves = recipe.shift + recipe.rotation + recipe.scale + recipe.flip
            assert regime is not Regime.STANDARD or moves == 0
            assert regime is not Regime.AUGMENTED or moves > 0
    assert recipe_of(KNOWN["sign-cnn"]) == RECIPES["sign", "cnn"]  # type: ignore[index]
    for name in ("sign-cnn", "fashion-fcnn-augmented", "sign-fcnn-robust"):
        scrambled = "-".join([*name.split("-")[:2], "scrambled", *name.split("-")[2:]])
        assert recipe_of(KNOWN[name]) == recipe_of(KNOWN[scrambled])
    for dataset, network in BY_REGIME[Regime.AUGMENTED]:
        recipe = BY_REGIME[Regime.AUGMENTED][dataset, network]
        assert (recipe.flip > 0) == (dataset == "fashion")  # a mirrored hand is another sign's


def test_a_regime_without_a_recipe() -> None:
    with pytest.raises(ValueError, match=r"no recipe for sign-fcnn-masked; .* fashion-cnn-masked"):
        recipe_of(KNOWN["sign-fcnn-masked"])
