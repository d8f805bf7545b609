"""A trained network rearranged for inference: the same logits up to rounding, in less time.

What a forward pass spends beside its multiplications it spends on passing maps through memory. Here
batch norm is folded into the layer before it, activations are applied where a layer writes, dropout
is gone, and a convolution whose maps are pooled at once computes the four places of each pooling
window as channels of one stride. Convolutions and dense layers go to oneDNN, which PyTorch brings
along: its matrix products use instructions that MKL leaves idle on some processors. What each step
buys stands in docs/performance.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, SupportsFloat, TypeGuard, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from models import SIDE
from models.layers import Normalise, Scramble
from models.networks import Concat
from nudge.argument_checks import (
    as_epsilons,
    check_directions,
    check_images,
    check_model,
    check_module,
    check_same_device,
)
from nudge.batch_size import suitable_batch_size

# PyTorch's compiler calls the same two operations; without oneDNN the layers work as usual.
_ONEDNN = torch.backends.mkldnn.is_available() and all(  # type: ignore[no-untyped-call]
    hasattr(torch.ops.mkldnn, name) for name in ("_convolution_pointwise", "_linear_pointwise")
)

Geometry = dict[str, Any]  # of a convolution, as `F.conv2d` takes it
_Layer = TypeVar("_Layer", bound=nn.Module)


def for_inference(model: nn.Module) -> nn.Module:
    """A network with the logits of `model`, up to rounding, to be called in inference mode.

    Layers that it does not know stay as they are, and so does a layer of a known kind that computes
    otherwise, by a `forward` of its own or by hooks. A model that is no such `nn.Sequential`, or
    has a part in training mode, is returned as it is, so any may be given; one that was made here,
    too. Raises ValueError of what is no model.

    >>> model = load_model("fashion-cnn")
    >>> with torch.inference_mode():
    ...     for_inference(model)(torch.rand(5, 1, 28, 28)).shape
    torch.Size([5, 10])
    """
    check_module(model)
    if not _is(model, nn.Sequential) or any(part.training for part in model.modules()):
        return model
    with torch.inference_mode():
        layers = list(_in_a_row(model))
        return nn.Sequential(*_on_pixels(layers), *_fuse(layers)).eval()


def logits_along(
    network: nn.Module, pictures: Tensor, direction: Tensor, epsilons: Iterable[SupportsFloat]
) -> Iterator[Tensor]:
    """The logits of pictures that are moved by each epsilon and clipped to [0, 1]: (N, classes).

    Args:
        network: from `for_inference`; to be called in inference mode, as it is.
        pictures: floating point (N, 1, 28, 28) in [0, 1].
        direction: what to move along, of the same shape and on the same device, in [-28, 28].
        epsilons: each in [0, 1], ascending.

    Raises:
        ValueError: an argument is not as said.
    """
    check_model(network)
    check_images(pictures)
    check_directions(direction, len(pictures), most=SIDE)
    check_same_device(direction, pictures, "directions")
    grid = as_epsilons(epsilons, ascending=True)
    direction = direction.to(pictures.dtype)

    def along() -> Iterator[Tensor]:
        match list(network) if isinstance(network, nn.Sequential) else []:
            case _ if pictures.device.type != "cpu":
                # A card is idle with few pictures, so several epsilons share a pass.
                a_pass = max(1, suitable_batch_size(network) // max(1, len(pictures)))
                for some in torch.split(pictures.new_tensor(grid), a_pass):
                    moved = pictures + some.view(-1, 1, 1, 1, 1) * direction
                    yield from network(moved.clamp_(0, 1).flatten(0, 1)).split(len(pictures))
            case [nn.Flatten() as flatten, Dense() as first, *rest] if _flattens_pictures(flatten):
                flat = pictures.flatten(1), direction.flatten(1)
                yield from map(nn.Sequential(*rest), first.along(*flat, grid))
            case _:
                nudged = torch.empty_like(pictures)
                for epsilon in grid:
                    torch.add(pictures, direction, alpha=epsilon, out=nudged)
                    yield network(nudged.clamp_(0, 1))

    return along()


class Convolution(nn.Module):
    """A convolution with a bias, and the ReLU that follows it, if one does."""

    def __init__(
        self, weight: Tensor, bias: Tensor, geometry: Geometry, relu: nn.ReLU | None = None
    ) -> None:
        super().__init__()
        self.weight = _frozen(weight.to(memory_format=torch.channels_last))
        self.bias = _frozen(bias)
        self.geometry, self.relu = geometry, relu

    def forward(self, maps: Tensor) -> Tensor:
        if not _suits_onednn(maps):
            found = F.conv2d(maps, self.weight, self.bias, **self.geometry)
            return found if self.relu is None else found.relu_()
        stride, padding, dilation, groups = self.geometry.values()
        layer = (maps, self.weight, self.bias, padding, stride, dilation, groups)
        return _onednn("_convolution_pointwise", *layer, "none" if self.relu is None else "relu")


class PooledConvolution(nn.Module):
    """A convolution of one map by steps of a pixel, and the maximum over windows of 2 x 2.

    Each of the four places of a window is a channel of a convolution by steps of two, whose kernel
    is a pixel larger to hold the four shifts; the maps before pooling never exist.
    """

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        kernels = [F.pad(layer.weight, (x, 1 - x, y, 1 - y)) for y in (0, 1) for x in (0, 1)]
        geometry = _geometry(layer) | {"stride": (2, 2)}
        self.four = Convolution(torch.cat(kernels), _bias(layer).repeat(4), geometry)

    def forward(self, maps: Tensor) -> Tensor:
        first, second, third, fourth = self.four(maps).chunk(4, dim=1)
        return torch.maximum(torch.maximum(first, second), torch.maximum(third, fourth))


class Dense(nn.Module):
    """A linear layer, and the GELU that follows it, if one does."""

    def __init__(self, layer: nn.Linear, gelu: nn.GELU | None = None) -> None:
        super().__init__()
        self.weight, self.bias, self.gelu = _frozen(layer.weight), _frozen(_bias(layer)), gelu

    def forward(self, features: Tensor) -> Tensor:
        found = _linear(features, self.weight, self.bias)
        return found if self.gelu is None else self.gelu(found)

    def along(
        self, pixels: Tensor, direction: Tensor, epsilons: Sequence[float]
    ) -> Iterator[Tensor]:
        """What it makes of pixels (N, inputs) that are moved by each epsilon and clipped to [0, 1].

        A pixel moves at a constant speed until it meets 0 or 1, where it stays. So what this layer
        adds up is a line in epsilon, whose start and slope change by those pixels alone that have
        arrived since the epsilon before: a handful, in place of all.
        """
        steps = len(epsilons)
        way = torch.where(direction > 0, 1 - pixels, pixels)  # how far a pixel is from its end
        direction = direction * (way > 0)
        when = torch.bucketize(way / direction.abs(), pixels.new_tensor(epsilons))
        pictures, places = ((direction != 0) & (when < steps)).nonzero(as_tuple=True)
        order = when[pictures, places].argsort(stable=True)
        pictures, places = pictures[order], places[order]
        arrivals = when[pictures, places].bincount(minlength=steps).tolist()
        speeds = direction[pictures, places]
        ways = speeds.sign() * way[pictures, places]

        columns = self.weight.T.contiguous()
        start = _linear(pixels, self.weight, self.bias)
        slope = _linear(direction, self.weight, torch.zeros_like(self.bias))
        first = torch.arange(len(pixels), device=pixels.device)
        parts = (torch.split(values, arrivals) for values in (pictures, places, speeds, ways))
        for epsilon, whose, where, speed, end in zip(epsilons, *parts, strict=True):
            if len(whose):
                bags = (columns, torch.searchsorted(whose, first))
                slope -= F.embedding_bag(where, *bags, mode="sum", per_sample_weights=speed)
                start += F.embedding_bag(where, *bags, mode="sum", per_sample_weights=end)
            found = torch.add(start, slope, alpha=epsilon)
            yield found if self.gelu is None else self.gelu(found)


def _linear(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if not _suits_onednn(features):
        return F.linear(features, weight, bias)
    return _onednn("_linear_pointwise", features, weight, bias, "none")


def _onednn(name: str, *arguments: Any) -> Tensor:
    """What a layer writes; the last argument is the activation, which here has no numbers."""
    found: Tensor = getattr(torch.ops.mkldnn, name)(*arguments, [], "")
    return found


def _suits_onednn(values: Tensor) -> bool:
    plain = values.dtype == torch.float32 and values.device.type == "cpu"
    return _ONEDNN and plain and len(values) > 0


def _bias(layer: nn.Conv2d | nn.Linear) -> Tensor:
    return layer.weight.new_zeros(len(layer.weight)) if layer.bias is None else layer.bias


def _geometry(layer: nn.Conv2d) -> Geometry:
    return {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}


def _frozen(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values, requires_grad=False)


def _in_a_row(layers: nn.Sequential) -> Iterator[nn.Module]:
    """All layers, without those that do nothing at inference."""
    for layer in layers:  # as often as it is there: `children` gives a shared one only once
        if _is(layer, nn.Sequential):
            yield from _in_a_row(layer)
        elif not _is(layer, nn.Dropout):
            yield layer


def _on_pixels(layers: list[nn.Module]) -> Iterator[nn.Module]:
    """A first dense layer that takes plain pixels, though they are normalised and moved before it.

    What it stands for is taken out of the layers; where something else comes first, nothing is.
    """
    scramble = next((layer for layer in layers[1:2] if _is(layer, Scramble)), None)
    match [layer for layer in layers[:4] if layer is not scramble]:
        case [Normalise() as normalise, nn.Flatten() as flatten, nn.Linear() as linear, *_] if (
            _is(normalise, Normalise) and _is(linear, nn.Linear) and _flattens_pictures(flatten)
        ):
            pass
        case _:
            return
    del layers[: layers.index(linear) + 1]
    if norm := _take(layers, nn.BatchNorm1d):
        linear = fuse_linear_bn_eval(linear, norm)
    weight = linear.weight / normalise.std
    dense = nn.Linear(linear.in_features, linear.out_features)
    dense.bias = _frozen(_bias(linear) - normalise.mean * weight.sum(dim=1))
    dense.weight = _frozen(weight if scramble is None else scramble.undo(weight))
    yield flatten
    yield Dense(dense, _take(layers, nn.GELU))


def _fuse(layers: list[nn.Module]) -> Iterator[nn.Module]:
    """The layers, those together that can be computed together."""
    while layers:
        layer = layers.pop(0)
        pooled = any(map(_halves, layers[:1]))
        if _is(layer, Concat):
            rows = (list(_in_a_row(nn.Sequential(branch))) for branch in layer.branches)
            yield Concat(*(nn.Sequential(*_fuse(row)) for row in rows))
        elif _is(layer, nn.Conv2d) and _pads_with_zeros(layer):
            if _slides_over_one(layer) and pooled:
                layers.pop(0)
                yield PooledConvolution(layer)
                continue
            if batch_norm := _take(layers, nn.BatchNorm2d):
                layer = fuse_conv_bn_eval(layer, batch_norm)
            relu = _take(layers, nn.ReLU)
            yield Convolution(layer.weight, _bias(layer), _geometry(layer), relu)
        elif _is(layer, nn.Linear):
            if norm := _take(layers, nn.BatchNorm1d):
                layer = fuse_linear_bn_eval(layer, norm)
            yield Dense(layer, _take(layers, nn.GELU))
        else:
            yield layer


def _take(layers: list[nn.Module], kind: type[_Layer]) -> _Layer | None:
    """The next layer, taken out, if it is of that kind; batch norm, if it goes by running means."""
    if layers and _is(layers[0], kind) and getattr(layers[0], "running_mean", layers) is not None:
        return layers.pop(0)  # type: ignore[return-value]
    return None


def _is(layer: nn.Module, kind: type[_Layer]) -> TypeGuard[_Layer]:
    """Whether a layer is of that kind and computes what the kind does, and nothing else."""
    hooks = layer._forward_hooks or layer._forward_pre_hooks
    forward = getattr(layer.forward, "__func__", None)  # of its class, or set on it alone
    return isinstance(layer, kind) and forward is kind.forward and not hooks


def _flattens_pictures(layer: nn.Flatten) -> bool:
    return _is(layer, nn.Flatten) and (layer.start_dim, layer.end_dim) == (1, -1)


def _pads_with_zeros(layer: nn.Conv2d) -> bool:
    """Whether a convolution surrounds its maps with so many zeros, or with nothing."""
    return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _slides_over_one(layer: nn.Conv2d) -> bool:
    """Whether a convolution of a single map moves on by a pixel, over pixels side by side."""
    return layer.in_channels == 1 and layer.stride == layer.dilation == (1, 1)


def _halves(layer: nn.Module) -> bool:
    """Whether a layer takes the maximum over windows of 2 x 2 that stand side by side."""
    if not _is(layer, nn.MaxPool2d) or layer.ceil_mode or layer.return_indices:
        return False
    return (layer.kernel_size, layer.stride, layer.padding, layer.dilation) == (2, 2, 0, 1)
