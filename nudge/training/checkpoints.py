"""Checkpoints: what a training stands on between two epochs, in one safetensors file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from nudge.files import replacing

OPTIMISER = "optimiser"  # its tensors are "optimiser.<position of the parameter>.<name>"


@dataclass(frozen=True)
class Checkpoint:
    """The file of one training, and the tensors that it keeps.

    >>> checkpoint = Checkpoint(path, {"seed": 0}, {"network": network}, optimiser)
    >>> checkpoint.write({"seconds": 1.5})
    >>> checkpoint.read()  # network and optimiser are as they were then
    {'seconds': 1.5}
    """

    path: Path
    fingerprint: Mapping[str, Any]  # as JSON can say it; with another one it is another training
    modules: Mapping[str, nn.Module]
    optimiser: torch.optim.Optimizer

    def write(self, record: Mapping[str, Any]) -> None:
        """Keep the tensors as they are, with a record, in place of what was kept before.

        Raises OSError; the file is then as it was.
        """
        tensors = {
            f"{name}.{key}": value.contiguous()
            for name, module in self.modules.items()
            for key, value in module.state_dict().items()
        }
        for i, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"{OPTIMISER}.{i}.{key}": v.contiguous() for key, v in state.items()}
        metadata = {"fingerprint": json.dumps(self.fingerprint), "record": json.dumps(record)}
        content = save(tensors, metadata)
        with replacing(self.path) as temporary:
            temporary.write_bytes(content)

    def read(self) -> dict[str, Any] | None:
        """Bring modules and optimiser back to what was kept; its record.

        None, and nothing is touched, where there is no file, or not one of this training.
        """
        try:
            with safe_open(self.path, framework="pt") as file:
                metadata = file.metadata()
                if metadata["fingerprint"] != json.dumps(self.fingerprint):
                    return None
                record: dict[str, Any] = json.loads(metadata["record"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (FileNotFoundError, SafetensorError, KeyError, TypeError, ValueError):
            return None
        for name, module in self.modules.items():
            module.load_state_dict(_below(name, tensors))
        self._fill_optimiser(_below(OPTIMISER, tensors))
        return record

    def _fill_optimiser(self, tensors: Mapping[str, Tensor]) -> None:
        """Load its state, each tensor laid out in memory as the parameter that it belongs to.

        A fused optimiser walks through parameter and state side by side, wherever each keeps its
        places; the file has lost the layout.
        """
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        state_dict = self.optimiser.state_dict()
        for key, value in tensors.items():
            i, name = key.split(".")
            parameter, tensor = parameters[int(i)], value
            if value.shape == parameter.shape:  # not the count of steps
                tensor = torch.empty_like(parameter).copy_(value)
            state_dict["state"].setdefault(int(i), {})[name] = tensor
        self.optimiser.load_state_dict(state_dict)


def _below(name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of one part, by their names within it."""
    prefix = f"{name}."
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
