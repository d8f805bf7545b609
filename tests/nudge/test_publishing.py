import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from models import VARIANTS, Card, Epoch, build_model
from models.cards import FIRST_MISSES, read_arrays, wilson_interval
from nudge.publishing import half_precision, publish, serialise

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
    ssim=(1.0, 0.5),
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


def test_publish_writes_weights_and_card_and_leaves_other_cards(tmp_path: Path) -> None:
    misses = np.array([0, 255], dtype=np.uint8)
    publish(tmp_path, VARIANTS["sign-cnn"], b"cnn", CARD, {FIRST_MISSES: misses})
    publish(tmp_path, VARIANT, b"one", CARD, {FIRST_MISSES: misses})
    publish(tmp_path, VARIANT, b"two", replace(CARD, seed=5), {FIRST_MISSES: misses + 1})
    arrays = read_arrays(tmp_path / FIRST_MISSES)
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
    publish(tmp_path, VARIANT, b"", CARD, {})
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
