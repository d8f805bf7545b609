"""The real thing, where there is one: `pytest -m gpu` on a machine with a CUDA card."""

import time
from collections.abc import Iterator

import pytest
import torch

from models import STANDARD, Dataset, load_model
from nudge.attacks import fgsm_direction, random_direction
from nudge.data import Split, to_pixels
from nudge.devices import CPU, best_device, find_device
from nudge.evaluation.fused_inference import for_inference, logits_along
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from nudge.serving.device_choice import DEVICE, placed
from nudge.serving.live_curves import CurveSnapshot, LiveCurves

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA card is here"),
]
PICTURES = 1000
TIE = 1e-4  # between two logits: what lies closer may fall either way


@pytest.fixture
def card() -> Iterator[torch.device]:
    device = find_device("cuda")
    DEVICE.choose(device)
    yield device
    DEVICE.choose(CPU)
    torch.cuda.set_per_process_memory_fraction(1.0)


def first(split: Split) -> Split:
    return Split(*(values[:PICTURES] for values in split))


def watch(curves: LiveCurves) -> CurveSnapshot:
    deadline = time.monotonic() + 300
    while not (snapshot := curves.poll(PICTURES)).complete:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return snapshot


def test_it_is_the_best_device(card: torch.device) -> None:
    assert best_device().type == card.type == find_device("auto").type == "cuda"


@pytest.mark.parametrize("name", STANDARD)
def test_predictions_are_those_of_the_cpu_but_for_ties(
    name: str, card: torch.device, test_splits: dict[Dataset, Split]
) -> None:
    model = load_model(name)
    images, labels = first(test_splits[STANDARD[name].dataset])
    pixels = to_pixels(images)
    direction = fgsm_direction(model, pixels, labels)
    grid = EPSILONS[::4]
    both = []
    for device in (CPU, card):
        network = for_inference(placed(model, device))
        with torch.inference_mode():
            along = logits_along(network, pixels.to(device), direction.to(device), grid)
            both.append(torch.stack([logits.cpu() for logits in along]))
    here, there = both
    predicted = there.argmax(dim=2, keepdim=True)
    margins = here.amax(dim=2) - here.gather(2, predicted)[..., 0]
    assert margins.max() < TIE


def test_live_counts_there_say_so_and_agree(
    card: torch.device, test_splits: dict[Dataset, Split]
) -> None:
    split, model = first(test_splits[Dataset.FASHION]), load_model("fashion-fcnn")
    found = watch(LiveCurves(model, split, EPSILONS, random_direction(PICTURES)))
    curve = accuracy_curve(model, *split, EPSILONS)
    apart = [abs(a - b) for a, b in zip(found.pair.attacked.correct, curve.correct, strict=True)]
    assert max(apart) <= 2  # a gradient next to zero may turn its sign
    assert found.effort.cards == (torch.cuda.get_device_name(card),)
    assert found.effort.threads == 0


def test_the_cpu_goes_on_where_its_memory_is_full(
    card: torch.device, test_splits: dict[Dataset, Split]
) -> None:
    split, model = first(test_splits[Dataset.FASHION]), load_model("fashion-fcnn")
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-6)
    found = watch(LiveCurves(model, split, EPSILONS, random_direction(PICTURES)))
    assert found.pair.attacked == accuracy_curve(model, *split, EPSILONS)
    assert found.effort.failure
    assert "memory" in found.effort.failure
    assert DEVICE.now == CPU
