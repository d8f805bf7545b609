"""Networks of any architecture: the example of the documentation, and what is refused."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import NudgeError, imported, load_model
from models.errors import CHECKOUT
from models.imported import from_onnx, parameter_count, plain_onnx
from models.own_networks import bring
from models.zoo import OWN
from nudge.batch_size import BATCH_SIZE, suitable_batch_size
from nudge.data import Split, find_data_dir, to_pixels
from scripts import import_network
from tests.conftest import tiny_split

PAGE = CHECKOUT / "docs/own-network.md"


class Flattened(nn.Module):
    def __init__(self, wrong: str = "") -> None:
        super().__init__()
        self.wrong = wrong
        self.dense = nn.Linear(784, 9 if wrong == "classes" else 10)
        self.corner = torch.zeros(1, 1, 28, 28)
        self.corner[0, 0, 0, 0] = 1

    def forward(self, pictures: Tensor) -> Tensor:
        match self.wrong:
            case "batch":
                pictures = pictures - pictures.mean(dim=0, keepdim=True)
            case "gradient":
                pictures = torch.floor(pictures)
            case "cut":
                pictures = (255 * pictures).to(torch.uint8).float()
            case "mostly":  # those are rounded whose first pixel is not bright, as most are here
                first = (pictures * self.corner).sum(dim=(1, 2, 3), keepdim=True)
                pictures = torch.where(first < 0.75, torch.floor(pictures), pictures)
            case "black":  # a picture's own mean, which may be 0
                pictures = pictures / pictures.mean(dim=(1, 2, 3), keepdim=True)
            case "double":
                pictures = pictures.float()
            case "channels last":
                pictures = pictures.permute(0, 3, 1, 2)
        logits: Tensor = self.dense(pictures.flatten(1))
        match self.wrong:
            case "softmax":
                return logits.softmax(dim=1)
            case "sigmoid":
                return logits.sigmoid()
        return logits


class Modern(nn.Module):
    """Operations that PyTorch writes in versions which onnx2torch does not read."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.norm = nn.Linear(30, 16), nn.LayerNorm(16)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.classify = nn.Linear(30 * 16, 10)

    def forward(self, pictures: Tensor) -> Tensor:
        padded = F.pad(pictures + pictures.new_zeros(pictures.shape[0], 1, 28, 28), (1, 1, 1, 1))
        left, right = padded.chunk(2, dim=3)
        first, second, third = torch.split(padded, [4, 6, 20], dim=2)
        rows = torch.cat([right, left], dim=3) + torch.cat([third, first, second], dim=2)
        found = self.norm(F.gelu(self.embed(rows[:, 0])))
        found = F.mish(found) + F.gelu(found, approximate="tanh")
        found = found + self.attention(found, found, found, need_weights=False)[0]
        logits: Tensor = self.classify(found.flatten(1))
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
    shapes = None if fixed else ({0: torch.export.Dim("pictures")},)
    size = (3, 28, 28, 1) if wrong == "channels last" else (3, 1, 28, 28)
    pictures = torch.rand(size, dtype=torch.float64 if wrong == "double" else torch.float32)
    torch.onnx.export(network, (pictures,), file, dynamic_shapes=shapes, verbose=False)
    return network, file


def run(
    monkeypatch: pytest.MonkeyPatch, file: Path, folder: Path, name: str = "my-net", *more: str
) -> None:
    command = ["import_network.py", str(file), "--dataset", "fashion", "--name", name, *more]
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
        ("gradient", "no gradient to attack along.* zero everywhere for 16 of 16 pictures"),
        ("mostly", r"no gradient to attack along.* zero everywhere for 1\d of 16 pictures"),
        ("cut", "no gradient to attack along.* cut on the way to the pixels"),
        ("softmax", "gives probabilities.* Leave out its last softmax"),
        ("sigmoid", "gives probabilities.* Leave out its last softmax"),
        ("double", r"expected one input, float32 \(N, 1, 28, 28\), got pictures: double \("),
        ("channels last", r"expected one input, .* got pictures: float \(.*, 28, 28, 1\)"),
    ],
)
def test_what_cannot_be_attacked_is_refused(
    wrong: str, said: str, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = exported(tmp_path, wrong)
    with pytest.raises(NudgeError, match=said):
        run(monkeypatch, file, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


# What onnx2torch and the converter say of slices.
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence", "ignore:Truncating the start")
def test_newer_operations_than_onnx2torch_knows(split: Split, tmp_path: Path) -> None:
    """As PyTorch's exporter gives them; ONNX's own converter has no way back to older ones."""
    torch.manual_seed(0)
    network, file = Modern().eval(), tmp_path / "modern.onnx"
    pictures = torch.export.Dim("pictures")
    torch.onnx.export(
        network, (torch.rand(3, 1, 28, 28),), file, dynamic_shapes=({0: pictures},), verbose=False
    )
    used = {node.op_type for node in onnx.load(file).graph.node}
    newer = {"ConstantOfShape", "Gelu", "LayerNormalization", "Mish", "Pad", "Split"}
    assert used >= newer, newer - used
    found = from_onnx(plain_onnx(file), file)
    with torch.inference_mode():
        assert torch.allclose(
            found(to_pixels(split.images)), network(to_pixels(split.images)), atol=1e-5
        )


def by_hand(
    file: Path, *nodes: onnx.NodeProto, version: int, domain: str = "", **constants: list[int]
) -> None:
    """Write a network from x to y, both (n, 1, 28, 28)."""
    pictures, found = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 1, 28, 28])
        for name in "xy"
    )
    weights = [onnx.numpy_helper.from_array(np.array(v), name) for name, v in constants.items()]
    graph = onnx.helper.make_graph(list(nodes), "graph", [pictures], [found], weights)
    opset = onnx.helper.make_opsetid(domain, version)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset]), file)


@pytest.mark.parametrize(
    ("version", "domain", "sizes", "told"),
    [
        (11, "", [20, 8], "attribute"),  # as versions below 13 have it
        (13, "", [20, 8], "input"),
        (20, "", [20, 8], "input"),
        (20, "ai.onnx", [20, 8], "input"),  # another name of the same
        (20, "", [10, 10, 8], "number"),  # the last part is smaller
        (20, "", [7, 7, 7, 7], "number"),
    ],
)
def test_parts_of_every_version(
    version: int, domain: str, sizes: list[int], told: str, tmp_path: Path
) -> None:
    """onnx2torch alone makes parts of one size where it does not find theirs."""
    names, file = [f"part{i}" for i in range(len(sizes))], tmp_path / "split.onnx"
    how: dict[str, Any] = {"number": {"num_outputs": len(sizes)}, "attribute": {"split": sizes}}
    inputs = ["x", "sizes"] if told == "input" else ["x"]
    by_hand(
        file,
        onnx.helper.make_node("Split", inputs, names, axis=3, **how.get(told, {})),
        onnx.helper.make_node("Concat", names[::-1], ["y"], axis=3),
        version=version,
        domain=domain,
        **({"sizes": sizes} if told == "input" else {}),
    )
    x = torch.rand(5, 1, 28, 28)
    expected = torch.cat(torch.split(x, sizes, dim=3)[::-1], dim=3)
    assert torch.equal(from_onnx(plain_onnx(file), file)(x), expected)


def test_padding_of_an_old_version(tmp_path: Path) -> None:
    file = tmp_path / "pad.onnx"
    pads = [0, 0, 1, 1, 0, 0, 1, 1]
    smaller = onnx.helper.make_node("AveragePool", ["wide"], ["y"], kernel_shape=[3, 3])
    by_hand(file, onnx.helper.make_node("Pad", ["x"], ["wide"], pads=pads), smaller, version=9)
    x = torch.rand(5, 1, 28, 28)
    expected = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 3, stride=1)
    assert torch.allclose(from_onnx(plain_onnx(file), file)(x), expected)


@pytest.mark.parametrize(
    "node",
    [
        onnx.helper.make_node("BitwiseNot", ["x"], ["y"]),  # of version 18, and of no use here
        onnx.helper.make_node("Split", ["x"], ["y", "z"], axis=0, num_outputs=2),  # of how many?
    ],
)
def test_an_operation_that_is_not_known_says_how_to_export(
    node: onnx.NodeProto, tmp_path: Path
) -> None:
    file = tmp_path / "odd.onnx"
    by_hand(file, node, version=20)
    with pytest.raises(NudgeError, match=r"ONNX's version 17.* dynamo=False, opset_version=17"):
        plain_onnx(file)


def test_one_of_that_name_is_not_replaced_unasked(
    split: Split,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, file = exported(tmp_path)
    folder = tmp_path / "mine"
    run(monkeypatch, file, folder)
    before = (folder / "index.json").read_text()
    with pytest.raises(SystemExit):
        run(monkeypatch, file, folder)
    assert "has a network called my-net already" in capsys.readouterr().err
    assert (folder / "index.json").read_text() == before
    run(monkeypatch, file, folder, "my-net", "--replace")
    assert "start the page anew" in capsys.readouterr().out


def test_pictures_without_a_gradient_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where they are few, among them none that the network is tried with."""
    images, labels = tiny_split(60)
    images[:, 0, 0] = 255
    images[20:26, 0, 0] = 0  # these are rounded
    monkeypatch.setattr(import_network, "load_split", lambda *arguments: Split(images, labels))
    _, file = exported(tmp_path, "mostly")
    run(monkeypatch, file, tmp_path / "mine")
    assert "Of 6 pictures the gradient is zero everywhere" in capsys.readouterr().out


def test_sums_and_products_have_parameters_too(tmp_path: Path) -> None:
    """onnx2torch keeps theirs as buffers, behind a shape that is no number to compute with."""

    class Products(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.bias = nn.Parameter(torch.rand(784, 10)), nn.Parameter(torch.rand(10))

        def forward(self, pictures: Tensor) -> Tensor:
            return pictures.reshape(-1, 784) @ self.weight + self.bias

    file = tmp_path / "products.onnx"
    shapes = ({0: torch.export.Dim("pictures")},)
    torch.onnx.export(
        Products().eval(), (torch.rand(3, 1, 28, 28),), file, dynamic_shapes=shapes, verbose=False
    )
    model = from_onnx(plain_onnx(file), file)
    assert parameter_count(model) == 7850
    assert suitable_batch_size(model) == BATCH_SIZE


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
    monkeypatch.setattr(imported, "_check_inputs", lambda *arguments: None)
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
    for name in ("fashion-cnn", "My Net", "a,b", "", "file", 300 * "a"):
        with pytest.raises(SystemExit):
            run(monkeypatch, tmp_path / "net.onnx", tmp_path, name)
        assert "expected a name of at most 60 lower-case letters" in capsys.readouterr().err
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
