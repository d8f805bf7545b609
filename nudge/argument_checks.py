"""What the functions ask of their arguments. All say it in one form: expected this, got that.

The checks look at kinds, shapes and ranges, never change what they are given, and cost a few
microseconds; those that look at values wait for the device once.
"""

import math
import operator
from collections.abc import Iterable, Mapping
from functools import lru_cache
from inspect import unwrap
from itertools import pairwise
from types import CodeType
from typing import Any, Protocol, SupportsFloat, SupportsIndex

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models import SIDE

PICTURE = (1, SIDE, SIDE)


def check_module(model: nn.Module, name: str = "model") -> None:
    if not isinstance(model, nn.Module):
        raise ValueError(f"expected a torch.nn.Module as {name}, got {kind(model)}")


def check_model(model: nn.Module) -> None:
    """A model in eval mode: in training mode dropout and batch norm answer otherwise each time.

    What counts is each part's own mode, where the part's class heeds it: linear layers do the same
    in both modes, so that a network of these alone need not be told.
    """
    check_module(model)
    for name, part in model.named_modules():
        if part.training and _heeds_training(type(part)):  # type: ignore[arg-type]
            where = f" ({name})" if name else ""
            raise ValueError(
                f"expected a model in eval mode, got {type(part).__name__}{where} in training "
                "mode: call model.eval()"
            )


@lru_cache(maxsize=1024)
def _heeds_training(layer: type[nn.Module]) -> bool:
    """Whether any method of the class asks for `training`, as those of dropout and batch norm do.

    The code of a compiled module cannot be looked into: it counts as if it did.
    """
    if issubclass(layer, torch.jit.ScriptModule):
        return True
    own = (vars(base) for base in layer.__mro__ if base not in (nn.Module, object))
    methods = (m for names in own for n, m in names.items() if n not in ("train", "eval"))
    codes = (getattr(unwrap(m), "__code__", None) for m in methods if callable(m))
    return any(_names_training(code) for code in codes if code is not None)


def _names_training(code: CodeType) -> bool:
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return "training" in (*code.co_names, *code.co_consts) or any(map(_names_training, inner))


def check_tensor(values: Tensor, name: str) -> None:
    if not isinstance(values, Tensor):
        raise ValueError(f"expected {name} as a torch.Tensor, got {kind(values)}")
    if values.is_meta:
        raise ValueError(f"expected {name} that hold values, got them on the device meta")


def check_images(images: Tensor, name: str = "images", *, values: bool = True) -> None:
    """Pictures as models take them: floating point (N, 1, 28, 28) in [0, 1].

    Without `values` their range is not looked at.
    """
    check_tensor(images, name)
    if images.ndim != 4 or images.shape[1:] != PICTURE:
        raise ValueError(f"expected {name} (N, 1, {SIDE}, {SIDE}), got {shape(images)}")
    if not images.is_floating_point():
        raise ValueError(f"expected floating-point {name} in [0, 1], got {images.dtype}")
    if values:
        _check_range(images, name, 0, 1)


def check_stored(images: Tensor, name: str = "images", *, any_size: bool = False) -> None:
    """Pictures as they are stored: uint8 (N, 28, 28), or of any size."""
    check_tensor(images, name)
    if images.dtype != torch.uint8:
        raise ValueError(f"expected stored {name}, torch.uint8, got {images.dtype}")
    if images.ndim != 3 or not (any_size or images.shape[1:] == PICTURE[1:]):
        raise ValueError(f"expected stored {name} (N, {SIDE}, {SIDE}), got {shape(images)}")


def check_pictures(images: Tensor) -> None:
    """Either kind, without a look at the range."""
    check_tensor(images, "images")
    if images.dtype == torch.uint8:
        check_stored(images)
    else:
        check_images(images, values=False)


def check_labels(labels: Tensor, count: int | None, classes: int | None = None) -> None:
    """Labels, int64 (N,): one for each of `count` pictures and below `classes`, where given."""
    check_tensor(labels, "labels")
    if labels.dtype != torch.int64:
        raise ValueError(f"expected int64 labels, got {labels.dtype}")
    if count is None and labels.ndim != 1:
        raise ValueError(f"expected labels (N,), got {shape(labels)}")
    if count is not None and labels.shape != (count,):
        raise ValueError(f"expected one label for each of {count} images, got {shape(labels)}")
    if labels.numel() and classes is not None:
        low, high = torch.stack(labels.aminmax()).tolist()
        if not 0 <= low <= high < classes:
            raise ValueError(
                f"expected labels in 0 ... {classes - 1}, got values from {low} to {high}"
            )


class Pictures(Protocol):
    """What `nudge.data.splits.Split` is."""

    @property
    def images(self) -> Tensor: ...

    @property
    def labels(self) -> Tensor: ...


def check_split(split: Pictures, classes: int | None = None) -> None:
    """Stored pictures, uint8 (N, 28, 28), and their labels."""
    if not (hasattr(split, "images") and hasattr(split, "labels")):
        raise ValueError(f"expected a split, with images and labels, got {kind(split)}")
    check_stored(split.images)
    check_labels(split.labels, len(split.images), classes)


def check_directions(directions: Tensor, count: int, *, most: int = 1) -> None:
    """A direction for each of `count` pictures: (N, 1, 28, 28), floats or integers.

    In [-1, 1], or up to the L2 norm 28 in a single pixel where `most` is that.
    """
    check_tensor(directions, "directions")
    wanted = (count, *PICTURE)
    if directions.shape != wanted:
        raise ValueError(f"expected directions {wanted}, got {shape(directions)}")
    if directions.is_complex() or directions.dtype == torch.bool:
        raise ValueError(f"expected directions in [{-most}, {most}], got {directions.dtype}")
    _check_range(directions, "directions", -most, most)


def check_arrays(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Arrays by name, as a file without pickle can hold them."""
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.hasobject:
            raise ValueError(f"expected {name} as a NumPy array without objects, got {kind(array)}")


def check_same_device(values: Tensor, images: Tensor, name: str) -> None:
    if values.device != images.device:
        raise ValueError(f"expected {name} on {images.device}, as images, got {values.device}")


def as_epsilon(epsilon: SupportsFloat, name: str = "epsilon") -> float:
    """A number in [0, 1], NumPy's and tensors of one number included."""
    number = as_number(epsilon, f"{name} in [0, 1]")
    if not 0 <= number <= 1:  # NaN fails both comparisons
        raise ValueError(f"expected {name} in [0, 1], got {number}")
    return number


def as_epsilons(epsilons: Iterable[SupportsFloat], *, ascending: bool = False) -> tuple[float, ...]:
    """Any iterable of numbers in [0, 1], in their order; `ascending` asks for that."""
    if isinstance(epsilons, str | bytes):
        raise ValueError(f"expected epsilons, numbers in [0, 1], got {epsilons!r}")
    try:
        listed = list(epsilons)
    except TypeError:  # PyTorch's, too, where a tensor holds one number
        told = f"expected epsilons, several numbers in [0, 1], got {kind(epsilons)}"
        raise ValueError(told) from None
    numbers = tuple(as_epsilon(epsilon) for epsilon in listed)
    for before, after in pairwise(numbers if ascending else ()):
        if after < before:
            raise ValueError(f"expected ascending epsilons, got {after:g} after {before:g}")
    return numbers


def as_number(value: SupportsFloat, name: str) -> float:
    """A real number; no text that spells one."""
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"expected a number as {name}, got {kind(value)}") from None


def as_count(value: SupportsIndex, name: str, *, least: int = 0, most: float = math.inf) -> int:
    """A whole number from `least` to `most`, of Python's or NumPy's."""
    try:
        number = operator.index(value)
    except (TypeError, RuntimeError):
        raise ValueError(f"expected {name}, a whole number, got {kind(value)}") from None
    if not least <= number <= most:
        bounds = f"at least {least}" if most == math.inf else f"in {least} ... {most}"
        raise ValueError(f"expected {name} {bounds}, got {number}")
    return number


def kind(value: object) -> str:
    """What something of the wrong kind is called in an error."""
    if value is None:
        return "None"
    if isinstance(value, str | bytes | int | float):
        return repr(value)
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def shape(values: Tensor) -> str:
    return str(tuple(values.shape))


def _check_range(values: Tensor, name: str, least: int, most: int) -> None:
    if values.numel():
        low, high = torch.stack(values.detach().aminmax()).tolist()
        if not (low >= least and high <= most):  # NaN fails both comparisons
            bounds = f"[{least}, {most}]"
            raise ValueError(f"expected {name} in {bounds}, got values from {low} to {high}")
