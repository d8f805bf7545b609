"""Training on pictures that are moved or attacked."""

from dataclasses import replace
from pathlib import Path

import pytest
from torch import Tensor

from models import VARIANTS, NudgeError
from models.zoo import KNOWN, Regime
from nudge.data import to_pixels
from nudge.evaluation.robustness import IteratedAttack, count_robust
from nudge.training.recipes import BY_REGIME, RECIPES, Recipe, recipe_of, trainable
from nudge.training.trainer import Training
from tests.nudge.training.test_trainer import TEST, finish, same, start

PLAIN = Recipe(epochs=6, batch_size=32, learning_rate=3e-3, weight_decay=0)
ROBUST = replace(PLAIN, epsilon=0.2, attack_steps=3, attack_step_size=0.5)


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


def test_catastrophic_overfitting_ends_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watched accuracy is scripted: to overfit so for real takes longer than a test may."""
    recipe = replace(ROBUST, epochs=3)

    def watch(*accuracies: float) -> None:
        found = iter(accuracies)
        monkeypatch.setattr(Training, "_robust_accuracy", lambda self: next(found))

    watch(0.7, 0.8, 0.39)
    run = start("fashion-fcnn", recipe=recipe)
    with pytest.raises(NudgeError, match="withstands the attack of its training") as caught:
        finish(run)
    assert "39.0% after epoch 3" in str(caught.value.found)
    assert "add --set attack_steps=5 to the command" in str(caught.value)
    watch(0.7, 0.8, 0.41)
    finish(start("fashion-fcnn", recipe=recipe))
    watch(0.2, 0.25, 0.0)  # nothing learnt yet is nothing lost
    finish(start("fashion-fcnn", recipe=recipe))
    watch(0.7, 0.8, 0.0)
    finish(start("fashion-fcnn", recipe=replace(recipe, random_start=0.0)))


@pytest.mark.parametrize(("share", "count"), [(1.0, 32), (0.25, 8), (0.0, None)])
def test_a_share_of_each_batch_is_attacked(
    share: float, count: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacked, attack = set[int](), Training._attacked

    def spy(run: Training, pictures: Tensor, targets: Tensor) -> Tensor:
        attacked.add(len(pictures))
        return attack(run, pictures, targets)

    monkeypatch.setattr(Training, "_attacked", spy)
    run = start("fashion-fcnn", recipe=replace(ROBUST, epochs=1, attacked=share))
    finish(run)
    assert attacked == ({count} if count else set())
    assert run.curve[-1].train_accuracy > 0


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


def test_what_can_be_trained() -> None:
    names = trainable()
    assert names[:8] == tuple(VARIANTS)[:8]
    assert {"fashion-cnn-masked", "sign-cnn-scrambled-robust"} <= set(names)
    assert "sign-fcnn-masked" not in names
    assert all(recipe_of(KNOWN[name]) for name in names)
