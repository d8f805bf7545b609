"""How much of a picture is left to the eye: structural similarity (SSIM)."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nudge.argument_checks import check_images, shape


def structural_similarity(pictures: Tensor, others: Tensor) -> list[float]:
    """SSIM of each picture with its other: 1 where they are the same, towards 0 as they part.

    It compares brightness, contrast and structure in a Gaussian window around every pixel (Wang et
    al. 2004, doi:10.1109/TIP.2003.819861, with their constants). The window is as wide as a third
    of our pictures, so, unlike their mean, ours takes in the border.

    Args:
        pictures: floating point (N, 1, 28, 28) in [0, 1].
        others: of the same shape and range.

    Raises:
        ValueError: an argument is not as said.

    >>> picture = torch.rand(1, 1, 28, 28)
    >>> structural_similarity(picture, picture)
    [1.0]
    """
    check_images(pictures, "pictures")
    check_images(others, "others")
    if len(pictures) != len(others):
        raise ValueError(
            f"expected as many others as pictures, got {shape(pictures)} and {shape(others)}"
        )
    from skimage.metrics import structural_similarity as compare  # takes a second, few need it

    values = []
    pairs = zip(_greys(pictures), _greys(others), strict=True)
    for picture, other in pairs:
        _, by_pixel = compare(  # type: ignore[no-untyped-call]
            picture,
            other,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        values.append(float(np.mean(by_pixel, dtype=np.float64)))
    return values


def _greys(pictures: Tensor) -> NDArray[np.floating]:
    """(N, 28, 28), as NumPy has them; of what it lacks, such as bfloat16, in float32."""
    known = pictures.dtype in (torch.float32, torch.float64)
    return (pictures if known else pictures.float()).detach()[:, 0].cpu().numpy()
