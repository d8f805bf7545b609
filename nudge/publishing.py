"""From a trained model to `pretrained/`: measure it on the full test set, write what is kept."""

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock
from safetensors.torch import save
from torch import Tensor, nn

from models import Card, Variant
from models.cards import read_index
from nudge.attacks import random_direction
from nudge.data import Split
from nudge.files import replacing
from nudge.sweep import EPSILONS, stream_accuracy_curve

RANDOM_SEED = 0  # of the random nudge that cards report

Progress = Callable[[int, int], object]  # called with pictures done and pictures in all


@dataclass(frozen=True)
class Measurement:
    """Counts of right answers over a test set, at each of the standard epsilons."""

    total: int
    epsilons: tuple[float, ...]
    fgsm: tuple[int, ...]
    random: tuple[int, ...]


def measure(
    model: nn.Module, test: Split, *, progress: Progress = lambda done, total: None
) -> Measurement:
    """Both curves of a card, over all pictures of `test`."""
    total = len(test.labels)
    counts: list[tuple[int, ...]] = []
    for directions in (None, random_direction(total, seed=RANDOM_SEED)):
        for curve in stream_accuracy_curve(model, *test, EPSILONS, directions=directions):
            progress(curve.total + len(counts) * total, 2 * total)
        counts.append(curve.correct)
    return Measurement(total, EPSILONS, fgsm=counts[0], random=counts[1])


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


def publish(folder: Path, variant: Variant, content: bytes, card: Card) -> None:
    """Write weights and card into `folder`; other variants' cards stay. Raises OSError.

    Several trainings may publish at once, hence the lock.
    """
    index = folder / "index.json"
    with replacing(folder / variant.weights.name) as temporary:
        temporary.write_bytes(content)
    with FileLock(folder / ".index.lock"):
        records = dict(read_index(index)) if index.exists() else {}
        records[variant.id] = asdict(card)
        with replacing(index) as temporary:
            temporary.write_text(_format(records), encoding="utf-8")


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
