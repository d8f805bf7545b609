"""An object on patterned ground, separated from it within a box that somebody drew around it.

The ground is known from what lies outside of the box: wherever a small patch inside looks like one
of those, it is ground. That alone is spotty, so the border between the two is kept short, by total
variation (Chan and Vese's energy in its convex form, of which the best border is found for certain:
Chan, Esedoglu and Nikolova 2006), and what was found teaches how bright object and ground are.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from nudge.pictures.ground import BLACK, WHITE, is_plain, light

# Left, top, right and bottom, as parts of the width and height: 0 ... 1.
Box = tuple[float, float, float, float]
Greys = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SIDE = 112  # pixels at which it is looked for; four for each that is left in the end
_PATCH = 5  # pixels of a patch's side
_KNOWN, _TRIED = 1500, 500  # patches of the ground that are compared with, and that are compared
_LEAST = 50  # patches by which a ground is known
_SURE = 1.5  # the most that a patch, or a grey, speaks for either side, as a logarithm of odds
_OUTSIDE = -3.0  # the odds of what was left out of the box
_SMOOTHNESS = 0.6  # weight of the border's length
_ROUNDS = 3
_BINS = 32  # of greys
_CRUMB = 0.1  # a part is kept if it is at least so large, beside the largest


def check_box(box: Box) -> None:
    """Raises ValueError where it encloses nothing or reaches out of the picture."""
    left, top, right, bottom = box
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(f"expected a box 0 <= left < right <= 1, likewise down, got {box}")


def separate(picture: Image.Image, box: Box) -> Image.Image:
    """The object alone, grey (mode L), on ground of one grey; of the same size.

    On plain ground the light is evened out, and all that lies outside of the box removed.

    Args:
        picture: mode RGB.
        box: around the object, somewhat larger than it. Raises ValueError where it is none.
    """
    check_box(box)
    grey = picture.convert("L")
    if is_plain(grey):
        shining = light(grey)
        ground = round(float(np.median(shining).clip(0, 255)))
        even = np.where(_inside(picture.size, box), np.asarray(grey) - shining + ground, ground)
        return Image.fromarray(even.round().clip(0, 255).astype(np.uint8))
    mask = find(picture, box)
    values = np.asarray(grey)
    if mask.all() or not mask.any():
        return grey
    paint = WHITE if values[mask].mean() < values[~mask].mean() else BLACK
    return Image.fromarray(np.where(mask, values, np.uint8(paint)))


def find(picture: Image.Image, box: Box) -> Mask:
    """Where the object is, bool (H, W), never outside of the box; whatever the ground is like."""
    small = picture.convert("RGB")
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    colours = np.asarray(small, dtype=np.float32)
    inside = _inside(small.size, box)
    odds = _odds_of_patches(colours, inside)
    mask = _cut(odds, inside)
    greys = (colours.mean(axis=-1) * (_BINS / 256)).astype(int)
    for _ in range(_ROUNDS):
        if mask.any() and not mask.all():
            mask = _cut(odds + _odds_of_greys(greys, mask), inside)
    large = Image.fromarray(_without_crumbs(mask)).resize(picture.size, Image.Resampling.NEAREST)
    return np.asarray(large) & _inside(picture.size, box)


def _inside(size: tuple[int, int], box: Box) -> Mask:
    """At least a pixel, bool (H, W)."""
    (width, height), (left, top, right, bottom) = size, box
    mask = np.zeros((height, width), dtype=np.bool_)
    rows = slice(min(int(top * height), height - 1), int(np.ceil(bottom * height)))
    mask[rows, min(int(left * width), width - 1) : int(np.ceil(right * width))] = True
    return mask


def _odds_of_patches(colours: Greys, inside: Mask) -> Greys:
    """How far each pixel's surroundings are from the ground's, as log-odds (H, W)."""
    around = _PATCH // 2
    padded = np.pad(colours, ((around, around), (around, around), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (_PATCH, _PATCH), axis=(0, 1))
    patches = windows.reshape(inside.size, -1)  # (H * W, 3 * 25)
    places = np.random.default_rng(0).permutation(np.flatnonzero(_is_ground(inside)))
    known, tried = patches[places[:_KNOWN]], places[_KNOWN:][:_TRIED]
    usual = np.percentile(_distance(patches[tried if len(tried) >= _LEAST else places], known), 95)
    odds = np.full(inside.shape, -_SURE, dtype=np.float32)
    far = _distance(patches[inside.ravel()], known)
    odds[inside] = np.log((far + 1) / (usual + 1)).clip(-_SURE, _SURE)
    return odds


def _is_ground(inside: Mask) -> Mask:
    """Whose patches hold nothing from within the box; around a box that leaves none, the border."""
    for ground in (~ndimage.binary_dilation(inside, np.ones((_PATCH, _PATCH))), ~inside):
        if ground.sum() >= _LEAST:
            return cast("Mask", ground)
    border = np.ones_like(inside)
    border[2:-2, 2:-2] = False
    return border


def _distance(patches: Greys, known: Greys) -> Greys:
    """To the nearest of the known ones, in greys a pixel: float32 (N,)."""
    nearest = np.empty(len(patches), dtype=np.float32)
    squares = (known**2).sum(axis=1)
    for start in range(0, len(patches), 1000):  # 6 MB at a time
        some = patches[start : start + 1000]
        apart = (some**2).sum(axis=1)[:, None] + squares - 2 * some @ known.T
        nearest[start : start + 1000] = apart.min(axis=1)
    return cast("Greys", np.sqrt(nearest.clip(0) / patches.shape[1]))


def _odds_of_greys(greys: NDArray[np.int_], mask: Mask) -> Greys:
    """How much more frequent each pixel's grey is in the object than in the ground, as log-odds."""

    def frequency(some: NDArray[np.int_]) -> NDArray[np.float64]:
        count = ndimage.gaussian_filter1d(np.bincount(some, minlength=_BINS).astype(float), 1)
        return cast("NDArray[np.float64]", (count + 0.5) / (count + 0.5).sum())

    odds = np.log(frequency(greys[mask]) / frequency(greys[~mask])).clip(-_SURE, _SURE)
    return cast("Greys", odds[greys].astype(np.float32))


def _cut(odds: Greys, inside: Mask) -> Mask:
    """The part of the box that the odds are for, with a short border."""
    from skimage.restoration import denoise_tv_chambolle  # long to load, and seldom needed

    bounded = np.where(inside, odds, _OUTSIDE)
    smooth = denoise_tv_chambolle(  # type: ignore[no-untyped-call]
        bounded, weight=_SMOOTHNESS, max_num_iter=60
    )
    return cast("Mask", (smooth > 0) & inside)


def _without_crumbs(mask: Mask) -> Mask:
    parts, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel())[1:]
    return np.isin(parts, 1 + np.flatnonzero(sizes >= _CRUMB * sizes.max()))
