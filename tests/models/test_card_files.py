"""Files of cards and arrays that are damaged, or hold something else."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import PRETRAINED, PretrainedError
from models.card_files import CONFUSIONS, FLIP_STEPS, read_array, read_arrays, read_card
from models.epsilons import EPSILONS

RECORDS: dict[str, Any] = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))
NAME = "sign-fcnn"


def test_another_grid_is_no_card_of_the_zoo(tmp_path: Path) -> None:
    record = deepcopy(RECORDS[NAME])
    record["epsilons"] = [0, *(e + 0.001 for e in EPSILONS[1:])]
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
        (FLIP_STEPS, np.zeros((3, 3), np.uint8)),
        (FLIP_STEPS, np.zeros(3)),
        (FLIP_STEPS, np.zeros(0, np.uint8)),
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

    with zipfile.ZipFile(tmp_path / FLIP_STEPS, "w") as file:
        file.writestr(f"{NAME}.npy", b"no array")
    with pytest.raises(PretrainedError, match="ValueError: sign-fcnn is no array"):
        read_arrays(tmp_path / FLIP_STEPS)


def test_a_single_array_is_no_file_of_arrays(tmp_path: Path) -> None:
    with (tmp_path / FLIP_STEPS).open("wb") as file:
        np.save(file, np.zeros(3, np.uint8))
    with pytest.raises(PretrainedError, match=r"cannot be read .*a single array"):
        read_arrays(tmp_path / FLIP_STEPS)
