import torch

from nudge.devices import best_device, device_name, multiplies_bfloat16

CPU = torch.device("cpu")


def test_best_device_can_compute() -> None:
    assert torch.ones(2, device=best_device()).sum().item() == 2


def test_bfloat16_is_a_yes_or_no() -> None:
    assert isinstance(multiplies_bfloat16(CPU), bool)
    assert not multiplies_bfloat16(torch.device("meta"))


def test_name_counts_threads() -> None:
    torch.set_num_threads(1)
    assert device_name(CPU).startswith("cpu: ")
    assert device_name(CPU).endswith(", 1 thread")
    torch.set_num_threads(2)
    assert device_name(CPU).endswith(", 2 threads")
