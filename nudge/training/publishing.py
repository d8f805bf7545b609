"""From a trained model to `pretrained/`: its weights, its card and what was measured with it."""

import hashlib
import json
import platform
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from models import Card, NudgeError, PixelOrder, PretrainedError, Variant
from models.card_files import (
    CONFUSIONS,
    FLIP_STEPS,
    JOURNEY_CLASSES,
    JOURNEY_FITS,
    JOURNEYS,
    PGD_FLIP_STEPS,
    REPETITIONS,
    UNREADABLE_JSON,
    read_arrays,
    read_index,
    read_repetitions,
)
from models.cards import Repetition
from models.layers import scramble_permutation
from nudge.argument_checks import check_arrays, check_module, check_tensor
from nudge.data.sources import SOURCES
from nudge.devices import device_name
from nudge.evaluation.measurement import Measurement
from nudge.files import replacing, write_npz
from nudge.training.trainer import Training

INDEX = "index.json"
# What other scripts measure later, of the weights that are there then: fields of the card, and
# files of arrays. It goes when other weights come.
LATER = ("pgd", "withstood", "attacked_on", "moved", "pgd_ssim", "pgd_confusion")
LATER_ARRAYS = (PGD_FLIP_STEPS, JOURNEYS, JOURNEY_CLASSES, JOURNEY_FITS)


def half_precision(model: nn.Module) -> dict[str, Tensor]:
    """The model's tensors with floats rounded to 16 bits, as they are stored: half the download.

    Raises ValueError of what is no model, and of weights that 16 bits cannot hold.
    """
    check_module(model)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not tensor.half().isfinite().all():
            largest = tensor.abs().max().item()
            raise ValueError(f"expected {name} finite in 16 bits, got values up to {largest:g}")
    return {
        name: (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }


def serialise(weights: Mapping[str, Tensor]) -> tuple[bytes, str]:
    """A safetensors file of the weights, and its SHA-256. Raises ValueError of other values."""
    for name, tensor in weights.items():
        check_tensor(tensor, name)
    content = save(dict(weights))
    return content, hashlib.sha256(content).hexdigest()


def describe(run: Training, measurement: Measurement, sha256: str, command: str) -> Card:
    """The card of a finished training.

    `sha256` is that of its weight file, and `command` recreates that file.
    """
    variant = run.variant
    scrambled = variant.pixels is PixelOrder.SCRAMBLED
    permutation = hashlib.sha256(scramble_permutation().numpy().tobytes()).hexdigest()
    precision = "bfloat16" if run.mixed_precision else "float32"
    return Card(
        sha256=sha256,
        data_sha256={n: r.sha256 for n, r in SOURCES[variant.dataset].splits.items()},
        permutation_sha256=permutation if scrambled else None,
        parameters=sum(p.numel() for p in run.model.parameters()),
        **measurement.for_card(len(variant.classes)),
        learning_curve=run.curve,
        recipe=run.recipe.record() | {"precision": precision},
        seed=run.seed,
        seconds=round(run.seconds, 1),
        hardware=device_name(run.device),
        versions=versions(),
        command=command,
    )


def as_repetition(card: Card) -> Repetition:
    """What of a card is kept for every seed."""
    kept = {f.name: getattr(card, f.name) for f in fields(Repetition) if f.name != "correct"}
    return Repetition(correct=card.fgsm[0], **kept)


def publish(
    folder: Path,
    variant: Variant,
    content: bytes,
    card: Card,
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write weights, card and arrays into `folder`; those of other variants stay.

    What was measured later of other weights of this variant goes; of the very same it stays.
    `arrays` go by the file that holds them, as `Measurement.arrays` gives them. Several trainings
    may publish at once, hence the lock. Raises OSError, PretrainedError or ValueError where the
    files that are there already are damaged, and ValueError of what are no arrays.
    """
    check_arrays(arrays)
    index = folder / INDEX
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".index.lock"):
        records = dict(read_index(index)) if index.exists() else {}
        before = records.get(variant.key, {})
        same = before.get("sha256") == card.sha256
        kept = [name for name in LATER if same and name in before and not getattr(card, name)]
        record = asdict(card) | {name: before[name] for name in kept}
        _write_arrays(folder, variant, arrays, gone=() if same else LATER_ARRAYS)
        with replacing(folder / variant.weights.name) as temporary:
            temporary.write_bytes(content)
        _write_json(index, records | {variant.key: record})


def amend(
    folder: Path,
    variant: Variant,
    figures: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    *,
    sha256: str,
) -> None:
    """Write figures that were measured later into a variant's card in `folder`, and their arrays.

    `sha256` is that of the weights that were measured. Raises as `publish` does, KeyError where
    there is no such card, and PretrainedError where it is one of other weights by now.
    """
    check_arrays(arrays)
    index = folder / INDEX
    with FileLock(folder / ".index.lock"):
        records = dict(read_index(index))
        found = records[variant.key]["sha256"]
        if found != sha256:
            raise PretrainedError(
                f"{variant.id} was trained again while it was measured",
                where=index,
                expected=f"weights {sha256[:8]}",
                found=found[:8],
                hint="Nothing was written; measure it again",
            )
        records[variant.key] = records[variant.key] | dict(figures)
        _write_arrays(folder, variant, arrays)
        _write_json(index, records)


def check_folder(folder: Path) -> None:
    """See that `publish` can write there, which is better known before the work than after it.

    Raises OSError, NudgeError where its cards cannot be read, and PretrainedError where one of the
    other files that it adds to cannot.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    tempfile.TemporaryFile(dir=there).close()
    index = folder / INDEX
    try:
        if index.exists():
            read_index(index)
    except UNREADABLE_JSON as error:
        raise NudgeError(
            "The model cards cannot be read",
            where=index,
            expected="one JSON object per variant",
            found=f"{type(error).__name__}: {error}",
            hint="Mend that file, take it away, or choose another folder",
        ) from error
    for name in (FLIP_STEPS, CONFUSIONS, *LATER_ARRAYS):
        read_arrays(folder / name, missing_ok=True)
    if (folder / REPETITIONS).exists():
        read_repetitions(folder / REPETITIONS)


def _write_arrays(
    folder: Path,
    variant: Variant,
    arrays: Mapping[str, NDArray[Any]],
    gone: Collection[str] = (),
) -> None:
    # What cannot be read stops here, before anything is written.
    kept = {name: read_arrays(folder / name, missing_ok=True) for name in (*arrays, *gone)}
    for name, array in arrays.items():
        write_npz(folder / name, kept[name] | {variant.key: array})
    for name in gone:
        if variant.key in kept[name]:
            others = {key: array for key, array in kept[name].items() if key != variant.key}
            write_npz(folder / name, others)


def record(folder: Path, variant: Variant, repetition: Repetition) -> None:
    """Write one of a variant's trainings into `folder`, beside those of other seeds.

    It takes the place of one with the same seed and recipe. Of other recipes only those of the
    card's stay.
    """
    path, index = folder / REPETITIONS, folder / INDEX
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".index.lock"):
        rows = read_repetitions(path) if path.exists() else {}
        cards = read_index(index) if index.exists() else {}
        recipes = (repetition.recipe, cards.get(variant.key, {}).get("recipe"))
        kept = [
            r
            for r in rows.get(variant.key, [])
            if r.recipe in recipes and (r.seed, r.recipe) != (repetition.seed, repetition.recipe)
        ]
        rows[variant.key] = sorted([*kept, repetition], key=lambda r: r.seed)
        _write_json(path, {name: [asdict(run) for run in runs] for name, runs in rows.items()})


def versions() -> dict[str, str]:
    """Of everything that the figures may depend on."""
    libraries = {name: version(name) for name in ("torch", "numpy", "safetensors", "scikit-image")}
    return {"python": platform.python_version(), **libraries}


def _write_json(path: Path, records: Mapping[str, Any]) -> None:
    """One line per field of a card or per training: a changed figure is a changed line."""
    blocks = []
    for name, record in sorted(records.items()):
        if isinstance(record, dict):
            lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in record.items()]
            opening, closing = "{", "}"
        else:
            lines = [f"  {json.dumps(row)}" for row in record]
            opening, closing = "[", "]"
        blocks.append("\n".join([f"{json.dumps(name)}: {opening}", ",\n".join(lines), closing]))
    with replacing(path) as temporary:
        temporary.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")
