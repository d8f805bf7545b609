"""Weights and pictures as crisp tiles: every pixel a square of whole screen pixels."""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nudge.pictures.data_uri import png

# From below zero through nothing to above: told apart by people of any colour vision.
BELOW = np.array((33.0, 102.0, 172.0))
NOTHING = np.array((246.0, 246.0, 246.0))
ABOVE = np.array((179.0, 88.0, 6.0))


def in_colours(weights: Tensor) -> NDArray[np.uint8]:
    """Weights (k, k) as RGB (k, k, 3): blue below zero, white at zero, brown above.

    The largest weight, whatever its sign, has the full colour.
    """
    values = weights.double().numpy()
    fraction = (values / max(float(np.abs(values).max()), 1e-12))[..., None]
    colours = np.where(
        fraction < 0, NOTHING + fraction * (NOTHING - BELOW), NOTHING + fraction * (ABOVE - NOTHING)
    )
    rounded: NDArray[np.uint8] = colours.round().astype(np.uint8)
    return rounded


def tiles(pictures: Sequence[NDArray[np.uint8]], said: str) -> str:
    """Pictures, grey (k, k) or RGB (k, k, 3), in a row that wraps; `said` is for those who hear."""
    images = "".join(
        f'<img src="{png(picture)}" alt="" style="{_width(len(picture))}">' for picture in pictures
    )
    return f'<div class="nudge-tiles" role="img" aria-label="{escape(said)}">{images}</div>'


def captioned(pictures: Iterable[tuple[str, NDArray[np.uint8]]]) -> str:
    """Pictures, grey or RGB, in a row that wraps, each with its name below."""
    figures = "".join(
        f'<figure><img src="{png(picture)}" alt="{escape(name)}">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name, picture in pictures
    )
    return f'<div class="nudge-steps">{figures}</div>'


def _width(side: int) -> str:
    """In CSS pixels: whole multiples, so that all squares are alike; smaller on a phone."""
    return f"--wide:{side * max(3, round(56 / side))}px;--phone:{side * max(2, round(48 / side))}px"
