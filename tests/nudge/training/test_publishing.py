import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from models import (
    VARIANTS,
    Card,
    Epoch,
    NudgeError,
    PretrainedError,
    Variant,
    assemble,
    build_model,
)
from models.card_checks import parse_card
from models.card_files import (
    FLIP_STEPS,
    JOURNEYS,
    PGD_FLIP_STEPS,
    REPETITIONS,
    read_arrays,
    read_repetitions,
)
from models.cards import Repetition
from nudge.evaluation.measurement import measure
from nudge.evaluation.sweep import accuracy_curve
from nudge.training.publishing import (
    amend,
    as_repetition,
    check_folder,
    describe,
    half_precision,
    publish,
    record,
    serialise,
)
from nudge.training.recipes import Recipe
from nudge.training.trainer import Training
from tests.conftest import CHECKOUT, tiny_split

VARIANT = VARIANTS["fashion-fcnn-scrambled"]
CARD = Card(
    sha256="0" * 64,
    data_sha256={"train": "1" * 64, "test": "2" * 64},
    permutation_sha256=None,
    parameters=3,
    total=4,
    epsilons=(0.0, 0.1),
    fgsm=(3, 1),
    random=(3, 3),
    ssim=(1.0, 0.5),
    class_totals=(2, 2),
    class_correct=(2, 1),
    learning_curve=(Epoch(train_loss=1.5, train_accuracy=0.5, test_loss=1.25, test_accuracy=0.75),),
    recipe={"epochs": 1},
    seed=0,
    seconds=1.5,
    hardware="a computer",
    versions={"torch": "2"},
    command="python scripts/train.py",
)


def test_half_precision_keeps_integers_exact() -> None:
    torch.manual_seed(0)
    model = build_model(VARIANT)
    weights = half_precision(model)
    assert torch.equal(weights["scramble.permutation"], model.state_dict()["scramble.permutation"])
    assert weights["network.2.weight"].dtype == torch.float16
    content, digest = serialise(weights)
    assert load(content).keys() == model.state_dict().keys()
    assert serialise(weights) == (content, digest)


@pytest.mark.parametrize("variant", [VARIANT, VARIANTS["sign-fcnn"]], ids=lambda v: v.id)
def test_describe(variant: Variant) -> None:
    """What the training and the measuring found, and what they started from."""
    torch.set_num_threads(1)
    recipe = Recipe(epochs=1, batch_size=32, learning_rate=2e-3, weight_decay=0)
    train, test = (tiny_split(count, variant.dataset) for count in (64, 20))
    run = Training(variant, recipe, train, test, seed=3, mixed_precision=True)
    assert len(list(run.epochs())) == 3
    model = assemble(variant, half_precision(run.model))
    card = describe(run, measure(model, test, (0.0, 0.1)), "0" * 64, "a command")
    assert (card.sha256, card.command, card.seed) == ("0" * 64, "a command", 3)
    assert card.fgsm == accuracy_curve(model, *test, (0.0, 0.1)).correct
    assert card.total == sum(card.class_totals) == 20
    assert list(card.learning_curve) == run.curve
    assert card.recipe == recipe.record() | {"precision": "bfloat16"}
    assert card.parameters == variant.card.parameters
    assert card.permutation_sha256 == variant.card.permutation_sha256
    assert card.data_sha256 == variant.card.data_sha256
    row = as_repetition(card)
    assert (row.correct, row.total, row.seed) == (card.fgsm[0], 20, 3)
    assert (row.recipe, row.seconds, row.command) == (card.recipe, card.seconds, card.command)


def test_publish_writes_weights_and_card_and_leaves_other_cards(tmp_path: Path) -> None:
    flip_steps = np.array([0, 255], dtype=np.uint8)
    publish(tmp_path, VARIANTS["sign-cnn"], b"cnn", CARD, {FLIP_STEPS: flip_steps})
    publish(tmp_path, VARIANT, b"one", CARD, {FLIP_STEPS: flip_steps})
    publish(tmp_path, VARIANT, b"two", replace(CARD, seed=5), {FLIP_STEPS: flip_steps + 1})
    arrays = read_arrays(tmp_path / FLIP_STEPS)
    assert {name: values.tolist() for name, values in arrays.items()} == {
        "sign-cnn": [0, 255],
        VARIANT.id: [1, 0],
    }
    assert (tmp_path / VARIANT.weights.name).read_bytes() == b"two"
    records = json.loads((tmp_path / "index.json").read_text())
    assert list(records) == ["fashion-fcnn-scrambled", "sign-cnn"]
    assert parse_card(records["sign-cnn"]) == CARD
    assert parse_card(records[VARIANT.id]) == replace(CARD, seed=5)


def repetition(seed: int, **recipe: float) -> Repetition:
    return Repetition(
        seed=seed, correct=3, total=4, seconds=1.5, recipe=recipe, sha256="", command=""
    )


def test_record_keeps_a_row_for_each_seed(tmp_path: Path) -> None:
    other = VARIANTS["sign-cnn"]
    record(tmp_path, other, repetition(0))
    for seed in (2, 0, 1, 0):
        record(tmp_path, VARIANT, repetition(seed, epochs=3))
    found = read_repetitions(tmp_path / REPETITIONS)
    assert [row.seed for row in found[VARIANT.id]] == [0, 1, 2]
    assert found[other.id] == [repetition(0)]


def test_another_recipe_is_no_repetition_and_leaves_those_of_the_card(tmp_path: Path) -> None:
    publish(tmp_path, VARIANT, b"", CARD, {})
    card, other, last = repetition(0, epochs=1), repetition(0, epochs=4), repetition(1, epochs=5)
    for row in (card, other, last):
        record(tmp_path, VARIANT, row)
    assert read_repetitions(tmp_path / REPETITIONS)[VARIANT.id] == [card, last]
    publish(tmp_path, VARIANT, b"", replace(CARD, recipe={"epochs": 5}), {})
    record(tmp_path, VARIANT, repetition(0, epochs=5))
    found = read_repetitions(tmp_path / REPETITIONS)[VARIANT.id]
    assert found == [repetition(0, epochs=5), last]


def test_what_was_measured_later_goes_with_its_weights(tmp_path: Path) -> None:
    later = {PGD_FLIP_STEPS: np.zeros(4), JOURNEYS: np.zeros((2, 1))}
    other = VARIANTS["sign-cnn"]
    for variant in (VARIANT, other):
        publish(tmp_path, variant, b"one", CARD, {})
        amend(tmp_path, variant, {"pgd": [3, 0], "moved": 2}, later, sha256=CARD.sha256)
    publish(tmp_path, VARIANT, b"one", replace(CARD, seconds=9.0), {})  # trained to the same again
    card = parse_card(json.loads((tmp_path / "index.json").read_text())[VARIANT.id])
    assert (card.pgd, card.moved, card.seconds) == ((3, 0), 2, 9.0)
    assert all(VARIANT.id in read_arrays(tmp_path / file) for file in later)
    publish(tmp_path, VARIANT, b"two", replace(CARD, sha256="3" * 64), {})
    card = parse_card(json.loads((tmp_path / "index.json").read_text())[VARIANT.id])
    assert (card.pgd, card.moved) == (None, None)
    for file in later:
        assert set(read_arrays(tmp_path / file)) == {other.id}


def test_figures_of_other_weights_are_refused(tmp_path: Path) -> None:
    publish(tmp_path, VARIANT, b"two", replace(CARD, sha256="3" * 64), {})
    with pytest.raises(PretrainedError, match=r"trained again .* weights 00000000, got 33333333"):
        amend(tmp_path, VARIANT, {"moved": 2}, {PGD_FLIP_STEPS: np.zeros(4)}, sha256=CARD.sha256)
    assert not (tmp_path / PGD_FLIP_STEPS).exists()


def test_a_folder_is_looked_at_before_the_work(tmp_path: Path) -> None:
    check_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(NudgeError, match=r"model cards cannot be read .*choose another folder"):
        check_folder(tmp_path)
    (tmp_path / "index.json").unlink()
    for name in (JOURNEYS, REPETITIONS):
        (tmp_path / name).write_bytes(b"{")
        with pytest.raises(PretrainedError, match="cannot be read"):
            check_folder(tmp_path)
        (tmp_path / name).unlink()
    check_folder(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        check_folder(tmp_path / "file")


def test_a_damaged_index_stops_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        publish(tmp_path, VARIANT, b"weights", CARD, {FLIP_STEPS: np.zeros(4)})
    assert not (tmp_path / VARIANT.weights.name).exists()
    assert not (tmp_path / FLIP_STEPS).exists()


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    """Processes, because threads would share what each reads."""
    code = (
        "import sys; from pathlib import Path; from models import VARIANTS;"
        "from tests.nudge.training.test_publishing import CARD, publish, record, repetition;"
        "import numpy as np; v = VARIANTS[sys.argv[2]]; f = Path(sys.argv[1]);"
        "[record(f, v, repetition(s)) for s in range(5)];"
        "[publish(f, v, b'', CARD, {'first_misses.npz': np.zeros(4)}) for _ in range(5)]"
    )
    names = list(VARIANTS)[:2]  # each process imports PyTorch, which is what takes long
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name], cwd=CHECKOUT)
        for name in names
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * len(names)
    assert set(read_arrays(tmp_path / FLIP_STEPS)) == set(names)
    assert set(json.loads((tmp_path / "index.json").read_text())) == set(names)
    rows = read_repetitions(tmp_path / REPETITIONS)
    assert all([row.seed for row in rows[name]] == [0, 1, 2, 3, 4] for name in names)


def test_the_index_has_a_line_for_each_field(tmp_path: Path) -> None:
    publish(tmp_path, VARIANT, b"", CARD, {})
    lines = (tmp_path / "index.json").read_text().splitlines()
    assert len(lines) == len(asdict(CARD)) + 4


def test_card() -> None:
    low, high = CARD.interval
    assert low < CARD.accuracy == 0.75 < high
    record = json.loads(json.dumps(asdict(CARD)))
    assert parse_card(record) == CARD
    del record["seed"]
    with pytest.raises(KeyError):
        parse_card(record)
