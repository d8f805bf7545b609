import time

import pytest
import torch

from models import load_model
from nudge.attacks import random_direction
from nudge.neighbourhood import plane as planes
from nudge.neighbourhood.plane import Plane, plane
from nudge.serving.plane_job import plane_job


def test_it_is_computed_in_the_background_coarse_first() -> None:
    model = load_model("fashion-fcnn")
    image = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    along, across = random_direction(1, seed=1), random_direction(1, seed=2)
    job = plane_job(model, image, along, across, points=planes.SMALL)
    sizes, deadline = [], time.monotonic() + 60
    while not (look := job.poll()).complete:
        assert time.monotonic() < deadline
        if (found := Plane.of(look.value, planes.SMALL)) is not None:
            sizes.append(len(found.places))
    assert set(sizes) <= {planes.COARSE}
    whole = Plane.of(job.poll().value, planes.SMALL)
    assert whole is not None
    expected = plane(model, image, along, across, points=planes.SMALL)
    assert torch.allclose(whole.log_probabilities, expected.log_probabilities, atol=1e-4)


def test_what_does_not_fit_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="expected"):
        plane_job(
            load_model("fashion-fcnn"), torch.rand(2, 2), random_direction(1), random_direction(1)
        )
