from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from nudge.training.checkpoints import Checkpoint


def start(path: Path, seed: int = 0) -> Checkpoint:
    """A training of convolutions with the channels last in memory, as all of ours are."""
    torch.manual_seed(seed)
    layers = (nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 3))
    live = nn.Sequential(*layers).to(memory_format=torch.channels_last)
    average = nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(live.parameters(), lr=0.01, fused=True)
    return Checkpoint(path, {"seed": 0}, {"live": live, "average": average}, optimiser)


def train(checkpoint: Checkpoint, steps: int) -> Checkpoint:
    pictures = torch.rand(8, 1, 6, 6, generator=torch.Generator().manual_seed(1))
    for _ in range(steps):
        checkpoint.optimiser.zero_grad()
        checkpoint.modules["live"](pictures).square().mean().backward()
        checkpoint.optimiser.step()
    return checkpoint


def weights(checkpoint: Checkpoint) -> list[Tensor]:
    modules = checkpoint.modules.values()
    return [value.clone() for module in modules for value in module.state_dict().values()]


def states(checkpoint: Checkpoint) -> list[Tensor]:
    kept = checkpoint.optimiser.state_dict()["state"]
    return [kept[i][name] for i in sorted(kept) for name in sorted(kept[i])]


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_brings_back_what_was_written(tmp_path: Path) -> None:
    written = train(start(tmp_path / "run"), 3)
    written.write({"curve": [0.5], "seconds": 1.5})
    found = start(tmp_path / "run", seed=1)
    assert not same(weights(found), weights(written))
    assert found.read() == {"curve": [0.5], "seconds": 1.5}
    assert same(weights(found), weights(written))
    assert len(states(found)) == 6 * 3  # of six parameters each: steps, two moments
    assert same(states(found), states(written))


def test_goes_on_bit_for_bit_as_if_never_broken_off(tmp_path: Path) -> None:
    """The optimiser pairs weights and moments by where they lie, so layouts come back too."""
    written = train(start(tmp_path / "run"), 3)
    written.write({})
    found = start(tmp_path / "run", seed=1)
    assert found.read() is not None
    assert [v.stride() for v in states(found)] == [v.stride() for v in states(written)]
    assert same(weights(train(found, 3)), weights(train(written, 3)))


def test_before_the_first_step(tmp_path: Path) -> None:
    start(tmp_path / "run").write({})
    found = start(tmp_path / "run", seed=1)
    assert found.read() == {}
    assert same(weights(train(found, 3)), weights(train(start(tmp_path / "run"), 3)))


def test_the_last_one_written_counts(tmp_path: Path) -> None:
    checkpoint = start(tmp_path / "run")
    for epoch in range(3):
        train(checkpoint, 1).write({"epoch": epoch})
    assert start(tmp_path / "run").read() == {"epoch": 2}
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


def test_that_of_another_training_is_left_alone(tmp_path: Path) -> None:
    train(start(tmp_path / "run"), 3).write({})
    other = replace(start(tmp_path / "run", seed=1), fingerprint={"seed": 1})
    before = weights(other)
    assert other.read() is None
    assert same(weights(other), before)
    assert not states(other)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"damaged",
        save({"weight": torch.zeros(3)}),
        save({"weight": torch.zeros(3)}, {"record": "{}"}),
        save({"weight": torch.zeros(3)}, {"fingerprint": '{"seed": 0}', "record": "{"}),
    ],
    ids=["no file", "empty", "noise", "weights alone", "no fingerprint", "half a record"],
)
def test_what_is_no_checkpoint_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "run").write_bytes(content)
    assert start(tmp_path / "run").read() is None


def test_half_a_file_is_none(tmp_path: Path) -> None:
    train(start(tmp_path / "run"), 3).write({})
    content = (tmp_path / "run").read_bytes()
    (tmp_path / "run").write_bytes(content[: len(content) // 2])
    assert start(tmp_path / "run").read() is None
