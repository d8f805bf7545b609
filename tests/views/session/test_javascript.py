"""Browsers get one module per component, joined from those in `views/`."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch

from nudge.neighbourhood.plane import Plane, axis
from tests.conftest import CHECKOUT
from views.parts.gallery import Walk
from views.session import javascript, resources
from views.session.state import View
from views.stage import payload, planes

VIEWS = CHECKOUT / "views"
ENTRIES = (
    "stage/stage.js",
    "stage/planes.js",
    "parts/gallery.js",
    "parts/journey.js",
    "parts/journey_messages.js",
    "parts/marking.js",
    "parts/memory.js",
    "parts/wishes.js",
)


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


@pytest.mark.parametrize(
    ("imported", "fault"),
    [
        ("export default 1;\n", r"tools\.js: .*'export default 1;'"),
        ('import { two } from "./entry.js";\n', "imports itself"),
    ],
    ids=["only the entry is a component", "a circle of imports"],
)
def test_no_module_of_this_kind_can_be_imported(tmp_path: Path, imported: str, fault: str) -> None:
    entry = _write(tmp_path, tools=imported, entry='import { one } from "./tools.js";\n')
    with pytest.raises(ValueError, match=fault):
        javascript.join(entry)


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    entry = _write(tmp_path, entry='import { one } from "./tools.js";\n')
    with pytest.raises(FileNotFoundError, match=r"tools\.js"):
        javascript.join(entry)


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_component_is_one_module_that_parses(entry: str, tmp_path: Path) -> None:
    """A name that two modules have at their top level would be a syntax error there."""
    joined = javascript.join(VIEWS / entry)
    assert not re.search(r"^import\b", joined, re.MULTILINE)
    assert len(re.findall(r"^export\b", joined, re.MULTILINE)) == 1
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", joined, re.MULTILINE)
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    if node := shutil.which("node"):
        (tmp_path / "joined.mjs").write_text(joined, encoding="utf-8")
        subprocess.run([node, "--check", tmp_path / "joined.mjs"], check=True)


def test_no_module_lies_unused() -> None:
    joined = "".join(javascript.join(VIEWS / entry) for entry in ENTRIES)
    paths = list(VIEWS.rglob("*.js"))
    assert len(paths) > len(ENTRIES)
    for path in paths:
        if path.name != "links.js":  # a script of its own on every page
            first = path.read_text(encoding="utf-8").splitlines()[0]
            assert first in joined, path.name


def _declared(interface: str) -> set[str]:
    types = (VIEWS / "stage" / "types.d.ts").read_text(encoding="utf-8")
    body = re.search(
        rf"^export interface {interface} \{{\n(.*?)^\}}", types, re.MULTILINE | re.DOTALL
    )
    assert body, interface
    return set(re.findall(r"^  (\w+)\??:", body[1], re.MULTILINE))


def test_types_name_all_that_the_stage_is_sent(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()
    view = View()
    subject = resources.test_picture(resources.display_set(view.dataset), 0)
    attack = resources.attack(view.variant.id, subject, view.method, None)
    data = payload.scene(
        view,
        subject,
        [payload.Shown(view.variant, attack, None)],
        step=0,
        opened=0,
        walk=Walk(np.arange(3), 0),
    )
    (network,) = data["networks"]
    (accuracy,) = data["accuracy"]
    plane = Plane(axis(2), torch.zeros(2, 2, 10).log_softmax(dim=2))
    job = resources.plane_of(view.variant.id, subject, attack, 2)
    maps = planes.payload("name", [planes.Mapped(job, attack, 0)], [plane])
    sent = {
        "PlanesData": maps,
        "PlaneData": maps["planes"][0],
        "SceneData": data,
        "WalkData": data["walk"],
        "Grid": data["grid"],
        "NetworkData": network,
        "PathData": network["attack"],
        "Accuracy": accuracy,
        "Words": data["words"],
    }
    assert {name: _declared(name) for name in sent} == {name: set(sent[name]) for name in sent}
    assert set(network["control"]) == _declared("PathData") - {"direction", "unit"}


def test_the_script_within_pages_holds_nothing_like_markup() -> None:
    """Streamlit's sanitizer takes a whole script away in which a tag seems to stand."""
    assert not re.search(r"<[/\w!]", (VIEWS / "session" / "links.js").read_text(encoding="utf-8"))
