"""Where the object of a picture stands after it was moved."""

from typing import Any

import pytest
import torch

from nudge.data import to_pixels
from nudge.data.movement import move_objects
from tests.conftest import tiny_split


def test_no_movement_draws_nothing_and_changes_nothing() -> None:
    """The standard variants' weights depend on it, bit for bit."""
    pictures = to_pixels(tiny_split(5).images)
    before = torch.get_rng_state()
    assert move_objects(pictures) is pictures
    assert torch.equal(torch.get_rng_state(), before)


def test_each_picture_moves_on_its_own() -> None:
    torch.manual_seed(0)
    one = torch.zeros(1, 1, 28, 28)
    one[..., 10:18, 12:16] = 1.0
    moved = move_objects(one.expand(50, -1, -1, -1), shift=3)
    rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    weight = moved / moved.sum(dim=(2, 3), keepdim=True)
    centres = torch.stack([(weight * axis).sum(dim=(1, 2, 3)) for axis in (rows, columns)], 1)
    shifts = centres - torch.tensor([13.5, 13.5])
    assert len({tuple(shift) for shift in shifts.round().tolist()}) > 10
    assert shifts.abs().max() <= 3.01
    assert moved.shape == (50, 1, 28, 28)
    assert moved.min() >= 0
    assert moved.max() <= 1


def test_pictures_share_as_many_movements_as_are_drawn() -> None:
    torch.manual_seed(0)
    one = torch.zeros(1, 1, 28, 28)
    one[..., 10:18, 12:16] = 1.0
    moved = move_objects(one.expand(50, -1, -1, -1), shift=3, rotation=10, draws=4)
    assert len({tuple(picture) for picture in moved.flatten(1).tolist()}) == 4
    assert len(move_objects(one, shift=3, draws=4)) == 1  # fewer pictures than draws


def test_flips() -> None:
    pictures = to_pixels(tiny_split(200).images)
    flipped = move_objects(pictures, flip=0.5)
    mirrored = [torch.equal(a, b.flip(-1)) for a, b in zip(flipped, pictures, strict=True)]
    kept = [torch.equal(a, b) for a, b in zip(flipped, pictures, strict=True)]
    assert all(a or b for a, b in zip(mirrored, kept, strict=True))
    assert 60 < sum(mirrored) < 140
    always = move_objects(pictures, flip=1)
    assert torch.equal(always, pictures.flip(-1))


def test_rotation_and_scale_stay_within_their_limits() -> None:
    """A bar through the middle: its second moments tell its angle and its length."""
    torch.manual_seed(0)
    bar = torch.zeros(1, 1, 28, 28)
    bar[..., 13:15, 6:22] = 1.0
    moved = move_objects(bar.expand(60, -1, -1, -1), rotation=20, scale=0.2)
    rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    y, x = rows - 13.5, columns - 13.5
    weight = moved / moved.sum(dim=(2, 3), keepdim=True)
    xx, yy, xy = ((weight * v).sum(dim=(1, 2, 3)) for v in (x * x, y * y, x * y))
    angles = torch.rad2deg(0.5 * torch.atan2(2 * xy, xx - yy))
    lengths = (xx + yy).sqrt()
    before = ((bar / bar.sum()) * (x * x + y * y)).sum().sqrt()
    assert angles.abs().max() < 21
    assert angles.min() < -10
    assert angles.max() > 10
    assert 0.75 < (lengths / before).min() < 0.9
    assert 1.1 < (lengths / before).max() < 1.25


def test_there_is_a_movement_to_draw() -> None:
    with pytest.raises(ValueError, match="a number of draws"):
        move_objects(torch.zeros(1, 1, 28, 28), shift=1, draws=0)


@pytest.mark.parametrize("wrong", [{"shift": -1}, {"rotation": 200}, {"scale": 1}, {"flip": 1.1}])
def test_moves_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected \w+ of at least 0 and at most"):
        move_objects(torch.zeros(1, 1, 28, 28), **wrong)
