import pytest
import torch
from torch import nn

from models import VARIANTS, Scramble, build_model, load_model
from nudge.evaluation.first_layer import (
    first_dense,
    first_filters,
    in_order,
    largest,
    neighbour_correlation,
)


def test_weights_of_a_unit_stand_where_its_pixels_stand() -> None:
    """Light one pixel: the first layer answers with the weights at that very place."""
    model = load_model("sign-fcnn-scrambled")
    ordered = in_order(model, first_dense(model))
    (first,) = (m for m in model.modules() if isinstance(m, nn.Linear) and m.in_features == 784)
    for row, column in ((0, 0), (3, 20), (27, 27)):
        picture = torch.zeros(1, 1, 28, 28)
        picture[0, 0, row, column] = 1
        scrambled = model.get_submodule("scramble")(picture)
        assert torch.allclose(first(scrambled.flatten(1))[0], ordered[:, row, column])


def test_without_a_scramble_nothing_moves() -> None:
    model = load_model("sign-fcnn")
    weights = first_dense(model)
    assert weights.shape == (1024, 28, 28)
    assert torch.equal(in_order(model, weights), weights)


def test_put_back_twice_is_scrambled_again() -> None:
    weights = torch.arange(2 * 784.0).view(2, 28, 28)
    model = nn.Sequential(Scramble())
    assert torch.equal(model[0](in_order(model, weights)), weights)


def test_filters_are_those_that_read_the_picture() -> None:
    model = build_model(VARIANTS["fashion-cnn"])
    found = first_filters(model)
    assert all(filters.ndim == 3 for filters in found)
    kernels = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.weight.shape[1] == 1]
    assert [f.shape[0] for f in found] == [kernel.out_channels for kernel in kernels]
    assert torch.equal(found[0][0], kernels[0].weight[0, 0])
    assert first_filters(build_model(VARIANTS["fashion-fcnn"])) == []


def test_a_cnn_has_no_dense_layer_on_pixels() -> None:
    with pytest.raises(ValueError, match="reads 784 pixels"):
        first_dense(build_model(VARIANTS["fashion-cnn"]))


def test_the_largest_first() -> None:
    weights = torch.tensor([1.0, -3.0, 2.0]).view(3, 1, 1).expand(3, 2, 2)
    assert largest(weights, 2)[:, 0, 0].tolist() == [-3, 2]


def test_neighbour_correlation() -> None:
    torch.manual_seed(0)
    noise = torch.randn(50, 28, 28)
    assert abs(neighbour_correlation(noise)) < 0.02
    ramp = torch.arange(28.0).expand(28, 28)[None]
    assert neighbour_correlation(ramp) > 0.99
    board = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])[None]
    assert neighbour_correlation(board) == pytest.approx(-1)
