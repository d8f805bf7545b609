"""Writing files so that no reader ever meets half of one, and telling code files apart."""

import glob
import hashlib
import inspect
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nudge.argument_checks import check_arrays

# Seconds without a write after which the process that wrote a temporary file was killed.
ABANDONED = 3600.0


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder, which takes the place of `path` when the block ends.

    If the block raises, `path` is as it was. Missing folders are made. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent, f".{glob.escape(path.name)}.*.part")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())  # else a power cut may leave the new name and no content
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        temporary.replace(path)
    except OSError as error:  # a write that fails does not say what it was writing
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]], *, compressed: bool = True) -> None:
    """Write arrays by their names in place of `path`. Raises OSError, and ValueError of others."""
    check_arrays(arrays)
    save = np.savez_compressed if compressed else np.savez
    with replacing(path) as temporary, temporary.open("wb") as file:
        save(file, **arrays)  # type: ignore[arg-type]


def remove_leftovers(folder: Path, pattern: str) -> None:
    """Remove temporary files and folders of processes that were killed."""
    for path in folder.glob(pattern):
        try:
            written = max(p.stat().st_mtime for p in (path, *path.rglob("*")))
            if time.time() - written < ABANDONED:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError:  # somebody else's, or gone already: they are in nobody's way
            continue


def code_digest(*parts: Callable[..., object]) -> str:
    """SHA-256 of the files that classes and functions are written in.

    What an interrupted computation kept is taken up by the same code alone.
    """
    files = dict.fromkeys(inspect.getfile(part) for part in parts)
    content = b"".join(Path(file).read_bytes() for file in files)
    return hashlib.sha256(content).hexdigest()


_ASKING = threading.Lock()


def _umask() -> int:
    """What new files are denied. To ask means to set it, which two threads must not do at once."""
    with _ASKING:
        current = os.umask(0)
        os.umask(current)
    return current
