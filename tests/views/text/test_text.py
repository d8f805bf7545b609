import subprocess
import sys

from tests.conftest import CHECKOUT


def test_no_sentence_needs_pytorch() -> None:
    """The page's frame is to stand before it is loaded."""
    code = "import sys; from views.session import header; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0
