"""What one process does alone; tests/scripts/test_torchrun.py starts two."""

import torch

from nudge.distributed import SINGLE_PROCESS, Workers, joined


def test_alone() -> None:
    values = torch.arange(4)
    assert SINGLE_PROCESS.first
    assert torch.equal(SINGLE_PROCESS.shard(values), values)
    assert torch.equal(SINGLE_PROCESS.sum(values.clone()), values)
    assert SINGLE_PROCESS.from_first(lambda: "result") == "result"


def test_shares_make_the_batch() -> None:
    batch = torch.randperm(12)
    shares = [Workers(rank, 3).shard(batch) for rank in range(3)]
    assert [len(share) for share in shares] == [4, 4, 4]
    assert torch.equal(torch.cat(shares), batch)
    shares = [Workers(rank, 4).shard(batch[:5]) for rank in range(4)]  # somebody has more to do
    assert [len(share) for share in shares] == [2, 1, 1, 1]


def test_only_rank_0_is_first() -> None:
    assert [Workers(rank, 3).first for rank in range(3)] == [True, False, False]


def test_without_torchrun_a_process_is_alone() -> None:
    with joined(torch.device("cpu")) as workers:
        assert workers == SINGLE_PROCESS
    assert not torch.distributed.is_initialized()
