"""Where measured speeds are kept: docs/performance.json, and the tables of docs/performance.md."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.errors import CHECKOUT
from nudge.files import replacing
from scripts.shared.command_line import fill

DOCS = CHECKOUT / "docs"

Record = dict[str, Any]  # what docs/performance.json holds under one name


def write(name: str, record: Record, tables: Mapping[str, str], folder: Path = DOCS) -> None:
    """Keep what was measured under its name, and put its tables where the page has room for them.

    Raises NudgeError where the page has none, and OSError.
    """
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
