"""Loading: small files of the real formats, whole and damaged; and the real data, whole."""

import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models import CLASSES, Dataset
from nudge.data import DataError, Split, digest, find_data_dir, load_split, splits, to_pixels
from nudge.data.sources import FASHION, SIGN, SOURCES, Source, SplitRecord
from tests.conftest import CHECKOUT, tiny_split

COUNT = 40
CSV = "sign_mnist_test.csv"
IDX = "t10k-images-idx3-ubyte"


def csv_lines(split: Split) -> list[str]:
    """As Kaggle writes them: letters counted with J, so that K is 10."""
    header = ",".join(["label", *(f"pixel{i}" for i in range(1, 785))])
    letters = split.labels + (split.labels >= 9)
    return [header] + [
        ",".join(map(str, [letter, *pixels]))
        for letter, pixels in zip(letters.tolist(), split.images.flatten(1).tolist(), strict=True)
    ]


def write_csv(data_dir: Path, lines: list[str], end: str = "\r\n") -> Path:
    path = data_dir / SIGN.folder / CSV
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(line + end for line in lines).encode("ascii"))
    return path


def write_idx(data_dir: Path, split: Split) -> Path:
    folder = data_dir / FASHION.folder
    folder.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        for name, values in (("images-idx3", split.images), ("labels-idx1", split.labels)):
            header = struct.pack(f">{1 + values.ndim}I", 0x800 + values.ndim, *values.shape)
            content = header + values.to(torch.uint8).numpy().tobytes()
            (folder / f"{prefix}-{name}-ubyte").write_bytes(content)
    return folder / IDX


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> Split:
    """A tiny test split that both data sets' records are made to expect."""
    split = tiny_split(COUNT)
    sources: dict[Dataset, Source] = {}
    for name, source in SOURCES.items():
        record = SplitRecord(files=source.splits["test"].files, total=COUNT, sha256=digest(*split))
        sources[name] = replace(source, splits={"test": record})
    monkeypatch.setattr(splits, "SOURCES", sources)
    return split


@pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["CRLF", "LF"])
def test_sign(tmp_path: Path, split: Split, end: str) -> None:
    write_csv(tmp_path, csv_lines(split), end)
    images, labels = load_split("sign", "test", tmp_path)
    assert (images.dtype, labels.dtype) == (torch.uint8, torch.int64)
    assert torch.equal(images, split.images)
    assert torch.equal(labels, split.labels)


@pytest.mark.parametrize("folder", ["sign_mnist_test", CSV])
def test_sign_in_the_folder_that_the_zip_makes(tmp_path: Path, split: Split, folder: str) -> None:
    path = write_csv(tmp_path, csv_lines(split))
    content = path.read_bytes()
    path.unlink()
    (path.parent / folder).mkdir()
    (path.parent / folder / CSV).write_bytes(content)
    assert torch.equal(load_split("sign", "test", tmp_path).images, split.images)


def test_fashion(tmp_path: Path, split: Split) -> None:
    write_idx(tmp_path, split)
    images, labels = load_split("fashion", "test", tmp_path)
    assert torch.equal(images, split.images)
    assert torch.equal(labels, split.labels)


def _pixel(value: str, row: int = 3) -> Callable[[list[str]], list[str]]:
    def damage(lines: list[str]) -> list[str]:
        cells = lines[row].split(",")
        cells[100] = value
        return [*lines[:row], ",".join(cells), *lines[row + 1 :]]

    return damage


def _label(value: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:-1], value + lines[-1][lines[-1].index(",") :]]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda lines: lines[:-1], r"wrong shape .*expected \(40, 28, 28\), got \(39, 28, 28\)"),
        (lambda lines: [*lines[:-1], lines[-1][:500]], "cannot be read .*columns"),
        (lambda lines: lines[1:], "cannot be read .*header"),
        (lambda lines: [line + ",0" for line in lines], "cannot be read .*header"),
        (lambda lines: [lines[0], *(line + ",0" for line in lines[1:])], "cannot be read"),
        (lambda lines: [], "cannot be read .*header"),
        (lambda lines: lines[:1], "cannot be read"),
        (_pixel("a"), "cannot be read .*'a'"),
        (_pixel("1.5"), "cannot be read .*'1.5'"),
        (_pixel(""), "cannot be read"),
        (_pixel("256"), r"pixels out of range .*expected 0 ... 255, got 0 ... 256"),
        (_pixel("-1"), r"pixels out of range .*expected 0 ... 255, got -1 ... 255"),
        (_pixel("99999"), "cannot be read"),
        (_label("9"), r"cannot be read .*data row 40 has label 9"),
        (_label("25"), r"cannot be read .*data row 40 has label 25"),
        (_label("-1"), r"cannot be read .*data row 40 has label -1"),
        (_pixel("7"), "holds other pictures .*expected SHA-256"),
    ],
)
def test_damaged_csv(
    tmp_path: Path, split: Split, damage: Callable[[list[str]], list[str]], message: str
) -> None:
    path = write_csv(tmp_path, damage(csv_lines(split)))
    with pytest.raises(DataError, match=message) as raised:
        load_split("sign", "test", tmp_path)
    assert str(path) in str(raised.value)
    assert str(raised.value).endswith("scripts/download.py sign")


def test_csv_that_is_no_text(tmp_path: Path, split: Split) -> None:
    path = write_csv(tmp_path, csv_lines(split))
    path.write_bytes(b"\x89PNG\r\n\xff\xfe" * 1000)
    with pytest.raises(DataError, match="cannot be read"):
        load_split("sign", "test", tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-100], "cannot be read .*expected complete official files"),
        (lambda content: content[:7], "cannot be read"),
        (lambda content: b"", "cannot be read"),
        (lambda content: b"\0\0\0\0" + content[4:], "cannot be read"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "holds other pictures"),
    ],
    ids=["cut", "cut in the header", "empty", "wrong magic", "flipped bit"],
)
def test_damaged_idx(
    tmp_path: Path, split: Split, damage: Callable[[bytes], bytes], message: str
) -> None:
    path = write_idx(tmp_path, split)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=message) as raised:
        load_split("fashion", "test", tmp_path)
    assert str(path) in str(raised.value)
    assert str(raised.value).endswith("scripts/download.py fashion")


def test_the_file_at_fault_is_named_and_only_the_splits_own_are_needed(
    tmp_path: Path, split: Split
) -> None:
    folder = write_idx(tmp_path, split).parent
    for other in folder.glob("train-*"):
        other.unlink()
    assert torch.equal(load_split("fashion", "test", tmp_path).images, split.images)
    labels = folder / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-5])
    with pytest.raises(DataError, match=f"t10k-labels.* {COUNT + 8 - 5} bytes"):
        load_split("fashion", "test", tmp_path)
    labels.unlink()
    with pytest.raises(DataError, match=r"is missing \(\S*t10k-labels-idx1-ubyte\)"):
        load_split("fashion", "test", tmp_path)


def test_labels_out_of_range(tmp_path: Path, split: Split) -> None:
    labels = split.labels.clone()
    labels[7] = 10
    write_idx(tmp_path, Split(split.images, labels))
    with pytest.raises(DataError, match=r"labels out of range .*expected 0 ... 9, got 0 ... 10"):
        load_split("fashion", "test", tmp_path)


@pytest.mark.parametrize("dataset", list(Dataset))
def test_missing(tmp_path: Path, dataset: Dataset) -> None:
    with pytest.raises(DataError, match=f"is missing .*download.py {dataset}"):
        load_split(dataset, "test", tmp_path)


def test_bundled_pictures_stand_in_only_where_no_folder_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUDGE_DATA", raising=False)
    monkeypatch.setattr(splits, "DEFAULT_DATA_DIR", tmp_path)
    images, labels = load_split("fashion", "test")
    assert digest(images, labels) == FASHION.splits["test"].sha256
    with pytest.raises(DataError, match="train split of Fashion-MNIST is missing"):
        load_split("fashion", "train")
    with pytest.raises(DataError, match="test split of Sign-Language-MNIST is missing"):
        load_split("sign", "test")
    monkeypatch.setenv("NUDGE_DATA", str(tmp_path / "named"))
    with pytest.raises(DataError, match="test split of Fashion-MNIST is missing"):
        load_split("fashion", "test")


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="expected a data set out of fashion, sign; got 'mnist'"):
        load_split("mnist", "test")
    with pytest.raises(ValueError, match="expected a split out of train, test; got 'valid'"):
        load_split("sign", "valid")


# The cache


def test_is_parsed_once(tmp_path: Path, split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    write_csv(tmp_path, csv_lines(split))
    load_split("sign", "test", tmp_path)
    monkeypatch.setattr(np, "loadtxt", None)  # a second parse would fail
    assert torch.equal(load_split("sign", "test", tmp_path).images, split.images)


def _overwrite(content: bytes) -> Callable[[Path], object]:
    return lambda cache: cache.write_bytes(content)


def _other_pictures(cache: Path) -> None:
    with np.load(cache) as content:
        arrays = dict(content)
    arrays["images"][0] ^= 1
    np.savez(cache, **arrays)


def _header(told: str) -> bytes:
    """The beginning of an .npy that says so of what follows."""
    return b"\x93NUMPY\x01\0" + struct.pack("<H", 118) + told.encode().ljust(117) + b"\n" + bytes(8)


def _member(cache: Path, content: bytes) -> None:
    """A whole zip, with something else in place of the stamp's array."""
    with zipfile.ZipFile(cache, "w") as file:
        for name in ("stamp", "images", "labels"):
            file.writestr(f"{name}.npy", content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda cache: cache.write_bytes(cache.read_bytes()[:-3000]),
        _overwrite(b""),
        _overwrite(b"no zip at all"),
        _other_pictures,
        lambda cache: np.savez(cache, images=np.zeros(3)),
        lambda cache: _member(cache, b"no array"),
        lambda cache: _member(cache, _header("(" * 80)),
        lambda cache: _member(
            cache, _header("{'descr': '<i8', 'fortran_order': False, 'shape': (10**15,), }")
        ),
        lambda cache: _member(
            cache, _header("{'descr': '<i8', 'fortran_order': False, 'shape': (10000000000000,), }")
        ),
        lambda cache: _member(
            cache, _header("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }")
        ),
    ],
    ids=[
        "cut",
        "empty",
        "no zip",
        "other pictures",
        "other arrays",
        "no array",
        "no Python",
        "a formula",
        "promises",
        "pickles",
    ],
)
def test_damaged_cache_is_made_again(
    tmp_path: Path, split: Split, damage: Callable[[Path], object]
) -> None:
    path = write_csv(tmp_path, csv_lines(split))
    load_split("sign", "test", tmp_path)
    cache = path.with_name(f"{CSV}.npz")
    whole = cache.read_bytes()
    damage(cache)
    assert torch.equal(load_split("sign", "test", tmp_path).images, split.images)
    assert len(cache.read_bytes()) == len(whole)


def test_a_changed_source_outdates_the_cache(tmp_path: Path, split: Split) -> None:
    path = write_csv(tmp_path, csv_lines(split))
    load_split("sign", "test", tmp_path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match="cannot be read"):
        load_split("sign", "test", tmp_path)


def test_an_unwritable_cache_is_done_without(tmp_path: Path, split: Split) -> None:
    path = write_csv(tmp_path, csv_lines(split))
    path.with_name(f"{CSV}.npz").mkdir()  # no file can take the place of a folder
    assert torch.equal(load_split("sign", "test", tmp_path).images, split.images)
    assert not list(path.parent.glob("*.part"))


# Where it is looked for


def test_data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUDGE_DATA", "from/environment")
    assert find_data_dir(tmp_path) == tmp_path
    assert find_data_dir() == Path("from/environment")
    monkeypatch.delenv("NUDGE_DATA")
    assert find_data_dir() == CHECKOUT / "data"


def test_to_pixels() -> None:
    stored = torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1).expand(3, 28, 28)
    pixels = to_pixels(stored)
    torch.testing.assert_close(pixels[:, 0, 9, 9], torch.tensor([0, 0.2, 1]))
    assert (pixels.shape, pixels.dtype) == ((3, 1, 28, 28), torch.float32)


# The real thing


@pytest.mark.parametrize(
    ("dataset", "name", "total"),
    [
        ("fashion", "train", 60_000),
        ("fashion", "test", 10_000),
        ("sign", "train", 27_455),
        ("sign", "test", 7_172),
    ],
)
def test_real_data(data_dir: Path, dataset: str, name: str, total: int) -> None:
    images, labels = load_split(dataset, name, data_dir)
    assert images.shape == (total, 28, 28)
    assert labels.shape == (total,)
    assert len(labels.bincount()) == len(CLASSES[Dataset(dataset)])
    assert labels.bincount().min() > 0


def test_sign_labels_skip_j(data_dir: Path) -> None:
    """Read by other means: the first column of the CSV, letter by letter."""
    path = SIGN.find(data_dir, CSV)
    with path.open() as lines:
        next(lines)
        letters = [chr(ord("A") + int(line.split(",", 1)[0])) for line in lines]
    labels = load_split("sign", "test", data_dir).labels.tolist()
    assert [CLASSES[Dataset.SIGN][label] for label in labels] == letters
