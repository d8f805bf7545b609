import base64
import io

import numpy as np
import torch
from PIL import Image

from views.pictures import grey_png, signed_png


def decode(uri: str) -> np.ndarray:
    kind, content = uri.split(",", 1)
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_grey_keeps_every_pixel() -> None:
    stored = torch.arange(784, dtype=torch.int64).remainder(256).view(1, 1, 28, 28)
    assert np.array_equal(decode(grey_png(stored / 255)), stored[0, 0].numpy())


def test_signs_have_colours_and_nothing_is_grey() -> None:
    perturbation = torch.zeros(1, 1, 28, 28)
    perturbation[0, 0, 0, :2] = torch.tensor([0.02, -0.02])
    shown = decode(signed_png(perturbation, gain=1 / 0.02))
    assert shown[0, 0].tolist() == [240, 140, 40]  # brighter: orange
    assert shown[0, 1].tolist() == [0, 114, 178]  # darker: blue
    assert shown[5, 5].tolist() == [128, 128, 128]


def test_a_clipped_step_is_paler() -> None:
    perturbation = torch.full((1, 1, 28, 28), 0.01)
    shown = decode(signed_png(perturbation, gain=1 / 0.02))
    assert shown[0, 0].tolist() == [184, 134, 84]
