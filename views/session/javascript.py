"""Joins JavaScript modules into components, without a build step or further requests."""

import re
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\./[^"]+|\.\./[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const)\b)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import\b|export (?!default\b)).*", re.MULTILINE)
_LEFT_IN_A_PART = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def component(script: Path) -> ComponentRenderer:
    """The component of a script: a `div` of its name, with the style sheet beside it.

    A script without a style sheet shows nothing.
    """
    name, style = script.stem, script.with_suffix(".css")
    css = style.read_text(encoding="utf-8") if style.exists() else None
    html = f'<div class="{name}"></div>' if css else None
    return st.components.v2.component(name, html=html, css=css, js=join(script))


def join(entry: Path) -> str:
    """The module at `entry` and all that it imports, each once, what is imported first.

    They share one scope: names at the top level must differ, and no import may rename. Only the
    entry's `export default` stays. Raises ValueError for an import or export of another form, and
    FileNotFoundError for a module that is not there.
    """
    parts: dict[Path, str] = {}
    _collect(entry.resolve(), parts, ())
    return "\n".join(parts.values())


def _collect(path: Path, parts: dict[Path, str], importers: tuple[Path, ...]) -> None:
    if path in importers:
        raise ValueError(f"{path.name} imports itself by way of {importers[-1].name}")
    if path in parts:
        return
    source = path.read_text(encoding="utf-8")
    for names, module in _IMPORT.findall(source):
        if re.search(r"\bas\b", names):
            raise ValueError(f"{path.name}: an import may not rename: {{{names}}}")
        _collect((path.parent / module).resolve(), parts, (*importers, path))
    parts[path] = _EXPORT.sub("", _IMPORT.sub("", source))
    if left := (_LEFT if not importers else _LEFT_IN_A_PART).search(parts[path]):
        raise ValueError(f"{path.name}: this form cannot be joined: {left[0]!r}")
