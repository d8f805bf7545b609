import pytest
import torch
from torch import nn

from nudge.attacks import l2_fast_gradient
from nudge.data import to_pixels
from nudge.evaluation.methods import COUNTED, ITERATED, Method, method_counter
from nudge.evaluation.predictions import batches
from nudge.evaluation.robustness import stream_flips
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from tests.conftest import tiny_split

GRID = (0.0, 0.05, 0.1, 0.3)
IMAGES, LABELS = tiny_split(30)


def right_under(method: Method, model: nn.Module) -> torch.Tensor:
    count = method_counter(method, model, IMAGES, LABELS, GRID)
    return torch.cat([count(batch).right for batch in batches(len(LABELS), 8)], dim=1)


def test_fgsm_is_the_sweep(small_network: nn.Module) -> None:
    curve = accuracy_curve(small_network, IMAGES, LABELS, GRID)
    assert tuple(right_under(Method.FGSM, small_network).sum(dim=1).tolist()) == curve.correct


def test_l2_is_the_fast_gradient_of_that_norm(small_network: nn.Module) -> None:
    found = right_under(Method.L2, small_network)
    pixels = to_pixels(IMAGES)
    for row, epsilon in zip(found, GRID, strict=True):
        moved = l2_fast_gradient(small_network, pixels, LABELS, 28 * epsilon)
        assert torch.equal(row, small_network(moved).argmax(dim=1) == LABELS)


@pytest.mark.parametrize("method", ITERATED)
def test_an_iterated_attack_is_right_up_to_the_flip(
    method: Method, small_network: nn.Module
) -> None:
    found = right_under(method, small_network)
    attack = ITERATED[method]
    stream = stream_flips(small_network, IMAGES, LABELS, GRID, attack=attack, batch_size=8)
    flips = torch.cat(list(stream))
    for step in range(len(GRID)):
        assert torch.equal(found[step], flips > step)
    assert (found[1:] <= found[:-1]).all()


def test_what_waits_is_shown_at_31_epsilons() -> None:
    assert [len(method.shown_epsilons) for method in Method] == [61, 31, 31, 61, 61, 61]
    assert set(Method.PGD.shown_epsilons) < set(EPSILONS)


@pytest.mark.parametrize("method", [*(m for m in Method if m not in COUNTED), "sgd", None])
def test_no_curve_of_other_methods(method: Method, small_network: nn.Module) -> None:
    with pytest.raises(ValueError, match="expected a method out of fgsm"):
        method_counter(method, small_network, IMAGES, LABELS, GRID)


def test_the_gradient_that_is_zero_is_counted() -> None:
    linear = nn.Linear(784, 10)
    nn.init.zeros_(linear.weight)
    flat = nn.Sequential(nn.Flatten(), linear).eval()
    for method in (Method.FGSM, Method.L2):
        found = method_counter(method, flat, IMAGES[:5], LABELS[:5], GRID)(slice(5))
        assert found.zero_gradient is not None
        assert found.zero_gradient.all()
