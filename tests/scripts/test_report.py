from scripts.report import table
from tests.conftest import CHECKOUT


def test_the_readme_shows_the_cards_figures() -> None:
    assert table() in (CHECKOUT / "README.md").read_text(encoding="utf-8")
