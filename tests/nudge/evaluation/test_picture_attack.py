from dataclasses import replace

import pytest
import torch
from torch import nn

from nudge.attacks import fgsm_direction, random_direction, targeted_direction
from nudge.data import to_pixels
from nudge.evaluation.picture_attack import Subject, attack_picture
from nudge.evaluation.probability_path import probability_paths
from nudge.evaluation.sweep import EPSILONS
from tests.conftest import tiny_split


@pytest.fixture
def subject() -> Subject:
    return Subject(to_pixels(tiny_split(1).images), 3, random_direction(1))


def test_leads_away_from_the_label(small_network: nn.Module, subject: Subject) -> None:
    found = attack_picture(small_network, small_network, subject, None)
    away = fgsm_direction(small_network, subject.pixels, torch.tensor([3]))
    assert torch.equal(found.direction, away)
    for path, direction in ((found.path, away), (found.control, subject.random_signs)):
        (expected,) = probability_paths(small_network, subject.pixels, [direction], EPSILONS)
        torch.testing.assert_close(path.probabilities, expected.probabilities)


def test_leads_to_the_target(small_network: nn.Module, subject: Subject) -> None:
    found = attack_picture(small_network, small_network, subject, 5)
    there = targeted_direction(small_network, subject.pixels, torch.tensor([5]))
    assert torch.equal(found.direction, there)


def test_without_a_label_it_leads_away_from_the_prediction(
    small_network: nn.Module, subject: Subject
) -> None:
    predicted = small_network(subject.pixels).argmax(1)
    found = attack_picture(small_network, small_network, replace(subject, label=None), None)
    away = fgsm_direction(small_network, subject.pixels, predicted)
    assert torch.equal(found.direction, away)
