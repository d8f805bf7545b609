"""Where an iterated attack flips a picture, against a closed form and against the attack itself."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.epsilons import NEVER_FLIPS
from nudge.attacks import bim, loss_gradient, pgd
from nudge.data.movement import move_objects
from nudge.evaluation.robustness import (
    IteratedAttack,
    attacked_pictures,
    count_moved,
    count_robust,
    curve_of,
    pgd_confusion,
    pgd_ssim,
    robust_curve,
    stream_flips,
)
from tests.nudge.attacks.test_fast_gradient import pictures
from tests.nudge.attacks.test_iterated import inner, two_classes

GRID = tuple(round(i * 0.005, 3) for i in range(61))
BIM = IteratedAttack(steps=10, random_start=False)


def flips(model: nn.Module, images: Tensor, labels: Tensor, **options: object) -> Tensor:
    found = stream_flips(model, images, labels, GRID, **options)  # type: ignore[arg-type]
    return torch.cat(list(found))


@pytest.mark.parametrize("attack", [BIM, IteratedAttack(steps=40)], ids=["BIM", "PGD"])
def test_closed_form_on_a_linear_model(attack: IteratedAttack) -> None:
    """A linear model of two classes flips where epsilon times the L1 norm passes the margin."""
    model = two_classes()
    images, _ = inner(count=40)
    logits = model(images).double()
    labels = logits.argmax(1)
    weight = model.get_submodule("1").get_parameter("weight").double()
    margin = (logits.max(1).values - logits.min(1).values) / (weight[1] - weight[0]).abs().sum()
    expected = torch.bucketize(margin, torch.tensor(GRID, dtype=torch.float64))
    assert expected.min() < expected.max()  # else any answer would do
    near = (margin[:, None] - torch.tensor(GRID, dtype=torch.float64)).abs().amin(1) < 1e-5
    assert torch.equal(flips(model, images, labels, attack=attack)[~near], expected[~near].byte())


def test_wrong_from_the_start_and_never(small_network: nn.Module) -> None:
    images, _ = pictures(0, count=30)
    right = small_network(images).argmax(1)
    wrong = (right + 1) % 10
    assert (flips(small_network, images, wrong, attack=BIM) == 0).all()
    (never,) = stream_flips(small_network, images, right, [0.0])
    assert (never == NEVER_FLIPS).all()


def test_the_attack_succeeds_where_it_is_said_to_and_fails_one_step_before(
    small_network: nn.Module,
) -> None:
    images, _ = pictures(1, count=40)
    labels = small_network(images).argmax(1)
    found = flips(small_network, images, labels, attack=BIM)
    grid = torch.tensor([*GRID, 1.0])
    within = (found > 0) & (found < len(GRID))
    assert within.sum() > 10
    before = bim(small_network, images, labels, grid[(found.long() - 1) * within], steps=10)
    assert (small_network(before).argmax(1) == labels)[within].all()
    there = bim(small_network, images, labels, grid[found.long() * within], steps=10)
    fooled = small_network(there).argmax(1) != labels
    assert fooled[within].sum() >= within.sum() - 2  # the last step may bring one back


def test_counts_are_those_of_the_attack(small_network: nn.Module) -> None:
    images, _ = pictures(2, count=60)
    labels = small_network(images).argmax(1)
    for restarts in (1, 3):
        attack = IteratedAttack(steps=5, restarts=restarts)
        count = count_robust(small_network, images, labels, 0.02, attack=attack, batch_size=60)
        attacked = pgd(small_network, images, labels, 0.02, steps=5, restarts=restarts)
        kept = int((small_network(attacked).argmax(1) == labels).sum())
        assert 0 < count < 60
        # A picture that was flipped on the way counts, even if the last step brings it back.
        assert kept - 2 <= count <= kept


def test_more_restarts_and_steps_never_leave_more(small_network: nn.Module) -> None:
    images, _ = pictures(3, count=60)
    labels = small_network(images).argmax(1)
    one, five = (
        count_robust(small_network, images, labels, 0.02, attack=IteratedAttack(4, restarts))
        for restarts in (1, 5)
    )
    assert five <= one


def test_curve(small_network: nn.Module) -> None:
    images, _ = pictures(4, count=50)
    labels = small_network(images).argmax(1)
    curve = robust_curve(small_network, images, labels, GRID, attack=BIM, batch_size=17)
    assert curve.total == 50
    assert curve.correct[0] == 50
    assert list(curve.correct) == sorted(curve.correct, reverse=True)
    assert curve == curve_of(flips(small_network, images, labels, attack=BIM), GRID)
    nothing = robust_curve(small_network, images[:0], labels[:0], GRID)
    assert (nothing.total, set(nothing.correct)) == (0, {0})


def test_stored_pictures_are_those_in_0_to_1(small_network: nn.Module) -> None:
    stored = torch.randint(0, 256, (9, 28, 28), dtype=torch.uint8)
    labels = small_network(stored[:, None] / 255).argmax(1)
    a = robust_curve(small_network, stored, labels, GRID, attack=BIM)
    assert a == robust_curve(small_network, stored[:, None] / 255, labels, GRID, attack=BIM)


def test_yields_to_others(small_network: nn.Module) -> None:
    images, labels = pictures(5)
    calls: list[None] = []
    list(stream_flips(small_network, images, labels, GRID, yield_to=lambda: calls.append(None)))
    assert calls


@pytest.mark.parametrize("values", [{"steps": 0}, {"restarts": 0}, {"seed": -1}, {"steps": 1.5}])
def test_an_attack_that_is_none(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected .+ got"):
        IteratedAttack(**values)


def test_batches_change_nothing(small_network: nn.Module) -> None:
    images, _ = pictures(6, count=30)
    labels = small_network(images).argmax(1)
    attack = IteratedAttack(steps=3)
    whole = flips(small_network, images, labels, attack=attack)
    assert torch.equal(whole, flips(small_network, images, labels, attack=attack, batch_size=7))


def test_moved_pictures_are_the_same_for_every_model(small_network: nn.Module) -> None:
    images, _ = pictures(5, count=150)
    labels = small_network(images).argmax(1)
    state = torch.get_rng_state()
    found = count_moved(small_network, images, labels)
    assert found == count_moved(small_network, images, labels) < 150
    assert torch.equal(torch.get_rng_state(), state)  # nobody else's draws are touched
    with torch.random.fork_rng():
        torch.manual_seed(0)
        moved = move_objects(images, shift=4, rotation=15, scale=0.2)
    assert found == int((small_network(moved).argmax(1) == labels).sum())


def test_attacked_pictures_are_those_of_pgd_from_that_start(small_network: nn.Module) -> None:
    images, labels = pictures(6, count=5)
    attack = IteratedAttack(steps=4)
    found = attacked_pictures(small_network, images, labels, 0.1, attack=attack, first=7)
    (start,) = attack.starts(images, 7)
    assert start is not None
    moved = (images + 0.1 * start).clamp(0, 1)
    for _ in range(4):
        gradient, _ = loss_gradient(small_network, moved, labels)
        moved = moved + 0.1 * 2.5 / 4 * gradient.sign()
        moved = (images + (moved - images).clamp(-0.1, 0.1)).clamp(0, 1)
    torch.testing.assert_close(found, moved)


def test_confusion_and_similarity_under_pgd(small_network: nn.Module) -> None:
    images, _ = pictures(7, count=150)
    labels = small_network(images).argmax(1)
    labels[:20] = (labels[:20] + 1) % 10  # wrong before: not counted
    seen: list[int] = []
    found = pgd_confusion(small_network, images, labels, 10, epsilon=0.1, progress=seen.append)
    assert seen == [100, 150]
    assert found.sum() == 130
    moved = [
        attacked_pictures(small_network, images[i : i + 100], labels[i : i + 100], 0.1, first=i)
        for i in (0, 100)
    ]
    predicted = small_network(torch.cat(moved)).argmax(1)
    for true, other in ((3, 3), (3, 5), (0, 8)):
        both = (labels == true) & (predicted == other)
        assert found[true, other] == int(both[20:].sum())
    similar = pgd_ssim(small_network, images[:10], labels[:10], [0, 0.05, 0.2])
    assert similar[0] == 1
    assert similar == sorted(similar, reverse=True)
