import torch

from models import Dataset
from nudge.data import Split
from nudge.data.holdout import FASHION_HELD_OUT, hold_out, near_copies
from tests.conftest import tiny_split


def copies(photographs: int, times: int) -> Split:
    """Photographs of two classes, each several times with a little noise and other brightness."""
    generator = torch.Generator().manual_seed(0)
    originals = torch.randint(0, 200, (photographs, 1, 28, 28), generator=generator)
    noise = torch.randint(-3, 4, (photographs, times, 28, 28), generator=generator)
    brightness = torch.arange(times)[None, :, None, None] * 5
    images = (originals + noise + brightness).clamp(0, 255).to(torch.uint8).flatten(0, 1)
    return Split(images, (torch.arange(photographs) % 2).repeat_interleave(times))


def test_near_copies_are_found() -> None:
    groups = torch.from_numpy(near_copies(copies(photographs=20, times=6))).view(20, 6)
    assert (groups == groups[:, :1]).all()  # the copies of a photograph are together
    assert sorted(set(groups.flatten().tolist())) == list(range(20))  # and no two photographs are


def test_near_copies_stay_on_one_side() -> None:
    split = copies(photographs=20, times=6)
    train, held_out = hold_out(Dataset.SIGN, split)
    assert len(held_out.labels) == 4 * 6  # a fifth of the photographs
    assert len(train.labels) == 16 * 6
    distances = torch.cdist(held_out.images.flatten(1).float(), train.images.flatten(1).float())
    # Copies lie within 28 pixels' worth of brightness 25 and noise 6; photographs far beyond.
    assert distances.min() > 28 * (25 + 6)


def test_fashions_last_pictures_are_held_out() -> None:
    whole = tiny_split(FASHION_HELD_OUT + 300)
    train, held_out = hold_out(Dataset.FASHION, whole)
    assert torch.equal(torch.cat([train.images, held_out.images]), whole.images)
    assert torch.equal(torch.cat([train.labels, held_out.labels]), whole.labels)
    assert len(train.labels) == 300
