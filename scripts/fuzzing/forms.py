"""Pictures in the forms that people have on disk: what programs make of a CSV, gzips and zips."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models import CLASSES, Dataset
from nudge.data import Split, digest
from nudge.data.sources import SOURCES, Source

Lines = list[str]  # the header first, commas between the values
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def csv_lines(split: Split, dataset: Dataset = Dataset.SIGN) -> Lines:
    """As Kaggle writes them: Sign's letters counted with J, so that K is 10."""
    skipped = min(SOURCES[dataset].unused_labels, default=len(CLASSES[dataset]))
    labels = split.labels + (split.labels >= skipped)
    header = ",".join(["label", *(f"pixel{i}" for i in range(1, 785))])
    rows = zip(labels.tolist(), split.images.flatten(1).tolist(), strict=True)
    return [header, *(",".join(map(str, [label, *pixels])) for label, pixels in rows)]


def csv_bytes(lines: Lines, delimiter: str = ",", end: str = "\r\n") -> bytes:
    return "".join(line.replace(",", delimiter) + end for line in lines).encode()


def indexed(name: str) -> Callable[[Lines], Lines]:
    """With the column that pandas writes in front, which counts from 0."""
    return lambda lines: [
        f"{name},{lines[0]}",
        *(f"{i},{line}" for i, line in enumerate(lines[1:])),
    ]


def with_fractions(end: str) -> Callable[[Lines], Lines]:
    """Whole numbers as programs write them that know only fractions."""
    return lambda lines: [lines[0], *(line.replace(",", f"{end},") + end for line in lines[1:])]


def quoted(lines: Lines) -> Lines:
    return [f'"{line}"'.replace(",", '","') for line in lines]


def quoted_header(lines: Lines) -> Lines:
    return [*quoted(lines[:1]), *lines[1:]]


def spaced(lines: Lines) -> Lines:
    return [f" {line} ".replace(",", " , ") for line in lines]


def marked(lines: Lines) -> Lines:
    """With a byte-order mark, as Excel and Windows write it."""
    return [BOM + lines[0], *lines[1:]]


# What a program may have done to a CSV whose pictures stayed the same: first one of these,
FRACTIONS: Mapping[str, Callable[[Lines], Lines]] = {
    "fractions": with_fractions(".0"),
    "more fractions": with_fractions(".000"),
    "powers of ten": with_fractions(".000e+00"),
}
# then any of these, in any order.
REWRITINGS: Mapping[str, Callable[[Lines], Lines]] = {
    "an index without a name": indexed(""),
    "an index that pandas named": indexed("Unnamed: 0"),
    "quoted header": quoted_header,
    "quotes": quoted,
    "spaces": spaced,
    "byte-order mark": marked,
}


def idx_files(split: Split) -> tuple[bytes, bytes]:
    """The two files of a split, pictures first."""
    images, labels = split.images.numpy(), split.labels.numpy().astype(np.uint8)
    packed = [
        struct.pack(f">{1 + values.ndim}I", 0x800 + values.ndim, *values.shape) + values.tobytes()
        for values in (images, labels)
    ]
    return packed[0], packed[1]


def expecting(source: Source, split: Split) -> Source:
    """The source whose official test pictures are these."""
    record = replace(
        source.splits["test"], total=len(split.labels), sha256=digest(*split), bundle=None
    )
    return replace(source, splits={"test": record})


def zipped(content: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        for name, value in content.items():
            archive.writestr(name, value)
    return file.getvalue()


def gzipped(content: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(value, 1) for name, value in content.items()}


def write(folder: Path, content: Mapping[str, bytes]) -> Sequence[Path]:
    """Files by their paths within the folder."""
    paths = [folder / name for name in content]
    for path, value in zip(paths, content.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value)
    return paths
