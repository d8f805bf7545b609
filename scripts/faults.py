"""Kill downloads and cache writes with kill -9 at random moments: the next start must be right.

python scripts/faults.py                 # fifty kills of each
python scripts/faults.py --kills 5 --seed 1

After every kill no file may be half there, the next start must end with the right files, and
nothing of the killed process may be left once it is an hour old.
"""

import http.server
import os
import random
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
import torchvision.datasets.mnist  # noqa: F401  (imported once here, not by each process to be killed)

from models import Dataset
from models.errors import NudgeError
from nudge.data import Split, digest, load_split, splits
from nudge.data.array_cache import read_arrays
from nudge.data.download import download
from nudge.data.sources import SOURCES, Archive
from nudge.files import ABANDONED
from scripts.fuzzing.forms import expecting, idx_files, zipped
from scripts.shared import command_line

MEMBER = 3_000_000  # bytes of each of the two files in the download
CHUNK, PAUSE = 64 * 1024, 0.002  # the server's, in bytes and seconds: a download of 0.2 s
PICTURES = 15_000  # in the cache: 12 MB


@dataclass(frozen=True)
class Victim:
    """Something to be killed while it is at work in a folder."""

    name: str
    work: Callable[[Path], object]
    half: Callable[[Path], list[Path]]  # files that are there and not whole
    right: Callable[[Path], bool]  # whether all that was wanted is there


def main() -> None:
    options = command_line.parser(__doc__)
    options.add_argument("--kills", type=int, default=50, help="of each (default: 50)")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    torch.set_num_threads(1)  # threads do not survive a fork
    with downloading() as first, caching() as second:
        for victim in (first, second):
            print(f"{victim.name}: {kill(victim, args.kills, args.seed)}", flush=True)


def kill(victim: Victim, kills: int, seed: int) -> str:
    """Kill it so many times, each in a new folder. Raises NudgeError where something is wrong."""
    rng = random.Random(seed)  # noqa: S311 (nothing secret)
    with tempfile.TemporaryDirectory(prefix="nudge-faults-") as name:
        begun = time.perf_counter()
        victim.work(Path(name) / "whole")
        whole = time.perf_counter() - begun
        killed = interrupted = attempts = 0
        while killed < kills:
            folder = Path(name) / f"{attempts}"
            folder.mkdir()
            attempts += 1
            if not _kill_one(victim, folder, rng, whole):
                continue  # it was done before
            killed += 1
            left = _temporary(folder)
            interrupted += bool(left)
            _expect(not (half := victim.half(folder)), "half a file is there", half)
            _age(left)
            victim.work(folder)
            _expect(victim.right(folder), "the next start has not what it needs", folder)
            still = [path for path in left if path.exists()]
            _expect(not still, "something of a killed process is left", still)
    return (
        f"killed {killed} times within {whole:.2f} s, {interrupted} times amid a write: "
        f"no half file, {killed} next starts right, nothing left"
    )


def _kill_one(victim: Victim, folder: Path, rng: random.Random, whole: float) -> bool:
    """Start a process and kill it at a random moment; whether it was still at work.

    Half of the moments are chosen from when a temporary file is there, for writing is short.
    """
    child = os.fork()
    if child == 0:
        try:
            victim.work(folder)
        finally:
            os._exit(0)
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, whole))
    else:
        deadline = time.monotonic() + 5 * whole
        while time.monotonic() < deadline and not _temporary(folder):
            time.sleep(0.0005)
        time.sleep(rng.uniform(0, whole / 4))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _temporary(folder: Path) -> list[Path]:
    return [path for pattern in (".download-*", ".*.part") for path in folder.rglob(pattern)]


def _age(left: list[Path]) -> None:
    """Let what a killed process left look as old as it has to be to be removed."""
    past = time.time() - ABANDONED - 60
    for path in left:
        for inner in (*path.rglob("*"), path):
            os.utime(inner, (past, past))


def _expect(holds: bool, what: str, found: object) -> None:
    if not holds:
        raise NudgeError(f"After a kill {what}", where=found)


@contextmanager
def downloading() -> Iterator[Victim]:
    """A zip of two files, fetched from a slow server on this machine."""
    rng = random.Random(0)  # noqa: S311
    content = {name: rng.randbytes(MEMBER) for name in ("a.csv", "b.csv")}
    with _served(zipped(content, zipfile.ZIP_STORED)) as url:
        members = {name: frozenset({sha256(value).hexdigest()}) for name, value in content.items()}
        wanted = Archive(urls=(url,), checksum=None, members=members)
        source = replace(SOURCES[Dataset.SIGN], archives=(wanted,))

        def is_whole(path: Path) -> bool:
            return path.read_bytes() == content[path.name]

        yield Victim(
            "download",
            lambda folder: download(source, folder, report=lambda line: None, progress_bar=False),
            lambda folder: [p for p in (folder / source.folder).glob("*.csv") if not is_whole(p)],
            lambda folder: all(is_whole(folder / source.folder / name) for name in content),
        )


@contextmanager
def _served(content: bytes) -> Iterator[str]:
    """The address of a process that answers everything with these bytes, slowly."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            for start in range(0, len(content), CHUNK):
                self.wfile.write(content[start : start + CHUNK])
                time.sleep(PAUSE)

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    class Server(http.server.HTTPServer):
        def handle_error(self, *arguments: object) -> None:
            """Whoever asked was killed."""

    server = Server(("127.0.0.1", 0), Handler)
    child = os.fork()
    if child == 0:
        server.serve_forever()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data.zip"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        server.server_close()


@contextmanager
def caching() -> Iterator[Victim]:
    """A split that is decoded, checked and kept beside its files."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (PICTURES, 28, 28), generator=generator, dtype=torch.uint8)
    split = Split(images, torch.arange(PICTURES) % 10)
    source = expecting(SOURCES[Dataset.FASHION], split)
    names, contents = source.splits["test"].files, idx_files(split)
    cache = Path(source.folder) / f"{names[0]}.npz"

    def work(folder: Path) -> Split:
        for name, content in zip(names, contents, strict=True):
            path = folder / source.folder / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
                (folder / name).replace(path)
        return load_split("fashion", "test", folder)

    def is_whole(path: Path) -> bool:
        return read_arrays(path, source.splits["test"].sha256) is not None

    sources = {Dataset.FASHION: source}
    with patch.object(splits, "SOURCES", sources):
        assert load_split.__globals__["SOURCES"] is sources  # or the real ones would be used
        yield Victim(
            "cache",
            work,
            lambda folder: [p for p in folder.glob(str(cache)) if not is_whole(p)],
            lambda folder: is_whole(folder / cache) and digest(*work(folder)) == digest(*split),
        )


if __name__ == "__main__":
    command_line.run(main)
