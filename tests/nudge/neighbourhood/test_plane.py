"""The plane through a picture, held against the models themselves."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models import STANDARD, Dataset, load_model
from nudge.attacks import bim, fgsm_direction, pgd, random_direction
from nudge.data import Split, to_pixels
from nudge.evaluation.fused_inference import for_inference
from nudge.evaluation.methods import Method
from nudge.neighbourhood import plane as planes
from nudge.neighbourhood.picture_attack import Subject, attack_picture
from nudge.neighbourhood.plane import Plane, PlanePoints, on_plane, plane, plane_counter

PICTURES = 8


def directions(name: str, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    return fgsm_direction(load_model(name), image, label), random_direction(1, seed=5)


def test_a_coarse_grid_comes_first() -> None:
    for points in (planes.POINTS, planes.SMALL):
        order = planes.order(points)
        assert sorted(order.tolist()) == list(range(points * points))
        coarse = order[: planes.COARSE**2].view(planes.COARSE, planes.COARSE)
        stride = (points - 1) // (planes.COARSE - 1)
        assert coarse[1, 0] == stride * points
        assert coarse[0].tolist() == list(range(0, points, stride))
        assert coarse[-1, -1] == points * points - 1


@pytest.mark.parametrize("name", STANDARD)
def test_classes_are_those_that_the_model_predicts(
    name: str, test_splits: dict[Dataset, Split]
) -> None:
    """At 200 random points of eight pictures."""
    model, fast = load_model(name), for_inference(load_model(name))
    images, labels = test_splits[STANDARD[name].dataset]
    luck = torch.Generator().manual_seed(len(name))
    for index in torch.randint(len(labels), (PICTURES,), generator=luck).tolist():
        image, label = to_pixels(images[index : index + 1]), labels[index : index + 1]
        along, across = directions(name, image, label)
        compute = plane_counter(fast, image, along, across)
        order, places = planes.order(), planes.axis()
        for start in torch.randint(len(order) - 25, (8,), generator=luck).tolist():
            found = torch.cat(compute(slice(start, start + 25)).blocks)
            for point, row in zip(order[start : start + 25].tolist(), found, strict=True):
                x, y = places[point % planes.POINTS], places[point // planes.POINTS]
                moved = (image + x * along + y * across).clamp(0, 1)
                logits = model(moved)[0]
                best, second = logits.topk(2).values
                assert row.argmax() == logits.argmax() or best - second < 1e-3
                assert torch.allclose(row, logits.log_softmax(dim=0), atol=2e-3)


def test_the_whole_plane_lies_as_its_directions_do(test_splits: dict[Dataset, Split]) -> None:
    name = "fashion-fcnn"
    model, (images, labels) = load_model(name), test_splits[Dataset.FASHION]
    image, label = to_pixels(images[:1]), labels[:1]
    along, across = directions(name, image, label)
    found = plane(model, image, along, across)
    assert found.log_probabilities.shape == (61, 61, 10)
    for row, column in ((30, 30), (30, 60), (60, 30), (3, 50)):
        x, y = found.places[column], found.places[row]
        direct = model((image + x * along + y * across).clamp(0, 1)).log_softmax(dim=1)[0]
        assert torch.allclose(found.log_probabilities[row, column], direct, atol=1e-4)
        assert found.losses(int(label))[row, column] == -found.log_probabilities[row, column, label]
    coarse = Plane.of(PlanePoints((found.log_probabilities.view(-1, 10)[planes.order()][:300],)))
    assert coarse is not None
    assert torch.equal(coarse.log_probabilities, found.log_probabilities[::4, ::4])
    assert Plane.of(PlanePoints((torch.zeros(255, 10),))) is None
    assert Plane.of(PlanePoints()) is None


def test_what_does_not_fit_is_said(picture: Tensor) -> None:
    model, signs = load_model("fashion-fcnn"), random_direction(1)
    for image, along in ((picture + 2, signs), (picture, signs[:, :, :9]), (picture, signs * 99)):
        with pytest.raises(ValueError, match="expected"):
            plane_counter(model, image, along, signs)
    with pytest.raises(ValueError, match="one image"):
        plane_counter(model, picture.expand(2, -1, -1, -1), signs, signs)
    with pytest.raises(ValueError, match="class"):
        Plane(planes.axis(2), torch.zeros(2, 2, 10)).losses(10)


@pytest.fixture
def picture() -> Tensor:
    return torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("attack", [bim, pgd])
def test_an_attack_shows_every_step(attack: Callable[..., Tensor], picture: Tensor) -> None:
    seen: list[Tensor] = []
    model, label = load_model("fashion-fcnn"), torch.tensor([3])
    attacked = attack(model, picture, label, 0.1, steps=7, on_step=seen.append)
    assert len(seen) == 8
    assert torch.equal(seen[-1], attacked)
    assert torch.equal(seen[0], picture) == (attack is bim)
    assert all((step - picture).abs().max() <= 0.1 + 1e-6 for step in seen)


def test_a_shadow_is_the_nearest_point_of_the_plane() -> None:
    luck = torch.Generator().manual_seed(0)
    ways = random_direction(1, seed=1), random_direction(1, seed=2)
    along, across = (way.float().flatten() for way in ways)
    moves = 0.1 * along - 0.2 * across + 0.01 * torch.randn(3, 784, generator=luck)
    for move, (x, y) in zip(moves, on_plane(moves, *ways), strict=True):
        left = move - x * along - y * across
        assert left @ along == pytest.approx(0, abs=1e-3)
        assert left @ across == pytest.approx(0, abs=1e-3)
    assert torch.allclose(on_plane(0.1 * along, *ways), torch.tensor([0.1, 0.0]), atol=1e-6)


def test_a_track_leads_from_the_start_to_where_the_attack_ends(picture: Tensor) -> None:
    model = load_model("fashion-fcnn")
    subject = Subject(picture, 3, random_direction(1))
    found = attack_picture(model, for_inference(model), subject, Method.PGD)
    assert found.track is not None
    assert found.track.shape == (31, 21, 2)
    epsilons = torch.tensor(Method.PGD.shown_epsilons)
    ends = on_plane(
        (epsilons.view(-1, 1) * found.direction.flatten(1)), found.along, subject.random_signs
    )
    assert torch.allclose(found.track[:, -1], ends, atol=1e-4)
    assert not found.track[0].any()  # at epsilon 0 nothing moves
    one_step = attack_picture(model, for_inference(model), subject, Method.FGSM)
    assert one_step.track is None
    assert torch.equal(one_step.along, one_step.direction)
    assert torch.equal(found.along, one_step.direction)
