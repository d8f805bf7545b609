"""The plane through a picture, computed in the background while somebody watches."""

import torch
from torch import Tensor, nn

from nudge.neighbourhood.plane import POINTS, PlanePoints, plane_counter
from nudge.serving import scheduler
from nudge.serving.background_job import Job
from nudge.serving.device_choice import placed
from nudge.serving.scheduler import Counter


def plane_job(
    classifier: nn.Module, image: Tensor, along: Tensor, across: Tensor, *, points: int = POINTS
) -> Job[PlanePoints]:
    """A plane in the making; arguments and errors are those of `plane_counter`."""

    def counter(device: torch.device) -> Counter[PlanePoints]:
        compute = plane_counter(
            placed(classifier, device),
            *(values.to(device) for values in (image, along, across)),
            points=points,
            yield_to=scheduler.FOREGROUND.yield_to_foreground,
        )
        return Counter(compute, points * points)

    plane_counter(classifier, image, along, across, points=points)  # says what is wrong at once
    return Job(counter, PlanePoints(), total=points * points)
