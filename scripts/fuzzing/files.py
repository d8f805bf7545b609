"""Files as they may be found: data, its cache, downloads, weights, cards and records."""

import gzip
import io
import json
import random
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from safetensors.torch import load_file, save

from models import PRETRAINED, VARIANTS, Card, Dataset, NudgeError, PretrainedError, load_model, zoo
from models.cards import CONFUSIONS, FIRST_MISSES, REPETITIONS, read_array, read_repetitions
from nudge import data, download, hands
from nudge.data import DataError, Split, digest, load_split
from nudge.sources import SOURCES, Archive
from nudge.transfer import read_transfer
from scripts.fuzzing import Try, damage, refused

COUNT = 3  # pictures in a split
# The value that replaces another in a file of JSON.
VALUES: tuple[Any, ...] = (None, True, 0, -1, 1e308, float("nan"), 10**400, "", "x", [], {}, [None],
                           {"a": 1}, [[1]], "9" * 1000)  # fmt: skip


@dataclass(frozen=True)
class Files:
    """A folder of small data and a copy of what is in pretrained/, to be spoilt."""

    folder: Path
    split: Split
    weights: dict[str, bytes]

    def try_one(self, rng: random.Random) -> str:
        kinds: tuple[Callable[[random.Random], str], ...] = (
            *(self.csv, self.idx, self.cache, self.archive),
            *(self.weights_file, self.card, self.record),
        )
        return rng.choice(kinds)(rng)

    # Pictures: the official ones, or one clear error.

    def _loads(self, dataset: Dataset) -> str:
        try:
            found = load_split(dataset, "test", self.folder)
        except DataError as error:
            return refused(error)
        if digest(*found) != digest(*self.split):
            raise AssertionError("other pictures were taken for the official ones")
        return "read"

    def csv(self, rng: random.Random) -> str:
        lines = csv_lines(self.split)
        kind, row = rng.randrange(7), rng.randrange(len(lines))
        cells = lines[row].split(",")
        if kind == 0:
            cells[rng.randrange(len(cells))] = rng.choice(
                (
                    "a",
                    "",
                    "256",
                    "-1",
                    "1.5",
                    "1e9",
                    "nan",
                    "9" * 40,
                    '"',
                    "#",
                    "\0",
                    "é",
                    "9",
                    "25",
                )
            )
            lines[row] = ",".join(cells)
        elif kind == 1:
            lines[row] += ",0"
        elif kind == 2:
            lines[row] = ",".join(cells[:-1])
        elif kind == 3:
            rng.shuffle(lines)
        elif kind == 4:
            del lines[row]
        end = rng.choice(("\r\n", "\n", "\r", "\n\n"))
        content = "".join(line + end for line in lines).encode()
        if kind == 5:
            content = damage(rng, content)
        source = SOURCES[Dataset.SIGN]
        path = self._fresh(source.folder) / source.splits["test"].files[0]
        path.write_bytes(content)
        return self._loads(Dataset.SIGN)

    def idx(self, rng: random.Random) -> str:
        source = SOURCES[Dataset.FASHION]
        folder = self._fresh(source.folder)
        files = dict(zip(source.splits["test"].files, idx_files(self.split), strict=True))
        name = rng.choice(list(files))
        files[name] = damage(rng, files[name])
        if rng.random() < 0.3:  # a header that promises anything
            place = rng.randrange(4)
            huge = struct.pack(">I", rng.choice((0, 1, 2**31 - 1, 2**32 - 1)))
            files[name] = files[name][: 4 * place] + huge + files[name][4 * place + 4 :]
        for file, content in files.items():
            (folder / file).write_bytes(content)
        return self._loads(Dataset.FASHION)

    def cache(self, rng: random.Random) -> str:
        source = SOURCES[Dataset.FASHION]
        folder = self._fresh(source.folder)
        names = source.splits["test"].files
        for file, content in zip(names, idx_files(self.split), strict=True):
            (folder / file).write_bytes(content)
        self._loads(Dataset.FASHION)
        path = folder / f"{names[0]}.npz"
        path.write_bytes(spoilt_npz(rng, path.read_bytes()))
        if self._loads(Dataset.FASHION) != "read":
            raise AssertionError("a damaged cache hides whole files")
        return "read"

    def archive(self, rng: random.Random) -> str:
        """What a mirror sends in place of the zip or the gzip."""
        member = b"label\n1\n" * 50
        packed = gzip.compress(member) if rng.random() < 0.3 else zipped(rng, {"a.csv": member})
        sent = damage(rng, packed) if rng.random() < 0.8 else packed
        right = frozenset({sha256(member).hexdigest()})
        archive = Archive(urls=("http://x/",), checksum=None, members={"a.csv": right})
        source = replace(SOURCES[Dataset.SIGN], archives=(archive,))
        folder = self._fresh(source.folder)

        def retrieve(url: str, *, fname: str, path: Path, **_: object) -> str:
            (path / fname).write_bytes(sent)
            return str(path / fname)

        with patch("nudge.download.pooch.retrieve", retrieve):
            try:
                download.download(source, self.folder, report=lambda line: None)
            except DataError as error:
                kept = list(folder.glob("*.csv"))
                if kept:
                    raise AssertionError("half a download is left") from error
                return refused(error)
        if (folder / "a.csv").read_bytes() != member:
            raise AssertionError("a wrong file was taken for the right one")
        return "read"

    def _fresh(self, name: str) -> Path:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    # What is in pretrained/: as it was recorded, or one clear error; the other seven serve.

    def weights_file(self, rng: random.Random) -> str:
        name = rng.choice(list(self.weights))
        path = VARIANTS[name].weights
        content = self.weights[name]
        kind = rng.randrange(5)
        if kind == 0:
            path.write_bytes(self.weights[rng.choice([n for n in self.weights if n != name])])
        elif kind == 1:
            path.unlink()
        elif kind == 2:
            path.write_bytes(damage(rng, content))
        else:  # and a card that says it is right
            tensors = load_file(path)
            spoilt = rng.choice(list(tensors))
            tensors[spoilt] = rng.choice(
                (torch.zeros(3), tensors[spoilt].flatten()[:1], tensors[spoilt].to(torch.complex64))
            )
            told = save(tensors) if kind == 3 else damage(rng, content)
            path.write_bytes(told)
            self._write_index({name: {"sha256": sha256(told).hexdigest()}})
        try:
            load_model(name)
            outcome = "read"
            if kind < 3 and path.read_bytes() != content:
                raise AssertionError(f"other weights were taken for those of {name}")
        except PretrainedError as error:
            outcome = refused(error)
        finally:
            path.write_bytes(content)
            self._write_index({})
        load_model(name)
        return outcome

    def _write_index(self, changes: dict[str, dict[str, Any]]) -> None:
        records = json.loads((PRETRAINED / "index.json").read_bytes())
        for name, fields in changes.items():
            records[name] |= fields
        (self.folder / "index.json").write_text(json.dumps(records))

    def card(self, rng: random.Random) -> str:
        records = json.loads((PRETRAINED / "index.json").read_bytes())
        name = rng.choice(list(VARIANTS))
        whole = rng.random() < 0.3
        if whole:
            content = damage(rng, json.dumps(records).encode())
            content = rng.choice((content, content, b"", b"[" * 100_000, b"\xff\xfe", b"null"))
        else:
            _change(rng, records[name])
            content = json.dumps(records).encode()
        (self.folder / "index.json").write_bytes(content)
        try:
            outcome = "read"
            for other in VARIANTS.values():
                try:
                    _use(other.card)
                except PretrainedError as error:
                    if not whole and other.id != name:
                        raise AssertionError(f"{other.id} falls with {name}") from error
                    outcome = refused(error)
        finally:
            self._write_index({})
        return outcome

    def record(self, rng: random.Random) -> str:
        """What was measured picture by picture, repetitions, transfer, generated hands."""
        readers: dict[str, Callable[[Path], object]] = {
            FIRST_MISSES: lambda path: read_array(path, "sign-cnn"),
            CONFUSIONS: lambda path: read_array(path, "sign-cnn"),
            "transfer.npz": lambda path: read_transfer(Dataset.SIGN, path),
            REPETITIONS: read_repetitions,
        }
        if (PRETRAINED / hands.PICTURES).exists():
            readers[hands.PICTURES] = lambda path: (
                hands.load_hands(path.parent),
                hands.hands_misses("sign-cnn", path.parent),
            )
            readers[hands.CARD] = lambda path: hands.load_hands(path.parent)
        name = rng.choice(list(readers))
        path, content = self.folder / name, (PRETRAINED / name).read_bytes()
        if path.suffix == ".json":
            records = json.loads(content)
            _change(rng, records)
            spoilt = json.dumps(records).encode()
            spoilt = damage(rng, content) if rng.random() < 0.3 else spoilt
        else:
            spoilt = spoilt_npz(rng, content)
        path.write_bytes(spoilt)
        try:
            readers[name](path)
        except NudgeError as error:
            return refused(error)
        finally:
            path.write_bytes(content)
        return "read"


@contextmanager
def files() -> Iterator[Try]:
    """Everything that is read must be what was written, or be refused; nothing else may fall."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (COUNT, 28, 28), generator=generator, dtype=torch.uint8)
    split = Split(images, torch.tensor([0, 8, 9]))
    tiny = {}
    for dataset, source in SOURCES.items():
        record = replace(source.splits["test"], total=COUNT, sha256=digest(*split), bundle=None)
        tiny[dataset] = replace(source, splits={"test": record})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nudge-fuzz-")))
        chosen = ("fashion-cnn", "sign-cnn", "sign-cnn-scrambled")
        weights = {name: VARIANTS[name].weights.read_bytes() for name in chosen}
        stack.enter_context(patch.object(data, "SOURCES", tiny))
        stack.enter_context(patch.object(zoo, "PRETRAINED", folder))
        for name, content in weights.items():
            VARIANTS[name].weights.write_bytes(content)
        for name in (hands.PICTURES, hands.CARD):
            if (PRETRAINED / name).exists():
                shutil.copy(PRETRAINED / name, folder)
        prepared = Files(folder, split, weights)
        prepared._write_index({})
        yield prepared.try_one


def csv_lines(split: Split) -> list[str]:
    """As Kaggle writes them: letters counted with J, so that K is 10."""
    header = ",".join(["label", *(f"pixel{i}" for i in range(1, 785))])
    letters = split.labels + (split.labels >= 9)
    rows = zip(letters.tolist(), split.images.flatten(1).tolist(), strict=True)
    return [header, *(",".join(map(str, [letter, *pixels])) for letter, pixels in rows)]


def idx_files(split: Split) -> tuple[bytes, bytes]:
    """The two files of a split, pictures first."""
    images, labels = split.images.numpy(), split.labels.numpy().astype(np.uint8)
    packed = [
        struct.pack(f">{1 + values.ndim}I", 0x800 + values.ndim, *values.shape) + values.tobytes()
        for values in (images, labels)
    ]
    return packed[0], packed[1]


def zipped(rng: random.Random, content: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with zipfile.ZipFile(file, "w", rng.choice(methods)) as archive:
        for name, value in content.items():
            archive.writestr(f"{Path(name).stem}/{name}", value)
    return file.getvalue()


def spoilt_npz(rng: random.Random, content: bytes) -> bytes:
    """An .npz that is damaged, or whole and of other arrays, or with a header that lies."""
    kind = rng.randrange(3)
    if kind == 0:
        return damage(rng, content)
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        names = old.namelist()
        spoilt = rng.choice(names)
        for name in names:
            array = old.read(name)
            if name == spoilt:
                array = damage(rng, array) if kind == 1 else _other_header(rng, array)
            if name != spoilt or rng.random() < 0.9:
                new.writestr(name, array)
    return file.getvalue()


def _other_header(rng: random.Random, array: bytes) -> bytes:
    (length,) = struct.unpack_from("<H", array, 8)
    told = rng.choice(
        (
            "{'descr': '<i8', 'fortran_order': False, 'shape': (10000000000000,), }",
            "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }",
            "{'descr': '|u1', 'fortran_order': True, 'shape': (3, 28, 28), }",
            "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (3,), }",
            "(" * 200,
            "__import__('os')",
        )
    )
    return array[:10] + told.encode().ljust(length - 1)[: length - 1] + b"\n" + array[10 + length :]


def _change(rng: random.Random, record: Any) -> None:
    """Replace or remove one value somewhere within."""
    place = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice(keys)
        inner = place[key]
        if not (isinstance(inner, dict | list) and inner and rng.random() < 0.7):
            break
        place = inner
    if rng.random() < 0.2:
        del place[key]
    else:
        place[key] = rng.choice(VALUES)


def _use(card: Card) -> None:
    """What pages make of a card: whatever is accepted must be fit for that."""
    from nudge.tradeoff import trade_off
    from views import text

    trade_off(card)
    text.card_facts(card)
    text.recipe(card.recipe)
    card.interval  # noqa: B018
    sum(point.test_accuracy for point in card.learning_curve)
