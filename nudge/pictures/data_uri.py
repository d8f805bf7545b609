"""Pictures as the browser takes them."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png(picture: NDArray[np.uint8]) -> str:
    """A picture, grey (H, W) or RGB (H, W, 3), as a data URI; JPEG would change its pixels."""
    return _uri(Image.fromarray(picture), "PNG")


def jpeg(picture: Image.Image) -> str:
    """A photograph, mode RGB, as a data URI of a tenth of the size, for people to look at."""
    return _uri(picture, "JPEG")


def _uri(picture: Image.Image, kind: str) -> str:
    file = io.BytesIO()
    picture.save(file, format=kind)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{content}"
