"""Processes that share one computation, as `torchrun` starts them. One alone is the usual case."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

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

    def share(self, batch: Tensor) -> Tensor:
        """The part of a batch that is this process's; all parts are equally long."""
        return batch.chunk(self.count)[self.rank]

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, known to each of them."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def from_first(self, compute: Callable[[], T]) -> T:
        """What the first process computes, known to all; the others wait."""
        result: list[Any] = [compute() if self.first else None]
        if self.count > 1:
            dist.broadcast_object_list(result, src=0)
        return result[0]  # type: ignore[no-any-return]


ALONE = Workers()


@contextmanager
def joined(device: torch.device) -> Iterator[Workers]:
    """Join the processes that `torchrun` started, for the length of the block.

    They talk over NCCL on CUDA and over gloo elsewhere. Without `torchrun` a process is alone.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:  # torchrun's own mark
        yield ALONE
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Workers(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
