"""From a trained model to `pretrained/`: measure it on the full test set, write what is kept."""

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from models import Card, Variant
from models.cards import FIRST_MISSES, NEVER, read_first_misses, read_index
from nudge.attacks import random_direction
from nudge.data import Split
from nudge.files import replacing
from nudge.sweep import EPSILONS, stream_right

RANDOM_SEED = 0  # of the random nudge that cards report

Progress = Callable[[int, int], object]  # called with pictures done and pictures in all


@dataclass(frozen=True)
class Measurement:
    """Which test pictures a model reads right, at each of the standard epsilons."""

    labels: Tensor  # int64 (N,), the true classes
    fgsm: Tensor  # bool (K, N)
    random: Tensor  # bool (K, N), under a random nudge of the same size

    def for_card(self, classes: int) -> dict[str, Any]:
        """The fields of a `Card` that come from measuring."""
        by_class = (self.labels, self.labels[self.fgsm[0]])
        totals, correct = (tuple(v.bincount(minlength=classes).tolist()) for v in by_class)
        return {
            "total": len(self.labels),
            "epsilons": EPSILONS,
            "fgsm": tuple(self.fgsm.sum(dim=1).tolist()),
            "random": tuple(self.random.sum(dim=1).tolist()),
            "class_totals": totals,
            "class_correct": correct,
        }

    def first_misses(self) -> NDArray[np.uint8]:
        """By picture, the position in EPSILONS of the first wrong answer under FGSM: uint8 (N,).

        `NEVER` where every answer is right.
        """
        wrong = ~self.fgsm
        first = wrong.int().argmax(dim=0)
        first[~wrong.any(dim=0)] = NEVER
        return first.to(torch.uint8).numpy()


def measure(
    model: nn.Module, test: Split, *, progress: Progress = lambda done, total: None
) -> Measurement:
    """All that a card says of the pictures of `test`."""
    total = len(test.labels)
    answers: list[Tensor] = []
    for directions in (None, random_direction(total, seed=RANDOM_SEED)):
        batches: list[Tensor] = []
        for right in stream_right(model, *test, EPSILONS, directions=directions):
            batches.append(right)
            done = sum(batch.shape[1] for batch in batches)
            progress(done + len(answers) * total, 2 * total)
        answers.append(torch.cat(batches, dim=1))
    return Measurement(test.labels, fgsm=answers[0], random=answers[1])


def half_precision(model: nn.Module) -> dict[str, Tensor]:
    """The model's tensors with floats rounded to 16 bits, as they are stored: half the download."""
    return {
        name: (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }


def serialise(weights: Mapping[str, Tensor]) -> tuple[bytes, str]:
    """A safetensors file of the weights, and its SHA-256."""
    content = save(dict(weights))
    return content, hashlib.sha256(content).hexdigest()


def publish(
    folder: Path, variant: Variant, content: bytes, card: Card, first_misses: NDArray[np.uint8]
) -> None:
    """Write weights, card and first misses into `folder`; those of other variants stay.

    Several trainings may publish at once, hence the lock. Raises OSError.
    """
    index, misses = folder / "index.json", folder / FIRST_MISSES
    with replacing(folder / variant.weights.name) as temporary:
        temporary.write_bytes(content)
    with FileLock(folder / ".index.lock"):
        records = dict(read_index(index)) if index.exists() else {}
        records[variant.id] = asdict(card)
        with replacing(index) as temporary:
            temporary.write_text(_format(records), encoding="utf-8")
        arrays = read_first_misses(misses) if misses.exists() else {}
        arrays[variant.id] = first_misses
        with replacing(misses) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def versions() -> dict[str, str]:
    """Of everything that the figures may depend on."""
    libraries = {name: version(name) for name in ("torch", "numpy", "safetensors")}
    return {"python": platform.python_version(), **libraries}


def _format(records: Mapping[str, Mapping[str, object]]) -> str:
    """JSON with one line a field, so that a change of one figure is a change of one line."""
    blocks = (
        f"{json.dumps(variant)}: {{\n"
        + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in record.items())
        + "\n}"
        for variant, record in sorted(records.items())
    )
    return "{\n" + ",\n".join(blocks) + "\n}\n"
