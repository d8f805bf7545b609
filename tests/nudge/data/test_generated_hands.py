"""The committed hands against their card, and what is told of damaged ones."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from models import CLASSES, PRETRAINED, VARIANTS, Dataset, load_model
from nudge.attacks import fgsm
from nudge.data import DataError, digest, load_split
from nudge.data.generated_hands import (
    CARD,
    PICTURES,
    generated_flip_steps,
    load_generated_hands,
    read_card,
)
from nudge.data.sources import SIGN
from nudge.evaluation.generated_hands import NETWORKS, at_percentages, nearest_distances
from nudge.evaluation.sweep import EPSILONS
from scripts.fuzzing.forms import zipped

EACH = 50
# Another processor sums in another order: that may move a hand at the edge between two letters.
TOLERANCE = 2


def test_fifty_of_each_letter_in_turns() -> None:
    images, labels = load_generated_hands()
    letters = len(CLASSES[Dataset.SIGN])
    assert images.shape == (EACH * letters, 28, 28)
    assert images.dtype == torch.uint8
    assert labels.tolist() == [*range(letters)] * EACH
    assert len({image.numpy().tobytes() for image in images}) == len(images)


def test_the_card_is_of_these_hands_and_weights() -> None:
    card = read_card()
    assert card.sha256 == digest(*load_generated_hands())
    assert card.weights == {v.id: v.card.sha256 for v in NETWORKS}
    assert card.data_sha256 == {name: split.sha256 for name, split in SIGN.splits.items()}
    assert f"--seed {card.seed}" in card.command
    assert f"--steps {card.recipe['steps']}" in card.command
    assert card.read_as_meant.keys() == card.weights.keys()


def test_the_ordered_cnn_reads_them_as_meant() -> None:
    assert read_card().read_as_meant["sign-cnn"] >= 0.97 * len(load_generated_hands().labels)


@pytest.mark.parametrize("variant", NETWORKS, ids=lambda v: v.id)
def test_read_as_meant_by_a_loop_of_its_own(variant: object) -> None:
    images, labels = load_generated_hands()
    name = str(variant.id)  # type: ignore[attr-defined]
    model = load_model(name)
    with torch.inference_mode():
        right = [
            (model(images[i : i + 200, None] / 255).argmax(1) == labels[i : i + 200])
            for i in range(0, len(labels), 200)
        ]
    count = int(torch.cat(right).sum())
    assert abs(count - read_card().read_as_meant[name]) <= TOLERANCE
    assert abs(count - int((generated_flip_steps(name) > 0).sum())) <= TOLERANCE


@pytest.mark.parametrize("name", ["sign-fcnn", "sign-cnn"])
def test_flip_steps_again(name: str) -> None:
    images, labels = (values[:24] for values in load_generated_hands())  # each letter once
    model = load_model(name)
    pixels = images[:, None] / 255
    right = torch.stack(
        [model(fgsm(model, pixels, labels, e)).argmax(1) == labels for e in EPSILONS]
    )
    expected = [
        next((k for k, r in enumerate(column) if not r), 255) for column in right.T.tolist()
    ]
    same = np.array(expected) == generated_flip_steps(name)[:24].numpy()
    assert same.sum() >= 24 - TOLERANCE


def test_distances_are_exact() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (300, 28, 28), generator=generator, dtype=torch.uint8)
    others = images[200:].clone()
    others[0, 3, 3] ^= 1  # one grey level in one pixel
    found = nearest_distances(images, others)
    assert found[200] == pytest.approx(1 / 255, rel=1e-12)
    assert (found[201:] == 0).all()
    apart = (images[:5, None].double() - others[None].double()).flatten(2).norm(dim=2) / 255
    assert torch.allclose(found[:5], apart.amin(dim=1), rtol=1e-12)


def test_no_copy_of_a_training_picture(data_dir: Path) -> None:
    """Measured anew; the smallest and the usual distance are no less than real pictures'."""
    train = load_split("sign", "train", data_dir).images
    card = read_card()
    found = at_percentages(nearest_distances(load_generated_hands().images, train))
    assert found == pytest.approx(dict(card.distances), abs=1e-4)
    for share in ("0 %", "5 %"):
        assert card.distances[share] >= card.test_distances[share]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (PICTURES, CARD):
        shutil.copy(PRETRAINED / name, tmp_path)
    return tmp_path


def _other_pixel(folder: Path) -> None:
    with np.load(folder / PICTURES) as file:
        arrays = dict(file)
    arrays["images"][0, 0, 0] ^= 1
    np.savez(folder / PICTURES, **arrays)


def _no_array(folder: Path) -> None:
    """A whole zip, whose labels are no array: these come as bytes."""
    with zipfile.ZipFile(folder / PICTURES) as file:
        content = {name: file.read(name) for name in file.namelist()}
    content["labels.npy"] = b"\x93NLMPY" + content["labels.npy"][6:]
    (folder / PICTURES).write_bytes(zipped(content))


def _cut(folder: Path) -> None:
    content = (folder / PICTURES).read_bytes()
    (folder / PICTURES).write_bytes(content[: len(content) // 2])


def _other_card(folder: Path) -> None:
    record = json.loads((folder / CARD).read_text())
    del record["total"]
    (folder / CARD).write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (_other_pixel, "expected SHA-256"),
        (_no_array, "labels is no array"),
        (_cut, "an .npz"),
        (lambda folder: (folder / PICTURES).unlink(), "FileNotFoundError"),
        (lambda folder: np.savez(folder / PICTURES, images=np.zeros(3)), "got other arrays"),
        (_other_card, "KeyError: 'total'"),
        (lambda folder: (folder / CARD).write_text("no JSON"), "JSONDecodeError"),
    ],
)
def test_damaged_hands(folder: Path, damage: Callable[[Path], None], found: str) -> None:
    load_generated_hands(folder)
    damage(folder)
    with pytest.raises(DataError, match=found) as caught:
        load_generated_hands(folder)
    assert caught.value.mend == "git checkout -- pretrained"


def test_flip_steps_of_an_unknown_network(folder: Path) -> None:
    with pytest.raises(DataError, match="not measured with fashion-cnn") as caught:
        generated_flip_steps("fashion-cnn", folder)
    assert caught.value.mend == "python scripts/make_hands.py --measure"
    assert set(VARIANTS) > {v.id for v in NETWORKS}


def test_what_other_weights_made_of_them_is_refused(folder: Path) -> None:
    record = json.loads((folder / CARD).read_text())
    record["weights"]["sign-cnn"] = 64 * "0"
    (folder / CARD).write_text(json.dumps(record))
    with pytest.raises(DataError, match=r"other weights of sign-cnn .*make_hands.py --measure"):
        generated_flip_steps("sign-cnn", folder)
    assert len(generated_flip_steps("sign-fcnn", folder)) == len(load_generated_hands().labels)
    (folder / CARD).write_text(json.dumps(record | {"weights": 3}))
    with pytest.raises(DataError, match="cannot be read"):
        generated_flip_steps("sign-cnn", folder)
