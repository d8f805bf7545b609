"""What the browser is sent of the maps, unpacked as it does."""

import base64
import gzip
import json
import time
from typing import Any

import numpy as np
import pytest
import torch

from models import Dataset
from nudge.evaluation.methods import Method
from nudge.neighbourhood.plane import Plane
from views.session import resources
from views.session.state import Compare, Panel, View
from views.stage import planes
from views.stage.planes import Mapped

MOST_BYTES = 120_000


def maps(view: View) -> list[Mapped]:
    """Those of a view, all computed."""
    pictures = resources.display_set(view.dataset)
    subject, found = resources.test_picture(pictures, view.image), []
    for variant in view.on_stage:
        args = (view.image, view.method, view.target_index, pictures)
        attack = resources.attacked_test_picture(variant.id, *args)
        job = resources.plane_job(variant.id, *args, planes.points_for(len(view.on_stage)))
        deadline = time.monotonic() + 240
        while not job.poll().complete:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        found.append(Mapped(job, attack, subject.label or 0))
    return found


def unpacked(plane: dict[str, Any], classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = plane["points"] ** 2
    raw = gzip.decompress(base64.b64decode(plane["packed"]))
    assert len(raw) == count * (3 + classes)
    losses = np.frombuffer(raw, "<u2", count) / planes.NATS
    predictions = np.frombuffer(raw, np.uint8, count, 2 * count)
    return losses, predictions, np.frombuffer(raw, np.uint8, -1, 3 * count).reshape(count, classes)


@pytest.mark.parametrize(
    "view",
    [
        View(image=4, panel=Panel.MAP),
        View(Dataset.SIGN, image=3, panel=Panel.MAP, method=Method.PGD),
        View(Dataset.SIGN, image=3, panel=Panel.MAP, compare=Compare.ALL, method=Method.PGD),
        View(image=8, panel=Panel.MAP, compare=Compare.ALL, method=Method.TARGETED, target="bag"),
    ],
)
def test_the_maps_are_the_planes_and_small(view: View) -> None:
    found = maps(view)
    sent = planes.so_far("name", found)
    assert sent is not None
    assert len(json.dumps(sent)) <= MOST_BYTES
    assert len(sent["planes"]) == len(view.on_stage)
    for one, plane in zip(found, sent["planes"], strict=True):
        whole = Plane.of(one.job.poll().value, plane["points"])
        assert whole is not None
        losses, predictions, probabilities = unpacked(plane, len(view.variant.classes))
        exact = whole.log_probabilities.exp().view(len(predictions), -1).numpy()
        assert np.array_equal(predictions, whole.predictions.flatten())
        assert np.abs(probabilities / 255 - exact).max() <= 0.51 / 255
        assert np.abs(losses - whole.losses(one.label).flatten().numpy()).max() < 1e-3
        along = np.frombuffer(base64.b64decode(plane["along"]), np.int8) * plane["unit"]
        assert np.abs(along - one.attack.along.flatten().numpy()).max() <= plane["unit"] / 2 + 1e-6
        if view.method.iterated:
            track = np.frombuffer(base64.b64decode(plane["track"]), "<i2").reshape(31, 21, 2)
            assert one.attack.track is not None
            assert torch.allclose(
                torch.tensor(track / planes.TRACK).float(), one.attack.track, atol=1e-4
            )
        else:
            assert plane["track"] is None


def test_what_is_not_there_yet_is_not_sent() -> None:
    view = View(image=11, panel=Panel.MAP)
    pictures = resources.display_set(view.dataset)
    attack = resources.attacked_test_picture("fashion-cnn", 11, Method.FGSM, None, pictures)
    job = resources.plane_of("fashion-cnn", resources.test_picture(pictures, 11), attack, 61)
    assert planes.so_far("name", [Mapped(job, attack, 0)]) is None
