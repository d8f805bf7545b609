"""Processes that share one computation, as `torchrun` starts them. One alone is the usual case."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from nudge.argument_checks import as_count, check_tensor

T = TypeVar("T")


@dataclass(frozen=True)
class Workers:
    """Where this process stands among its fellows, and what they tell each other."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that speaks and writes for all."""
        return self.rank == 0

    def shard(self, batch: Tensor) -> Tensor:
        """The part of a batch that is this process's; equally long ones if their number divides.

        Raises ValueError where there are fewer rows than processes.
        """
        check_tensor(batch, "a batch")
        as_count(len(batch), "rows for every process", least=self.count)
        return batch.tensor_split(self.count)[self.rank]

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, known to each of them. Raises ValueError of no tensor."""
        check_tensor(values, "values")
        total = values.clone()
        if self.count > 1:
            dist.all_reduce(total)
        return total

    def broadcast(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the values that the first one has. Raises ValueError of no tensor."""
        for tensor in tensors:
            check_tensor(tensor, "tensors")
            if self.count > 1:
                dist.broadcast(tensor, src=0)

    def from_first(self, compute: Callable[[], T]) -> T:
        """What the first process computes, known to all; the others wait."""
        result: list[Any] = [compute() if self.first else None]
        if self.count > 1:
            dist.broadcast_object_list(result, src=0)
        return result[0]  # type: ignore[no-any-return]


SINGLE_PROCESS = Workers()


@contextmanager
def joined(device: torch.device) -> Iterator[Workers]:
    """Join the processes that `torchrun` started, for the length of the block.

    They talk over NCCL about what is on CUDA and over gloo about what is on the CPU. Without
    `torchrun` a process is alone.
    """
    if not dist.is_torchelastic_launched():
        yield SINGLE_PROCESS
        return
    # Its functions have the group as a default that there is when it is imported. An optimiser does
    # that later, and keeps a group until the process ends, which the group's threads may abort.
    import torch.distributed.nn.functional  # noqa: F401

    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    yield Workers(dist.get_rank(), dist.get_world_size())
    # Not after an error: to part in good order means to wait for the others, who would wait for
    # this process in turn. It ends instead, and torchrun ends the rest.
    dist.destroy_process_group()
