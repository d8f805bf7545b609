"""What the repository shows is what the cards say: everything is written anew and compared."""

from pathlib import Path

import pytest

from models import NudgeError
from scripts import report
from scripts.shared.markdown import fill
from tests.conftest import CHECKOUT


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    report.write(folder)
    return folder


def test_results_are_up_to_date(written: Path) -> None:
    expected = (written / "RESULTS.md").read_text(encoding="utf-8")
    assert (CHECKOUT / "RESULTS.md").read_text(encoding="utf-8") == expected


def test_pictures_are_up_to_date(written: Path) -> None:
    found = sorted((written / "docs" / "results").iterdir())
    assert found
    for picture in found:
        content = picture.read_text(encoding="utf-8")
        committed = CHECKOUT / "docs" / "results" / picture.name
        assert committed.read_text(encoding="utf-8") == content, picture.name
        assert picture.name in (written / "RESULTS.md").read_text(encoding="utf-8")


def test_readme_is_up_to_date() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert fill(readme, "variants", report.variants()) == readme


def test_a_readme_without_a_place_for_a_table() -> None:
    with pytest.raises(NudgeError, match="no place for the table of variants"):
        fill("# Nudge\n", "variants", report.variants())
