import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from models import VARIANTS, Card, Epoch, build_model
from models.cards import FIRST_MISSES, NEVER, read_first_misses, wilson_interval
from nudge.attacks import random_direction
from nudge.data import to_pixels
from nudge.publishing import (
    RANDOM_SEED,
    Measurement,
    half_precision,
    measure,
    publish,
    serialise,
)
from nudge.sweep import EPSILONS, accuracy_curve
from tests.conftest import tiny_split

VARIANT = VARIANTS["fashion-fcnn-scrambled"]
CARD = Card(
    sha256="0" * 64,
    data_sha256={"train": "1" * 64, "test": "2" * 64},
    permutation_sha256=None,
    parameters=3,
    total=4,
    epsilons=(0.0, 0.1),
    fgsm=(3, 1),
    random=(3, 3),
    class_totals=(2, 2),
    class_correct=(2, 1),
    learning_curve=(Epoch(train_loss=1.5, train_accuracy=0.5, test_loss=1.25, test_accuracy=0.75),),
    recipe={"epochs": 1},
    seed=0,
    seconds=1.5,
    hardware="a computer",
    versions={"torch": "2"},
    command="python scripts/train.py",
)


def test_half_precision_keeps_integers_exact() -> None:
    torch.manual_seed(0)
    model = build_model(VARIANT)
    weights = half_precision(model)
    assert torch.equal(weights["scramble.permutation"], model.state_dict()["scramble.permutation"])
    assert weights["network.2.weight"].dtype == torch.float16
    content, digest = serialise(weights)
    assert load(content).keys() == model.state_dict().keys()
    assert serialise(weights) == (content, digest)


def test_measure() -> None:
    torch.manual_seed(0)
    model, split = build_model(VARIANT).eval().requires_grad_(False), tiny_split(130)
    seen: list[tuple[int, int]] = []
    found = measure(model, split, progress=lambda done, total: seen.append((done, total)))
    directions = random_direction(130, seed=RANDOM_SEED)
    fields = found.for_card(10)
    assert fields["fgsm"] == accuracy_curve(model, *split, EPSILONS).correct
    random = accuracy_curve(model, *split, EPSILONS, directions=directions)
    assert fields["random"] == random.correct
    assert (fields["total"], fields["epsilons"]) == (130, EPSILONS)
    right = model(to_pixels(split.images)).argmax(1) == split.labels
    for i in range(10):
        assert fields["class_totals"][i] == int((split.labels == i).sum())
        assert fields["class_correct"][i] == int((right & (split.labels == i)).sum())
    assert seen == sorted(seen)
    assert seen[-1] == (260, 260)


def test_first_misses() -> None:
    right = torch.ones(len(EPSILONS), 4, dtype=torch.bool)
    right[0, 0] = False  # wrong from the start
    right[7, 1] = right[9, 1] = False
    right[60, 2] = False
    found = Measurement(torch.arange(4), fgsm=right, random=right).first_misses()
    assert found.tolist() == [0, 7, 60, NEVER]
    assert found.dtype == np.uint8


def test_publish_writes_weights_and_card_and_leaves_other_cards(tmp_path: Path) -> None:
    misses = np.array([0, NEVER], dtype=np.uint8)
    publish(tmp_path, VARIANTS["sign-cnn"], b"cnn", CARD, misses)
    publish(tmp_path, VARIANT, b"one", CARD, misses)
    publish(tmp_path, VARIANT, b"two", replace(CARD, seed=5), misses + 1)
    arrays = read_first_misses(tmp_path / FIRST_MISSES)
    assert {name: values.tolist() for name, values in arrays.items()} == {
        "sign-cnn": [0, 255],
        VARIANT.id: [1, 0],
    }
    assert (tmp_path / VARIANT.weights.name).read_bytes() == b"two"
    records = json.loads((tmp_path / "index.json").read_text())
    assert list(records) == ["fashion-fcnn-scrambled", "sign-cnn"]
    assert Card.from_json(records["sign-cnn"]) == CARD
    assert Card.from_json(records[VARIANT.id]) == replace(CARD, seed=5)


def test_the_index_has_a_line_for_each_field(tmp_path: Path) -> None:
    publish(tmp_path, VARIANT, b"", CARD, np.zeros(4, dtype=np.uint8))
    lines = (tmp_path / "index.json").read_text().splitlines()
    assert len(lines) == len(asdict(CARD)) + 4


def test_card() -> None:
    assert CARD.accuracy == 0.75
    record = json.loads(json.dumps(asdict(CARD)))
    assert Card.from_json(record) == CARD
    del record["seed"]
    with pytest.raises(KeyError):
        Card.from_json(record)


def test_interval() -> None:
    """Against the textbook: Wilson's bounds solve |p - share| = z sqrt(p (1 - p) / n)."""
    for correct, total in ((9400, 10_000), (3, 4), (0, 10), (10, 10)):
        for bound in wilson_interval(correct, total):
            deviation = (bound * (1 - bound) / total) ** 0.5
            assert abs(bound - correct / total) == pytest.approx(1.96 * deviation)
    low, high = CARD.interval
    assert low < CARD.accuracy < high
