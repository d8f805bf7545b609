"""A device that fails: the CPU goes on, and says so."""

import argparse
import sys

import pytest
import torch

from models import VARIANTS, load_model
from nudge.devices import has_failed
from scripts import evaluate
from scripts.shared import command_line
from tests.conftest import tiny_split

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
FAILURES = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nAnd much more."),
    torch.AcceleratorError("device-side assert triggered"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("Found no NVIDIA driver on your system."),
    AssertionError("Torch not compiled with CUDA enabled"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda e: type(e).__name__)
def test_a_failing_device_gives_way_to_the_cpu(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def work(device: torch.device) -> str:
        asked.append(device)
        if device == CUDA:
            raise error
        return "done"

    assert command_line.falling_back(CUDA, work) == ("done", CPU)
    assert asked == [CUDA, CPU]
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line == f"cuda failed ({str(error).splitlines()[0]}); starting over on the CPU"


@pytest.mark.parametrize(
    ("device", "error"),
    [
        (CPU, RuntimeError("CUDA is mentioned, but it is the CPU that failed")),
        (CUDA, RuntimeError("mat1 and mat2 shapes cannot be multiplied")),
        (CUDA, ValueError("CUDA")),
    ],
)
def test_other_errors_stay_what_they_are(device: torch.device, error: Exception) -> None:
    def work(device: torch.device) -> None:
        raise error

    assert not has_failed(device, error)
    with pytest.raises(type(error)):
        command_line.falling_back(device, work)


def test_many_processes_end_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.distributed, "is_torchelastic_launched", lambda: True)

    def work(device: torch.device) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        command_line.falling_back(CUDA, work)


def test_a_best_device_that_does_not_compute_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def touched(device: torch.device) -> torch.device:
        if device == CUDA:
            raise torch.AcceleratorError("CUDA error: all devices are busy or unavailable")
        return device

    monkeypatch.setattr(command_line, "best_device", lambda: CUDA)
    monkeypatch.setattr(command_line, "_touched", touched)
    options = command_line.parser("")
    command_line.add_device(options)
    assert command_line.device(options, options.parse_args([])) == CPU
    assert "all devices are busy or unavailable" in capsys.readouterr().err


def test_a_measurement_goes_on_where_memory_ran_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script itself, with a GPU that holds the weights and no picture more."""
    used = []

    def load(variant: object, device: torch.device) -> torch.nn.Module:
        used.append(device)
        if device.type == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return load_model("sign-fcnn")

    def on_cuda(options: argparse.ArgumentParser, args: argparse.Namespace) -> torch.device:
        return CUDA

    monkeypatch.setattr(command_line, "device", on_cuda)
    monkeypatch.setattr(evaluate, "load_model", load)
    split = tiny_split(20, VARIANTS["sign-fcnn"].dataset)
    monkeypatch.setattr(evaluate, "load_split", lambda *arguments: split)
    monkeypatch.setattr(sys, "argv", ["evaluate.py", "sign-fcnn", "sign-fcnn"])
    evaluate.main()
    assert used == [CUDA, CPU, CPU]  # what failed once is not tried again
    assert capsys.readouterr().err.count("cuda failed (CUDA out of memory)") == 1
