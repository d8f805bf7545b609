"""What is shown where the official pictures are, and where they are not."""

from pathlib import Path

import pytest
import torch

from models import Dataset
from nudge import exhibit as module
from nudge.data import DataError, load_split
from nudge.exhibit import exhibit, stamp
from nudge.hands import load_hands
from nudge.sources import FASHION, SIGN


def test_the_real_pictures_where_they_are(data_dir: Path) -> None:
    for dataset in Dataset:
        shown = exhibit(dataset, data_dir)
        assert not shown.generated
        assert shown.why is None
        assert torch.equal(shown.split.images, load_split(dataset, "test", data_dir).images)


def test_generated_hands_in_an_empty_folder(tmp_path: Path) -> None:
    shown = exhibit(Dataset.SIGN, tmp_path)
    assert shown.generated
    assert shown.total == 1200
    assert torch.equal(shown.split.images, load_hands().images)
    assert shown.why is not None
    assert shown.why.what == "The test split of Sign-Language-MNIST is missing"
    assert shown.why.expected is None  # missing, not damaged


def test_who_measures_is_never_given_generated_hands(tmp_path: Path) -> None:
    for split in ("test", "train"):
        with pytest.raises(DataError, match="is missing"):
            load_split("sign", split, tmp_path)


def test_fashions_bundle_stands_in_for_an_empty_folder(tmp_path: Path) -> None:
    shown = exhibit(Dataset.FASHION, tmp_path)
    assert not shown.generated  # the very test pictures
    assert shown.total == FASHION.splits["test"].total
    assert shown.why is not None


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / SIGN.folder / "sign_mnist_test.csv"
    path.parent.mkdir()
    path.write_text("no header\n")
    shown = exhibit(Dataset.SIGN, tmp_path)
    assert shown.generated
    assert shown.why is not None
    assert shown.why.what == "The test split of Sign-Language-MNIST cannot be read"
    assert "its header is not" in str(shown.why.found)


def test_nothing_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise DataError("The generated hands cannot be read")

    monkeypatch.setattr(module, "load_hands", broken)
    with pytest.raises(DataError, match="generated hands cannot be read"):
        exhibit(Dataset.SIGN, tmp_path)


def test_a_stamp_tells_what_arrived_and_what_changed(tmp_path: Path) -> None:
    empty = stamp(Dataset.SIGN, tmp_path)
    assert empty == (None,)
    path = tmp_path / SIGN.folder / "sign_mnist_test.csv"
    path.parent.mkdir()
    path.write_text("1")
    first = stamp(Dataset.SIGN, tmp_path)
    path.write_text("12")
    assert len({empty, first, stamp(Dataset.SIGN, tmp_path)}) == 3
    assert stamp(Dataset.FASHION, tmp_path) == (None, None)
