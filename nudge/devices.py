"""Which device there is, and what it is good at."""

import torch


def best_device() -> torch.device:
    """CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


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
    """The device's name for people, with the number of threads where it matters."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = cpu_capabilities().get("cpu_name", "unknown")
    threads = torch.get_num_threads()
    return f"{device.type}: {name}, {threads} thread{'s' if threads > 1 else ''}"


def cpu_capabilities() -> dict[str, object]:
    """Instruction sets and name of the CPU; empty where this PyTorch cannot tell."""
    return getattr(torch.cpu, "get_capabilities", dict)()
