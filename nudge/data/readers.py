"""The two formats that pictures come in, CSV and IDX, as people have them.

Whether the pictures are the official ones is not judged here: a checksum does that. So whatever
can be understood is: what a table's program or pandas adds when it saves a CSV again is removed.
"""

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from models import PRETRAINED, SIDE
from nudge.data.file_search import Candidate, Found
from nudge.data.row_order import restore
from nudge.data.sources import Arrays, Source, SplitName

PIXELS = SIDE * SIDE
HEADER = ["label", *(f"pixel{i}" for i in range(1, PIXELS + 1))]
Plain = Callable[[str, str, int], str]  # of a line, its delimiter, columns of an index
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
LONGEST_LINE = 100_000  # characters; the longest that a program wrote has 20,000


def read(source: Source, split: SplitName, candidate: Candidate) -> Arrays:
    """Pictures and labels, whatever they are. Raises ValueError, or what a library raises."""
    form, files = candidate
    # Up to twice as many as there should be, so that an error can say how many there are.
    most = 2 * sum(record.total for record in source.splits.values())
    if not form.files[0].endswith(".csv"):
        images_file, labels_file = files
        return read_idx(images_file, labels_file, most)
    parts = [read_csv(file, len(source.classes), source.unused_labels, most) for file in files]
    images, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    if form.order is None:
        return images, labels
    return restore((images, labels), PRETRAINED / form.order, split)


def read_csv(found: Found, classes: int, unused: Mapping[int, str], most: int) -> Arrays:
    """A label and 784 pixels a row, under a header; labels as positions among the classes.

    Understood are a byte-order mark, quotes, an index in front, whole numbers with a fraction
    (`6.0`), spaces, any line end, and semicolons or tabs in place of commas.
    """
    rows = None
    with suppress(ValueError):
        rows = _rows(found, most)
    if rows is None:  # not as Kaggle writes them, or damaged: looked at line by line
        rows = _rows(found, most, _plain)
    images = rows[:, 1:].reshape(-1, SIDE, SIDE)
    inside = images.min() >= 0 and images.max() <= 255
    return images.astype(np.uint8 if inside else np.int16), _positions(rows[:, 0], classes, unused)


def _rows(found: Found, most: int, plain: Plain | None = None) -> NDArray[np.int16]:
    """The numbers under the header, (N, 785). `plain` makes a row as Kaggle writes it."""
    with found.open() as file, io.TextIOWrapper(file, encoding="utf-8-sig") as text:
        # A second byte-order mark, quotes and an index stand here where a copy was saved again.
        header = text.readline(LONGEST_LINE).replace(BOM, "").replace('"', "")
        delimiter = next((sign for sign in ";\t" if sign in header), ",")
        names = [name.strip() for name in header.split(delimiter)]
        index = names.index(HEADER[0]) if HEADER[0] in names else 0
        if names[index:] != HEADER or not all(map(_is_index, names[:index])):
            raise ValueError(f"its header is not label, pixel1 ... pixel{PIXELS}")
        lines = _lines(text, most)
        if plain:
            lines = (plain(line, delimiter, index) for line in lines)
        if (first := next(lines, None)) is None:
            raise ValueError("it ends after its header")
        rows = np.loadtxt(
            chain([first], lines), delimiter=delimiter, dtype=np.int16, ndmin=2, comments=None
        )
    if rows.shape[1] != len(HEADER):
        raise ValueError(f"its rows have {rows.shape[1]} values, expected {len(HEADER)}")
    return rows


def read_idx(images: Found, labels: Found, most: int) -> Arrays:
    """The pictures of one file, the labels of the other."""
    size = most * PIXELS + 16  # bytes: a header of four numbers
    # Imported here because it takes seconds, and a page that finds the cache never needs it.
    from torchvision.datasets.mnist import read_image_file, read_label_file

    # The readers of torchvision's FashionMNIST, which take nothing but a path. The class itself
    # wants the files of both splits to be there before it reads one.
    with _as_file(images, size) as images_path, _as_file(labels, size) as labels_path:
        return read_image_file(images_path).numpy(), read_label_file(labels_path).numpy()


@contextmanager
def _as_file(found: Found, size: int) -> Iterator[Path]:
    """Its content in a file, which is a temporary one where it lies packed. Raises ValueError."""
    if found.is_plain:
        if found.stamp[0] > size:
            raise ValueError(f"more than {size:,} bytes")
        yield found.path
        return
    with tempfile.TemporaryDirectory(prefix="nudge-") as folder, found.open(size) as content:
        path = Path(folder) / "unpacked"
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        yield path


def _is_index(name: str) -> bool:
    """Whether pandas names a column so that counts rows, once or again at each time of saving."""
    return name in ("", "index") or name.startswith("Unnamed: ")


def _lines(text: TextIO, most: int) -> Iterator[str]:
    """Raises ValueError at a line or a number of lines that no file of ours has."""
    rows = lines = 0
    while line := text.readline(LONGEST_LINE):
        lines += 1
        rows += line != "\n"  # NumPy passes over empty ones
        if rows > most or lines > 4 * most:
            raise ValueError(f"more than {most:,} rows")
        if len(line) == LONGEST_LINE:
            raise ValueError(f"data row {rows} has more than {LONGEST_LINE:,} characters")
        yield line


def _plain(line: str, delimiter: str, index: int) -> str:
    """A row as whole numbers with the delimiter between, without its index."""
    line = line.split(delimiter, index)[-1].replace('"', "")
    if "." in line:
        line = line.rstrip().removesuffix(".0").replace(f".0{delimiter}", delimiter)
    if "." in line:
        line = delimiter.join(map(_whole, line.split(delimiter)))
    return line


def _whole(cell: str) -> str:
    """A whole number that was written as another kind, such as 6.00 or 6.0e+00; else the cell."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else cell


def _positions(
    labels: NDArray[np.int16], classes: int, unused: Mapping[int, str]
) -> NDArray[np.int64]:
    """What a CSV calls the classes, as positions among them."""
    names = [name for name in range(classes + len(unused)) if name not in unused]
    if (unknown := ~np.isin(labels, names)).any():
        row = int(unknown.argmax())
        without = "".join(f" without {name} ({why})" for name, why in unused.items())
        raise ValueError(
            f"data row {row + 1} has label {labels[row]}, expected 0 ... {names[-1]}{without}"
        )
    return np.searchsorted(names, labels)
