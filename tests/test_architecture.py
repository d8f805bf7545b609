"""The house's rules, proved: rooms, the arrows between them, and what no room may import."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

# Each room and the rooms that its modules may import. What stands directly in `nudge/` is the base
# of its rooms; `nudge/sweep.py` is a public name for the evaluation's sweep, and imported by none.
_NUDGE = {"models", "nudge"}
_COUNTED = _NUDGE | {"nudge.data", "nudge.evaluation"}
_SHOWN = {"models", "nudge.data", "nudge.evaluation", "nudge.neighbourhood", "nudge.serving"} | {
    "views.text"
}
MAY_IMPORT: dict[str, set[str]] = {
    "models": set(),
    "nudge": {"models"},
    "nudge.attacks": _NUDGE,
    "nudge.data": _NUDGE,
    "nudge.pictures": {"models"},
    "nudge.evaluation": _NUDGE | {"nudge.attacks", "nudge.data"},
    "nudge.neighbourhood": _NUDGE | {"nudge.attacks", "nudge.evaluation"},
    "nudge.training": _COUNTED | {"nudge.attacks"},
    "nudge.findings": _COUNTED | {"nudge.neighbourhood"},
    "nudge.serving": _COUNTED | {"nudge.neighbourhood"},
    "nudge.classroom": _NUDGE,
    "views.text": {"models", "nudge.findings"},
    "views.session": _SHOWN | {"nudge.attacks", "nudge.classroom", "nudge.pictures"},
    "views.charts": _SHOWN - {"nudge.data"}
    | {"nudge.classroom", "nudge.findings", "views.session"},
    "views.parts": _SHOWN
    | {"nudge.classroom", "nudge.findings", "nudge.pictures", "views.charts", "views.session"},
    "views.stage": _SHOWN - {"nudge.data", "nudge.evaluation"} | {"views.parts", "views.session"},
    "views.classroom": {"models", "nudge.classroom", "nudge.evaluation", "nudge.findings"}
    | {
        "nudge.neighbourhood",
        "nudge.pictures",
        "views.charts",
        "views.parts",
        "views.session",
        "views.stage",
    }
    | {"views.text"},
    "views.pages": _SHOWN
    | {"nudge.classroom", "nudge.findings", "nudge.pictures", "views.charts", "views.classroom"}
    | {"views.parts", "views.session", "views.stage"},
}
FACADES = {"nudge/sweep.py": "nudge.evaluation"}
ROOMS = tuple(MAY_IMPORT)
MOST_FILES = 14  # in a room: more names than that are no longer read at a glance


def room_of(module: str) -> str:
    """The room of a dotted name: the longest one that the name begins with."""
    return max(
        (room for room in ROOMS if module == room or module.startswith(f"{room}.")),
        key=len,
        default=module.split(".")[0],
    )


def files_of(room: str) -> list[Path]:
    folder = CHECKOUT.joinpath(*room.split("."))
    below = [path for path in folder.rglob("*.py") if room_of(dotted(path)) == room]
    assert below, f"no module in {folder}"
    return sorted(below)


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import of a file, nested ones and those for types included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def arrows() -> dict[str, set[str]]:
    """The rooms that each room imports, as the files stand."""
    found: dict[str, set[str]] = {room: set() for room in ROOMS}
    for room in ROOMS:
        for path in files_of(room):
            if path.relative_to(CHECKOUT).as_posix() not in FACADES:
                found[room] |= {room_of(name) for _, name in imports_of(path)} & set(ROOMS)
        found[room].discard(room)
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_imports_follow_the_arrows(room: str) -> None:
    top = {"models", "nudge", "views", "scripts", "tests", "app"}
    wrong = []
    for path in files_of(room):
        shown = path.relative_to(CHECKOUT).as_posix()
        allowed = MAY_IMPORT[room] | {room, FACADES.get(shown, room)}
        wrong += [
            f"{shown}:{line} imports {name}"
            for line, name in imports_of(path)
            if name.split(".")[0] in top and room_of(name) not in allowed
        ]
    assert wrong == []


def test_no_arrow_is_allowed_that_nothing_uses() -> None:
    assert arrows() == MAY_IMPORT


def test_arrows_run_one_way() -> None:
    TopologicalSorter(MAY_IMPORT).prepare()  # raises CycleError, which names the circle


def test_the_drawing_shows_the_arrows() -> None:
    """docs/architecture.md draws each arrow that no longer way round implies."""
    page = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (drawing,) = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    names = dict(re.findall(r'^ *(\w+)\["?`?([\w.]+)', drawing, re.MULTILINE))
    arrows = re.findall(r"^ *(\w+) --> (\w+)", drawing, re.MULTILINE)
    drawn = {(names[start], names[end]) for start, end in arrows}
    assert drawn == reduced(MAY_IMPORT)


def reduced(graph: dict[str, set[str]]) -> set[tuple[str, str]]:
    """The arrows of the graph without those that a longer way round implies."""

    def reach(room: str) -> set[str]:
        return graph[room].union(*map(reach, graph[room]))

    return {
        (room, target)
        for room, targets in graph.items()
        for target in targets
        if target not in set[str]().union(*(reach(other) for other in targets - {target}))
    }


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for(room: str) -> None:
    """The docstring of its `__init__` is where a newcomer begins to read."""
    init = CHECKOUT.joinpath(*room.split("."), "__init__.py")
    said = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8")))
    assert len(said or "") > 60, init
    pages = {path.name for path in files_of("views.pages")}  # each has its sentences, too
    others = [path for path in files_of(room) if path != init and path.name not in pages]
    assert len(others) <= MOST_FILES


def imported(package: str) -> set[str]:
    """Top-level names of every import in a package."""
    paths = sorted((CHECKOUT / package).rglob("*.py"))
    assert paths, f"no module in {package}"
    return {name.split(".")[0] for path in paths for _, name in imports_of(path)}


@pytest.mark.parametrize("package", ["models", "nudge"])
def test_the_science_knows_no_page(package: str) -> None:
    assert not imported(package) & {"streamlit", "altair"}


@pytest.mark.parametrize("package", ["models", "nudge", "views", "scripts"])
def test_no_pickle_anywhere(package: str) -> None:
    assert not imported(package) & {"pickle", "joblib", "dill"}
    for path in (CHECKOUT / package).rglob("*.py"):
        assert "torch.load(" not in path.read_text(encoding="utf-8"), path


def test_the_page_starts_without_torchvision() -> None:
    code = "import views.session.resources, sys; sys.exit('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0
