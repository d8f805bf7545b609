"""Files as they may be found: data, its cache, downloads, weights, cards and records."""

import gzip
import io
import json
import random
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from safetensors.torch import load_file, save

from models import PRETRAINED, VARIANTS, Card, Dataset, NudgeError, PretrainedError, load_model, zoo
from models.card_files import CONFUSIONS, FLIP_STEPS, REPETITIONS, read_array, read_repetitions
from nudge.data import DataError, Split, digest, download, load_split, splits
from nudge.data.generated_hands import (
    CARD,
    PICTURES,
    generated_flip_steps,
    load_generated_hands,
)
from nudge.data.sources import SOURCES, Archive
from nudge.evaluation.transferability import read_transfer
from scripts.fuzzing import Try, damage, refused
from scripts.fuzzing.forms import (
    FRACTIONS,
    REWRITINGS,
    csv_bytes,
    csv_lines,
    expecting,
    gzipped,
    idx_files,
    write,
    zipped,
)

COUNT = 3  # pictures in a split
CSV = {Dataset.FASHION: "fashion-mnist_test.csv", Dataset.SIGN: "sign_mnist_test.csv"}
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# The value that replaces another in a CSV.
CELLS = ("a", "", "256", "-1", "1.5", "1e9", "1e400", "nan", "inf", "9" * 40, "9" * 400 + ".0",
         "1_0.0", '"', "#", "\0", "é", "9", "25", ";", "\t", "6.0", "x" * 150_000)  # fmt: skip
# The value that replaces another in a file of JSON.
VALUES: tuple[Any, ...] = (None, True, 0, -1, 1e308, float("nan"), 10**400, "", "x", [], {}, [None],
                           {"a": 1}, [[1]], "9" * 1000)  # fmt: skip


# What the header of an array says instead.
HEADERS = (
    "{'descr': '<i8', 'fortran_order': False, 'shape': (10000000000000,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '|u1', 'fortran_order': True, 'shape': (3, 28, 28), }",
    "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (3,), }",
    *("(" * 200, "__import__('os')"),
)


@dataclass(frozen=True)
class Files:
    """A folder of small data and a copy of what is in pretrained/, to be spoilt."""

    folder: Path
    split: Split
    weights: dict[str, bytes]

    def try_one(self, rng: random.Random) -> str:
        kinds = (self.csv, self.idx, self.cache, self.archive)
        return rng.choice((*kinds, self.weights_file, self.card, self.record))(rng)

    # Pictures: the official ones, or one clear error.

    def _loads(self, dataset: Dataset, folder: Path | None = None, *, whole: bool = False) -> str:
        try:
            found = load_split(dataset, "test", folder or self.folder)
        except DataError as error:
            if whole:
                raise AssertionError("whole files were refused") from error
            return refused(error)
        if digest(*found) != digest(*self.split):
            raise AssertionError("other pictures were taken for the official ones")
        return "read"

    def csv(self, rng: random.Random) -> str:
        """One CSV, spoilt or not, and whatever people do to it that leaves the pictures alone."""
        dataset = rng.choice(list(Dataset))
        lines = csv_lines(self.split, dataset)
        whole = rng.random() < 0.3
        if not whole:
            _spoil(rng, lines)
        rewritings = rng.sample(list(REWRITINGS.values()), rng.choice((0, 0, 1, 1, 2, 3)))
        for rewrite in (rng.choice((list, *FRACTIONS.values())), *rewritings):
            lines = rewrite(lines)
        content = csv_bytes(lines, rng.choice(",,,;\t"), rng.choice(("\r\n", "\n", "\r", "\n\n")))
        if not whole and rng.random() < 0.2:
            content = damage(rng, content)
        return self._packed_anyhow(rng, dataset, {CSV[dataset]: content}, whole=whole)

    def idx(self, rng: random.Random) -> str:
        source = SOURCES[Dataset.FASHION]
        files = dict(zip(source.splits["test"].files, idx_files(self.split), strict=True))
        name = rng.choice(list(files))
        whole = rng.random() < 0.3
        if not whole:
            files[name] = damage(rng, files[name])
        if not whole and rng.random() < 0.3:  # a header that promises anything
            place = rng.randrange(4)
            huge = struct.pack(">I", rng.choice((0, 1, 2**31 - 1, 2**32 - 1)))
            files[name] = files[name][: 4 * place] + huge + files[name][4 * place + 4 :]
        return self._packed_anyhow(rng, Dataset.FASHION, files, whole=whole)

    def _packed_anyhow(
        self, rng: random.Random, dataset: Dataset, files: dict[str, bytes], *, whole: bool
    ) -> str:
        """Plain, gzipped or in a zip, in any of the places; the packing may be damaged too."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        kind = rng.randrange(4)
        if kind in (1, 3):
            files = gzipped(files)
        if kind in (2, 3):
            inner = rng.choice(("", "archive/", "data/fashion/"))
            method = rng.choice(METHODS) if rng.random() < 0.3 else zipfile.ZIP_DEFLATED
            packed = zipped({f"{inner}{name}": value for name, value in files.items()}, method)
            files = {rng.choice(("archive.zip", "archive (1).zip", "Sign-MNIST.ZIP")): packed}
        if kind and not whole and rng.random() < 0.3:
            name = rng.choice(list(files))
            files[name] = damage(rng, files[name])
        parts = Path(SOURCES[dataset].folder).parts
        place = self.folder / "data" / Path(*parts[: rng.randrange(len(parts) + 1)])
        write(place / rng.choice(("", "", "archive")), files)
        return self._loads(dataset, self.folder / "data", whole=whole)

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
        packed = zipped({"a/a.csv": member}, rng.choice(METHODS))
        packed = gzip.compress(member) if rng.random() < 0.3 else packed
        sent = damage(rng, packed) if rng.random() < 0.8 else packed
        right = frozenset({sha256(member).hexdigest()})
        archive = Archive(urls=("http://x/",), checksum=None, members={"a.csv": right})
        source = replace(SOURCES[Dataset.SIGN], archives=(archive,))
        folder = self._fresh(source.folder)

        def retrieve(url: str, *, fname: str, path: Path, **_: object) -> str:
            (path / fname).write_bytes(sent)
            return str(path / fname)

        with patch("nudge.data.download.pooch.retrieve", retrieve):
            try:
                download.download(source, self.folder, report=lambda line: None)
            except DataError as error:
                if any(folder.glob("*.csv")):
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
            value = tensors[spoilt]
            others = (torch.zeros(3), value.flatten()[:1], value.to(torch.complex64))
            tensors[spoilt] = rng.choice(others)
            told = save(tensors) if kind == 3 else damage(rng, content)
            path.write_bytes(told)
            self.write_index({name: {"sha256": sha256(told).hexdigest()}})
        try:
            load_model(name)
            outcome = "read"
            if kind < 3 and path.read_bytes() != content:
                raise AssertionError(f"other weights were taken for those of {name}")
        except PretrainedError as error:
            outcome = refused(error)
        finally:
            path.write_bytes(content)
            self.write_index()
        load_model(name)
        return outcome

    def write_index(self, changes: Mapping[str, Mapping[str, object]] | None = None) -> None:
        """As it is in pretrained/, with other fields of some cards."""
        records = json.loads((PRETRAINED / "index.json").read_bytes())
        for name, fields in (changes or {}).items():
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
            self.write_index()
        return outcome

    def record(self, rng: random.Random) -> str:
        """What was measured picture by picture, repetitions, transfer, generated hands."""

        def read_hands(path: Path) -> object:
            hands = load_generated_hands(path.parent)
            return hands, generated_flip_steps("sign-cnn", path.parent)

        readers: dict[str, Callable[[Path], object]] = {
            FLIP_STEPS: lambda path: read_array(path, "sign-cnn"),
            CONFUSIONS: lambda path: read_array(path, "sign-cnn"),
            "transfer.npz": lambda path: read_transfer(Dataset.SIGN, path),
            REPETITIONS: read_repetitions,
            PICTURES: read_hands,
            CARD: read_hands,
        }
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
    tiny = {dataset: expecting(source, split) for dataset, source in SOURCES.items()}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nudge-fuzz-")))
        chosen = ("fashion-cnn", "sign-cnn", "sign-cnn-scrambled")
        weights = {name: VARIANTS[name].weights.read_bytes() for name in chosen}
        stack.enter_context(patch.object(splits, "SOURCES", tiny))
        stack.enter_context(patch.object(zoo, "PRETRAINED", folder))
        # What is patched is what is used, or the official files would be spoilt.
        assert splits.load_split.__globals__["SOURCES"] is tiny
        assert all(VARIANTS[name].weights.parent == folder for name in chosen)
        for name, content in weights.items():
            VARIANTS[name].weights.write_bytes(content)
        for name in (PICTURES, CARD):
            shutil.copy(PRETRAINED / name, folder)
        prepared = Files(folder, split, weights)
        prepared.write_index()
        yield prepared.try_one


def _spoil(rng: random.Random, lines: list[str]) -> None:
    """Another value, one too many or too few, rows that are shuffled or missing."""
    kind, row = rng.randrange(5), rng.randrange(len(lines))
    cells = lines[row].split(",")
    if kind == 0:
        cells[rng.randrange(len(cells))] = rng.choice(CELLS)
        lines[row] = ",".join(cells)
    elif kind == 1:
        lines[row] += ",0"
    elif kind == 2:
        lines[row] = ",".join(cells[:-1])
    elif kind == 3:
        rng.shuffle(lines)
    else:
        del lines[row]


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
    told = rng.choice(HEADERS)
    return array[:10] + told.encode().ljust(length - 1)[: length - 1] + b"\n" + array[10 + length :]


def _change(rng: random.Random, record: Any) -> None:
    """Replace or remove one value somewhere within."""
    place = record
    while True:
        key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
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
    from nudge.findings.tradeoff import trade_off
    from views import text

    trade_off(card)
    text.assignment.card_facts(card)
    text.assignment.recipe(card.recipe)
    card.interval  # noqa: B018
    sum(point.test_accuracy for point in card.learning_curve)
