from dataclasses import asdict

import pytest

from models import VARIANTS
from nudge.training.recipes import RECIPES, Recipe, change

RECIPE = Recipe(epochs=3, batch_size=32, learning_rate=1e-3, weight_decay=0)


def test_one_recipe_a_data_set_and_network() -> None:
    """Twins share a recipe because a recipe has no place for the order of pixels."""
    assert set(RECIPES) == {(v.dataset, v.architecture) for v in VARIANTS.values()}


def test_change() -> None:
    changed = change(RECIPE, ["epochs=5", "mixup=0.4", "epochs=7"])
    assert asdict(changed) == asdict(RECIPE) | {"epochs": 7, "mixup": 0.4}
    assert change(RECIPE, []) == RECIPE
    assert change(RECIPE, ["weight_decay=0.1"]).weight_decay == 0.1  # though it was written 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epochs=0", "expected epochs of at least 1, got 0"),
        ("epochs=2.5", "expected epochs to be a whole number, got '2.5'"),
        ("mixup=much", "expected mixup to be a number, got 'much'"),
        ("dropout=1.5", "expected dropout from 0 to 1, got 1.5"),
        ("mixup=inf", "expected mixup to be finite, got inf"),
        ("learning_rate=nan", "expected learning_rate of at least 0, got nan"),
        ("momentum=1", "unknown hyperparameter momentum; choose from epochs, batch_size"),
        ("epochs", "expected epochs to be a whole number, got ''"),
        ("epsilon=0.1", "expected attack_steps of at least 1 where epsilon is above 0, got 0"),
    ],
)
def test_what_makes_no_sense(setting: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 (its message is compared)
        change(RECIPE, [setting])
    assert message in str(error.value)


def test_a_record_names_augmentation_and_attack_only_where_there_is_one() -> None:
    plain = set(RECIPE.record())
    assert "mixup" in plain
    assert not plain & {"shift", "flip", "epsilon", "attacked", "attack_steps"}
    assert set(change(RECIPE, ["flip=0.5"]).record()) - plain == {
        *("shift", "rotation", "scale", "flip")
    }
    attacked = change(RECIPE, ["epsilon=0.1", "attack_steps=1"]).record()
    assert set(attacked) - plain == {
        *("epsilon", "attacked", "attack_steps", "attack_step_size", "random_start")
    }
