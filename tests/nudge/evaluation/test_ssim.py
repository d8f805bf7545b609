import pytest
import torch

from nudge.evaluation.ssim import structural_similarity


def test_of_a_picture_with_itself() -> None:
    pictures = torch.rand(3, 1, 28, 28)
    assert structural_similarity(pictures, pictures) == pytest.approx([1, 1, 1])


def test_of_flat_pictures() -> None:
    """Without structure SSIM is its term for brightness, which has a closed form."""
    dark, bright = (torch.full((1, 1, 28, 28), value) for value in (0.2, 0.6))
    constant = 0.01**2
    expected = (2 * 0.2 * 0.6 + constant) / (0.2**2 + 0.6**2 + constant)
    assert structural_similarity(dark, bright) == pytest.approx([expected], abs=1e-5)


def test_falls_with_the_size_of_a_nudge() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(1, 1, 28, 28)
    direction = torch.randn(1, 1, 28, 28).sign()
    values = [
        structural_similarity((pictures + e * direction).clamp(0, 1), pictures)[0]
        for e in (0, 0.05, 0.1, 0.3)
    ]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.8
