"""FGSM against oracles that know nothing of it, and the properties that every nudge has."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models import VARIANTS, Scramble, assemble, build_model
from nudge.attacks import fgsm, fgsm_direction, nudge, random_direction

epsilons = st.floats(0, 1, allow_subnormal=False)
seeds = st.integers(0, 2**31)


def pictures(seed: int, count: int = 4) -> tuple[Tensor, Tensor]:
    """Pictures with many pixels at the ends of the range, where clipping bites."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 1, 28, 28, generator=generator) * 1.5 - 0.25
    return images.clamp(0, 1), torch.randint(0, 10, (count,), generator=generator)


def test_closed_form_on_a_linear_model(linear_model: nn.Module) -> None:
    """With logits Wx + b the gradient of the cross-entropy is W^T (softmax - onehot)."""
    images, labels = pictures(0)
    weight = linear_model.get_submodule("1").get_parameter("weight").double()  # (10, 784)
    error = linear_model(images).double().softmax(1) - F.one_hot(labels, 10)  # (N, 10)
    expected = (images + 0.07 * (error @ weight).sign().view_as(images)).clamp(0, 1).float()
    torch.testing.assert_close(fgsm(linear_model, images, labels, 0.07), expected)


def test_direction_is_the_sign_of_finite_differences(small_network: nn.Module) -> None:
    network = small_network.double()
    images, labels = (values[:1] for values in pictures(1))
    images = images.double()
    direction = fgsm_direction(network, images, labels).flatten()
    h = 1e-6
    for pixel in range(0, 784, 29):
        step = torch.zeros(784, dtype=torch.float64)
        step[pixel] = h
        up, down = (
            F.cross_entropy(network(images + s * step.view_as(images)), labels) for s in (1, -1)
        )
        slope = (up - down).item() / (2 * h)
        assert abs(slope) > 1e-9  # else the sign would say nothing
        assert direction[pixel] == (1 if slope > 0 else -1)


def test_direction_is_that_of_the_cross_entropy(small_network: nn.Module) -> None:
    images, labels = pictures(2, count=50)
    images = images.double().requires_grad_()
    loss = F.cross_entropy(small_network.double()(images), labels)
    (gradient,) = torch.autograd.grad(loss, images)
    assert torch.equal(fgsm_direction(small_network, images, labels), gradient.sign())


@settings(max_examples=50)
@given(seed=seeds, epsilon=epsilons)
def test_size_and_range(seed: int, epsilon: float) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).requires_grad_(False)
    images, labels = pictures(seed)
    for moved in (
        fgsm(network, images, labels, epsilon),
        nudge(images, random_direction(4, seed=seed), epsilon),
    ):
        assert moved.shape == images.shape
        assert moved.dtype == images.dtype
        assert moved.min() >= 0
        assert moved.max() <= 1
        # In float32 both the step and its measurement round, by at most half a unit at 1 each.
        assert (moved.double() - images.double()).abs().max() <= epsilon + 2**-23


@settings(max_examples=20)
@given(seed=seeds)
def test_epsilon_0_is_the_identity_bit_for_bit(seed: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).requires_grad_(False)
    images, labels = pictures(seed)
    assert torch.equal(fgsm(network, images, labels, 0), images)
    assert torch.equal(nudge(images, random_direction(4), 0), images)


def test_deterministic_and_independent_of_the_batch(small_network: nn.Module) -> None:
    images, labels = pictures(5, count=8)
    whole = fgsm(small_network, images, labels, 0.1)
    assert torch.equal(whole, fgsm(small_network, images, labels, 0.1))
    alone = [fgsm(small_network, images[i : i + 1], labels[i : i + 1], 0.1) for i in range(8)]
    assert torch.equal(whole, torch.cat(alone))


@pytest.mark.parametrize("architecture", ["fcnn", "cnn"])
def test_commutes_with_the_permutation(architecture: str) -> None:
    """Attacking the scrambled model is un-scrambling the attack on its bare network."""
    torch.manual_seed(1)
    variant = VARIANTS[f"fashion-{architecture}-scrambled"]
    model = assemble(variant, build_model(variant).state_dict())
    scramble = model.get_submodule("scramble")
    assert isinstance(scramble, Scramble)
    bare = nn.Sequential(model.get_submodule("normalise"), model.get_submodule("network"))
    images, labels = pictures(6)
    expected = scramble.undo(fgsm(bare, scramble(images), labels, 0.05))
    assert torch.equal(fgsm(model, images, labels, 0.05), expected)


def test_leaves_model_and_pictures_as_they_were(small_network: nn.Module) -> None:
    images, labels = pictures(7)
    before = images.clone(), {k: v.clone() for k, v in small_network.state_dict().items()}
    fgsm(small_network.requires_grad_(True), images, labels, 0.1)
    assert torch.equal(images, before[0])
    assert not images.requires_grad
    for name, value in small_network.state_dict().items():
        assert torch.equal(value, before[1][name])
    assert all(p.grad is None for p in small_network.parameters())


def test_works_inside_inference_mode(small_network: nn.Module) -> None:
    images, labels = pictures(8)
    expected = fgsm(small_network, images, labels, 0.1)
    with torch.inference_mode():
        assert torch.equal(fgsm(small_network, images.clone(), labels.clone(), 0.1), expected)


def test_no_pictures(small_network: nn.Module) -> None:
    none = torch.empty(0, 1, 28, 28)
    assert fgsm(small_network, none, torch.empty(0, dtype=torch.int64), 0.1).shape == none.shape


def test_random_direction() -> None:
    direction = random_direction(100, seed=4)
    assert direction.shape == (100, 1, 28, 28)
    assert set(direction.flatten().tolist()) == {-1, 1}
    assert abs(direction.double().mean()) < 0.02  # 78,400 random_signs: five standard deviations
    assert torch.equal(direction, random_direction(100, seed=4))
    assert not torch.equal(direction, random_direction(100, seed=5))


@pytest.mark.parametrize("count", [1, 3, 16, 99])
def test_asking_for_more_random_directions_adds_to_the_end(count: int) -> None:
    assert torch.equal(random_direction(100)[:count], random_direction(count))
