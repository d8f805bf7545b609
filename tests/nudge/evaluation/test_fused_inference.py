import pytest
import torch
from torch import Tensor, nn

from models import VARIANTS, load_model
from models.layers import Normalise, Scramble
from models.networks import SIDE
from nudge.evaluation import fused_inference
from nudge.evaluation.fused_inference import Dense, for_inference, logits_along
from nudge.evaluation.sweep import EPSILONS

GELU = nn.GELU()  # one layer at two places
KINDS = ["fashion-cnn", "fashion-fcnn", "sign-cnn-scrambled", "sign-fcnn-scrambled"]


@pytest.fixture(params=[True, False], ids=["onednn", "plain"])
def _onednn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """On machines with oneDNN, and as on machines without it."""
    if not request.param:
        monkeypatch.setattr(fused_inference, "_ONEDNN", False)


def assert_close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=5e-5)


def pictures(count: int = 7) -> Tensor:
    """With many pixels at the ends of the range, where clipping bites."""
    generator = torch.Generator().manual_seed(1)
    return (2 * torch.rand(count, 1, SIDE, SIDE, generator=generator) - 0.5).clamp(0, 1)


def directions(count: int = 7) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randint(-1, 2, (count, 1, SIDE, SIDE), generator=generator).float()


@pytest.mark.usefixtures("_onednn")
@pytest.mark.parametrize("variant", KINDS)
@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_logits_are_those_of_the_model(variant: str, count: int) -> None:
    model = load_model(variant)
    with torch.inference_mode():
        found = for_inference(model)(pictures(count))
        assert found.shape == (count, len(VARIANTS[variant].classes))
        assert_close(found, model(pictures(count)))


def test_nothing_but_what_counts_is_left() -> None:
    kept = {type(layer) for layer in for_inference(load_model("sign-cnn-scrambled")).modules()}
    # One batch norm stands behind a pooling, into which it cannot be folded.
    assert not kept & {nn.Dropout, nn.Conv2d, nn.Linear, nn.BatchNorm1d}
    names = list(for_inference(load_model("sign-fcnn-scrambled")).children())
    assert [type(layer) for layer in names] == [nn.Flatten, Dense, Dense, Dense]


@pytest.mark.parametrize("variant", KINDS)
def test_the_model_stays_as_it_was(variant: str) -> None:
    model = load_model(variant)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    network = for_inference(model)
    with torch.inference_mode():
        network(pictures())
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert model(pictures().requires_grad_()).requires_grad  # its gradient is still to be had


@pytest.mark.usefixtures("_onednn")
@pytest.mark.parametrize("variant", KINDS)
@pytest.mark.parametrize("fractions", [False, True])
def test_along_epsilon_as_if_each_were_nudged_alone(variant: str, fractions: bool) -> None:
    model, start, direction = load_model(variant), pictures(), directions()
    if fractions:  # of steps, as no attack of ours takes them
        direction = direction * torch.linspace(0.1, 1, SIDE)
    epsilons = [*EPSILONS, 0.5, 1.0]  # up to where every pixel has met an end
    with torch.inference_mode():
        found = torch.stack([*logits_along(for_inference(model), start, direction, epsilons)])
        expected = torch.stack([model((start + e * direction).clamp(0, 1)) for e in epsilons])
    assert_close(found, expected)


def test_along_repeated_or_no_epsilons() -> None:
    network = for_inference(load_model("fashion-fcnn"))
    with torch.inference_mode():
        assert not [*logits_along(network, pictures(), directions(), [])]
        twice = [*logits_along(network, pictures(), directions(), [0.1, 0.1])]
    assert torch.equal(*twice)


def test_twice_is_once() -> None:
    network = for_inference(load_model("fashion-cnn"))
    with torch.inference_mode():
        assert torch.equal(for_inference(network)(pictures()), network(pictures()))


@pytest.mark.usefixtures("_onednn")
@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv2d(1, 3, 3, bias=True), nn.MaxPool2d(2), nn.ReLU()],
        [nn.Conv2d(1, 3, (2, 5), padding=(0, 2)), nn.MaxPool2d(2)],
        [nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU()],
        [nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect"), nn.BatchNorm2d(4)],
        [nn.Conv2d(1, 4, 3, dilation=2), nn.MaxPool2d(2)],
        [nn.Conv2d(1, 4, 3), nn.MaxPool2d(3, stride=2, padding=1)],
        [nn.Conv2d(1, 4, 3), nn.MaxPool2d(2, ceil_mode=True)],
        [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, groups=2), nn.ReLU()],
        [nn.Flatten(), nn.Linear(784, 5, bias=False), nn.GELU(approximate="tanh")],
        [nn.Flatten(), nn.BatchNorm1d(784), nn.Linear(784, 5), nn.Tanh()],
        [nn.Flatten(), nn.Linear(784, 9), GELU, nn.Linear(9, 9), GELU, nn.Linear(9, 5)],
    ],
    ids=lambda layers: "-".join(type(layer).__name__ for layer in layers),
)
def test_networks_of_others(layers: list[nn.Module]) -> None:
    torch.manual_seed(3)
    model = nn.Sequential(*layers)
    model(pictures(50))  # in training mode, so that batch norms know something
    model.eval()
    with torch.inference_mode():
        assert_close(for_inference(model)(pictures()), model(pictures()))


class Negative(nn.Sequential):
    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = super().forward(1 - images)  # type: ignore[no-untyped-call]
        return found


class Residual(nn.Sequential):
    def forward(self, maps: Tensor) -> Tensor:
        found: Tensor = maps + super().forward(maps)  # type: ignore[no-untyped-call]
        return found


class Halved(nn.Linear):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features) / 2


class Noticed(nn.ReLU):
    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features) + 1


def patched(model: nn.Sequential) -> nn.Sequential:
    """With a `forward` that was set on the instance, as is done in notebooks."""
    ours = model.forward
    model.forward = lambda pictures: ours(pictures) + 1  # type: ignore[method-assign, no-untyped-call]
    return model


def hooked(layer: nn.Module) -> nn.Module:
    layer.register_forward_hook(lambda layer, given, found: found + 1)
    return layer


@pytest.mark.usefixtures("_onednn")
@pytest.mark.parametrize(
    "model",
    [
        Negative(nn.Flatten(), nn.Linear(784, 5)),
        nn.Sequential(Residual(nn.Conv2d(1, 1, 3, padding=1)), nn.Flatten()),
        nn.Sequential(nn.Flatten(), Halved(784, 5)),
        nn.Sequential(nn.Conv2d(1, 3, 3), Noticed(), nn.Flatten()),
        nn.Sequential(nn.Flatten(), hooked(nn.Linear(784, 5))),
        nn.Sequential(nn.Conv2d(1, 3, 3), hooked(nn.BatchNorm2d(3))),
        nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3, track_running_stats=False)),
        nn.Sequential(Normalise(0.2, 0.5), nn.Flatten(2), nn.Linear(784, 5), nn.Flatten()),
        nn.Sequential(hooked(nn.Flatten()), nn.Linear(784, 5)),
        nn.Sequential(Normalise(), hooked(Scramble()), nn.Flatten(), nn.Linear(784, 5)),
        patched(nn.Sequential(nn.Flatten(), nn.Linear(784, 5))),
    ],
    ids=[
        *("model", "block", "dense", "activation", "hook", "hooked norm", "batch", "flat"),
        *("hooked flat", "hooked scramble", "patched"),
    ],
)
def test_what_computes_otherwise_than_its_kind_is_not_taken_apart(model: nn.Sequential) -> None:
    model.eval()
    network = for_inference(model)
    with torch.inference_mode():
        assert_close(network(pictures()), model(pictures()))
        for epsilon, logits in zip(
            (0.0, 0.2), logits_along(network, pictures(), directions(), (0.0, 0.2)), strict=True
        ):
            moved = (pictures() + epsilon * directions()).clamp(0, 1)
            assert_close(logits, model(moved))


def test_any_other_model_is_left_alone(small_network: nn.Module) -> None:
    class Unknown(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.flatten(1)

    assert isinstance(for_inference(unknown := Unknown()), Unknown)
    assert for_inference(unknown) is unknown
    training = nn.Sequential(nn.Dropout()).train()
    assert for_inference(training) is training
