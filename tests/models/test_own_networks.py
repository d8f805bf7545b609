"""Networks of other folders: which are brought along, and which are left out and why."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models import VARIANTS, Architecture, load_model
from models.card_files import CONFUSIONS, FLIP_STEPS, read_array, read_arrays
from models.imported import plain_onnx
from models.own_networks import bring, imported, slug
from models.zoo import OWN, find_variant
from nudge.files import write_npz
from nudge.training.publishing import publish

SHIPPED = VARIANTS["fashion-fcnn"]
OTHER = VARIANTS["sign-cnn"]


@pytest.fixture(autouse=True)
def nothing_brought() -> Iterator[None]:
    yield
    OWN.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What two trainings into a folder leave behind."""
    folder = tmp_path / "Week 3"
    for variant in (SHIPPED, OTHER):
        arrays = {n: read_array(variant.folder / n, variant.id) for n in (FLIP_STEPS, CONFUSIONS)}
        publish(folder, variant, variant.weights.read_bytes(), variant.card, arrays)
    return folder


def test_trained_networks_go_by_the_folders_name(folder: Path) -> None:
    assert bring(folder) == []
    assert list(OWN) == ["week-3-fashion-fcnn", "week-3-sign-cnn"]
    found = find_variant("week-3-sign-cnn")
    assert found.dataset == "sign"
    assert found.card == OTHER.card
    assert found.weights == folder / "sign-cnn.safetensors"
    picture = torch.rand(2, 1, 28, 28)
    with torch.inference_mode():
        assert torch.equal(load_model(found)(picture), load_model(OTHER)(picture))
    bring(folder.parent)  # in their place
    assert not OWN


def break_hash(folder: Path) -> None:
    with (folder / "sign-cnn.safetensors").open("ab") as file:
        file.write(b" ")


def lose_weights(folder: Path) -> None:
    (folder / "sign-cnn.safetensors").unlink()


def change_card(folder: Path, **changes: object) -> None:
    index = folder / "index.json"
    records = json.loads(index.read_text())
    records["sign-cnn"] |= changes
    index.write_text(json.dumps(records))


def swap_network(folder: Path) -> None:
    """Weights of another shape, with their right hash."""
    shutil.copy(VARIANTS["sign-fcnn"].weights, folder / "sign-cnn.safetensors")
    change_card(folder, sha256=VARIANTS["sign-fcnn"].card.sha256)


def cut_flips(folder: Path) -> None:
    write_npz(folder / FLIP_STEPS, {n: np.zeros(5, np.uint8) for n in ("sign-cnn", "fashion-fcnn")})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (break_hash, "are not those of its card"),
        (lose_weights, "are missing"),
        (swap_network, "do not fit its network"),
        (lambda folder: change_card(folder, total="many"), "card of sign-cnn cannot be read"),
        (
            lambda folder: change_card(folder, class_totals=[7172]),
            "card of sign-cnn cannot be read",
        ),
        (lambda folder: (folder / CONFUSIONS).unlink(), "cannot be read"),
    ],
)
def test_one_that_is_damaged_is_left_out(
    damage: Callable[[Path], None], said: str, folder: Path
) -> None:
    damage(folder)
    problems = bring(folder)
    assert said in problems[-1].what
    assert all(problem.mend is None for problem in problems)  # the repository does not have it
    assert "week-3-sign-cnn" not in OWN
    assert ("week-3-fashion-fcnn" in OWN) == (len(problems) == 1)


def test_counts_of_other_pictures_are_left_out(folder: Path) -> None:
    cut_flips(folder)
    problems = bring(folder)
    assert [p.what for p in problems] == [
        "What is in the folder of week-3-fashion-fcnn does not belong together",
        "What is in the folder of week-3-sign-cnn does not belong together",
    ]


@pytest.mark.parametrize(
    "content", [None, "[]", "{", '{"my-net": 3}', '{"my-net": {"dataset": 1}}']
)
def test_a_folder_without_cards(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "index.json").write_text(content)
    (problem,) = bring(tmp_path)
    assert "card" in problem.what.lower()
    assert not OWN


def test_two_of_one_name_are_told(folder: Path) -> None:
    """What was trained in a folder is called by both names, and an import may be called so, too."""
    records = json.loads((folder / "index.json").read_text())
    own = imported("week-3-sign-cnn", "sign", folder)
    shapes = ({0: torch.export.Dim("pictures")},)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 24)).eval()
    pictures = torch.rand(2, 1, 28, 28)
    torch.onnx.export(network, (pictures,), own.weights, dynamic_shapes=shapes, verbose=False)
    own.weights.write_bytes(plain_onnx(own.weights))
    records[own.key] = records["sign-cnn"] | {
        "sha256": hashlib.sha256(own.weights.read_bytes()).hexdigest(),
        "dataset": "sign",
    }
    for name in (FLIP_STEPS, CONFUSIONS):
        arrays = read_arrays(folder / name)
        write_npz(folder / name, {**arrays, own.key: arrays["sign-cnn"]})
    (folder / "index.json").write_text(json.dumps(records))
    (problem,) = bring(folder)
    assert problem.what == "Two of your networks are called week-3-sign-cnn"
    assert find_variant("week-3-sign-cnn").key == "sign-cnn"  # the first one stays


def test_a_card_that_changes_later_is_not_that_of_what_was_read(folder: Path) -> None:
    bring(folder)
    change_card(folder, sha256="0" * 64)
    assert find_variant("week-3-sign-cnn").card == OTHER.card
    assert bring(folder)  # a server that starts now finds it


def test_names() -> None:
    assert slug("Week 3, Ännas!") == "week-3-nnas"
    assert slug("...") == "own"
    found = imported("my-net", "sign", Path("somewhere"))
    assert (found.id, found.key, found.architecture) == ("my-net", "my-net", Architecture.IMPORTED)
    assert found.weights == Path("somewhere/my-net.onnx")
    for wrong in ("fashion-cnn", "My", "a b", "a,b", "-a", "ä", "file", 61 * "a"):
        with pytest.raises(ValueError, match="expected a name"):
            imported(wrong, "sign", Path("somewhere"))
    with pytest.raises(ValueError, match="data set"):
        imported("my-net", "cifar", Path("somewhere"))
