"""The two networks. Both map normalised pictures (N, 1, 28, 28) to logits (N, classes)."""

from collections.abc import Sequence

from torch import nn

SIDE = 28  # pixels; both data sets are 28 x 28 grey


def _dense(inputs: int, outputs: int, dropout: float) -> list[nn.Module]:
    # Batch norm has its own shift, so the linear layer needs no bias.
    return [
        nn.Linear(inputs, outputs, bias=False),
        nn.BatchNorm1d(outputs),
        nn.GELU(),
        nn.Dropout(dropout),
    ]


def _convolution(inputs: int, outputs: int, size: int = 3) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, kernel_size=size, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.GELU(),
    ]


def fully_connected(
    classes: int,
    widths: Sequence[int] = (1024, 512),
    input_dropout: float = 0.1,
    dropout: float = 0.45,
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
    widths: Sequence[int] = (32, 64, 96),
    summary: int = 32,
    hidden: int = 240,
    dropout: float = 0.3,
) -> nn.Sequential:
    """Five 3 x 3 convolutions at 28, 14 and 7 pixels, then two dense layers on the last maps.

    Neighbouring pixels are what it looks at, so it wins where they belong together and loses where
    a scramble has torn them apart. The dense layers keep every place of the maps apart: an average
    over places would leave a scrambled picture little to go by. A 1 x 1 convolution thins the maps
    out first, so that the dense layers can be wide.
    """
    fine, middle, coarse = widths
    side = SIDE // 4  # pixels, after two poolings
    return nn.Sequential(
        *_convolution(1, fine),
        nn.MaxPool2d(2),
        *_convolution(fine, middle),
        *_convolution(middle, middle),
        nn.MaxPool2d(2),
        *_convolution(middle, coarse),
        *_convolution(coarse, coarse),
        *_convolution(coarse, summary, size=1),
        nn.Flatten(),
        nn.Dropout(dropout),
        *_dense(summary * side * side, hidden, dropout),
        nn.Linear(hidden, classes),
    )
