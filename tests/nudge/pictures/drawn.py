"""Pictures made for tests."""

import io

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image


def encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
        if isinstance(
            exif := options.get("exif"), Image.Exif
        ):  # only of bytes it takes which way is up
            options["exif"] = exif.tobytes()
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def grey(values: NDArray[np.generic]) -> Image.Image:
    return Image.fromarray(values.round().astype(np.uint8) if values.dtype.kind == "f" else values)
