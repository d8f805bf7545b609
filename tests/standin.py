"""A device that is none: a backend of PyTorch in Python, which computes on the CPU, and can fail.

PyTorch sends it every operation on its tensors, as it would to a card, so the code under test is
what cards run through. `failing` makes operations fail as a card's do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing import reductions
from torch.utils._pytree import tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "standin"
aten = torch.ops.aten


def _convolution_backward(
    grad: Tensor, maps: Tensor, weight: Tensor, *geometry: Any
) -> tuple[Tensor, ...]:
    found: tuple[Tensor, ...] = aten.convolution_backward(
        grad, maps, weight, [len(weight)], *geometry
    )
    return found


# Operations with a default of PyTorch's own, which a device must replace: convolutions of devices
# that it does not know, and results that it makes empty and never gives a size here.
_REPLACED = {
    "abs": aten.abs.default,
    "convolution_overrideable": aten.convolution.default,
    "convolution_backward_overrideable": _convolution_backward,
}
# Views that PyTorch would make itself, by the strides of a storage that has no numbers here.
_VIEWS = (
    *("alias", "diagonal", "expand", "permute", "select.int", "slice.Tensor", "split.Tensor"),
    *("split_with_sizes", "squeeze", "squeeze.dim", "squeeze.dims", "t", "transpose.int"),
    *("unbind.int", "unsqueeze", "view"),
)
# The numbers of a tensor there, on the CPU, by its storage: the same for `x` and `x.detach()`.
_NUMBERS: dict[int, tuple[Any, Tensor]] = {}
_WEAK: Any = reductions.StorageWeakRef
_SWEPT_EVERY = 50  # new tensors, before the numbers of those that are gone are let go
_LIBRARIES: list[Any] = []  # whose registrations end with them


class Fault:
    """Which error operations raise, and how many more of them do not."""

    error: BaseException | None = None
    after = 0
    operations = 0

    def meet(self) -> None:
        self.operations += 1
        if self.error is not None:
            self.after -= 1
            if self.after < 0:
                raise self.error


FAULT = Fault()


def _is_there(value: object) -> bool:
    return isinstance(value, Tensor) and value.device.type == NAME


def _numbers(value: Tensor) -> Tensor:
    return _NUMBERS[value.untyped_storage()._cdata][1]


def _made(numbers: Tensor) -> Tensor:
    made: Tensor = torch._C._acc.create_empty_tensor(numbers.shape, numbers.dtype)
    storage = made.untyped_storage()
    _NUMBERS[storage._cdata] = _WEAK(storage), numbers
    if len(_NUMBERS) % _SWEPT_EVERY == 0:
        for key in [key for key, (storage, _) in _NUMBERS.items() if storage.expired()]:
            del _NUMBERS[key]
    return made


def _compute(operation: Any, *args: Any, **kwargs: Any) -> Any:
    FAULT.meet()
    known: dict[int, Tensor] = {}

    def here(value: Any) -> Any:
        if isinstance(value, torch.device):
            return torch.device("cpu")
        if not _is_there(value):
            return value
        numbers = _numbers(value)
        known[id(numbers)] = value
        return numbers

    def there(value: Any) -> Any:
        if not isinstance(value, Tensor) or _is_there(value):
            return value
        return known[id(value)] if id(value) in known else _made(value)  # in place, or new

    arguments, named = tree_map(here, args), tree_map(here, kwargs)
    return tree_map(there, operation(*arguments, **named))


def _view(operation: Any, source: Tensor, *args: Any, **kwargs: Any) -> Any:
    # In inference mode, too, views of what was made outside it are none of inference.
    with torch.inference_mode(source.is_inference()):
        return _compute(operation, source, *args, **kwargs)


def _copy(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    """Between the CPU and the stand-in, in both directions."""
    FAULT.meet()
    read, written = (_numbers(v) if _is_there(v) else v for v in (source, target))
    written.copy_(read)
    return target


class _Module:
    """What PyTorch asks of `torch.standin`."""

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return 1

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        """Nothing is drawn there."""

    def get_rng_state(self, device: object) -> Tensor:
        return torch.empty(0, dtype=torch.uint8)

    def set_rng_state(self, state: Tensor, device: object) -> None:
        """Nothing is drawn there."""


def device() -> torch.device:
    """The stand-in, registered with PyTorch; once in a process."""
    if not _LIBRARIES:
        _setup_privateuseone_for_python_backend(NAME, backend_module=_Module())
        library: Any = torch.library.Library
        every = library("_", "IMPL")
        every.fallback(_compute, "PrivateUse1")
        known = library("aten", "IMPL")
        known.impl("_copy_from", _copy, "PrivateUse1")
        for name in _VIEWS:
            packet, _, overload = name.partition(".")
            view = getattr(getattr(aten, packet), overload or "default")
            known.impl(name, partial(_view, view), "PrivateUse1")
        for name, operation in _REPLACED.items():
            known.impl(name, partial(_compute, operation), "PrivateUse1")
        _LIBRARIES.extend([every, known])
    return torch.device(NAME, 0)


@contextmanager
def failing(error: BaseException, *, after: int = 0) -> Iterator[Fault]:
    """Within, operations there raise `error`, all but the first so many."""
    FAULT.error, FAULT.after = error, after
    try:
        yield FAULT
    finally:
        FAULT.error = None
