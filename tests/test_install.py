"""What pip makes of the README's own lines, asked of pip itself: with stubs of wheels, offline."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
PINS = dict(
    re.findall(
        r"^([\w.-]+)==([\w.]+)", (CHECKOUT / "requirements.txt").read_text("utf-8"), re.MULTILINE
    )
)
CUDA = "nvidia-cuda-runtime"  # stands for all that the build for NVIDIA cards needs beside it
# What each of the two builds needs; a pin of the one is met by the other.
NEEDS = {"torch": [CUDA], "torchvision": [f"torch=={PINS['torch']}"]}
CPU_NEEDS = {"torch": [], "torchvision": NEEDS["torchvision"]}


def wheel(index: Path, name: str, version: str, needs: Sequence[str] = ()) -> None:
    """A wheel without content, in an index of the kind that PyPI is."""
    folder = index / name.lower().replace("_", "-")
    folder.mkdir(parents=True)
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {n}" for n in needs)]
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *metadata, ""]))
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    link = path.name.replace("+", "%2B")
    (folder / "index.html").write_text(f'<a href="{link}">{path.name}</a>')


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """PyPI with all pins of requirements.txt, and PyTorch's index for CPUs."""
    folder = tmp_path_factory.mktemp("indexes")
    for name, version in {**PINS, CUDA: "13.0"}.items():
        wheel(folder / "pypi", name, version, NEEDS.get(name, ()))
    for name, needs in CPU_NEEDS.items():
        wheel(folder / "cpu", name, f"{PINS[name]}+cpu", needs)
    return {name: folder / name for name in ("pypi", "cpu")}


def chosen(indexes: Mapping[str, Path], tmp_path: Path, arguments: Sequence[str]) -> dict[str, str]:
    """The versions that `pip install` with these arguments would install."""
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pip", "--isolated", "install", *arguments]
    command += ["--index-url", indexes["pypi"].as_uri(), "--ignore-installed", "--dry-run"]
    command += ["--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    subprocess.run(
        [*command, "--report", str(report)], cwd=CHECKOUT, env=environment, check=True, timeout=300
    )
    found = json.loads(report.read_text())["install"]
    return {item["metadata"]["name"]: item["metadata"]["version"] for item in found}


def start_command() -> str:
    """As .ci/run finds it."""
    return next(line for line in README.splitlines() if "requirements.txt &&" in line)


def pip_arguments(command: str) -> list[str]:
    found = re.search(r"pip install ([^&]+) &&", command)
    assert found
    return found[1].split()


def test_the_command_as_it_stands_brings_the_build_for_nvidia_cards(
    indexes: Mapping[str, Path], tmp_path: Path
) -> None:
    versions = chosen(indexes, tmp_path, pip_arguments(start_command()))
    assert versions == {**PINS, CUDA: "13.0"}


def test_the_way_round_brings_the_build_for_processors(
    indexes: Mapping[str, Path], tmp_path: Path
) -> None:
    (line,) = [line for line in README.splitlines() if "--extra-index-url" in line]
    assert "NVIDIA" in line
    assert "5.8 GB" in line
    (option,) = re.findall(r"`(--extra-index-url https://\S+)`", line)
    local = option.split()[0], indexes["cpu"].as_uri()
    versions = chosen(indexes, tmp_path, [*pip_arguments(start_command()), *local])
    cpu = {name: f"{PINS[name]}+cpu" for name in CPU_NEEDS}
    assert versions == {**PINS, **cpu}  # and nothing for NVIDIA cards


def test_both_lines_that_ci_runs_are_found_first() -> None:
    assert start_command().startswith("python3 -m venv .venv && ")
    assert start_command().endswith("&& .venv/bin/streamlit run app.py")
    tests = next(line for line in README.splitlines() if "requirements-dev.txt &&" in line)
    assert tests.endswith("-m pytest -n 2 --dist loadfile")
