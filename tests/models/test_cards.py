"""What a card may hold: whatever passes is fit for every page."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import PRETRAINED, VARIANTS, Card, PretrainedError
from models.cards import CONFUSIONS, FIRST_MISSES, GRID, read_array, read_arrays, read_card
from nudge.evaluation.sweep import EPSILONS

RECORDS: dict[str, Any] = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))
NAME = "sign-fcnn"
TOTAL = RECORDS[NAME]["total"]


def test_every_committed_card_passes() -> None:
    assert [Card.from_json(RECORDS[name]).total for name in VARIANTS]
    assert GRID == EPSILONS


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sha256", 7, "sha256: expected a text"),
        ("permutation_sha256", [], "permutation_sha256"),
        ("data_sha256", {"test": 7}, "data_sha256"),
        ("recipe", [1], "recipe: expected an object"),
        ("versions", None, "versions"),
        ("total", 0, "total: expected a count"),
        ("total", "7172", "total"),
        ("total", True, "total"),
        ("parameters", -1, "total"),
        ("seed", 1.5, "seed"),
        ("seconds", float("nan"), "seconds"),
        ("seconds", float("inf"), "seconds"),
        ("epsilons", [0, 0.1], "fgsm: expected 2 of them"),
        ("epsilons", [0.1, *GRID[1:]], "epsilons: expected rising from 0"),
        ("epsilons", [*GRID[:-1], 2], "epsilons"),
        ("epsilons", [], "epsilons"),
        ("fgsm", [TOTAL + 1] * 61, f"fgsm: expected counts out of {TOTAL}"),
        ("fgsm", [0] * 61, "fgsm: expected a network that reads something"),
        ("random", [1.5] * 61, "random"),
        ("random", "9" * 61, "random"),
        ("ssim", [None] * 61, "ssim"),
        ("ssim", [1.0] * 60, "ssim"),
        ("class_totals", [1], "class_totals: expected of all pictures"),
        ("class_correct", [TOTAL] * 24, "class_correct"),
        ("learning_curve", [], "learning_curve"),
    ],
)
def test_what_no_page_could_draw(field: str, value: object, message: str) -> None:
    record = deepcopy(RECORDS[NAME])
    record[field] = value
    with pytest.raises(ValueError, match=message):
        Card.from_json(record)


def test_another_grid_is_no_card_of_the_zoo(tmp_path: Path) -> None:
    record = deepcopy(RECORDS[NAME])
    record["epsilons"] = [0, *(e + 0.001 for e in GRID[1:])]
    (tmp_path / "index.json").write_text(json.dumps({NAME: record}))
    with pytest.raises(PretrainedError, match=r"epsilons: expected 0, 0.005, ... 0.3"):
        read_card(tmp_path / "index.json", NAME)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    index = tmp_path / "index.json"
    index.write_text(json.dumps(RECORDS))
    assert read_card(index, NAME).seed == RECORDS[NAME]["seed"]
    changed = deepcopy(RECORDS)
    changed[NAME]["seed"] = 12345
    index.write_text(json.dumps(changed))
    assert read_card(index, NAME).seed == 12345


@pytest.mark.parametrize(
    ("name", "array"),
    [
        (FIRST_MISSES, np.zeros((3, 3), np.uint8)),
        (FIRST_MISSES, np.zeros(3)),
        (FIRST_MISSES, np.zeros(0, np.uint8)),
        (CONFUSIONS, np.zeros((3, 61, 24, 24), np.int32)),
        (CONFUSIONS, np.zeros((61, 24, 24), np.int32)),
    ],
)
def test_arrays_of_another_shape(tmp_path: Path, name: str, array: np.ndarray) -> None:
    np.savez(tmp_path / name, **{NAME: array})  # type: ignore[arg-type]
    with pytest.raises(PretrainedError, match=f"{NAME} cannot be read .*expected whole numbers"):
        read_array(tmp_path / name, NAME)


def test_a_member_that_is_no_array(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / FIRST_MISSES, "w") as file:
        file.writestr(f"{NAME}.npy", b"no array")
    with pytest.raises(PretrainedError, match="ValueError: sign-fcnn is no array"):
        read_arrays(tmp_path / FIRST_MISSES)
