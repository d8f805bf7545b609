"""The code that a view hands out is run, in a process of its own, and its words compared."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from models import Architecture, Dataset, PixelOrder, load_model
from nudge.attacks import fgsm_direction, nudge, random_direction, targeted_direction
from nudge.data import Split, to_pixels
from nudge.evaluation.measurement import RANDOM_SEED
from nudge.pictures.decoding import read_picture
from nudge.pictures.preprocessing import Preparation, pixels, prepare
from tests.conftest import CHECKOUT
from views.parts.snippet import snippet
from views.session.state import Compare, Method, View

VIEWS = [
    View(),
    View(Dataset.SIGN, Architecture.FCNN, PixelOrder.SCRAMBLED, 0.02, 7171),
    View(Dataset.SIGN, epsilon=0.1, image=3, compare=Compare.ALL),
    View(method=Method.RANDOM, image=17, epsilon=0.3),
    View(method=Method.TARGETED, target="sandal", image=17, compare=Compare.ALL),
]


def run(code: str, folder: Path, data_dir: Path) -> list[str]:
    environment = {**os.environ, "NUDGE_DATA": str(data_dir), "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def expected(view: View, image: torch.Tensor, label: torch.Tensor | None) -> list[str]:
    lines = []
    for variant in view.on_stage:
        model = load_model(variant)
        truth = model(image).argmax(dim=1) if label is None else label
        if view.method is Method.FGSM:
            direction = fgsm_direction(model, image, truth)
        elif view.method is Method.TARGETED:
            direction = targeted_direction(model, image, torch.tensor([view.target_index]))
        else:
            number = 0 if label is None else view.image
            direction = random_direction(number + 1, seed=RANDOM_SEED)[number:]
        for title, picture in (
            ("original", image),
            ("attacked", nudge(image, direction, view.epsilon)),
        ):
            probability, read = model(picture).softmax(dim=1)[0].max(dim=0)
            lines.append(f"{variant.id}, {title}: {variant.classes[read]} {probability:.4f}")
    return lines


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: "-".join(v.to_query().values()))
def test_of_a_test_picture(
    view: View, tmp_path: Path, data_dir: Path, test_splits: dict[Dataset, Split]
) -> None:
    code = snippet(view)
    assert len(code.splitlines()) <= 25
    images, labels = (v[view.image : view.image + 1] for v in test_splits[view.dataset])
    assert run(code, tmp_path, data_dir) == expected(view, to_pixels(images), labels)


@pytest.mark.parametrize(("method", "marked"), [(Method.FGSM, True), (Method.RANDOM, False)])
def test_of_an_own_picture(method: Method, marked: bool, tmp_path: Path, data_dir: Path) -> None:
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
    assert run(code, tmp_path, data_dir) == expected(view, image, None)
