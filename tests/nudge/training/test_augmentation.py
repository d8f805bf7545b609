import torch

from nudge.training.augmentation import Mixup, add_noise


def test_blend() -> None:
    blend = Mixup(0.75, torch.tensor([1, 0]))
    values = torch.tensor([[0.0, 4.0], [8.0, 0.0]])
    assert torch.equal(blend(values), torch.tensor([[2.0, 3.0], [6.0, 1.0]]))


def test_noise() -> None:
    torch.manual_seed(0)
    pictures = torch.full((500, 1, 28, 28), 0.5)
    noisy = add_noise(pictures, 0.1)
    deviations = (noisy - pictures).flatten(1).std(dim=1)
    assert deviations.min() < 0.01
    assert 0.09 < deviations.max() < 0.11
    assert torch.equal(add_noise(pictures, 0), pictures)
    assert add_noise(pictures, 5).min() == 0
    assert add_noise(pictures, 5).max() == 1
