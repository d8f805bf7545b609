"""The two networks. Both map normalised pictures (N, 1, 28, 28) to logits (N, classes)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

SIDE = 28  # pixels; both data sets are 28 x 28 grey


def _dense(inputs: int, outputs: int, dropout: float) -> list[nn.Module]:
    # Batch norm has its own shift, so the linear layer needs no bias.
    return [
        nn.Linear(inputs, outputs, bias=False),
        nn.BatchNorm1d(outputs),
        nn.GELU(),
        nn.Dropout(dropout),
    ]


def _convolution(
    inputs: int, outputs: int, *, size: int = 3, stride: int = 1, pool: bool = False
) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, size, stride, padding=(size - stride + 1) // 2, bias=False)
    ]
    if pool:  # before batch norm and ReLU, which then have a quarter of the work
        layers.append(nn.MaxPool2d(2))
    # ReLU, whose gradient costs a fifth of a training step less than GELU's.
    return nn.Sequential(*layers, nn.BatchNorm2d(outputs), nn.ReLU())


class Concat(nn.Module):
    """Layers that read the same maps, their results stacked as channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([branch(maps) for branch in self.branches], dim=1)


class TakeChannels(nn.Module):
    """The first channels alone, as they are."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, maps: Tensor) -> Tensor:
        return maps[:, : self.channels]


def fully_connected(
    classes: int,
    widths: Sequence[int] = (1024, 512),
    *,
    input_dropout: float = 0.0,
    dropout: float = 0.0,
) -> nn.Sequential:
    """A multilayer perceptron on the 784 pixels, blind to where a pixel is.

    Permuting its input is undone by permuting the columns of its first layer, so a scrambled
    picture is exactly as hard for it as an ordered one.
    """
    layers: list[nn.Module] = [nn.Flatten(), nn.Dropout(input_dropout)]
    inputs = SIDE * SIDE
    for width in widths:
        layers += _dense(inputs, width, dropout)
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, classes))


def convolutional(
    classes: int,
    widths: Sequence[int] = (48, 48, 80),
    wide: int = 32,
    summary: int = 16,
    hidden: int = 168,
    *,
    input_dropout: float = 0.0,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Small convolutions in a row, a wide one that joins them late, and two dense layers.

    Neighbouring pixels are what small convolutions look at, so the network wins where they belong
    together and loses where a scramble has torn them apart. Three things limit the loss: maps
    shrink by strides beside max-poolings, which keep what a pooling throws away; the wide
    convolution sees a third of the picture at once; and the dense layers keep every place of the
    maps apart, where an average over places would leave a scrambled picture little to go by.
    """
    fine, middle, coarse = widths  # channels at 14, 14 and 7 pixels
    half = fine // 2
    side = SIDE // 4  # pixels of the last maps
    narrow = nn.Sequential(
        Concat(_convolution(1, half, pool=True), _convolution(1, half, size=5, stride=2)),
        _convolution(fine, middle),
        _convolution(middle, middle),
        Concat(nn.MaxPool2d(2), _convolution(middle, middle // 2, stride=2)),
    )
    deep = nn.Sequential(
        _convolution(middle + middle // 2 + wide, coarse),
        _convolution(coarse, coarse),
        _convolution(coarse, summary, size=1),  # so that the dense layers can be wide
    )
    return nn.Sequential(
        nn.Dropout(input_dropout),
        Concat(_convolution(1, wide, size=16, stride=4), narrow),
        Concat(TakeChannels(wide), deep),
        nn.Flatten(),
        nn.Dropout(dropout),
        *_dense((wide + summary) * side * side, hidden, dropout),
        nn.Linear(hidden, classes),
    )
