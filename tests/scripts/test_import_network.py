"""Networks of any architecture: the example of the documentation, and what is refused."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models import NudgeError, load_model
from models.errors import CHECKOUT
from models.imported import from_onnx, plain_onnx
from models.own_networks import bring
from models.zoo import OWN
from nudge.data import Split, find_data_dir, to_pixels
from scripts import import_network
from tests.conftest import tiny_split

PAGE = CHECKOUT / "docs/own-network.md"


class Flattened(nn.Module):
    def __init__(self, wrong: str = "") -> None:
        super().__init__()
        self.wrong = wrong
        self.dense = nn.Linear(784, 9 if wrong == "classes" else 10)

    def forward(self, pictures: Tensor) -> Tensor:
        match self.wrong:
            case "batch":
                pictures = pictures - pictures.mean(dim=0, keepdim=True)
            case "gradient":
                pictures = torch.floor(pictures)
            case "black":  # a picture's own mean, which may be 0
                pictures = pictures / pictures.mean(dim=(1, 2, 3), keepdim=True)
        logits: Tensor = self.dense(pictures.flatten(1))
        return logits


@pytest.fixture(autouse=True)
def nothing_brought() -> Iterator[None]:
    yield
    OWN.clear()


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> Split:
    split = tiny_split(60)
    monkeypatch.setattr(import_network, "load_split", lambda *arguments: split)
    return split


def exported(folder: Path, wrong: str = "", *, fixed: bool = False) -> tuple[nn.Module, Path]:
    torch.manual_seed(0)
    network, file = Flattened(wrong).eval(), folder / "file.onnx"
    pictures = None if fixed else ({0: torch.export.Dim("pictures")},)
    torch.onnx.export(
        network, (torch.rand(3, 1, 28, 28),), file, dynamic_shapes=pictures, verbose=False
    )
    return network, file


def run(monkeypatch: pytest.MonkeyPatch, file: Path, folder: Path, name: str = "my-net") -> None:
    command = ["import_network.py", str(file), "--dataset", "fashion", "--name", name]
    monkeypatch.setattr(sys, "argv", [*command, "--output-dir", str(folder), "--device", "cpu"])
    import_network.main()


def test_an_imported_network_is_the_one_exported(
    split: Split,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    network, file = exported(tmp_path)
    folder = tmp_path / "mine"
    run(monkeypatch, file, folder)
    assert "hardly more than chance" in capsys.readouterr().out  # it was never trained
    file.unlink()  # weights stand in the folder
    for beside in tmp_path.glob("*.data"):
        beside.unlink()
    assert bring(folder) == []
    pictures = to_pixels(split.images)
    with torch.inference_mode():
        assert torch.allclose(load_model("my-net")(pictures), network(pictures), atol=1e-5)
    right = int((network(pictures).argmax(dim=1) == split.labels).sum())
    card = OWN["my-net"].card
    assert (card.fgsm[0], card.total) == (right, 60)
    assert card.parameters == 7850
    assert card.moved is not None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("classes", r"expected logits \(16, 10\) .* got \(16, 9\)"),
        ("batch", "other logits alone"),
        ("gradient", "no gradient to attack along"),
    ],
)
def test_what_cannot_be_attacked_is_refused(
    wrong: str, said: str, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = exported(tmp_path, wrong)
    with pytest.raises(NudgeError, match=said):
        run(monkeypatch, file, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_logits_that_are_not_finite_for_a_picture_among_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond those that the network is tried with."""
    images, labels = tiny_split(60)
    images[40] = 0
    images[:40].clamp_(min=1)
    monkeypatch.setattr(import_network, "load_split", lambda *arguments: Split(images, labels))
    _, file = exported(tmp_path, "black")
    with pytest.raises(NudgeError, match="cannot be measured: expected finite logits, got nan"):
        run(monkeypatch, file, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_fixed_number_of_pictures_is_refused_with_what_to_do(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = exported(tmp_path, fixed=True)
    with pytest.raises(NudgeError, match="first dimension that is dynamic"):
        run(monkeypatch, file, tmp_path / "mine")


def test_one_that_takes_other_pictures_is_left_out(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its right hash, as somebody may leave it who changes files by hand."""
    _, file = exported(tmp_path)
    folder = tmp_path / "mine"
    run(monkeypatch, file, folder)
    small = nn.Sequential(nn.Flatten(), nn.Linear(196, 10)).eval()
    torch.onnx.export(small, (torch.rand(2, 1, 14, 14),), file, verbose=False)
    content = plain_onnx(file)
    (folder / "my-net.onnx").write_bytes(content)
    records = json.loads((folder / "index.json").read_text())
    records["my-net"]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "index.json").write_text(json.dumps(records))
    (problem,) = bring(folder)
    assert problem.what == "The network my-net takes no pictures"
    assert not OWN


def test_no_pickle_is_loaded(tmp_path: Path) -> None:
    """A pickle that would write a file when it is loaded."""

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    file = tmp_path / "net.onnx"
    torch.save(Trap(), file)
    with pytest.raises(NudgeError, match="cannot be read"):
        plain_onnx(file)
    with pytest.raises(NudgeError, match="cannot be read"):
        from_onnx(file.read_bytes(), file)
    assert not (tmp_path / "sprung").exists()


def test_names_and_files_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("fashion-cnn", "My Net", "a,b", ""):
        with pytest.raises(SystemExit):
            run(monkeypatch, tmp_path / "net.onnx", tmp_path, name)
        assert "expected a name of lower-case letters" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(monkeypatch, tmp_path / "none.onnx", tmp_path)
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.slow
def test_the_example_runs(tmp_path: Path) -> None:
    """All code of the page, in its order, in a folder of its own."""
    blocks = re.findall(r"```(python|sh)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert [kind for kind, _ in blocks] == ["python", "python", "sh", "python"]
    script = ""
    for kind, code in blocks:
        if kind == "python":
            script += code
            continue
        first, *words = code.split()
        assert first == "python"
        words[0] = str(CHECKOUT / words[0])
        script += (
            f"import subprocess, sys\nsubprocess.run([sys.executable, *{words}], check=True)\n"
        )
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "NUDGE_DATA": str(find_data_dir())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:]
    *_, problems, original, fgsm, pgd = found.stdout.splitlines()
    assert problems == "[]"
    clean, one_step, twenty = (float(line.split()[1].rstrip("%")) for line in (original, fgsm, pgd))
    assert clean > 70
    assert clean > one_step >= twenty
