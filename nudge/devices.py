"""Which device there is, and what it is good at."""

import os
from contextlib import suppress
from pathlib import Path

import torch

from models import NudgeError

AUTO = "auto"
KINDS = ("cpu", "cuda", "mps")
CPU = torch.device("cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds in each period


class DeviceError(NudgeError):
    """A device was asked for that is not known or not there."""


def best_device() -> torch.device:
    """CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def find_device(name: str, *, where: object = None) -> torch.device:
    """The device of that name, tried: "auto" for the best, "cpu", "cuda", "cuda:1" or "mps".

    A best device that cannot be used gives way to the CPU; one that was named raises DeviceError.
    `where` is what the error names as the place of the name.

    >>> find_device("cpu")
    device(type='cpu')
    """
    if name == AUTO:
        found = best_device()
        try:
            _try(found)
        except (RuntimeError, AssertionError):
            return CPU
        return found
    expected = f"{AUTO}, {', '.join(KINDS)} or an index as in cuda:1"
    try:
        chosen = torch.device(name)
    except RuntimeError:
        raise DeviceError("Unknown device", where=where, expected=expected, found=name) from None
    if chosen.type not in KINDS:
        raise DeviceError("Unknown device", where=where, expected=expected, found=name)
    try:
        _try(chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise DeviceError(f"No device {name} can be used here", where=where, hint=reason) from None
    return chosen


def _try(device: torch.device) -> None:
    """A device may have a name and not be there, or be there and not compute."""
    torch.zeros(1, device=device).add(1).item()
    if device.type == "cuda":
        # cuDNN rounds to 10 bits unless told not to, and counts would not be the CPU's.
        torch.backends.cudnn.allow_tf32 = False


def cores() -> int:
    """Cores of the CPU that this process may use, by its affinity and by its container's quota."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = _QUOTA.read_text(encoding="ascii").split()
        here = min(here, max(1, round(int(quota) / int(period))))  # ValueError: "max", no quota
    return here


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on a card; None of a device that does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None


def has_failed(device: torch.device, error: BaseException) -> bool:
    """Whether it is the device that failed, and not what was computed on it.

    PyTorch has classes for two of these errors; libraries below it only have their name to tell.
    """
    if device.type == "cpu" or not isinstance(error, RuntimeError | AssertionError):
        return False
    known = isinstance(error, torch.OutOfMemoryError | torch.AcceleratorError)
    return known or any(name in str(error) for name in ("CUDA", "cuDNN", "CUBLAS", "NVIDIA", "MPS"))


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether it has instructions for bfloat16. Without them it is several times slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        return bool(cpu_capabilities().get("avx512_bf16") or cpu_capabilities().get("amx_bf16"))
    return False


def device_name(device: torch.device) -> str:
    """The device's name for people, with the number of threads of a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = f"{device.type}: {cpu_capabilities().get('cpu_name', 'unknown')}"
    if device.type != "cpu":
        return name
    threads = torch.get_num_threads()
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"


def cpu_capabilities() -> dict[str, object]:
    """Instruction sets and name of the CPU; empty where this PyTorch cannot tell."""
    return getattr(torch.cpu, "get_capabilities", dict)()
