import json
from statistics import mean, stdev

import pytest

from models import PRETRAINED, STANDARD, VARIANTS
from models.cards import Repetition
from nudge.findings import training_history
from nudge.findings.training_history import learning_points, repetitions, spread


def run(seed: int, correct: int, **recipe: int) -> Repetition:
    return Repetition(
        seed=seed, correct=correct, total=1000, seconds=1, recipe=recipe, sha256="", command=""
    )


def test_learning_points_are_those_of_the_cards() -> None:
    index = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))
    variant = VARIANTS["sign-fcnn"]
    points = learning_points([variant])
    for name, field in (("training", "train_accuracy"), ("test", "test_accuracy")):
        recorded = [point[field] for point in index["sign-fcnn"]["learning_curve"]]
        assert [p.accuracy for p in points if p.on == name] == recorded
        assert [p.epoch for p in points if p.on == name] == list(range(1, len(recorded) + 1))
    assert {point.variant.id for point in learning_points()} == set(STANDARD)


def test_only_trainings_by_the_recipe_of_the_card_count(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = dict(VARIANTS["sign-cnn"].card.recipe)
    same, other = run(1, 900, **recipe), run(2, 10, **recipe | {"epochs": 1})
    monkeypatch.setattr(
        training_history, "read_repetitions", lambda path: {"sign-cnn": [same, other]}
    )
    found = repetitions()
    assert found["sign-cnn"] == [same]
    assert found["fashion-cnn"] == []


def test_spread_in_percent() -> None:
    assert spread([run(0, 900)]) is None
    assert spread([run(0, 900), run(1, 910), run(2, 940)]) == (
        mean([90, 91, 94]),
        stdev([90, 91, 94]),
    )
