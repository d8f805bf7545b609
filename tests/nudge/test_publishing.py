import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load

from models import VARIANTS, Card, Epoch, build_model
from nudge.attacks import random_direction
from nudge.publishing import RANDOM_SEED, half_precision, measure, publish, serialise
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
    assert found.fgsm == accuracy_curve(model, *split, EPSILONS).correct
    assert found.random == accuracy_curve(model, *split, EPSILONS, directions=directions).correct
    assert found.total == 130
    assert seen == sorted(seen)
    assert seen[-1] == (260, 260)


def test_publish_writes_weights_and_card_and_leaves_other_cards(tmp_path: Path) -> None:
    publish(tmp_path, VARIANTS["sign-cnn"], b"cnn", CARD)
    publish(tmp_path, VARIANT, b"one", CARD)
    publish(tmp_path, VARIANT, b"two", replace(CARD, seed=5))
    assert (tmp_path / VARIANT.weights.name).read_bytes() == b"two"
    records = json.loads((tmp_path / "index.json").read_text())
    assert list(records) == ["fashion-fcnn-scrambled", "sign-cnn"]
    assert Card.from_json(records["sign-cnn"]) == CARD
    assert Card.from_json(records[VARIANT.id]) == replace(CARD, seed=5)


def test_the_index_has_a_line_for_each_field(tmp_path: Path) -> None:
    publish(tmp_path, VARIANT, b"", CARD)
    lines = (tmp_path / "index.json").read_text().splitlines()
    assert len(lines) == len(asdict(CARD)) + 4


def test_card() -> None:
    assert CARD.accuracy == 0.75
    record = json.loads(json.dumps(asdict(CARD)))
    assert Card.from_json(record) == CARD
    del record["seed"]
    with pytest.raises(KeyError):
        Card.from_json(record)
