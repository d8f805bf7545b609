"""How many pictures to compute at a time: what suits a CPU's caches, or a card's memory."""

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models import SIDE
from nudge.argument_checks import as_count, check_module
from nudge.devices import CPU, free_memory

# On a CPU: small enough for the activations to stay in cache, large enough to use two cores.
BATCH_SIZE = 100
MOST = 10_000  # on a card, which more would not fill better


def as_batch_size(asked: int | None, models: Sequence[nn.Module]) -> int:
    """What was asked for; where that is None, what suits all of the models where they are.

    Raises ValueError of a number below 1, and of what is no model.
    """
    if asked is not None:
        return as_count(asked, "a batch size", least=1)
    return min(map(suitable_batch_size, models), default=BATCH_SIZE)


def suitable_batch_size(model: nn.Module) -> int:
    """On a card, as many pictures as fit into half of its free memory with their gradients.

    `BATCH_SIZE` on a CPU, and where a device does not tell of its memory. Raises ValueError of what
    is no model.
    """
    check_module(model)
    # Not a number that only says of what shape something is.
    kept = itertools.chain(model.parameters(), model.buffers())
    weights = next(filter(Tensor.is_floating_point, kept), torch.empty(0))
    free = None if weights.device == CPU else free_memory(weights.device)
    if free is None:
        return BATCH_SIZE
    with torch.inference_mode(), _Outputs() as outputs:
        model(torch.zeros(1, 1, SIDE, SIDE, device=weights.device, dtype=weights.dtype))
    a_picture: int = 2 * outputs.bytes  # a gradient keeps what every layer gave, and makes as much
    return max(1, min(MOST, free // 2 // a_picture))


class _Outputs(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the memory of whatever operations return."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes: int = 0

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        found = operation(*args, **(kwargs or {}))
        self.bytes += sum(v.nbytes for v in tree_leaves(found) if isinstance(v, Tensor))
        return found
