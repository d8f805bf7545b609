"""Pictures as the browser takes them."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png(picture: NDArray[np.uint8]) -> str:
    """A picture, grey (H, W) or RGB (H, W, 3), as a data URI; JPEG would change its pixels."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
