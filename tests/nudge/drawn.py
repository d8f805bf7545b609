"""Pictures made for tests."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def grey(values: NDArray[np.generic]) -> Image.Image:
    return Image.fromarray(values.round().astype(np.uint8) if values.dtype.kind == "f" else values)
