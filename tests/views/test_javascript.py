"""Browsers get one module, joined from those in `views/components`."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from views import javascript

COMPONENTS = CHECKOUT / "views" / "components"
ENTRIES = ("stage.js", "gallery.js", "wishes.js")


def _write(folder: Path, **modules: str) -> Path:
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder / "entry.js"


def test_what_is_imported_comes_first_and_once(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        tools="export const one = 1;\nexport function two() {}\n",
        part='import { one } from "./tools.js";\nexport class Part {}\n',
        entry='// Why.\n\nimport { Part } from "./part.js";\n'
        'import {\n  one,\n  two,\n} from "./tools.js";\n\n'
        "export default function () {\n  // export nothing\n}\n",
    )
    assert javascript.join(entry) == (
        "const one = 1;\nfunction two() {}\n\nclass Part {}\n\n"
        "// Why.\n\n\nexport default function () {\n  // export nothing\n}\n"
    )


def test_modules_of_other_folders_are_joined_too(tmp_path: Path) -> None:
    for folder in ("parts", "stage"):
        (tmp_path / folder).mkdir()
    _write(tmp_path / "parts", tools="export const one = 1;\n")
    entry = _write(tmp_path / "stage", entry='import { one } from "../parts/tools.js";\none;\n')
    assert javascript.join(entry) == "const one = 1;\n\none;\n"


@pytest.mark.parametrize(
    "line",
    [
        'import { one as other } from "./tools.js";',
        'import * as tools from "./tools.js";',
        'import "./tools.js";',
        'import { one } from "tools";',
        "export { one };",
        'export * from "./tools.js";',
    ],
)
def test_other_forms_are_refused(tmp_path: Path, line: str) -> None:
    entry = _write(tmp_path, tools="export const one = 1;\n", entry=f"{line}\n")
    with pytest.raises(ValueError, match=r"entry\.js"):
        javascript.join(entry)


def test_only_the_entry_is_a_component(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        tools="export const one = 1;\nexport default one;\n",
        entry='import { one } from "./tools.js";\n',
    )
    with pytest.raises(ValueError, match=r"tools\.js"):
        javascript.join(entry)


def test_a_circle_of_imports_is_refused(tmp_path: Path) -> None:
    entry = _write(
        tmp_path,
        tools='import { two } from "./entry.js";\nexport const one = 1;\n',
        entry='import { one } from "./tools.js";\nexport const two = 2;\n',
    )
    with pytest.raises(ValueError, match="imports itself"):
        javascript.join(entry)


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    entry = _write(tmp_path, entry='import { one } from "./tools.js";\n')
    with pytest.raises(FileNotFoundError, match=r"tools\.js"):
        javascript.join(entry)


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_component_is_one_module_that_parses(entry: str, tmp_path: Path) -> None:
    """A name that two modules have at their top level would be a syntax error there."""
    joined = javascript.join(COMPONENTS / entry)
    assert not re.search(r"^import\b", joined, re.MULTILINE)
    assert len(re.findall(r"^export\b", joined, re.MULTILINE)) == 1
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", joined, re.MULTILINE)
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    if node := shutil.which("node"):
        (tmp_path / "joined.mjs").write_text(joined, encoding="utf-8")
        subprocess.run([node, "--check", tmp_path / "joined.mjs"], check=True)


def test_no_module_lies_unused() -> None:
    joined = "".join(javascript.join(COMPONENTS / entry) for entry in ENTRIES)
    for path in COMPONENTS.glob("*.js"):
        if path.name != "links.js":  # a script of its own on every page
            first = path.read_text(encoding="utf-8").splitlines()[0]
            assert first in joined, path.name
