"""The code that a view hands out is run, from another folder, and its words compared."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from models import Architecture, Dataset, PixelOrder, load_model
from nudge.attacks import (
    bim,
    fgsm,
    l2_fast_gradient,
    nudge,
    random_direction,
    targeted_direction,
)
from nudge.data import Split, to_pixels
from nudge.evaluation.measurement import RANDOM_SEED
from nudge.evaluation.methods import Method
from nudge.neighbourhood.picture_attack import Subject, attack_picture
from nudge.pictures.decoding import read_picture
from nudge.pictures.preprocessing import Preparation, pixels, prepare
from tests.conftest import CHECKOUT
from views.parts.snippet import snippet
from views.session.state import Compare, Panel, View

VIEWS = [
    View(),
    View(Dataset.SIGN, Architecture.FCNN, PixelOrder.SCRAMBLED, 0.02, 7171),
    View(Dataset.SIGN, epsilon=0.1, image=3, compare=Compare.ALL),
    View(method=Method.RANDOM, image=17, epsilon=0.3),
    View(method=Method.TARGETED, target="sandal", image=17, compare=Compare.ALL),
    View(architecture=Architecture.FCNN, method=Method.BIM, epsilon=0.02),
    View(architecture=Architecture.FCNN, method=Method.PGD, epsilon=0.02),
    View(architecture=Architecture.FCNN, method=Method.L2, epsilon=0.02),
]


Run = Callable[[str], list[str]]


@pytest.fixture
def run(
    tmp_path: Path,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs code that finds no name but those it imports itself; returns the lines it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))

    def run(code: str) -> list[str]:
        exec(code, {})
        return capsys.readouterr().out.splitlines()

    return run


def expected(view: View, image: torch.Tensor, label: torch.Tensor | None) -> list[str]:
    lines = []
    for variant in view.on_stage:
        model = load_model(variant)
        truth = model(image).argmax(dim=1) if label is None else label
        epsilon = view.epsilon
        if view.method is Method.FGSM:
            attacked = fgsm(model, image, truth, epsilon)
        elif view.method is Method.TARGETED:
            direction = targeted_direction(model, image, torch.tensor([view.target_index]))
            attacked = nudge(image, direction, epsilon)
        elif view.method is Method.RANDOM:
            number = 0 if label is None else view.image
            direction = random_direction(number + 1, seed=RANDOM_SEED)[number:]
            attacked = nudge(image, direction, epsilon)
        elif view.method is Method.L2:
            attacked = l2_fast_gradient(model, image, truth, 28 * epsilon)
        elif view.method is Method.PGD:  # as the page attacks it, at all epsilons at once
            shown = Subject(image, int(truth), random_direction(1))
            found = attack_picture(model, model, shown, Method.PGD)
            attacked = nudge(image, found.direction[view.step : view.step + 1], epsilon)
        else:
            attacked = bim(model, image, truth, epsilon)
        for title, picture in (("original", image), ("attacked", attacked)):
            probability, read = model(picture).softmax(dim=1)[0].max(dim=0)
            lines.append(f"{variant.id}, {title}: {variant.classes[read]} {probability:.4f}")
    return lines


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: "-".join(v.to_query().values()))
def test_of_a_test_picture(view: View, run: Run, test_splits: dict[Dataset, Split]) -> None:
    code = snippet(view)
    assert len(code.splitlines()) <= 25
    images, labels = (v[view.image : view.image + 1] for v in test_splits[view.dataset])
    assert run(code) == expected(view, to_pixels(images), labels)


def test_in_a_process_of_its_own(
    tmp_path: Path, data_dir: Path, test_splits: dict[Dataset, Split]
) -> None:
    environment = {**os.environ, "NUDGE_DATA": str(data_dir), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", snippet(View())]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    images, labels = (values[:1] for values in test_splits[Dataset.FASHION])
    assert done.stdout.splitlines() == expected(View(), to_pixels(images), labels)


@pytest.mark.parametrize(
    ("method", "marked"), [(Method.FGSM, True), (Method.PGD, True), (Method.RANDOM, False)]
)
def test_of_an_own_picture(method: Method, marked: bool, tmp_path: Path, run: Run) -> None:
    view = View(method=method)
    content = tmp_path / "picture.png"
    Image.radial_gradient("L").crop((0, 30, 200, 256)).save(content)
    box = (0.1, 0.25, 0.875, 0.9) if marked else None
    preparation = Preparation(
        crop=False, fill=True, contrast=True, invert=True, mirror=marked, box=box
    )
    code = snippet(view, preparation)
    assert len(code.splitlines()) <= 25
    steps = prepare(read_picture(content.read_bytes()), preparation)
    image = to_pixels(pixels(steps)[None])
    assert run(code) == expected(view, image, None)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("own", [False, True], ids=["test", "own"])
def test_with_the_map(method: Method, own: bool, tmp_path: Path, run: Run) -> None:
    view = View(
        architecture=Architecture.FCNN, epsilon=0.02, panel=Panel.MAP, method=method, target="bag"
    )
    Image.radial_gradient("L").save(tmp_path / "picture.png")
    preparation = Preparation(crop=False, fill=True, contrast=True, invert=True)
    code = snippet(view, preparation if own else None)
    around, original, attacked = run(code)
    assert around.startswith("fashion-fcnn (tensor(")
    assert original.startswith("fashion-fcnn, original: ")
    assert attacked.startswith("fashion-fcnn, attacked: ")
