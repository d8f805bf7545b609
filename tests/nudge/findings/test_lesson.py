"""What the lesson says, counted anew from the files in pretrained/."""

import json
from pathlib import Path

import numpy as np
import pytest

from models import PRETRAINED, Dataset
from models.epsilons import NEVER_FLIPS
from nudge.evaluation import transferability
from nudge.evaluation.sweep import EPSILONS
from nudge.findings import lesson
from nudge.findings.lesson import findings

INDEX = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("dataset", Dataset)
def test_findings(dataset: Dataset) -> None:
    found = findings(dataset)
    card = INDEX[f"{dataset}-cnn"]
    accuracy = {e: n / card["total"] for e, n in zip(card["epsilons"], card["fgsm"], strict=True)}
    random = dict(zip(card["epsilons"], card["random"], strict=True))
    assert (found.clean, found.fgsm) == (accuracy[0], accuracy[0.1])
    assert found.random == random[0.1] / card["total"]
    assert found.halved_at == min(e for e, a in accuracy.items() if a <= accuracy[0] / 2)
    with np.load(PRETRAINED / "first_misses.npz") as arrays:
        flip_steps = arrays[f"{dataset}-cnn"]
    assert found.flips_at == EPSILONS[flip_steps[found.image]]
    assert 0.02 <= found.flips_at <= 0.06
    right = flip_steps[flip_steps > 0]
    assert found.median_flip is not None
    step = EPSILONS.index(found.median_flip)
    assert (right <= step).mean() >= 0.5 > (right < step).mean()
    with np.load(PRETRAINED / "confusions.npz") as arrays:
        confusions = arrays[f"{dataset}-cnn"]
    at = EPSILONS.index(0.01)
    read = confusions[:, at].sum(axis=0)
    assert found.weakest_accuracy == min(read[i, i] / read[i].sum() for i in range(len(read)))
    assert found.flips == confusions[1, at].sum() - confusions[1, at].trace()
    assert found.near_by_chance < found.near < 1
    for pair, name in ((found.dense, "fcnn"), (found.convolutional, "cnn")):
        twins = [INDEX[f"{dataset}-{name}{suffix}"] for suffix in ("", "-scrambled")]
        assert pair == tuple(twin["fgsm"][0] / twin["total"] for twin in twins)
    best = EPSILONS.index(found.best_epsilon)
    products = [
        s * (1 - n / card["fgsm"][0]) for s, n in zip(card["ssim"], card["fgsm"], strict=True)
    ]
    assert products[best] == pytest.approx(max(products))
    assert (found.best_ssim, found.best_accuracy) == (card["ssim"][best], accuracy[EPSILONS[best]])


def test_transfer_of_other_weights_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = findings(Dataset.FASHION).transferred
    assert before is not None
    assert before.own < before.other < before.random
    monkeypatch.setattr(transferability, "RECORD", tmp_path / "none.npz")
    assert findings(Dataset.FASHION).transferred is None


def test_the_median_flip() -> None:
    never = NEVER_FLIPS
    assert lesson._median_flip(np.array([0, 0, 1, 2, 3], np.uint8)) == EPSILONS[2]
    assert lesson._median_flip(np.array([0, 1, 2, 3, 4], np.uint8)) == EPSILONS[2]
    assert lesson._median_flip(np.array([1, never, never], np.uint8)) is None
