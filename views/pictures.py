"""Pictures as HTML: crisp pixels, and a perturbation that shows its sign."""

import base64
import io

import numpy as np
from PIL import Image
from torch import Tensor

# The ends of the scale for a perturbation: darker pixels blue, brighter ones orange, none grey.
# Colour-blind people tell the two apart (Okabe and Ito).
_DARKER, _SAME, _BRIGHTER = np.array([[0, 114, 178], [128, 128, 128], [240, 140, 40]])


def grey_png(pixels: Tensor) -> str:
    """A picture in [0, 1], of 784 values, as the data URI of a 28 x 28 PNG."""
    return _data_uri(_square(pixels) * 255)


def signed_png(perturbation: Tensor, gain: float) -> str:
    """A perturbation times `gain`, -1 ... 1, in blue for darker and orange for brighter pixels."""
    amount = np.clip(_square(perturbation) * gain, -1, 1)[..., None]
    ends = np.where(amount < 0, _DARKER, _BRIGHTER)
    return _data_uri(_SAME + np.abs(amount) * (ends - _SAME))


def _square(pixels: Tensor) -> np.ndarray:
    side = int(pixels.numel() ** 0.5)
    return pixels.numpy().reshape(side, side)


def _data_uri(values: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(values.round().astype(np.uint8)).save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
