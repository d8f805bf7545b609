"""Downloads from a real server on this machine, good and bad."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from torchvision.datasets import FashionMNIST

from nudge.data import DataError
from nudge.data.download import download
from nudge.data.sources import FASHION, SIGN, Archive, Source
from tests.serving import Server

CONTENT = {"a.csv": b"label\r\n1\r\n" * 500, "b.csv": b"label\r\n2\r\n" * 500}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "served")
    yield server
    server.close()


@pytest.fixture
def fashion(server: Server) -> Source:
    """One gzip, with a first mirror that has nothing."""
    packed = gzip.compress(CONTENT["a.csv"])
    (server.folder / "a.csv.gz").write_bytes(packed)
    archive = Archive(
        urls=(f"{server.url}/nowhere/a.csv.gz", f"{server.url}/a.csv.gz"),
        checksum=f"md5:{hashlib.md5(packed).hexdigest()}",
        members={"a.csv": frozenset({sha256(CONTENT["a.csv"])})},
    )
    return replace(FASHION, archives=(archive,))


def zipped(content: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in content.items():
            archive.writestr(name, value)
    return file.getvalue()


@pytest.fixture
def sign(server: Server) -> Source:
    """One zip of two files, each in a folder of its own name, as Kaggle packs them."""
    content = {f"{Path(name).stem}/{name}": value for name, value in CONTENT.items()}
    (server.folder / "sign.zip").write_bytes(zipped(content))
    members = {name: frozenset({sha256(value), "0" * 64}) for name, value in CONTENT.items()}
    archive = Archive(urls=(f"{server.url}/sign.zip",), checksum=None, members=members)
    return replace(SIGN, archives=(archive,))


def fetch(source: Source, folder: Path) -> list[str]:
    lines: list[str] = []
    download(source, folder, report=lines.append, progress_bar=False)
    return lines


def test_second_mirror(fashion: Source, tmp_path: Path, server: Server) -> None:
    fetch(fashion, tmp_path)
    assert server.requests[0] == "/nowhere/a.csv.gz"
    assert server.requests[-1] == "/a.csv.gz"
    assert [p.name for p in (tmp_path / fashion.folder).iterdir()] == ["a.csv"]
    assert (tmp_path / fashion.folder / "a.csv").read_bytes() == CONTENT["a.csv"]


def test_zip(sign: Source, tmp_path: Path) -> None:
    fetch(sign, tmp_path)
    for name, content in CONTENT.items():
        assert (tmp_path / sign.folder / name).read_bytes() == content
    assert len(list((tmp_path / sign.folder).iterdir())) == 2


def test_what_is_there_is_not_fetched_again(sign: Source, tmp_path: Path, server: Server) -> None:
    fetch(sign, tmp_path)
    asked = len(server.requests)
    assert "already there" in fetch(sign, tmp_path)[0]
    assert len(server.requests) == asked


def test_what_lies_packed_is_not_fetched_again(
    sign: Source, tmp_path: Path, server: Server
) -> None:
    """Kaggle's zip that was never opened, one file gzipped beside it; and one that is damaged."""
    (tmp_path / "archive.zip").write_bytes(zipped({"b/b.csv": CONTENT["b.csv"]}))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CONTENT["a.csv"]))
    assert "already there" in fetch(sign, tmp_path)[0]
    assert server.requests == []
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CONTENT["a.csv"])[:-9])
    assert "downloaded" in fetch(sign, tmp_path)[-1]


def test_a_wrong_file_is_replaced(sign: Source, tmp_path: Path) -> None:
    fetch(sign, tmp_path)
    (tmp_path / sign.folder / "b.csv").write_bytes(b"half")
    fetch(sign, tmp_path)
    assert (tmp_path / sign.folder / "b.csv").read_bytes() == CONTENT["b.csv"]


def test_no_mirror(fashion: Source, tmp_path: Path, server: Server) -> None:
    (server.folder / "a.csv.gz").unlink()
    with pytest.raises(DataError, match=r"404 from .*, HTTP status 404 from .*by hand"):
        fetch(fashion, tmp_path)
    assert not list((tmp_path / fashion.folder).iterdir())


def test_no_network(fashion: Source, tmp_path: Path, server: Server) -> None:
    server.close()
    with pytest.raises(DataError, match=r"Fashion-MNIST could not be downloaded .*no connection"):
        fetch(fashion, tmp_path)


def test_wrong_checksum(fashion: Source, tmp_path: Path, server: Server) -> None:
    (server.folder / "a.csv.gz").write_bytes(gzip.compress(b"other"))
    with pytest.raises(DataError, match="a wrong checksum from"):
        fetch(fashion, tmp_path)
    assert not list((tmp_path / fashion.folder).iterdir())


def _flip_bits(content: bytes) -> bytes:
    """Damage within the compressed stream, which zlib finds before any checksum does."""
    start = content.index(b"a.csv") + 10
    damaged = bytes(b ^ 0xFF for b in content[start : start + 8])
    return content[:start] + damaged + content[start + 8 :]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[: len(content) // 2], "does not hold the right a.csv"),
        (lambda content: b"<html>log in</html>", "does not hold the right a.csv"),
        (_flip_bits, "does not hold the right a.csv"),
        (lambda content: zipped({"other.csv": b""}), "got .*only other.csv"),
        (lambda content: zipped(CONTENT | {"b.csv": b"2"}), "does not hold the right b.csv"),
    ],
    ids=["cut", "a page", "flipped bits", "other files", "other content"],
)
def test_damaged_zip(
    sign: Source, tmp_path: Path, server: Server, damage: Callable[[bytes], bytes], message: str
) -> None:
    path = server.folder / "sign.zip"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=message):
        fetch(sign, tmp_path)
    left = {p.name: p.read_bytes() for p in (tmp_path / sign.folder).iterdir()}
    assert left.items() <= CONTENT.items()  # nothing, or what was right


def _packed(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, value in CONTENT.items():
            archive.writestr(name, value)
    return file.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_within_any_method(
    sign: Source, tmp_path: Path, server: Server, method: int
) -> None:
    """Each library underneath has errors of its own; bzip2's is an OSError, like a full disk's."""
    content = bytearray(_packed(method))
    start = content.index(b"a.csv") + len("a.csv") + 12
    content[start : start + 30] = b"\xff" * 30
    (server.folder / "sign.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"does not hold the right a\.csv"):
        fetch(sign, tmp_path)


def test_a_zip_that_points_before_its_beginning(
    sign: Source, tmp_path: Path, server: Server
) -> None:
    path = server.folder / "sign.zip"
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x05\x06") + 16  # where the list of the members begins
    content[place : place + 4] = (len(content) * 50).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"does not hold the right a\.csv"):
        fetch(sign, tmp_path)


def test_a_file_that_unpacks_without_end(
    sign: Source, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nudge.data.download.MOST_BYTES", 1_000_000)
    (server.folder / "sign.zip").write_bytes(zipped({"a.csv": bytes(50_000_000)}))
    with pytest.raises(DataError, match="got more than 1,000,000 bytes"):
        fetch(sign, tmp_path)
    assert not list((tmp_path / sign.folder).iterdir())


def test_a_full_disk_is_no_fault_of_the_download(
    sign: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays an OSError, which the scripts tell in one line: another mirror would not help."""

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nudge.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        fetch(sign, tmp_path)
    assert not list((tmp_path / sign.folder).iterdir())


def test_fashion_records_agree_with_torchvision() -> None:
    ours = {(Path(a.urls[0]).name, a.checksum) for a in FASHION.archives}
    assert ours == {(name, f"md5:{md5}") for name, md5 in FashionMNIST.resources}
    assert {a.urls[0].rsplit("/", 1)[0] + "/" for a in FASHION.archives} <= set(
        FashionMNIST.mirrors
    )


def test_real_files_are_those_that_downloads_are_checked_for(data_dir: Path) -> None:
    for source in (FASHION, SIGN):
        for archive in source.archives:
            for name, right in archive.members.items():
                assert sha256(source.find(data_dir, name).read_bytes()) in right
