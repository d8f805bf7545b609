"""The plane through one picture: what a model predicts wherever two directions lead.

A picture has 784 directions; a plane shows two of them. Each point is the picture moved along both
and clipped to [0, 1], so the further out a point lies, the more of its move is cut off.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from models import SIDE
from nudge.argument_checks import (
    as_count,
    check_directions,
    check_images,
    check_model,
    check_same_device,
    check_tensor,
    shape,
)
from nudge.attacks.model_outputs import check_finite, check_logits, explained

REACH = 0.3  # how far a plane leads along either direction, as far as epsilon goes
POINTS = 61  # along either, a hundredth apart
SMALL = 31  # of several planes side by side
COARSE = 16  # along either, of the points that come first


def axis(points: int = POINTS) -> Tensor:
    """How far the points lie along either direction, ascending: float32 (points,)."""
    return torch.linspace(-REACH, REACH, as_count(points, "a number of points", least=2))


def order(points: int = POINTS) -> Tensor:
    """The points of a plane, a coarse grid before the others: int64 (points * points,).

    A point is `row * points + column`, its row the place along the second direction.
    """
    stride = _stride(points)
    rows, columns = torch.arange(points)[:, None], torch.arange(points)
    fine = (rows % stride).clamp(max=1) + (columns % stride).clamp(max=1) > 0
    return torch.argsort(fine.flatten(), stable=True)


def _stride(points: int) -> int:
    """Points from one of the coarse grid to the next."""
    return max(1, (points - 1) // (COARSE - 1))


@dataclass(frozen=True)
class PlanePoints:
    """The first points of a plane in its order, as they were computed."""

    blocks: tuple[Tensor, ...] = ()  # log-probabilities, float32 (n, classes), on the CPU

    def __add__(self, other: "PlanePoints") -> "PlanePoints":
        return PlanePoints(self.blocks + other.blocks)


@dataclass(frozen=True)
class Plane:
    """What a model predicts at every point of a plane, or of the coarse grid in it."""

    places: Tensor  # along either direction, ascending: float32 (N,)
    log_probabilities: Tensor  # float32 (N, N, classes): second direction, first direction

    @classmethod
    def of(cls, found: PlanePoints, points: int = POINTS) -> "Plane | None":
        """The whole plane where all its points are there, else the coarse grid, or None."""
        total = points * points
        rows = torch.cat(found.blocks) if found.blocks else torch.empty(0, 1)
        places = axis(points)
        if len(rows) == total:
            ordered = torch.empty_like(rows)
            ordered[order(points)] = rows
            return cls(places, ordered.view(points, points, -1))
        if len(rows) < COARSE * COARSE:
            return None
        stride = _stride(points)
        return cls(places[::stride], rows[: COARSE * COARSE].view(COARSE, COARSE, -1))

    @property
    def predictions(self) -> Tensor:
        """The most probable class: int64 (N, N)."""
        return self.log_probabilities.argmax(dim=2)

    def losses(self, label: int) -> Tensor:
        """The cross-entropy of class `label`, in nats: (N, N)."""
        last = self.log_probabilities.shape[2] - 1
        return -self.log_probabilities[:, :, as_count(label, "a class", most=last)]


def plane_counter(
    model: nn.Module,
    image: Tensor,
    along: Tensor,
    across: Tensor,
    *,
    points: int = POINTS,
    yield_to: Callable[[], None] = lambda: None,
) -> Callable[[slice], PlanePoints]:
    """A function that computes any of a plane's points, counted in the plane's order.

    Args:
        model: in eval mode, or from `for_inference`.
        image: floating point (1, 1, 28, 28) in [0, 1].
        along, across: the two directions, of the image's shape and in [-28, 28].
        yield_to: called before each batch.

    Raises:
        ValueError: an argument is not as said, or, when called, the logits are not finite.
    """
    check_model(model)
    check_images(image)
    for direction in (along, across):
        check_directions(direction, 1, most=SIDE)
        check_same_device(direction, image, "directions")
    if len(image) != 1:
        raise ValueError(f"expected one image, got {shape(image)}")
    places, ordered = axis(points).to(image), order(points).to(image.device)
    first, second = along.to(image.dtype), across.to(image.dtype)

    @torch.inference_mode()
    def compute(batch: slice) -> PlanePoints:
        yield_to()
        rows, columns = ordered[batch] // points, ordered[batch] % points
        if not len(rows):
            return PlanePoints()
        moves = places[columns].view(-1, 1, 1, 1) * first + places[rows].view(-1, 1, 1, 1) * second
        nudged = (image + moves).clamp_(0, 1)
        with explained(model, image):
            logits = model(nudged)
        check_logits(logits, len(nudged))
        check_finite(logits, "logits")
        return PlanePoints((logits.log_softmax(dim=1).float().cpu(),))

    return compute


def plane(
    model: nn.Module, image: Tensor, along: Tensor, across: Tensor, *, points: int = POINTS
) -> Plane:
    """What the model predicts all over the plane; arguments and errors are `plane_counter`'s.

    >>> found = plane(model, image, fgsm_direction(model, image, label), random_direction(1))
    >>> found.predictions.shape
    torch.Size([61, 61])
    """
    compute = plane_counter(model, image, along, across, points=points)
    total, batch = points * points, 250
    found = [compute(slice(i, i + batch)) for i in range(0, total, batch)]
    whole = Plane.of(PlanePoints(tuple(b for part in found for b in part.blocks)), points)
    assert whole is not None  # for all points are there
    return whole


def on_plane(perturbations: Tensor, along: Tensor, across: Tensor) -> Tensor:
    """The points of the plane that are nearest to perturbations, in L2: float32 (..., 2).

    Args:
        perturbations: floating point (..., 784).
        along, across: the plane's directions, as in `plane_counter`.

    Raises:
        ValueError: an argument is not as said.
    """
    check_tensor(perturbations, "perturbations")
    if perturbations.shape[-1:] != (SIDE * SIDE,) or not perturbations.is_floating_point():
        raise ValueError(f"expected perturbations (..., {SIDE * SIDE}), got {shape(perturbations)}")
    for direction in (along, across):
        check_directions(direction, 1, most=SIDE)
    basis = torch.stack([along.flatten(), across.flatten()], dim=1).double()
    solved = np.linalg.lstsq(
        basis.numpy(), perturbations.double().reshape(-1, len(basis)).T.numpy(), rcond=None
    )[0]
    return torch.from_numpy(solved.T).float().view(*perturbations.shape[:-1], 2)
