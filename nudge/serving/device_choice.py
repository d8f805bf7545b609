"""Which device counts run on: the chosen one, and the CPU for a while after that has failed."""

import copy
import threading
import time

import torch
from torch import nn

from models import NudgeError
from nudge.argument_checks import check_module
from nudge.devices import CPU, has_failed

# Seconds before a device that failed is tried again: another program may have given its memory
# back. One that is broken costs a count a batch each time.
RETRY_AFTER = 60.0


def placed(model: nn.Module, device: torch.device) -> nn.Module:
    """The model itself on the CPU, where it is already; a copy of it on another device.

    Raises ValueError of what is no model.
    """
    check_module(model)
    return model if device == CPU else copy.deepcopy(model).to(device)


class DeviceChoice:
    """One for the whole server; counts ask for every batch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.problem: NudgeError | None = None  # with the name of a device that was asked for
        self.choose(CPU)

    def choose(self, device: torch.device) -> None:
        """From here on that device, unless it fails."""
        with self._lock:
            self.chosen = device
            self._failure: tuple[str, float] | None = None

    @property
    def now(self) -> torch.device:
        """What to count on."""
        return CPU if self.failure else self.chosen

    @property
    def failure(self) -> str | None:
        """Why the chosen device is left alone; None where it is not."""
        with self._lock:
            if self._failure is None or time.monotonic() - self._failure[1] >= RETRY_AFTER:
                return None
            return self._failure[0]

    def note_failure(self, device: torch.device, error: BaseException) -> bool:
        """Whether it was the device that failed; then the CPU counts for `RETRY_AFTER` seconds."""
        if not has_failed(device, error):
            return False
        reason = str(error).strip().partition("\n")[0].partition(". ")[0]
        with self._lock:
            self._failure = reason, time.monotonic()
        return True


DEVICE = DeviceChoice()
