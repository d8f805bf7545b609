"""Iterated attacks against closed forms on linear models, and the properties of every attack."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models import VARIANTS, Scramble, assemble, build_model
from nudge.attacks import bim, fgsm, l2_fast_gradient, pgd
from nudge.attacks.iterated import L2, L_INFINITY
from tests.nudge.attacks.test_fast_gradient import pictures

Attack = Callable[..., Tensor]
ATTACKS: list[Attack] = [bim, pgd, l2_fast_gradient]


def two_classes() -> nn.Module:
    """A linear model whose loss rises in one direction wherever it stands."""
    torch.manual_seed(3)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 2)).requires_grad_(False)


def inner(seed: int = 0, count: int = 4) -> tuple[Tensor, Tensor]:
    """Pictures far from the ends of the range, so that nothing is clipped, of two classes."""
    images, labels = pictures(seed, count)
    return 0.4 + 0.2 * images, labels % 2


def norms(perturbation: Tensor) -> Tensor:
    found: Tensor = perturbation.double().flatten(1).norm(dim=1)
    return found


@pytest.mark.parametrize("steps", [1, 3, 20])
def test_where_the_loss_is_straight_many_steps_end_where_one_does(steps: int) -> None:
    images, labels = inner()
    expected = fgsm(two_classes(), images, labels, 0.1)
    torch.testing.assert_close(bim(two_classes(), images, labels, 0.1, steps=steps), expected)
    attacked = pgd(two_classes(), images, labels, 0.1, steps=steps, step_size=2)
    torch.testing.assert_close(attacked, expected)


def test_one_full_step_is_fgsm(small_network: nn.Module) -> None:
    images, labels = pictures(1)
    once = bim(small_network, images, labels, 0.1, steps=1, step_size=1)
    torch.testing.assert_close(once, fgsm(small_network, images, labels, 0.1))


def test_l2_step_in_closed_form(linear_model: nn.Module) -> None:
    images, labels = pictures(0)
    weight = linear_model.get_submodule("1").get_parameter("weight").double()
    error = linear_model(images).double().softmax(1) - F.one_hot(labels, 10)
    gradient = error @ weight
    step = gradient / gradient.norm(dim=1, keepdim=True)
    expected = (images + 1.5 * step.view_as(images)).clamp(0, 1).float()
    torch.testing.assert_close(l2_fast_gradient(linear_model, images, labels, 1.5), expected)


def test_more_steps_raise_the_loss_where_it_bends(small_network: nn.Module) -> None:
    images, labels = pictures(4, count=50)

    def loss(attacked: Tensor) -> Tensor:
        return F.cross_entropy(small_network(attacked), labels, reduction="none")

    one = loss(fgsm(small_network, images, labels, 0.3))
    many = loss(bim(small_network, images, labels, 0.3, steps=20))
    assert (many >= one - 1e-4).double().mean() > 0.9
    assert many.mean() > one.mean()


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), epsilon=st.floats(0, 1, allow_subnormal=False))
def test_size_and_range(seed: int, epsilon: float) -> None:
    images, labels = pictures(seed)
    for attacked in (
        bim(two_classes(), images, labels % 2, epsilon, steps=3),
        pgd(two_classes(), images, labels % 2, epsilon, steps=3, seed=seed),
    ):
        assert attacked.min() >= 0
        assert attacked.max() <= 1
        assert (attacked.double() - images.double()).abs().max() <= epsilon + 2**-22
    attacked = l2_fast_gradient(two_classes(), images, labels % 2, 28 * epsilon)
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    assert norms(attacked - images).max() <= 28 * epsilon * (1 + 1e-5) + 1e-5


@pytest.mark.parametrize("attack", ATTACKS)
def test_epsilon_0_is_the_identity_bit_for_bit(attack: Attack, small_network: nn.Module) -> None:
    images, labels = pictures(2)
    assert torch.equal(attack(small_network, images, labels, 0), images)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_epsilon_per_picture_is_that_of_separate_calls(
    attack: Attack, small_network: nn.Module
) -> None:
    """What a path along epsilon is: one picture many times, each in a ball of its own."""
    image, label = (values[:1] for values in pictures(3))
    epsilons = torch.tensor([0.0, 0.05, 0.1, 0.3])
    images, labels = image.expand(4, -1, -1, -1), label.expand(4)
    together = attack(small_network, images, labels, epsilons)
    first = attack(small_network, image, label, 0.0)
    torch.testing.assert_close(together[:1], first)
    for i, epsilon in enumerate(epsilons.tolist()):
        same = torch.full((4,), epsilon)
        alone = attack(small_network, images, labels, same)[i]
        torch.testing.assert_close(together[i], alone)


def test_starts_depend_on_the_seed(small_network: nn.Module) -> None:
    images, labels = pictures(5, count=8)
    attacked = pgd(small_network, images, labels, 0.1, seed=1)
    assert torch.equal(attacked, pgd(small_network, images, labels, 0.1, seed=1))
    assert not torch.equal(attacked, pgd(small_network, images, labels, 0.1, seed=2))
    for restarts in (1, 3):  # whatever stands behind a picture, and at every restart
        attacked = pgd(small_network, images, labels, 0.002, seed=1, restarts=restarts)
        some = pgd(small_network, images[:3], labels[:3], 0.002, seed=1, restarts=restarts)
        assert torch.equal(attacked[:3], some)


def test_restarts_keep_what_fooled(small_network: nn.Module) -> None:
    """A start that is thrown away may not bring a picture back that another start fooled."""
    images, _ = pictures(6, count=60)
    labels = small_network(images).argmax(1)

    def wrong(restarts: int) -> Tensor:
        attacked = pgd(
            small_network, images, labels, 0.02, steps=2, step_size=0.1, restarts=restarts
        )
        fooled: Tensor = small_network(attacked).argmax(1) != labels
        return fooled

    one, five = wrong(1), wrong(5)
    assert five[one].all()
    assert five.sum() >= one.sum() > 0


@pytest.mark.parametrize("attack", [bim, l2_fast_gradient])  # a random start knows no scramble
def test_commutes_with_the_permutation(attack: Attack) -> None:
    torch.manual_seed(1)
    variant = VARIANTS["fashion-fcnn-scrambled"]
    model = assemble(variant, build_model(variant).state_dict())
    scramble = model.get_submodule("scramble")
    assert isinstance(scramble, Scramble)
    bare = nn.Sequential(model.get_submodule("normalise"), model.get_submodule("network"))
    images, labels = pictures(7)
    expected = scramble.undo(attack(bare, scramble(images), labels, 0.05))
    torch.testing.assert_close(attack(model, images, labels, 0.05), expected)


@pytest.mark.parametrize("attack", ATTACKS)
def test_leaves_model_and_pictures_as_they_were(attack: Attack, small_network: nn.Module) -> None:
    images, labels = pictures(8)
    before = images.clone(), {k: v.clone() for k, v in small_network.state_dict().items()}
    with torch.inference_mode():  # as a caller may stand in
        attacked = attack(small_network.requires_grad_(True), images, labels, 0.1)
    assert not attacked.requires_grad
    assert torch.equal(images, before[0])
    assert all(torch.equal(v, before[1][k]) for k, v in small_network.state_dict().items())
    assert all(p.grad is None for p in small_network.parameters())


@pytest.mark.parametrize("ball", [L_INFINITY, L2], ids=["L-infinity", "L2"])
def test_balls(ball: object) -> None:
    """A start and a projection lie inside, a step on the edge, and what is inside stays."""
    assert ball in (L_INFINITY, L2)
    ball = L_INFINITY if ball is L_INFINITY else L2
    values = torch.randn(20, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    def norm(perturbation: Tensor) -> Tensor:
        flat = perturbation.double().flatten(1)
        found: Tensor = flat.abs().amax(dim=1) if ball is L_INFINITY else flat.norm(dim=1)
        return found

    torch.testing.assert_close(norm(ball.step(values)), torch.ones(20, dtype=torch.float64))
    assert norm(ball.project(values, 0.3)).max() <= 0.3 + 1e-6
    small = ball.project(values, 0.1)
    torch.testing.assert_close(ball.project(small, 0.3), small)
    start = ball.start(values, torch.Generator().manual_seed(0))
    assert norm(start).max() <= 1 + 1e-6
    assert norm(start).min() > 0.9  # nearly all of a ball of 784 dimensions is near its edge
    assert torch.equal(ball.step(torch.zeros_like(values)), torch.zeros_like(values))
