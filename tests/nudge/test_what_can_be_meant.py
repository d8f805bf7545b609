"""Arguments that differ from the usual ones and can only mean one thing are taken."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import SupportsFloat

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models import load_model
from nudge.attacks import fgsm, fgsm_direction, nudge, random_direction
from nudge.data import Split, to_pixels
from nudge.evaluation.fused_inference import for_inference, logits_along
from nudge.evaluation.measurement import measure
from nudge.evaluation.predictions import stream_batches
from nudge.evaluation.ssim import structural_similarity
from nudge.evaluation.sweep import accuracy_curve
from nudge.evaluation.transferability import stream_transfer
from nudge.neighbourhood.probability_path import probability_paths
from nudge.serving.live_curves import LiveCurves
from tests.conftest import tiny_split

GRID = (0.0, 0.05, 0.1)
SPLIT = tiny_split(20)

ITERABLES: dict[str, Callable[[], Iterable[SupportsFloat]]] = {
    "generator": lambda: (e for e in GRID),
    "iterator": lambda: iter(GRID),
    "map": lambda: map(float, ("0", "0.05", "0.1")),
    "NumPy": lambda: np.array(GRID),
    "tensor": lambda: torch.tensor(GRID, dtype=torch.float64),
    "keys": lambda: dict.fromkeys(GRID).keys(),
    "fractions": lambda: [Fraction(0), Fraction(1, 20), Fraction(1, 10)],
    "decimals": lambda: [Decimal("0"), Decimal("0.05"), Decimal("0.1")],
    "whole": lambda: [0, np.float64(0.05), torch.tensor(0.1, dtype=torch.float64)],
}


@pytest.mark.parametrize("kind", ITERABLES)
def test_any_iterable_of_epsilons(small_network: nn.Module, kind: str) -> None:
    make = ITERABLES[kind]
    curve = accuracy_curve(small_network, *SPLIT, GRID)
    found = accuracy_curve(small_network, *SPLIT, make())
    assert found == curve
    assert all(type(epsilon) is float for epsilon in found.epsilons)
    (batch,), (expected,) = (stream_batches(small_network, *SPLIT, e) for e in (make(), GRID))
    assert torch.equal(batch.predictions, expected.predictions)
    image = to_pixels(SPLIT.images[:1])
    paths, others = (
        probability_paths(small_network, image, iter([random_direction(1)]), e)
        for e in (make(), GRID)
    )
    assert paths[0].epsilons == GRID
    assert torch.equal(paths[0].probabilities, others[0].probabilities)
    *_, transfer = stream_transfer([small_network], *SPLIT, make())
    assert (transfer.epsilons, tuple(transfer.correct[:, 0, 0])) == (GRID, curve.correct)
    measured = measure(small_network, SPLIT, make())
    assert measured.for_card(10)["fgsm"] == curve.correct
    live = LiveCurves(small_network, SPLIT, make(), random_direction(20))
    assert live.snapshot(20).pair.attacked.epsilons == GRID
    with torch.inference_mode():
        along = [*logits_along(small_network, image, random_direction(1), make())]
    assert len(along) == 3


@pytest.mark.parametrize("epsilon", [Fraction(1, 10), Decimal("0.1"), np.float64(0.1),
                                     torch.tensor(0.1, dtype=torch.float64)])  # fmt: skip
def test_any_number_as_epsilon(small_network: nn.Module, epsilon: float) -> None:
    images, labels = to_pixels(SPLIT.images), SPLIT.labels
    expected = fgsm(small_network, images, labels, 0.1)
    assert torch.equal(fgsm(small_network, images, labels, epsilon), expected)


def double(split: Split) -> Tensor:
    return split.images[:, None].double() / 255


@pytest.mark.parametrize("name", ["fashion-fcnn", "fashion-cnn", "fashion-cnn-scrambled"])
def test_float64_is_computed_in_float64(name: str) -> None:
    """The rearranged network as well: to 1e-12, where float32 would be off by 1e-6."""
    model = load_model(name).double()
    images, labels = double(SPLIT), SPLIT.labels
    attacked = fgsm(model, images, labels, 0.1)
    direction = fgsm_direction(model, images, labels)
    assert attacked.dtype == direction.dtype == torch.float64
    assert torch.equal(attacked, (images + 0.1 * direction).clamp(0, 1))
    with torch.inference_mode():
        found = torch.stack([*logits_along(for_inference(model), images, direction, GRID)])
        expected = torch.stack([model((images + e * direction).clamp(0, 1)) for e in GRID])
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    correct = tuple((expected.argmax(dim=2) == labels).sum(dim=1).tolist())
    assert accuracy_curve(model, images, labels, GRID).correct == correct
    assert accuracy_curve(model, *SPLIT, GRID).correct == correct  # stored pictures, too
    (path,) = probability_paths(model, images[:1], [direction[:1]], GRID)
    assert path.probabilities.dtype == torch.float64
    torch.testing.assert_close(path.probabilities, expected[:, 0].softmax(1), rtol=1e-9, atol=1e-9)
    *_, transfer = stream_transfer([model], *SPLIT, GRID)
    assert tuple(transfer.correct[:, 0, 0]) == correct


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_other_kinds_are_computed_as_they_are(small_network: nn.Module, kind: torch.dtype) -> None:
    model = small_network.to(kind)
    images = to_pixels(SPLIT.images, kind)
    assert fgsm(model, images, SPLIT.labels, 0.1).dtype == kind
    curve = accuracy_curve(model, *SPLIT, GRID)
    assert curve == accuracy_curve(model, images, SPLIT.labels, GRID)


@pytest.mark.parametrize("name", ["fashion-fcnn", "fashion-cnn"])
@pytest.mark.parametrize("kind", [torch.float64, torch.float16])
def test_pictures_of_another_kind_than_the_weights(name: str, kind: torch.dtype) -> None:
    model, images = load_model(name), to_pixels(SPLIT.images, kind)
    message = rf"expected images of torch.float32, as the model's weights, got {kind}"
    with pytest.raises(ValueError, match=message):
        fgsm(model, images, SPLIT.labels, 0.1)
    for directions in (None, random_direction(20)):
        with pytest.raises(ValueError, match=message):
            accuracy_curve(model, images, SPLIT.labels, GRID, directions=directions)
    with pytest.raises(ValueError, match=message):
        probability_paths(model, images[:1], [random_direction(1)], GRID)


def test_pictures_on_another_device_than_the_weights() -> None:
    """Every machine has the device meta, which holds no values."""
    model, images = load_model("fashion-fcnn").to("meta"), to_pixels(SPLIT.images)
    message = "expected images on meta, where the model is, got cpu"
    with pytest.raises(ValueError, match=message):
        fgsm(model, images, SPLIT.labels, 0.1)
    with pytest.raises(ValueError, match=message):
        probability_paths(model, images[:1], [random_direction(1)], GRID)


def test_a_model_that_casts_its_pictures_itself(small_network: nn.Module) -> None:
    class Casting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = small_network.double()

        def forward(self, images: Tensor) -> Tensor:
            logits: Tensor = self.network(images.double())
            return logits

    images = to_pixels(SPLIT.images)
    assert fgsm(Casting(), images, SPLIT.labels, 0.1).dtype == torch.float32
    assert accuracy_curve(Casting(), images, SPLIT.labels, GRID).total == 20


def test_other_errors_of_a_model_stay_its_own(small_network: nn.Module) -> None:
    class Failing(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            raise RuntimeError("out of order")

    for call in (
        lambda: fgsm(Failing(), to_pixels(SPLIT.images), SPLIT.labels, 0.1),
        lambda: accuracy_curve(Failing(), *SPLIT, GRID, directions=random_direction(20)),
    ):
        with pytest.raises(RuntimeError, match=r"^out of order$"):
            call()


def test_a_network_made_for_inference_has_no_gradient() -> None:
    for name in ("fashion-fcnn", "fashion-cnn"):
        reader = for_inference(load_model(name))
        with pytest.raises(ValueError, match="got one made for inference alone"):
            fgsm(reader, to_pixels(SPLIT.images), SPLIT.labels, 0.1)


def test_what_comes_back_does_not_require_grad(small_network: nn.Module) -> None:
    images = to_pixels(SPLIT.images).requires_grad_()
    tracked = random_direction(20).float().requires_grad_()
    plain = images.detach()
    for found, expected in (
        (fgsm(small_network, images, SPLIT.labels, 0.1),
         fgsm(small_network, plain, SPLIT.labels, 0.1)),
        (nudge(images, tracked, 0.1), nudge(plain, tracked.detach(), 0.1)),
    ):  # fmt: skip
        assert not found.requires_grad
        assert np.array_equal(found.numpy(), expected.numpy())
    assert images.requires_grad  # what was given stays as it was
    assert images.grad is None
    curve = accuracy_curve(small_network, images, SPLIT.labels, GRID)
    assert curve == accuracy_curve(small_network, plain, SPLIT.labels, GRID)
    (path,) = probability_paths(small_network, images[:1], [tracked[:1]], GRID)
    assert path.probabilities.numpy().shape == (3, 10)
    assert structural_similarity(images[:1], plain[:1]) == [1.0]


def test_a_nudge_keeps_the_kind_of_its_pictures() -> None:
    images = to_pixels(SPLIT.images)
    for kind in (torch.int8, torch.int64, torch.float16, torch.float64):
        assert nudge(images, random_direction(20).to(kind), 0.1).dtype == torch.float32


def test_transfer_takes_pixels_as_well_as_stored_pictures(small_network: nn.Module) -> None:
    """They were divided by 255 a second time."""
    *_, stored = stream_transfer([small_network], *SPLIT, GRID)
    *_, pixels = stream_transfer([small_network], to_pixels(SPLIT.images), SPLIT.labels, GRID)
    assert np.array_equal(stored.correct, pixels.correct)


@pytest.mark.parametrize("size", [0, -1, -5, 2.5])
def test_no_batches_of_such_a_size(small_network: nn.Module, size: int) -> None:
    with pytest.raises(ValueError, match="expected a batch size"):
        accuracy_curve(small_network, *SPLIT, GRID, batch_size=size)
