"""Hard to misuse: the configuration, what Streamlit has no setting for, and what is kept."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from starlette.formparsers import MultiPartParser
from streamlit import config, net_util

from tests.conftest import CHECKOUT
from views.session.streamlit_patches import harden

CONFIG = CHECKOUT / ".streamlit" / "config.toml"
REQUIREMENT = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)")


def test_every_line_of_the_configuration_has_its_reason() -> None:
    settings = [line for line in CONFIG.read_text().splitlines() if re.match(r"\w+ = ", line)]
    without = [setting for setting in settings if " # " not in setting]
    assert without == []
    assert len(settings) > 15


def test_streamlit_knows_every_setting() -> None:
    """A name that it does not know would be passed over without a word."""
    known = config.get_config_options(force_reparse=False)
    for section, settings in tomllib.loads(CONFIG.read_text()).items():
        for name, value in _flat(settings):
            assert f"{section}.{name}" in known
            assert type(value) in (bool, int, str, list)


def _flat(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in settings.items():
        deeper = isinstance(value, dict)
        found += _flat(value, f"{prefix}{name}.") if deeper else [(prefix + name, value)]
    return found


def test_uploads_never_touch_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 1024 * 1024)
    monkeypatch.setattr(net_util, "get_external_ip", lambda: "192.0.2.7")
    harden()
    assert MultiPartParser.spool_max_size > 12 * 1024 * 1024
    assert net_util.get_external_ip() is None


def _views(*suffixes: str) -> list[Path]:
    """All files of views/ with one of those suffixes, wherever below it they lie."""
    paths = [path for path in (CHECKOUT / "views").rglob("*") if path.suffix in suffixes]
    assert {path.suffix for path in paths} == set(suffixes)  # or a check would look at nothing
    return paths


def test_functions_that_are_cached_take_no_picture() -> None:
    """Streamlit's caches are everybody's: nothing in them may be made of an upload."""
    cached = 0
    for path in _views(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            if not any("st.cache_" in ast.unparse(decorator) for decorator in node.decorator_list):
                continue
            cached += 1
            kinds = {ast.unparse(a.annotation) for a in node.args.args if a.annotation}
            assert not kinds & {"bytes", "UploadedFile", "Subject", "Tensor", "Image.Image"}, path
            if node.args.args or node.args.kwonlyargs:
                decorators = " ".join(map(ast.unparse, node.decorator_list))
                assert "max_entries" in decorators, f"{path}: {node.name} has no bound"
    assert cached > 5


def test_nothing_turns_off_escaping() -> None:
    for path in (*_views(".py"), CHECKOUT / "app.py"):
        assert "unsafe_allow_html" not in path.read_text(encoding="utf-8"), path
    for path in _views(".js"):
        content = path.read_text(encoding="utf-8")
        for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert name not in content, f"{path}: {name}"


def test_nothing_is_ever_fetched_by_a_page() -> None:
    """No address of another host stands in what browsers get, links that are clicked apart."""
    for path in _views(".js", ".css"):
        content = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        # "@import {" is of JSDoc: the names of types, which browsers read as a comment.
        assert not re.search(r"https?://|//cdn|@import(?! \{)", content), path


def test_dependencies_are_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (CHECKOUT / name).read_text().splitlines()
        for line in lines:
            assert REQUIREMENT.match(line) or line.startswith(("#", "-r ")), line


def test_the_lock_holds_the_same_versions_with_their_hashes() -> None:
    locked: dict[str, str] = {}
    blocks = re.split(r"\n(?=[a-z0-9])", (CHECKOUT / "requirements.lock").read_text(), flags=re.I)
    for block in blocks:
        if found := REQUIREMENT.match(block):
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), found[1]
            locked[found[1].lower()] = found[2]
    for line in (CHECKOUT / "requirements.txt").read_text().splitlines():
        if found := REQUIREMENT.match(line):
            assert locked[found[1].lower()] == found[2]
    assert len(locked) > 30  # what the pinned ones need is locked, too
