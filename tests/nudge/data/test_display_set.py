"""What is shown where the official pictures are, and where they are not."""

from pathlib import Path

import pytest
import torch

from models import Dataset
from nudge.data import DataError, load_split
from nudge.data import display_set as module
from nudge.data.display_set import files_fingerprint, load_display_set
from nudge.data.generated_hands import load_generated_hands
from nudge.data.sources import FASHION, SIGN


def test_the_real_pictures_where_they_are(data_dir: Path) -> None:
    for dataset in Dataset:
        shown = load_display_set(dataset, data_dir)
        assert not shown.generated
        assert shown.why is None
        assert torch.equal(shown.split.images, load_split(dataset, "test", data_dir).images)


def test_generated_hands_in_an_empty_folder(tmp_path: Path) -> None:
    shown = load_display_set(Dataset.SIGN, tmp_path)
    assert shown.generated
    assert shown.total == 1200
    assert torch.equal(shown.split.images, load_generated_hands().images)
    assert shown.why is not None
    assert shown.why.what == "The test split of Sign-Language-MNIST is missing"
    assert shown.why.expected is None  # missing, not damaged


def test_who_measures_is_never_given_generated_hands(tmp_path: Path) -> None:
    for split in ("test", "train"):
        with pytest.raises(DataError, match="is missing"):
            load_split("sign", split, tmp_path)


def test_fashions_bundle_stands_in_for_an_empty_folder(tmp_path: Path) -> None:
    shown = load_display_set(Dataset.FASHION, tmp_path)
    assert not shown.generated  # the very test pictures
    assert shown.total == FASHION.splits["test"].total
    assert shown.why is not None


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / SIGN.folder / "sign_mnist_test.csv"
    path.parent.mkdir()
    path.write_text("no header\n")
    shown = load_display_set(Dataset.SIGN, tmp_path)
    assert shown.generated
    assert shown.why is not None
    assert shown.why.what == "The test split of Sign-Language-MNIST cannot be read"
    assert "its header is not" in str(shown.why.found)


def test_nothing_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise DataError("The generated hands cannot be read")

    monkeypatch.setattr(module, "load_generated_hands", broken)
    with pytest.raises(DataError, match="generated hands cannot be read"):
        load_display_set(Dataset.SIGN, tmp_path)


def test_a_stamp_tells_what_arrived_and_what_changed(tmp_path: Path) -> None:
    empty = files_fingerprint(Dataset.SIGN, tmp_path)
    assert empty == (None,)
    path = tmp_path / SIGN.folder / "sign_mnist_test.csv"
    path.parent.mkdir()
    path.write_text("1")
    first = files_fingerprint(Dataset.SIGN, tmp_path)
    path.write_text("12")
    assert len({empty, first, files_fingerprint(Dataset.SIGN, tmp_path)}) == 3
    assert files_fingerprint(Dataset.FASHION, tmp_path) == (None, None)
