"""Where it breaks, against pictures attacked here and against the files of the record."""

from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
import streamlit as st
import torch

from models import CLASSES, PRETRAINED, Dataset, load_model, zoo
from models.card_files import FLIP_STEPS, read_arrays
from models.epsilons import NEVER_FLIPS
from nudge.attacks import fgsm
from nudge.data import Split, to_pixels
from nudge.evaluation.class_similarity import FASHION_KINDS
from nudge.evaluation.sweep import EPSILONS
from tests.views.reading import open_at, rows
from views import text

FALLS, NEAR, CONFUSIONS, FLIPS = range(4)  # in the order of the page


@pytest.fixture(autouse=True)
def _fresh_server(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUDGE_DATA", str(data_dir))
    st.cache_resource.clear()


def test_every_figure_from_an_attack_made_here(test_splits: dict[Dataset, Split]) -> None:
    """The full test set, attacked at one epsilon by the plain `fgsm`."""
    epsilon, names = 0.04, CLASSES[Dataset.FASHION]
    images, labels = test_splits[Dataset.FASHION]
    model = load_model("fashion-fcnn")
    batches = [slice(i, i + 1000) for i in range(0, len(labels), 1000)]
    pairs = [(images[batch], labels[batch]) for batch in batches]
    clean = torch.cat([model(to_pixels(x)).argmax(1) for x, _ in pairs])
    read = torch.cat([model(fgsm(model, to_pixels(x), y, epsilon)).argmax(1) for x, y in pairs])
    page = open_at("classes", dataset="fashion", architecture="fcnn", epsilon=epsilon)
    # By class.
    shown = {r["class"]: r for r in rows(page, "classes", FALLS) if r["epsilon"] == epsilon}
    for c, name in enumerate(names):
        mine = labels == c
        assert shown[name]["counted"] == f"{int((read[mine] == c).sum()):,} / {int(mine.sum()):,}"
    # Confusions.
    for cell in rows(page, "cells", CONFUSIONS):
        mine = labels == names.index(cell["true"])
        count = int((read[mine] == names.index(cell["predicted"])).sum())
        assert (cell["count"], cell["fraction"]) == (count, count / int(mine.sum()))
    # Flips that stay near.
    kinds = {name: kind for kind, members in FASHION_KINDS.items() for name in members}
    flips = [
        (names[t], names[r])
        for t, before, r in zip(labels.tolist(), clean.tolist(), read.tolist(), strict=True)
        if before == t and r != t
    ]
    near = sum(kinds[t] == kinds[r] for t, r in flips)
    others = {name: len(members) - 1 for members in FASHION_KINDS.values() for name in members}
    chance = sum(others[t] / 9 for t, _ in flips) / len(flips)
    marked = {r["kind"]: r["fraction"] for r in rows(page, "marker", NEAR)}
    assert marked[text.classes.MEASURED] == near / len(flips)
    assert marked[text.classes.BY_CHANCE] == pytest.approx(chance)
    assert any(f"{near:,} of {len(flips):,} flips" in c.value for c in page.caption)


def test_kinds_stand_together_in_the_heat_map() -> None:
    page = open_at("classes", dataset="fashion", architecture="cnn", epsilon=0.03)
    order = list(dict.fromkeys(r["true"] for r in rows(page, "cells", CONFUSIONS)))
    assert order[:4] == list(FASHION_KINDS["tops"])
    assert order[4:7] == list(FASHION_KINDS["footwear"])


def test_the_histogram_and_both_ends() -> None:
    flip_steps = read_arrays(PRETRAINED / FLIP_STEPS)["sign-cnn"]
    page = open_at("classes", dataset="sign", architecture="cnn", epsilon=0.1, image=3)
    bars = rows(page, "bars", FLIPS)
    assert [b["epsilon"] for b in bars] == list(EPSILONS[1:])
    assert [b["counted"] for b in bars] == [
        f"{int((flip_steps == step).sum()):,} / 7,172" for step in range(1, len(EPSILONS))
    ]
    wrong, never = int((flip_steps == 0).sum()), int((flip_steps == NEVER_FLIPS).sum())
    assert any(
        f"{wrong:,} were wrong before the attack, {never:,} never" in c.value for c in page.caption
    )
    links = [parse_qs(link.proto.query_string) for link in page.get("page_link")]
    indices = [int(link["image"][0]) for link in links]
    assert len(set(indices)) == 16
    first = [int(flip_steps[i]) for i in indices[:8]]
    assert first == sorted(flip_steps[flip_steps > 0].tolist())[:8]
    for link, step in zip(links, first, strict=False):
        assert float(link["epsilon"][0]) == EPSILONS[step]
        assert link["dataset"] == ["sign"]
    assert (flip_steps[indices[8:]] == NEVER_FLIPS).all()
    assert all(link["epsilon"] == ["0.3"] for link in links[8:])


def test_which_classes_fall_first() -> None:
    page = open_at("classes", dataset="fashion", architecture="cnn", epsilon=0)
    accuracy: dict[str, list[float]] = {}
    for row in rows(page, "classes", FALLS):
        accuracy.setdefault(row["class"], []).append(row["fraction"])
    falls = {n: next((e for e, a in zip(EPSILONS, v, strict=True) if a < 0.5), None)
             for n, v in accuracy.items()}  # fmt: skip
    assert {r["class"]: r["epsilon"] for r in rows(page, "halves", FALLS)} == {
        name: at for name, at in falls.items() if at is not None
    }
    sentence = next(
        m.value for m in page.markdown if m.value.startswith("Accuracy falls below half")
    )
    earliest = min(at for at in falls.values() if at is not None)
    named = sentence.split("**")[1]
    assert all(n in named for n, at in falls.items() if at == earliest)
    assert rows(page, "marker", NEAR) == [{"epsilon": 0.0, "fraction": None}]  # nothing has flipped


def test_without_pictures_the_record_stays(no_pictures: None) -> None:
    page = open_at("classes", dataset="sign", architecture="fcnn")
    assert "The generated hands cannot be read" in page.warning[0].value
    assert len(page.get("vega_lite_chart")) == 4
    assert not page.get("page_link")


def test_a_damaged_record_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    page = open_at("classes", dataset="sign", architecture="fcnn")
    (warning,) = page.warning
    assert "cannot be read" in warning.value
    assert np.all([code.value == "git checkout -- pretrained" for code in page.code])
