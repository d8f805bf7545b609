"""A model in training mode answers otherwise at each call and is changed by it: it is refused."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import Dataset, load_model
from nudge.argument_checks import check_model
from nudge.attacks import fgsm, fgsm_direction, fgsm_gradient, random_direction, targeted_direction
from nudge.data import Split, load_bundled, to_pixels
from nudge.evaluation.sweep import accuracy_curve
from nudge.neighbourhood.probability_path import probability_paths

GRID = (0, 0.1)


@pytest.fixture(scope="module")
def pictures() -> Split:
    """The first 300 test pictures of Fashion."""
    bundled = load_bundled(Dataset.FASHION)
    assert bundled is not None
    return Split(*(values[:300] for values in bundled))


def modes(model: nn.Module) -> list[bool]:
    return [part.training for part in model.modules()]


def test_in_eval_mode_the_figures_are_those_of_every_call(pictures: Split) -> None:
    for _ in range(2):
        curve = accuracy_curve(load_model("fashion-cnn"), *pictures, GRID)
        assert curve.correct == (287, 92)  # 0.957 and 0.307


CALLS: dict[str, Callable[[nn.Module, Tensor, Tensor], object]] = {
    "fgsm": partial(fgsm, epsilon=0.1),
    "fgsm_direction": fgsm_direction,
    "fgsm_gradient": fgsm_gradient,
    "targeted_direction": targeted_direction,
    "accuracy_curve": partial(accuracy_curve, epsilons=GRID),
    "a curve along given directions": lambda model, images, labels: accuracy_curve(
        model, images, labels, GRID, directions=random_direction(len(images))
    ),
    "probability_paths": lambda model, images, labels: probability_paths(
        model, images[:1], [random_direction(1)], GRID
    ),
}


@pytest.mark.parametrize("parts", ["all", "network.3", "network.5.1"])
@pytest.mark.parametrize("name", CALLS)
def test_refused_before_anything_is_computed(name: str, parts: str, pictures: Split) -> None:
    model = load_model("fashion-cnn")
    names = [n for n, part in model.named_modules() if isinstance(part, nn.BatchNorm1d)]
    {"all": model, "network.3": model.get_submodule(names[0])}.get(
        parts,
        model.get_submodule("network.0"),  # its first layer, a dropout
    ).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    mode, calls = modes(model), []
    model.register_forward_hook(lambda *_: calls.append(1))
    with pytest.raises(ValueError, match=r"expected a model in eval mode, got .* model.eval\(\)"):
        CALLS[name](model, to_pixels(pictures.images[:5]), pictures.labels[:5])
    assert not calls
    assert modes(model) == mode
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", ["fgsm", "fgsm_direction", "fgsm_gradient", "targeted_direction"])
def test_training_says_that_it_trains(name: str, pictures: Split) -> None:
    model = load_model("fashion-cnn").train()
    images, labels = to_pixels(pictures.images[:50]), pictures.labels[:50]
    before = {key: value.clone() for key, value in model.state_dict().items()}
    torch.manual_seed(1)
    partial(CALLS[name], **{"training": True})(model, images, labels)
    after = model.state_dict()
    moved = [key for key in after if not torch.equal(after[key], before[key])]
    assert moved  # it is the training's batch norm that computed
    assert all("running" in key or "num_batches" in key for key in moved)
    assert all(modes(model))


class Undecided(nn.Module):
    """Of others' making: drops pixels while it trains."""

    def forward(self, images: Tensor) -> Tensor:
        return F.dropout(images, 0.5, self.training).flatten(1)


class Asking(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1) * (2 if getattr(self, "training") else 1)  # noqa: B009


class Frozen(nn.Sequential):
    """Its own mode decides nothing; as backbones do whose batch norm is to stay as it is."""

    def train(self, mode: bool = True) -> "Frozen":
        self.training = mode
        return self


@pytest.mark.parametrize("layer", [
    Undecided(), Asking(), nn.Dropout(), nn.BatchNorm1d(784), nn.RReLU(), nn.AlphaDropout(),
    nn.Sequential(nn.Flatten(), nn.Sequential(nn.Dropout2d())),
], ids=lambda layer: type(layer).__name__)  # fmt: skip
def test_what_heeds_its_mode(layer: nn.Module) -> None:
    with pytest.raises(ValueError, match="in training mode"):
        check_model(layer.train())
    check_model(layer.eval())


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_a_compiled_layer_keeps_to_itself_what_it_heeds() -> None:
    layer = torch.jit.script(nn.Dropout())
    with pytest.raises(ValueError, match="in training mode"):
        check_model(layer.train())
    check_model(layer.eval())


@pytest.mark.parametrize("layer", [
    nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.LayerNorm(10), nn.GELU(), nn.Softmax(1)),
    nn.Sequential(load_model("fashion-fcnn")),
    Frozen(load_model("fashion-fcnn")),
], ids=["layers", "wrapped", "frozen"])  # fmt: skip
def test_what_does_the_same_in_both_modes_is_taken(layer: nn.Module, pictures: Split) -> None:
    layer.training = True
    images, labels = to_pixels(pictures.images[:5]), pictures.labels[:5]
    assert fgsm(layer, images, labels, 0.1).shape == images.shape
    assert accuracy_curve(layer, images, labels, GRID).total == 5
    assert layer.training
