"""The house's one rule, proved: imports run app -> views -> nudge -> models and never back."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import CHECKOUT

LAYERS = ("models", "nudge", "views")  # each may import itself and what stands before it


def _imports(package: str) -> set[str]:
    """Top-level names of every import in the package, nested ones included."""
    names: set[str] = set()
    for path in (CHECKOUT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_run_one_way(layer: str) -> None:
    above = set(LAYERS[LAYERS.index(layer) + 1 :]) | {"app", "scripts", "tests"}
    assert not _imports(layer) & above


@pytest.mark.parametrize("layer", ["models", "nudge"])
def test_the_science_knows_no_page(layer: str) -> None:
    assert not _imports(layer) & {"streamlit", "altair"}


def test_no_pickle_anywhere() -> None:
    for layer in (*LAYERS, "scripts"):
        assert not _imports(layer) & {"pickle", "joblib", "dill"}
        for path in (CHECKOUT / layer).rglob("*.py"):
            assert "torch.load(" not in path.read_text(encoding="utf-8"), path


def test_the_page_starts_without_torchvision() -> None:
    code = "import views.resources, sys; sys.exit('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0
