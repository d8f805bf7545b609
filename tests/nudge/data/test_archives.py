"""Gzips and zips, whole and hostile: bounded in memory and length, one kind of error."""

import gzip
import lzma
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from nudge.data import DataError, load_split
from nudge.data.archives import MOST_LISTED, PIECE, members, unpacked
from nudge.data.sources import FASHION, SIGN
from scripts.fuzzing.forms import write, zipped
from tests.nudge.data.test_forms import IDX, RAW, SIGN_CSV

CONTENT = b"label,pixel1\r\n" * 50_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("method", METHODS)
def test_members(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"in/a.csv": CONTENT, "b.csv.gz": gzip.compress(CONTENT)}, method))
    assert members(path) == {"a.csv": "in/a.csv", "b.csv.gz": "b.csv.gz"}
    for member in ("in/a.csv", "b.csv.gz"):
        with unpacked(path, member) as content:
            assert content.read() == CONTENT


def test_the_first_of_a_name_counts_and_folders_do_not(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.csv/": b"", "x/a.csv": b"1", "y/a.csv": b"2"}))
    assert members(path) == {"a.csv": "x/a.csv"}


@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT)])
def test_content_decides_not_the_name(tmp_path: Path, content: bytes) -> None:
    for name in ("a.csv", "a.csv.gz"):
        (path,) = write(tmp_path, {name: content})
        with unpacked(path) as file:
            assert file.read() == CONTENT


@pytest.mark.parametrize("name", ["plain", "gzip", "zip"])
def test_no_more_than_asked_for(tmp_path: Path, name: str) -> None:
    packed = {"plain": CONTENT, "gzip": gzip.compress(CONTENT), "zip": zipped({"a": CONTENT})}
    (path,) = write(tmp_path, {"a": packed[name]})
    member = "a" if name == "zip" else None
    with unpacked(path, member, len(CONTENT)) as file:
        assert file.read() == CONTENT
    with (
        pytest.raises(ValueError, match="more than 699,999 bytes"),
        unpacked(path, member, len(CONTENT) - 1) as file,
    ):
        file.read()


def test_a_zip_whose_size_lies(tmp_path: Path) -> None:
    """The list says one byte, and the member unpacks to many: no more than that one is read."""
    content = bytearray(zipped({"a": CONTENT}))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = (1).to_bytes(4, "little")
    (path,) = write(tmp_path, {"a.zip": bytes(content)})
    with pytest.raises(ValueError, match="CRC"), unpacked(path, "a") as file:
        file.read()


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """Of LZMA zipfile unpacks at once whatever it has read."""
    size = 120_000_000
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive,
        archive.open(SIGN_CSV, "w") as member,
    ):
        for _ in range(size // 1_000_000):
            member.write(bytes(1_000_000))
    assert path.stat().st_size < PIECE
    tracemalloc.start()
    try:
        with unpacked(path, SIGN_CSV) as file:
            assert sum(len(piece) for piece in iter(lambda: file.read(PIECE), b"")) == size
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
        with pytest.raises(DataError, match=r"cannot be read .*its header is not"):
            load_split("sign", "test", tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"0," * 5_000_000, "data row 1 has more than 100,000 characters"),
        (b"0" + b",0" * 784 + b"\n", "more than 69,254 rows"),
    ],
    ids=["a line without end", "rows without end"],
)
def test_a_csv_without_end(tmp_path: Path, line: bytes, message: str) -> None:
    header = ",".join(["label", *(f"pixel{i}" for i in range(1, 785))]).encode() + b"\n"
    path = tmp_path / f"{SIGN_CSV}.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(header)
        for _ in range(70_000 if line.endswith(b"\n") else 3):
            file.write(line)
    with pytest.raises(DataError, match=message):
        load_split("sign", "test", tmp_path)


def test_an_idx_without_end(tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0\0\x08\x03" + bytes(150_000_000), 1)
    write(tmp_path / RAW, {f"{IDX[0]}.gz": bomb, IDX[1]: bytes(8)})
    with pytest.raises(DataError, match=r"cannot be read .*more than 109,760,016 bytes"):
        load_split(FASHION.name, "test", tmp_path)


def _many(count: int) -> bytes:
    return zipped({f"{i:020d}": b"" for i in range(count)})


def _encrypted() -> bytes:
    content = bytearray(zipped({SIGN_CSV: CONTENT}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    return bytes(content)


def _unknown_method() -> bytes:
    content = bytearray(zipped({SIGN_CSV: CONTENT}))
    for signature, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(signature) + method] = 9  # Deflate64, as Windows writes large files
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_many(MOST_LISTED // 66 + 100), "is missing .*list of members of more than 1,000,000"),
        (zipped({SIGN_CSV: CONTENT})[:-5], "is missing .*cannot be opened"),
        (b"", "is missing .*cannot be opened"),
        (_encrypted(), "cannot be read .*encrypted"),
        (_unknown_method(), "cannot be read .*compression"),
        (zipped({SIGN_CSV: CONTENT}).replace(b"PK\x03\x04", b"PK\0\0"), "cannot be read"),
    ],
    ids=["a long list", "cut", "empty", "encrypted", "Deflate64", "no member's header"],
)
def test_hostile_zips(tmp_path: Path, content: bytes, message: str) -> None:
    (path,) = write(tmp_path / SIGN.folder, {"archive.zip": content})
    with pytest.raises(DataError, match=message) as raised:
        load_split("sign", "test", tmp_path)
    assert str(path) in str(raised.value)


def test_other_zips_are_in_nobodys_way(tmp_path: Path) -> None:
    write(tmp_path, {"thesis.zip": zipped({"thesis.tex": b"x"}), "broken.zip": b"PK"})
    with pytest.raises(DataError, match="is missing"):
        load_split("sign", "test", tmp_path)


def test_a_fault_of_who_reads_stays_what_it_is(tmp_path: Path) -> None:
    """A full disk is no damage of the zip."""
    (path,) = write(tmp_path, {"a.zip": zipped({"a": CONTENT})})
    with pytest.raises(OSError, match="No space left"), unpacked(path, "a"):
        raise OSError(28, "No space left on device")


def test_damage_is_one_kind_of_error(tmp_path: Path) -> None:
    for name, content in (("a", gzip.compress(CONTENT)[:-20]), ("b", lzma.compress(CONTENT))):
        (path,) = write(tmp_path, {name: content})
        if name == "a":
            with pytest.raises(ValueError, match="end-of-stream"), unpacked(path) as file:
                file.read()
        else:
            with unpacked(path) as file:  # of formats that nobody has these in: bytes as they are
                assert file.read() == content
