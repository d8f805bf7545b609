"""Reading `.npz` files, which may be damaged in any way."""

import lzma
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What NumPy raises on a damaged file; RuntimeError is zipfile's for what it cannot unpack, and the
# last three come of headers that promise more than there is, or are no Python.
UNREADABLE_NPZ = (
    OSError,
    ValueError,
    LookupError,
    EOFError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
)


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Every array by its name. Raises one of `UNREADABLE_NPZ`."""
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("the file holds a single array, not one by each name")
        with archive:
            found = dict(archive)
    for name, array in found.items():
        if not isinstance(array, np.ndarray):  # NumPy returns the bytes as they are
            raise ValueError(f"{name} is no array")
    return found
