"""The official pictures in every form that people have on disk; and what must stay refused.

The files are written from the official arrays, into folders that are gone after the test.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch

from models import PRETRAINED, Dataset
from nudge.data import DataError, Split, digest, display_set, load_split, splits
from nudge.data.row_order import order
from nudge.data.sources import FASHION, KAGGLE_FASHION, SIGN, SOURCES, SplitName
from scripts.fuzzing.forms import (
    FRACTIONS,
    REWRITINGS,
    Lines,
    csv_bytes,
    csv_lines,
    gzipped,
    idx_files,
    write,
    zipped,
)
from tests.conftest import tiny_split

Files = dict[str, bytes]  # by their paths within the data folder
SIGN_CSV, FASHION_CSV = "sign_mnist_test.csv", "fashion-mnist_test.csv"
TRAIN_CSV = "fashion-mnist_train.csv"
IDX = FASHION.splits["test"].files
RAW = "FashionMNIST/raw"


FEW = 200  # pictures: a CSV of 500 kB; the whole test sets are read in the forms that matter most


@pytest.fixture(scope="module")
def sign(test_splits: dict[Dataset, Split]) -> Lines:
    return csv_lines(test_splits[Dataset.SIGN])


@pytest.fixture(scope="module")
def fashion(test_splits: dict[Dataset, Split]) -> Lines:
    return csv_lines(test_splits[Dataset.FASHION], Dataset.FASHION)


def instead(monkeypatch: pytest.MonkeyPatch, found: Mapping[Dataset, Split]) -> None:
    """Let these be the official test pictures."""
    sources = {
        name: replace(
            source,
            splits={
                "test": replace(
                    source.splits["test"],
                    total=len(found[name].labels),
                    sha256=digest(*found[name]),
                )
            },
        )
        for name, source in SOURCES.items()
    }
    for module in (splits, display_set):
        monkeypatch.setattr(module, "SOURCES", sources)


@pytest.fixture
def few(test_splits: dict[Dataset, Split], monkeypatch: pytest.MonkeyPatch) -> dict[Dataset, Split]:
    """The first of both test sets, in place of the official ones."""
    found = {name: Split(*(v[:FEW] for v in split)) for name, split in test_splits.items()}
    instead(monkeypatch, found)
    return found


def rewritten(*names: str) -> Callable[[Lines], bytes]:
    every = {**FRACTIONS, **REWRITINGS}

    def content(lines: Lines) -> bytes:
        for name in names:
            lines = every[name](lines)
        return csv_bytes(lines)

    return content


CSVS: Mapping[str, Callable[[Lines], bytes]] = {
    "as Kaggle ships it": csv_bytes,
    "LF": lambda lines: csv_bytes(lines, end="\n"),
    "CR": lambda lines: csv_bytes(lines, end="\r"),
    "empty lines": lambda lines: csv_bytes(lines, end="\n\n"),
    "no last line end": lambda lines: csv_bytes(lines).rstrip(),
    "semicolons": lambda lines: csv_bytes(lines, ";"),
    "tabs": lambda lines: csv_bytes(lines, "\t", "\n"),
    "one fraction": lambda lines: csv_bytes([*lines[:-1], f"{lines[-1]}.0"]),
    **{name: rewritten(name) for name in (*FRACTIONS, *REWRITINGS)},
    "all that pandas does": rewritten(
        "fractions", "an index without a name", "an index that pandas named"
    ),
    "saved again from Excel": rewritten("byte-order mark", "an index without a name", "quotes"),
    "all at once": rewritten(
        "powers of ten", "an index that pandas named", "spaces", "quotes", "byte-order mark"
    ),
}


@pytest.mark.parametrize("form", CSVS)
def test_csv(form: str, few: dict[Dataset, Split], tmp_path: Path) -> None:
    content = CSVS[form](csv_lines(few[Dataset.SIGN]))
    write(tmp_path, {f"{SIGN.folder}/{SIGN_CSV}": content})
    loads_official("sign", tmp_path)


@pytest.mark.parametrize("form", ["as Kaggle ships it", "all at once"])
def test_a_whole_csv(form: str, sign: Lines, tmp_path: Path) -> None:
    write(tmp_path, {f"{SIGN.folder}/{SIGN_CSV}": CSVS[form](sign)})
    loads_official("sign", tmp_path)


@pytest.mark.parametrize("form", ["as Kaggle ships it", "saved again from Excel"])
def test_fashion_csv_in_the_official_order(form: str, fashion: Lines, tmp_path: Path) -> None:
    write(tmp_path, {f"{RAW}/{FASHION_CSV}": CSVS[form](fashion)})
    loads_official("fashion", tmp_path)


def loads_official(dataset: str, folder: Path, split: SplitName = "test") -> None:
    """Twice: the second time from the cache, without a look into the file."""
    before = display_set.files_fingerprint(Dataset(dataset), folder)
    for _ in range(2):
        found = load_split(dataset, split, folder)
        assert digest(*found) == vars(splits)["SOURCES"][Dataset(dataset)].splits[split].sha256
        assert (found.images.dtype, found.labels.dtype) == (torch.uint8, torch.int64)
        assert any(folder.rglob("*.npz"))
        assert not any(folder.rglob("*.part"))
    assert display_set.files_fingerprint(Dataset(dataset), folder) == before


def _zip(name: str, inner: str = "") -> Callable[[Files], Files]:
    return lambda files: {name: zipped({f"{inner}{n}": value for n, value in files.items()})}


def _at(folder: str) -> Callable[[Files], Files]:
    return lambda files: {f"{folder}/{name}": value for name, value in files.items()}


def _other_name(files: Files) -> Files:
    """Gzipped, though the name does not say so."""
    return {name.removesuffix(".gz"): value for name, value in gzipped(files).items()}


PACKINGS: Mapping[str, Callable[[Files], Files]] = {
    "plain": dict,
    "gzipped": gzipped,
    "gzipped, by another name": _other_name,
    "archive.zip": _zip("archive.zip"),
    "a folder in archive.zip": _zip("archive.zip", "archive/data/"),
    "downloaded again": _zip("archive (1).zip"),
    "capitals": _zip("Archive.ZIP"),
    "gzips in a zip": lambda files: _zip("any.zip")(gzipped(files)),
    "a single file from Kaggle": lambda files: {
        f"{name}.zip": zipped({name: value}) for name, value in files.items()
    },
    "the folder that unpacking makes": _at("archive"),
    "folders in that": lambda files: {
        f"archive/{Path(name).stem}/{name}": value for name, value in files.items()
    },
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_packed_sign(packing: str, few: dict[Dataset, Split], tmp_path: Path) -> None:
    write(tmp_path, PACKINGS[packing]({SIGN_CSV: csv_bytes(csv_lines(few[Dataset.SIGN]))}))
    loads_official("sign", tmp_path)


@pytest.mark.parametrize("packing", [name for name in PACKINGS if "single" not in name])
def test_packed_fashion(packing: str, few: dict[Dataset, Split], tmp_path: Path) -> None:
    files = dict(zip(IDX, idx_files(few[Dataset.FASHION]), strict=True))
    write(tmp_path / RAW, PACKINGS[packing](files))
    loads_official("fashion", tmp_path)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Split:
    """A tiny split in place of the official ones."""
    split = tiny_split(20)
    instead(monkeypatch, dict.fromkeys(Dataset, split))
    return split


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize(
    ("dataset", "place"),
    [
        *(("sign", place) for place in ("", SIGN.folder)),
        *(("fashion", place) for place in ("", "FashionMNIST", RAW)),
    ],
)
def test_places(dataset: str, place: str, packing: str, tiny: Split, tmp_path: Path) -> None:
    csv = csv_bytes(csv_lines(tiny, Dataset(dataset)))
    forms = [{SIGN_CSV if dataset == "sign" else FASHION_CSV: csv}]
    if dataset == "fashion" and "single" not in packing:
        forms.append(dict(zip(IDX, idx_files(tiny), strict=True)))
    for number, files in enumerate(forms):
        folder = tmp_path / f"{number}"
        write(folder / place, PACKINGS[packing](files))
        for _ in range(2):
            assert digest(*load_split(dataset, "test", folder)) == digest(*tiny)
            assert any((folder / place).rglob("*.npz"))


def test_one_gzipped_and_one_not(test_splits: dict[Dataset, Split], tmp_path: Path) -> None:
    images, labels = idx_files(test_splits[Dataset.FASHION])
    write(tmp_path / RAW, {IDX[0]: images, **gzipped({IDX[1]: labels})})
    loads_official("fashion", tmp_path)


def test_kaggles_whole_archive_of_fashion(
    test_splits: dict[Dataset, Split], fashion: Lines, tmp_path: Path
) -> None:
    """It has the official files beside the CSVs."""
    files = dict(zip(IDX, idx_files(test_splits[Dataset.FASHION]), strict=True))
    csvs = {FASHION_CSV: csv_bytes([fashion[0], *fashion[:0:-1]])}
    write(tmp_path, {"archive.zip": zipped({**csvs, **files})})
    loads_official("fashion", tmp_path)


@pytest.mark.parametrize("form", ["saved again from Excel", "all that pandas does"])
def test_packed_and_rewritten(form: str, few: dict[Dataset, Split], tmp_path: Path) -> None:
    content = CSVS[form](csv_lines(few[Dataset.SIGN]))
    write(tmp_path, PACKINGS["gzips in a zip"]({SIGN_CSV: content}))
    loads_official("sign", tmp_path)


def test_both_data_sets_in_zips_of_one_folder(
    sign: Lines, test_splits: dict[Dataset, Split], tmp_path: Path
) -> None:
    files = dict(zip(IDX, idx_files(test_splits[Dataset.FASHION]), strict=True))
    write(tmp_path, {"archive.zip": zipped({f"sign_mnist_test/{SIGN_CSV}": csv_bytes(sign)})})
    write(tmp_path, {"archive (1).zip": zipped(files)})
    loads_official("sign", tmp_path)
    loads_official("fashion", tmp_path)


def test_a_damaged_copy_does_not_hide_a_whole_one(sign: Lines, tmp_path: Path) -> None:
    write(tmp_path, {f"{SIGN.folder}/{SIGN_CSV}": csv_bytes(sign[:100])})
    with pytest.raises(DataError, match=r"wrong shape .*got \(99, 28, 28\)"):
        load_split("sign", "test", tmp_path)
    before = display_set.files_fingerprint(Dataset.SIGN, tmp_path)
    write(tmp_path, {"archive.zip": zipped({SIGN_CSV: csv_bytes(sign)})})
    assert (
        display_set.files_fingerprint(Dataset.SIGN, tmp_path) != before
    )  # so that a page looks again
    loads_official("sign", tmp_path)


# Kaggle's CSVs of Fashion-MNIST: the same pictures, divided and ordered otherwise


@pytest.fixture(scope="module")
def kaggle_like(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All 70,000 pictures in two CSVs, as Kaggle has them: in another order, across the splits."""
    splits = [load_split("fashion", split, data_dir) for split in ("train", "test")]
    together = Split(*(torch.cat(part) for part in zip(*splits, strict=True)))
    shuffled = torch.randperm(len(together.labels), generator=torch.Generator().manual_seed(1))
    folder = tmp_path_factory.mktemp("kaggle")
    for name, rows in ((TRAIN_CSV, shuffled[:60_000]), (FASHION_CSV, shuffled[60_000:])):
        part = Split(together.images[rows], together.labels[rows])
        write(folder / RAW, {name: csv_bytes(csv_lines(part, Dataset.FASHION), end="\n")})
    return folder


def test_kaggles_two_csvs_of_fashion(kaggle_like: Path) -> None:
    loads_official("fashion", kaggle_like, "train")
    loads_official("fashion", kaggle_like, "test")
    caches = {path.name: path.stat().st_mtime_ns for path in kaggle_like.rglob("*.npz")}
    assert set(caches) == {f"{TRAIN_CSV}.train.npz", f"{TRAIN_CSV}.test.npz"}
    loads_official("fashion", kaggle_like, "train")  # neither split takes the other's cache
    assert {path.name: path.stat().st_mtime_ns for path in kaggle_like.rglob("*.npz")} == caches


def test_kaggles_test_csv_alone_is_no_official_split(kaggle_like: Path, tmp_path: Path) -> None:
    write(tmp_path / RAW, {FASHION_CSV: (kaggle_like / RAW / FASHION_CSV).read_bytes()})
    message = r"holds other pictures .*expected SHA-256 .*Kaggle's .* are read where both are there"
    with pytest.raises(DataError, match=message):
        load_split("fashion", "test", tmp_path)
    with pytest.raises(DataError, match="The train split of Fashion-MNIST is missing"):
        load_split("fashion", "train", tmp_path)


def test_the_order_that_comes_with_the_checkout(data_dir: Path) -> None:
    splits = [load_split("fashion", split, data_dir) for split in ("train", "test")]
    made = order([(images.numpy(), labels.numpy()) for images, labels in splits])
    assert KAGGLE_FASHION.order is not None
    with np.load(PRETRAINED / KAGGLE_FASHION.order) as kept:
        assert np.array_equal(kept["train"], made[0])
        assert np.array_equal(kept["test"], made[1])


# What stays refused


def _shuffled(lines: Lines) -> Lines:
    return [lines[0], *random.Random(0).sample(lines[1:], len(lines) - 1)]


def _other_value(lines: Lines) -> Lines:
    label, first, rest = lines[5].split(",", 2)
    return [*lines[:5], f"{label},{int(first) ^ 1},{rest}", *lines[6:]]


REFUSED: Mapping[str, tuple[Callable[[Lines], Lines], str]] = {
    "shuffled rows": (_shuffled, "holds other pictures .*expected SHA-256"),
    "another value": (_other_value, "holds other pictures .*expected SHA-256"),
    "a missing row": (lambda lines: lines[:-1], r"has the wrong shape .*expected \(\d+, 28, 28\)"),
    "a row too many": (lambda lines: [*lines, lines[1]], "has the wrong shape"),
    "no header": (lambda lines: lines[1:], "cannot be read .*its header is not label"),
    "half a row": (lambda lines: [*lines[:-1], lines[-1][:500]], "cannot be read .*columns"),
    "half a pixel": (lambda lines: [*lines[:-1], f"{lines[-1]}.5"], r"cannot be read .*\d\.5"),
}


@pytest.mark.parametrize("packing", ["plain", "archive.zip"])
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, packing: str, few: dict[Dataset, Split], tmp_path: Path) -> None:
    spoil, message = REFUSED[name]
    for dataset, csv in ((Dataset.SIGN, SIGN_CSV), (Dataset.FASHION, FASHION_CSV)):
        folder, lines = tmp_path / dataset, csv_lines(few[dataset], dataset)
        (path,) = write(folder, PACKINGS[packing]({csv: csv_bytes(spoil(lines))}))
        with pytest.raises(DataError, match=message) as raised:
            load_split(dataset, "test", folder)
        assert str(path) in str(raised.value)
        assert str(raised.value).endswith(f"scripts/download.py {dataset}")


def test_shuffled_with_its_index_is_refused(few: dict[Dataset, Split], tmp_path: Path) -> None:
    lines = csv_lines(few[Dataset.SIGN])
    content = csv_bytes(_shuffled(REWRITINGS["an index without a name"](lines)))
    write(tmp_path, {SIGN_CSV: content})
    with pytest.raises(DataError, match="holds other pictures"):
        load_split("sign", "test", tmp_path)


# What pandas itself writes


def test_saved_by_pandas(few: dict[Dataset, Split], tmp_path: Path) -> None:
    """With its index, in fractions, into a zip."""
    pandas = pytest.importorskip("pandas")  # Streamlit brings it along
    lines = csv_lines(few[Dataset.SIGN])
    table = pandas.read_csv(BytesIO(csv_bytes(lines)), dtype="float32")
    compression = {"method": "zip", "archive_name": SIGN_CSV, "compresslevel": 1}
    table.to_csv(tmp_path / "archive.zip", compression=compression)
    loads_official("sign", tmp_path)


# What is missing, and hostile zips


@pytest.mark.parametrize(
    ("dataset", "names", "places"),
    [
        ("sign", [SIGN_CSV], ["", SIGN.folder]),
        ("fashion", [*IDX, FASHION_CSV], ["", "FashionMNIST", RAW]),
    ],
)
def test_missing_names_all_places(
    tmp_path: Path, dataset: str, names: list[str], places: list[str]
) -> None:
    with pytest.raises(DataError, match="is missing") as raised:
        load_split(dataset, "test", tmp_path)
    said = str(raised.value)
    assert raised.value.expected is None
    for told in (*names, *(str(tmp_path / place) for place in places), "gzipped", ".zip"):
        assert told in said


def test_a_zip_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"archive.zip": zipped({SIGN_CSV: b"label\n" * 1000})[:-30]})
    with pytest.raises(DataError, match="is missing") as raised:
        load_split("sign", "test", tmp_path)
    assert f"{path} cannot be opened (File is not a zip file)" in str(raised.value.found)
