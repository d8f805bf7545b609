"""The short form of scripts/faults.py, and what a full disk, no rights and no home do."""

import os
import subprocess
import sys
from pathlib import Path

from nudge.files import ABANDONED, remove_leftovers, replacing
from tests.conftest import CHECKOUT

KILLS = os.environ.get("NUDGE_KILLS", "5")  # of each; fifty in the full form

# A data folder whose cache is as large as the real one's, in a process that may write only so much.
LOADING = """
import logging, resource, sys
sys.path.insert(0, {checkout!r})
logging.basicConfig(format="%(message)s")
from pathlib import Path
from scripts.faults import caching
with caching() as victim:
    if {largest_file}:
        resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, {largest_file}))
    print(len(victim.work(Path({folder!r})).labels))
"""


def test_kill_9() -> None:
    command = [sys.executable, "scripts/faults.py", "--kills", KILLS]
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=590)
    assert ran.returncode == 0, ran.stderr
    first, second = ran.stdout.splitlines()
    assert first.startswith(f"download: killed {KILLS} times")
    assert second.startswith(f"cache: killed {KILLS} times")
    assert all(f"no half file, {KILLS} next starts right" in line for line in (first, second))


def test_a_full_disk_costs_the_cache_and_nothing_else(tmp_path: Path) -> None:
    """A file that cannot grow is what a full disk is to the program: an error while it writes."""
    code = LOADING.format(checkout=str(CHECKOUT), largest_file=None, folder=str(tmp_path / "a"))
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    (cache,) = (tmp_path / "a").rglob("*.npz")
    cache.unlink()
    code = LOADING.format(
        checkout=str(CHECKOUT), largest_file=1_000_000, folder=str(tmp_path / "a")
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "15000\n"
    (line,) = ran.stderr.splitlines()
    assert "cannot be written" in line
    assert line.endswith("the next start decodes again")
    assert not list((tmp_path / "a").rglob("*.npz"))
    assert not list((tmp_path / "a").rglob("*.part"))


def test_leftovers_are_removed_when_they_are_old(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in (".file.a.part", ".file.b.part", ".else.part"))
    folder = tmp_path / ".download-x"
    folder.mkdir()
    inside = folder / "archive"
    for path in (old, young, other, inside):
        path.write_text("half")
    now = old.stat().st_mtime
    for path in (old, other, inside):
        os.utime(path, (now - ABANDONED - 1, now - ABANDONED - 1))
    with replacing(tmp_path / "file") as temporary:
        temporary.write_text("whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [".file.b.part", ".else.part", ".download-x", "file"]
    )
    remove_leftovers(tmp_path, ".download-*")
    assert inside.exists()  # the folder itself was changed a moment ago: somebody is at work
    os.utime(folder, (now - ABANDONED - 1, now - ABANDONED - 1))
    remove_leftovers(tmp_path, ".download-*")
    assert not folder.exists()


NOBODY = """
import os, pwd, sys

def nobody(user):
    raise KeyError(f"getpwuid(): uid not found: {user}")

pwd.getpwuid = nobody
os.environ.pop("HOME", None)
sys.argv = sys.argv[1:]
"""


def as_nobody(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As in a container whose user no file knows, and who has no home."""
    environment = {key: value for key, value in os.environ.items() if key != "NUDGE_DATA"}
    command = [sys.executable, "-c", NOBODY + code, *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)


def test_without_a_home_pictures_are_found() -> None:
    load = "from nudge.data import load_split; print(len(load_split('fashion', 'test').labels))"
    ran = as_nobody(load)
    assert (ran.returncode, ran.stdout) == (0, "10000\n"), ran.stderr


def test_a_folder_in_a_home_that_nobody_has_is_one_line() -> None:
    code = (
        "from scripts import download; from scripts.shared import command_line;"
        "command_line.run(download.main)"
    )
    ran = as_nobody(code, "download.py", "--data-dir", "~/data")
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line.startswith("error: The data folder cannot be found (~/data): expected a path")
