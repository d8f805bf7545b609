"""Models that look robust because they are broken: an error, or a figure beside the curve."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import Dataset, load_model
from nudge.attacks import (
    fgsm,
    fgsm_direction,
    fgsm_gradient,
    l2_fast_gradient,
    pgd,
    random_direction,
)
from nudge.attacks.model_outputs import NotFiniteError
from nudge.data import Split, load_bundled, to_pixels
from nudge.distributed import Workers
from nudge.evaluation.measurement import measure
from nudge.evaluation.predictions import stream_batches
from nudge.evaluation.robustness import IteratedAttack, robust_curve
from nudge.evaluation.sweep import accuracy_curve
from nudge.evaluation.transferability import Transfer, stream_transfer
from nudge.neighbourhood.probability_path import probability_paths
from nudge.serving.live_curves import CurveSnapshot, LiveCurves
from tests.conftest import tiny_split

GRID = (0.0, 0.05, 0.1, 0.2)


class Changed(nn.Module):
    """A network whose pictures or logits something is done to."""

    def __init__(
        self,
        network: nn.Module,
        *,
        before: Callable[[Tensor], Tensor] = lambda pictures: pictures,
        after: Callable[[Tensor, Tensor], Any] = lambda logits, pictures: logits,
    ) -> None:
        super().__init__()
        self.network, self.before, self.after = network, before, after

    def forward(self, pictures: Tensor) -> Tensor:
        return self.after(self.network(self.before(pictures)), pictures)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def fashion() -> Split:
    """The first 300 test pictures of Fashion."""
    bundled = load_bundled(Dataset.FASHION)
    assert bundled is not None
    return Split(*(values[:300] for values in bundled))


def marked(count: int, *numbers: int) -> Split:
    """Noise, of which those of that number have a black last pixel, and no others."""
    images, labels = tiny_split(count)
    images[:, -1, -1] = 100
    images[list(numbers), -1, -1] = 0
    return Split(images, labels)


def broken(network: nn.Module, value: float, *, moved: float = 0.0) -> nn.Module:
    """One logit of a picture is `value` where its last pixel is black or has come to `moved`."""

    def spoil(logits: Tensor, pictures: Tensor) -> Tensor:
        last = pictures[:, 0, -1, -1]
        at = (last - moved).abs() < 1e-4
        spoilt = logits.clone()
        spoilt[at, 3] = value
        return spoilt

    return Changed(network, after=spoil).eval()


VALUES = pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])


@VALUES
def test_logits_that_are_not_finite(small_network: nn.Module, value: float) -> None:
    """At once, at the first such picture, counted from the first of all and not of its batch."""
    images, labels = marked(230, 229, 217)
    model = broken(small_network, value)
    message = rf"expected finite logits, got {value} for picture 217"
    for attack in (fgsm_direction, fgsm_gradient):
        with pytest.raises(ValueError, match=message + "$"):
            attack(model, to_pixels(images), labels)
    with pytest.raises(ValueError, match=message + "$"):
        fgsm(model, to_pixels(images), labels, 0.1)
    for size in (1, 7, 100, 1000):
        with pytest.raises(NotFiniteError, match=message + " at epsilon 0$") as caught:
            accuracy_curve(model, images, labels, [0.1, 0.2], batch_size=size)
        assert (caught.value.picture, caught.value.epsilon) == (217, 0)


@VALUES
def test_logits_that_are_not_finite_on_the_way(small_network: nn.Module, value: float) -> None:
    """Along given directions, at the epsilon that brings the last pixel to 0.1."""
    images, labels = marked(230, 225, 131)
    directions = torch.ones(230, 1, 28, 28, dtype=torch.int8)
    model = broken(small_network, value, moved=0.1)
    batches = stream_batches(
        model, images, labels, GRID[::-1], directions=directions, batch_size=50
    )
    assert [next(batches).predictions.shape[1] for _ in range(2)] == [50, 50]
    with pytest.raises(NotFiniteError, match=rf"got {value} for picture 131 at epsilon 0.1$"):
        next(batches)


def test_the_first_picture_is_named_though_another_fails_sooner(small_network: nn.Module) -> None:
    images, labels = marked(90, 40, 70)
    images[70, -1, -1] = 13  # 0.05, so that 0.1 is reached at 0.05 already
    directions = torch.ones(90, 1, 28, 28)
    model = broken(small_network, torch.nan, moved=0.1)
    shifted = to_pixels(images)
    shifted[70, 0, -1, -1] = 0.05
    with pytest.raises(NotFiniteError, match=r"for picture 40 at epsilon 0.1$"):
        accuracy_curve(model, shifted, labels, GRID, directions=directions)


def test_others_tell_it_too(small_network: nn.Module) -> None:
    split = marked(230, 217)
    model = broken(small_network, torch.nan)
    message = "got nan for picture 217 at epsilon 0$"
    with pytest.raises(NotFiniteError, match=message):
        list(stream_transfer([small_network, model], *split, GRID))
    control = random_direction(230).abs()
    reached = broken(small_network, torch.nan, moved=0.2)
    with pytest.raises(NotFiniteError, match=r"for picture 217 at epsilon 0.2$"):
        list(stream_transfer([reached], *split, GRID, control=control, batch_size=40))
    with pytest.raises(NotFiniteError, match=message):
        measure(model, split, GRID)
    curves = LiveCurves(model, split, GRID, random_direction(230))
    with pytest.raises(NotFiniteError, match=message):
        watch(curves)
    image = to_pixels(split.images[217:218])
    with pytest.raises(NotFiniteError, match=r"got nan for picture 0 at epsilon 0.1"):
        probability_paths(broken(small_network, torch.nan, moved=0.1), image, [control[:1]], GRID)


def test_many_steps_name_the_picture_among_those_that_are_left(small_network: nn.Module) -> None:
    """The first 12 are wrong from the start, so that only the others are attacked for long."""
    images, _ = marked(30, 12)
    with torch.no_grad():
        labels = small_network.eval()(to_pixels(images)).argmax(dim=1)
    labels[:12] = (labels[:12] + 1) % 10
    calls = iter(range(100))

    def late(logits: Tensor, pictures: Tensor) -> Tensor:
        spoilt = logits.clone()
        spoilt[pictures[:, 0, -1, -1] < 1e-4, 3] = torch.nan
        return spoilt if next(calls) >= 2 else logits

    with pytest.raises(NotFiniteError, match=r"got nan for picture 12 at epsilon 0$"):
        robust_curve(
            Changed(small_network, after=late).eval(),
            images,
            labels,
            [0, 0.1],
            attack=IteratedAttack(steps=3, random_start=False),
        )
    calls = iter(range(100))
    with pytest.raises(NotFiniteError, match=r"got nan for picture 12$"):
        pgd(
            Changed(small_network, after=late).eval(),
            to_pixels(images),
            labels,
            0,
            restarts=2,
            steps=1,
        )


def test_a_worker_counts_pictures_as_its_caller_does(small_network: nn.Module) -> None:
    """The second of two has every other batch; its first of the pictures is the 100th of all."""
    model = broken(small_network, torch.nan)
    with pytest.raises(NotFiniteError, match="for picture 331"):
        measure(model, marked(430, 331), GRID, workers=Workers(rank=1, count=2))


def test_a_gradient_that_is_no_number(small_network: nn.Module) -> None:
    """The logits are finite, the slope of the root at a black pixel is not."""
    model = Changed(small_network, before=lambda pictures: pictures.sqrt() * pictures.sqrt())
    images, labels = to_pixels(tiny_split(5).images).clamp_min(0.1), tiny_split(5).labels
    assert fgsm_direction(model, images, labels).any()
    images[3, 0, 5, 5] = 0
    with pytest.raises(NotFiniteError, match=r"expected finite gradient, got nan for picture 3$"):
        fgsm_direction(model, images, labels)


@pytest.mark.parametrize("attack", [fgsm_direction, l2_fast_gradient], ids=["sign", "l2"])
def test_a_gradient_that_is_infinite(
    small_network: nn.Module, attack: Callable[..., Tensor]
) -> None:
    """The slope of the root at a black pixel."""
    model = Changed(small_network, before=lambda pictures: pictures.sqrt())
    images, labels = to_pixels(tiny_split(5).images).clamp_min(0.1), tiny_split(5).labels
    images[3, 0, 5, 5] = 0
    distance = () if attack is fgsm_direction else (0.1,)
    with pytest.raises(NotFiniteError, match=r"expected finite gradient, got -?inf for picture 3$"):
        attack(model, images, labels, *distance)


def no_gradient(network: nn.Module) -> dict[str, nn.Module]:
    class NoGrad(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        @torch.no_grad()
        def forward(self, pictures: Tensor) -> Tensor:
            logits: Tensor = self.network(pictures)
            return logits

    def hard(logits: Tensor, pictures: Tensor) -> Tensor:
        return F.one_hot(logits.argmax(dim=1), 10).float()

    return {
        "detach": Changed(network, before=lambda pictures: pictures.detach()),
        "argmax": Changed(network, after=hard),
        "no_grad": NoGrad(),
        "constant": Changed(network, after=lambda logits, pictures: torch.eye(10)[: len(pictures)]),
    }


@pytest.mark.parametrize("kind", ["detach", "argmax", "no_grad", "constant"])
@pytest.mark.parametrize("trainable", [False, True])
def test_a_gradient_that_is_cut(small_network: nn.Module, kind: str, trainable: bool) -> None:
    model = no_gradient(small_network.requires_grad_(trainable))[kind]
    images, labels = tiny_split(5)
    message = "expected logits with a gradient at the pictures, got a model that cuts it"
    with pytest.raises(ValueError, match=message):
        fgsm(model, to_pixels(images), labels, 0.1)
    with pytest.raises(ValueError, match=message):
        accuracy_curve(model, images, labels, GRID)
    # Along given directions none is needed.
    along = accuracy_curve(model, images, labels, GRID, directions=random_direction(5))
    assert (along.total, along.zero_gradients) == (5, None)


def test_logits_that_are_none(small_network: nn.Module) -> None:
    images, labels = tiny_split(5)
    for after, message in (
        (
            lambda logits, pictures: (logits, pictures),
            "expected logits as a torch.Tensor, got tuple",
        ),
        (lambda logits, pictures: logits.argmax(1), r"expected logits \(5, classes\), got \(5,\)"),
        (lambda logits, pictures: logits[:3], r"expected logits \(5, classes\), got \(3, 10\)"),
        (lambda logits, pictures: logits.long(), "expected floating-point logits, got torch.int64"),
    ):
        model = Changed(small_network, after=after)
        for directions in (None, random_direction(5)):
            with pytest.raises(ValueError, match=message):
                accuracy_curve(model, images, labels, GRID, directions=directions)


def saturated(network: nn.Module, factor: float = 30.0) -> nn.Module:
    """A head so steep that float32 rounds its softmax to 1: the right class has no gradient."""
    return Changed(network, after=lambda logits, pictures: factor * logits).eval()


def test_zero_gradients_are_counted_beside_the_curve(fashion: Split) -> None:
    """FGSM leaves 0.30 right at 0.1; a factor on the logits changes no answer, and fakes more."""
    network = load_model("fashion-cnn")
    honest = accuracy_curve(network, *fashion, [0, 0.1])
    assert honest.zero_gradients == 0
    model = saturated(network)
    curve = accuracy_curve(model, *fashion, [0, 0.1], batch_size=70)
    pixels = to_pixels(fashion.images).requires_grad_()
    loss = F.cross_entropy(30 * network(pixels), fashion.labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, pixels)
    expected = int((gradient == 0).flatten(1).all(dim=1).sum())
    assert expected > 30  # and the curve is that much too high
    assert curve.correct[1] > honest.correct[1] + 20
    assert curve.correct[0] == honest.correct[0]
    assert curve.zero_gradients == expected
    zero = fgsm_gradient(model, to_pixels(fashion.images), fashion.labels).zero
    assert int(zero.sum()) == expected
    attacked = fgsm(model, to_pixels(fashion.images), fashion.labels, 0.1)
    assert torch.equal(attacked[zero], to_pixels(fashion.images)[zero])


def test_rounded_pictures_have_no_gradient_at_all(fashion: Split) -> None:
    """A quantised input looks perfectly robust as long as no step is rounded to the next level."""
    model = Changed(load_model("fashion-cnn"), before=lambda pictures: (4 * pictures).round() / 4)
    curve = accuracy_curve(model, *fashion, GRID)
    assert len(set(curve.correct)) == 1
    assert curve.zero_gradients == 300


def test_zero_gradients_as_they_are_streamed(fashion: Split) -> None:
    model = saturated(load_model("fashion-fcnn"))
    images, labels = (values[:100] for values in fashion)
    curve = accuracy_curve(model, images, labels, GRID, batch_size=30)
    batches = stream_batches(model, images, labels, GRID, batch_size=30)
    for batch, some in zip(batches, torch.split(torch.arange(100), 30), strict=True):
        part = accuracy_curve(model, images[some], labels[some], GRID)
        assert int(batch.zero_gradient.sum()) == part.zero_gradients
    assert (curve.zero_gradients or 0) > 0
    live = watch(LiveCurves(model, Split(images, labels), GRID, random_direction(100)))
    assert live.pair.attacked == curve
    assert live.pair.random.zero_gradients is None
    network = load_model("fashion-fcnn")
    found: Transfer
    *_, found = stream_transfer(
        [network, model], images, labels, GRID, control=random_direction(100), batch_size=30
    )
    assert found.zero_gradients is not None
    assert found.zero_gradients.tolist() == [0, curve.zero_gradients]
    assert tuple(found.correct[:, 1, 1]) == curve.correct


def watch(curves: LiveCurves) -> CurveSnapshot:
    deadline = time.monotonic() + 60
    while not (snapshot := curves.poll(10_000)).complete:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return snapshot
