"""What the browser is sent, against numbers computed here by other means."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from numpy.typing import NDArray

from models import VARIANTS, Architecture, Dataset, PixelOrder, Regime, load_model
from models.layers import scramble_permutation
from nudge.attacks import bim, fgsm, l2_fast_gradient, nudge, pgd, random_direction
from nudge.data import Split, to_pixels
from nudge.evaluation.measurement import RANDOM_SEED
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS
from nudge.neighbourhood.picture_attack import Subject
from views import text
from views.parts.gallery import Walk
from views.session import resources
from views.session.state import Compare, View
from views.stage import payload

SOME = (0, 1, 3, 8, 13, 20, 31, 44, 59, 60)


@pytest.fixture(autouse=True)
def _fresh(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))


def unpack(content: str, kind: type[np.generic]) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(content), kind)


def scene(view: View, subject: Subject | None = None) -> dict[str, Any]:
    subject = subject or resources.test_picture(resources.display_set(view.dataset), view.image)
    networks = [
        payload.Shown(v, resources.attack(v.id, subject, view.method, view.target_index), None)
        for v in view.on_stage
    ]
    return payload.scene(view, subject, networks, step=10, opened=1)


def attacked(data: dict[str, Any], network: int, step: int) -> NDArray[np.float64]:
    """What the browser draws, in 255ths."""
    sent = data["networks"][network]["attack"]
    directions = sent["unit"] * unpack(sent["direction"], np.int8).reshape(-1, 784)
    direction = directions[step if len(directions) > 1 else 0]
    moved = unpack(data["picture"], np.uint8) + 255 * data["grid"]["step"] * step * direction
    result: NDArray[np.float64] = np.clip(moved, 0, 255)
    return result


@pytest.mark.parametrize("dataset", Dataset)
def test_all_four_networks(dataset: Dataset, test_splits: dict[Dataset, Split]) -> None:
    view = View(dataset, image=11, compare=Compare.ALL)
    data = scene(view)
    images, labels = (values[11:12] for values in test_splits[dataset])
    pixels = to_pixels(images)
    assert data["label"] == int(labels)
    assert len(data["networks"]) == 4
    for i, variant in enumerate(view.on_stage):
        model = load_model(variant)
        network = data["networks"][i]
        shape = (len(EPSILONS), len(variant.classes))
        for step in SOME:
            by_fgsm = fgsm(model, pixels, labels, EPSILONS[step])
            assert np.abs(attacked(data, i, step) - 255 * by_fgsm.flatten().numpy()).max() < 1e-3
            random_signs = random_direction(12, seed=RANDOM_SEED)[11:12]
            by_chance = nudge(pixels, random_signs, EPSILONS[step])
            for path, picture in (("attack", by_fgsm), ("control", by_chance)):
                expected = model(picture).softmax(dim=1)[0]
                sent = unpack(network[path]["probabilities"], np.uint16).reshape(shape)
                assert np.abs(sent[step] / 65535 - expected.numpy()).max() < 1e-4
                read = unpack(network[path]["predictions"], np.uint8)
                assert read[step] == int(expected.argmax())
        assert data["accuracy"][i]["fgsm"] == list(variant.card.fgsm)
        assert data["accuracy"][i]["random"] == list(variant.card.random)
        assert data["accuracy"][i]["total"] == variant.card.total
    assert len(json.dumps(data)) < 60_000


@pytest.mark.parametrize(("method", "attack"), [(Method.BIM, bim), (Method.PGD, pgd)])
def test_an_iterated_attack_is_sent_for_every_second_epsilon(
    method: Method, attack: Any, test_splits: dict[Dataset, Split]
) -> None:
    data = scene(View(architecture=Architecture.FCNN, method=method, image=4, epsilon=0.1))
    images, labels = (values[4:5] for values in test_splits[Dataset.FASHION])
    model = load_model("fashion-fcnn")
    epsilons = EPSILONS[::2]
    assert data["grid"] == {"count": 31, "step": 0.01}
    several = to_pixels(images).expand(31, -1, -1, -1)
    moved = attack(model, several, labels.expand(31), torch.tensor(epsilons))
    path = data["networks"][0]["attack"]
    sent = unpack(path["probabilities"], np.uint16).reshape(31, 10) / 65535
    assert np.abs(sent - model(moved).softmax(dim=1).numpy()).max() < 1e-3
    for step, epsilon in enumerate(epsilons):
        drawn = attacked(data, 0, step)
        assert np.abs(drawn - 255 * moved[step].flatten().numpy()).max() <= 255 * epsilon / 127
    assert len(json.dumps(data)) < 60_000
    card = VARIANTS["fashion-fcnn"].card
    assert data["accuracy"][0]["fgsm"] == list(card.fgsm[::2])
    assert data["accuracy"][0]["pgd"] == (card.pgd and list(card.pgd[::2]))


def test_the_step_of_l2_is_as_long_as_that_of_fgsm(test_splits: dict[Dataset, Split]) -> None:
    data = scene(View(method=Method.L2, image=4))
    images, labels = (values[4:5] for values in test_splits[Dataset.FASHION])
    step = l2_fast_gradient(load_model("fashion-cnn"), to_pixels(images), labels, 28 * EPSILONS[20])
    assert np.abs(attacked(data, 0, 20) - 255 * step.flatten().numpy()).max() < 1.5
    direction = unpack(data["networks"][0]["attack"]["direction"], np.int8)
    norm = data["networks"][0]["attack"]["unit"] * np.linalg.norm(direction.astype(float))
    assert norm == pytest.approx(28, rel=0.02)


def test_all_trainings_of_one_network() -> None:
    view = View(compare=Compare.REGIMES)
    assert [v.regime for v in view.on_stage] == list(view.regimes)
    assert all(v.architecture is Architecture.CNN for v in view.on_stage)
    assert view.on_stage[0] == VARIANTS["fashion-cnn"]
    data = scene(replace(view, regime=Regime.MASKED, image=4))
    assert data["file"] == "nudge-fashion-cnn-regimes-4"
    assert "Fashion, CNN, ordered pixels, all trainings. " in data["words"]["poster"]


def test_where_the_scramble_takes_a_pixel() -> None:
    data = scene(View(pixels=PixelOrder.SCRAMBLED))
    places = unpack(data["places"], np.uint16)
    picture = np.arange(784)
    seen = np.empty(784, dtype=int)
    seen[places] = picture
    assert (seen == picture[scramble_permutation().numpy()]).all()
    assert scene(View())["places"] is None


def test_a_target_is_approached(test_splits: dict[Dataset, Split]) -> None:
    view = View(method=Method.TARGETED, target="bag", image=2)
    data = scene(view)
    images, _ = (values[2:3] for values in test_splits[Dataset.FASHION])
    pixels = to_pixels(images).requires_grad_()
    logits = load_model(view.variant)(pixels)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([8]))
    (gradient,) = torch.autograd.grad(loss, pixels)
    direction = unpack(data["networks"][0]["attack"]["direction"], np.int8)
    assert (direction == -gradient.sign().flatten().numpy()).all()
    assert data["target"] == 8
    assert data["method"] == "targeted"


def test_an_own_picture_is_attacked_by_what_is_read_in_it() -> None:
    pixels = torch.randint(0, 256, (28, 28), dtype=torch.uint8)
    view = View(architecture=Architecture.FCNN)
    data = scene(view, resources.own_picture(pixels))
    model = load_model(view.variant)
    image = to_pixels(pixels[None])
    moved = fgsm(model, image, model(image).argmax(dim=1), EPSILONS[20])
    assert data["label"] is None
    assert (unpack(data["picture"], np.uint8) == pixels.flatten().numpy()).all()
    assert np.abs(attacked(data, 0, 20) - 255 * moved.flatten().numpy()).max() < 1e-3


def test_the_identity_tells_scenes_apart_and_nothing_else() -> None:
    base = scene(View())
    others = [
        View(image=1),
        View(architecture=Architecture.FCNN),
        View(pixels=PixelOrder.SCRAMBLED),
        View(compare=Compare.ALL),
        View(method=Method.RANDOM),
        View(method=Method.PGD, epsilon=0.1),
        View(method=Method.TARGETED, target="coat"),
        View(quiz=True),
        View(hide=frozenset({"bars"})),
    ]
    identities = {base["id"], *(scene(view)["id"] for view in others)}
    assert len(identities) == len(others) + 1
    assert scene(View(epsilon=0.2))["id"] == base["id"]
    shown = resources.test_picture(resources.display_set(Dataset.FASHION), 0)
    network = payload.Shown(
        View().variant, resources.attack("fashion-cnn", shown, Method.FGSM, None), None
    )
    for place in (0, 7):  # in another order of the pictures
        walk = Walk(np.arange(10), place)
        data = payload.scene(View(), shown, [network], step=10, opened=1, walk=walk)
        assert data["id"] == base["id"]
        assert data["walk"] == {"place": place, "count": 10}


def test_every_word_the_scripts_ask_for_is_there() -> None:
    scripts = "".join(path.read_text() for path in Path(payload.__file__).parent.rglob("*.js"))
    assert scripts  # or it would be looked for in nothing
    words = scene(View(method=Method.TARGETED, target="coat"))["words"]
    for name in words:
        assert f"words.{name}" in scripts, name
    for verdict in ("right", "fooled", "reached", "wrong", "same", "changed"):
        assert verdict in text.explorer_component.STAGE["verdicts"]


def test_every_variant_has_a_name_of_its_own() -> None:
    assert len({text.common.variant(v) for v in VARIANTS.values()}) == len(VARIANTS)
