"""Pictures as the browser takes them."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png(grey: NDArray[np.uint8]) -> str:
    """A grey picture as a data URI; PNG, because JPEG would change its pixels."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
