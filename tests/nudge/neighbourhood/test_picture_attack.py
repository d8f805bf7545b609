from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from nudge.attacks import (
    bim,
    fgsm_direction,
    loss_gradient,
    pgd,
    random_direction,
    targeted_direction,
)
from nudge.data import to_pixels
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS
from nudge.neighbourhood.picture_attack import Subject, attack_picture
from nudge.neighbourhood.probability_path import probability_paths
from tests.conftest import tiny_split


@pytest.fixture
def subject() -> Subject:
    return Subject(to_pixels(tiny_split(1).images), 3, random_direction(1))


def test_leads_away_from_the_label(small_network: nn.Module, subject: Subject) -> None:
    found = attack_picture(small_network, small_network, subject)
    away = fgsm_direction(small_network, subject.pixels, torch.tensor([3]))
    assert torch.equal(found.direction, away)
    for path, direction in ((found.path, away), (found.control, subject.random_signs)):
        (expected,) = probability_paths(small_network, subject.pixels, [direction], EPSILONS)
        torch.testing.assert_close(path.probabilities, expected.probabilities)


def test_leads_to_the_target(small_network: nn.Module, subject: Subject) -> None:
    found = attack_picture(small_network, small_network, subject, Method.TARGETED, 5)
    there = targeted_direction(small_network, subject.pixels, torch.tensor([5]))
    assert torch.equal(found.direction, there)


@pytest.mark.parametrize(("method", "attack"), [(Method.BIM, bim), (Method.PGD, pgd)])
def test_an_iterated_attack_takes_another_way_for_every_epsilon(
    method: Method, attack: Any, small_network: nn.Module, subject: Subject
) -> None:
    found = attack_picture(small_network, small_network, subject, method)
    radii = torch.tensor(EPSILONS[::2])
    several = subject.pixels.expand(31, -1, -1, -1)
    expected = attack(small_network, several, torch.full((31,), 3), radii)
    moved = subject.pixels + radii.view(-1, 1, 1, 1) * found.direction
    torch.testing.assert_close(moved, expected)
    assert found.path.epsilons == found.control.epsilons == EPSILONS[::2]
    torch.testing.assert_close(found.path.probabilities, small_network(moved).softmax(dim=1))
    assert found.direction.abs().max() <= 1


def test_l2_moves_in_proportion_to_the_gradient(small_network: nn.Module, subject: Subject) -> None:
    found = attack_picture(small_network, small_network, subject, Method.L2)
    torch.testing.assert_close(found.direction.norm(), torch.tensor(28.0))
    gradient, _ = loss_gradient(small_network, subject.pixels, torch.tensor([3]))
    torch.testing.assert_close(found.direction, 28 * gradient / gradient.norm())


def test_a_targeted_attack_needs_a_target(small_network: nn.Module, subject: Subject) -> None:
    with pytest.raises(ValueError, match="expected a target"):
        attack_picture(small_network, small_network, subject, Method.TARGETED)


def test_without_a_label_it_leads_away_from_the_prediction(
    small_network: nn.Module, subject: Subject
) -> None:
    predicted = small_network(subject.pixels).argmax(1)
    found = attack_picture(small_network, small_network, replace(subject, label=None))
    away = fgsm_direction(small_network, subject.pixels, predicted)
    assert torch.equal(found.direction, away)
