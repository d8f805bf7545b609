"""Where measured speeds are kept: docs/performance.json, and the tables of docs/performance.md."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

from models.errors import CHECKOUT
from nudge.devices import device_name
from nudge.files import replacing
from scripts.shared.markdown import fill

DOCS = CHECKOUT / "docs"

Record = dict[str, Any]  # what docs/performance.json holds under one name


def machine(device: torch.device) -> Record:
    """What the figures depend on."""
    return {"hardware": device_name(device), "torch": torch.__version__}


def spread(values: Sequence[float], digits: str) -> list[str]:
    """Two cells: the median, and the lowest to the highest."""
    return [f"{median(values):{digits}}", f"{min(values):{digits}} to {max(values):{digits}}"]


def write(name: str, record: Record, tables: Mapping[str, str], folder: Path = DOCS) -> None:
    """Print the tables, keep the record under its name, and put the tables on their page.

    Raises NudgeError where the page has no place for a table, and OSError.
    """
    print("\n" + "\n\n".join(tables.values()))
    page, kept = folder / "performance.md", folder / "performance.json"
    content = page.read_text(encoding="utf-8")
    for table, lines in tables.items():
        content = fill(content, table, lines)
    records = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    with replacing(kept) as temporary:
        text = json.dumps(records | {name: record}, indent=1)
        temporary.write_text(text + "\n", encoding="utf-8")
    with replacing(page) as temporary:
        temporary.write_text(content, encoding="utf-8")
