import numpy as np
import pytest
import torch
from torch import Tensor

from models import VARIANTS, build_model
from models.card_files import CONFUSIONS, FLIP_STEPS
from models.epsilons import NEVER_FLIPS
from nudge.attacks import fgsm, random_direction
from nudge.data import to_pixels
from nudge.distributed import Workers
from nudge.evaluation.measurement import RANDOM_SEED, SSIM_PICTURES, Measurement, measure
from nudge.evaluation.ssim import structural_similarity
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from tests.conftest import tiny_split

VARIANT = VARIANTS["fashion-fcnn-scrambled"]


@pytest.fixture(autouse=True)
def _similarity_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer than all else; these reach into the second batch."""
    monkeypatch.setattr("nudge.evaluation.measurement.SSIM_PICTURES", 110)


def measurement(labels: Tensor, fgsm: Tensor) -> Measurement:
    return Measurement(labels, EPSILONS, fgsm=fgsm, random=fgsm, ssim=torch.ones(len(EPSILONS)))


def test_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model, split = build_model(VARIANT).eval().requires_grad_(False), tiny_split(130)
    monkeypatch.setattr("nudge.evaluation.measurement.SSIM_PICTURES", 1)
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


def test_flip_steps() -> None:
    right = torch.ones(len(EPSILONS), 4, dtype=torch.bool)
    right[0, 0] = False  # wrong from the start
    right[7, 1] = right[9, 1] = False
    right[60, 2] = False
    read = torch.where(right, torch.arange(4), 9)
    found = measurement(torch.arange(4), read).flip_steps()
    assert found.tolist() == [0, 7, 60, NEVER_FLIPS]
    assert found.dtype == np.uint8


def test_confusions() -> None:
    labels = torch.tensor([0, 0, 1, 2])
    read = torch.zeros(len(EPSILONS), 4, dtype=torch.int32)  # right for the first two
    read[1] = torch.tensor([0, 2, 1, 2])
    wrong_before, right_before = measurement(labels, read).confusions(3)
    assert wrong_before.dtype == np.int32
    assert wrong_before[0].tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert right_before[0].tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert wrong_before[1].tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert right_before[1].tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert ((wrong_before + right_before).sum(axis=(1, 2)) == 4).all()


def test_arrays_agree_with_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model, split = build_model(VARIANT).eval().requires_grad_(False), tiny_split(150)
    monkeypatch.setattr("nudge.evaluation.measurement.SSIM_PICTURES", 1)
    found = measure(model, split)
    fields, arrays = found.for_card(10), found.arrays(10)
    assert set(arrays) == {FLIP_STEPS, CONFUSIONS}
    confusions = arrays[CONFUSIONS].sum(axis=0)
    assert tuple(np.trace(confusions, axis1=1, axis2=2)) == fields["fgsm"]
    assert tuple(confusions[0].sum(axis=1)) == fields["class_totals"]
    assert (arrays[FLIP_STEPS] > 0).sum() == fields["fgsm"][0]


def test_similarity_falls_from_1() -> None:
    torch.manual_seed(0)
    model, split = build_model(VARIANT).eval().requires_grad_(False), tiny_split(30)
    ssim = measure(model, split).for_card(10)["ssim"]
    assert ssim[0] == 1
    assert list(ssim) == sorted(ssim, reverse=True)
    pictures = to_pixels(split.images)
    attacked = fgsm(model, pictures, split.labels, EPSILONS[20])
    expected = np.mean(structural_similarity(attacked, pictures))
    assert ssim[20] == pytest.approx(expected, abs=1e-4)
    assert SSIM_PICTURES >= 30


@pytest.mark.parametrize("count", [2, 3, 7])
def test_the_parts_of_many_workers_make_the_whole(count: int) -> None:
    """Each leaves zeros where others measure, so that a sum puts the parts together."""
    torch.manual_seed(0)
    model, split = build_model(VARIANT).eval().requires_grad_(False), tiny_split(430)
    few = EPSILONS[::15]
    whole = measure(model, split, few)

    class Part(Workers):
        def sum(self, values: Tensor) -> Tensor:
            return values

    parts = [measure(model, split, few, workers=Part(rank, count)) for rank in range(count)]
    for name in ("fgsm", "random"):
        assert torch.equal(
            torch.stack([getattr(p, name) for p in parts]).sum(0), getattr(whole, name)
        )
    assert torch.allclose(torch.stack([p.ssim for p in parts]).sum(0), whole.ssim)
