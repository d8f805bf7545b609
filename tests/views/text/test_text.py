import subprocess
import sys

from tests.conftest import CHECKOUT
from views import text


def test_no_sentence_needs_pytorch() -> None:
    """The page's frame is to stand before it is loaded."""
    code = "import sys; from views.session import header; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0


def test_what_was_compared_is_named_by_its_attack() -> None:
    said = text.curves.agreement("Sign FC", "PGD, 20 steps", 7172, 7172, 0, generated=False)
    assert said.endswith("every count, PGD, 20 steps and random, equals the recorded one.")
