"""Pictures as the browser takes them."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png(picture: NDArray[np.uint8]) -> str:
    """A picture, uint8, grey (H, W) or RGB (H, W, 3), as a data URI; JPEG would change its pixels.

    Raises ValueError of other arrays.
    """
    kind, size = getattr(picture, "dtype", type(picture)), np.shape(picture)
    if kind != np.uint8 or not picture.size or size[2:] not in ((), (3,)) or len(size) < 2:
        raise ValueError(f"expected a picture, uint8 (H, W) or (H, W, 3), got {kind} {size}")
    return _uri(Image.fromarray(picture), "PNG")


def jpeg(picture: Image.Image) -> str:
    """A photograph, mode RGB, as a data URI of a tenth of the size, for people to look at."""
    return _uri(picture, "JPEG")


def _uri(picture: Image.Image, kind: str) -> str:
    file = io.BytesIO()
    picture.save(file, format=kind)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{content}"
