"""The network that draws, on fields whose flow is known and on pictures that are easily learnt."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nudge.data import Split
from nudge.training.flow_matching import FlowRecipe, FlowTraining, VelocityNetwork

SMALL = FlowRecipe(widths=(8, 16, 16), steps=12, batch_size=16, draw_steps=4)


def plain_split() -> Split:
    """Two classes of plain pictures, a dark and a bright one."""
    labels = torch.arange(40) % 2
    images = (60 + 140 * labels)[:, None, None].expand(-1, 28, 28).to(torch.uint8).contiguous()
    return Split(images, labels)


def training(recipe: FlowRecipe = SMALL, **options: object) -> FlowTraining:
    return FlowTraining(plain_split(), recipe, seed=3, **options)  # type: ignore[arg-type]


def finished(recipe: FlowRecipe = SMALL, **options: object) -> FlowTraining:
    run = training(recipe, **options)
    for _ in run.steps():
        pass
    return run


def test_a_velocity_for_every_point() -> None:
    network = VelocityNetwork(classes=3, widths=(8, 16, 16))
    for parameter in network.parameters():  # blocks begin as their shortcuts, blind to all else
        nn.init.normal_(parameter, std=0.1)
    x = torch.randn(5, 1, 28, 28)
    labels = torch.tensor([0, 1, 2, 3, 3])  # 3: not told
    velocity = network(x, torch.linspace(0, 1, 5), labels)
    assert velocity.shape == x.shape
    other = network(x, torch.linspace(0, 1, 5), labels.roll(1))
    assert not torch.allclose(velocity, other)
    assert not torch.allclose(velocity, network(x, torch.zeros(5), labels))


class Known(nn.Module):
    """A velocity that depends on nothing but the class; it points nowhere where none is told."""

    classes = 2

    def forward(self, x: Tensor, times: Tensor, labels: Tensor) -> Tensor:
        speed = torch.tensor([1.0, -2.0, 0.0])[labels]
        return speed[:, None, None, None].expand_as(x)


@pytest.mark.parametrize("guidance", [0.0, 1.0, 1.5])
def test_what_is_drawn_is_where_the_velocity_leads(guidance: float) -> None:
    run = training(replace(SMALL, guidance=guidance))
    run.network = Known()  # type: ignore[assignment]
    labels = torch.tensor([0, 1, 0])
    drawn = run.draw(labels, seed=5)
    noise = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(5))[:, 0]
    end = noise + guidance * torch.tensor([1.0, -2.0, 1.0])[:, None, None]
    expected = (255 * (run.mean + run.std * end)).clamp(0, 255)
    assert drawn.dtype == torch.uint8
    assert (drawn - expected).abs().max() <= 0.51


def test_classes_are_learnt() -> None:
    run = finished(replace(SMALL, steps=150, averaging=0.9, learning_rate=3e-3))
    drawn = run.draw(torch.tensor([0, 1]), seed=0).float().mean(dim=(1, 2))
    assert drawn[0] == pytest.approx(60, abs=25)
    assert drawn[1] == pytest.approx(200, abs=25)


def test_the_same_seed_draws_the_same_pictures() -> None:
    run = finished()
    labels = torch.tensor([0, 1] * 60)  # more than are drawn at a time
    told: list[int] = []
    drawn = run.draw(labels, seed=0, progress=told.append)
    assert told == [100, 120]
    assert torch.equal(drawn, run.draw(labels, seed=0))
    assert not torch.equal(drawn, run.draw(labels, seed=1))


def test_an_interrupted_training_ends_in_the_same_weights(tmp_path: Path) -> None:
    whole = finished()
    file = tmp_path / "hands.safetensors"
    for done, _ in training(checkpoint=file, every=4).steps():
        if done == 6:
            break
    resumed = training(checkpoint=file, every=4)
    assert resumed.done == 4
    for _ in resumed.steps():
        pass
    ours, theirs = (run.network.state_dict() for run in (resumed, whole))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_checkpoint_of_another_recipe_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "hands.safetensors"
    finished(checkpoint=file, every=4)
    assert training(checkpoint=file).done == 12
    assert training(replace(SMALL, learning_rate=0.5), checkpoint=file).done == 0
