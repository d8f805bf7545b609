from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import VARIANTS, Dataset, PretrainedError, Scramble, load_model
from nudge.attacks import fgsm_direction, random_direction
from nudge.data import Split, to_pixels
from nudge.evaluation import transferability
from nudge.evaluation.sweep import accuracy_curve
from nudge.evaluation.transferability import (
    Transfer,
    networks,
    read_transfer,
    save_transfer,
    stream_transfer,
)
from tests.conftest import tiny_split

GRID = (0.0, 0.05, 0.2)
SPLIT = tiny_split(90)
# Another processor sums in another order; see tests/test_pretrained.py.
TOLERANCE = 1 / 2000


def linear(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval().requires_grad_(False)


def last(models: list[nn.Module], **options: object) -> Transfer:
    *_, found = stream_transfer(models, *SPLIT, GRID, **options)  # type: ignore[arg-type]
    return found


def test_counts_by_a_closed_form() -> None:
    """Of linear networks: the gradient at x is (softmax - onehot) W, all by hand in NumPy."""
    models = [linear(1), linear(2)]
    pixels, truth = SPLIT.images.flatten(1).numpy() / np.float32(255), SPLIT.labels.numpy()
    weights = [(m[1].weight.numpy(), m[1].bias.numpy()) for m in models]  # type: ignore[operator]
    found = last([*models])
    for i, (w, b) in enumerate(weights):
        logits = pixels @ w.T + b
        share = np.exp(logits - logits.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        sign = np.sign((share - np.eye(10)[truth]) @ w)
        for j, (v, c) in enumerate(weights):
            for k, epsilon in enumerate(GRID):
                read = (np.clip(pixels + epsilon * sign, 0, 1) @ v.T + c).argmax(1)
                assert found.correct[k, i, j] == (read == truth).sum(), (i, j, epsilon)
    assert found.total == 90


def test_a_direction_means_the_same_pixels_to_a_scrambled_network() -> None:
    """One function written in two pixel orders has one direction, and so one row and column."""
    ordered = linear(3)
    scramble = Scramble()
    inner = linear(3)
    inner[1].weight.copy_(ordered[1].weight[:, scramble.permutation])  # type: ignore[operator, index]
    scrambled = nn.Sequential(scramble, inner).eval()
    pixels = to_pixels(SPLIT.images)
    torch.testing.assert_close(ordered(pixels), scrambled(pixels))
    directions = [fgsm_direction(m, pixels, SPLIT.labels) for m in (ordered, scrambled)]
    assert torch.equal(*directions)
    found = last([ordered, scrambled]).correct
    assert (found == found[:, :1, :1]).all()
    assert found[0, 0, 0] > found[2, 0, 0]  # there is something to be seen


@pytest.mark.parametrize("target", ["fashion-fcnn", "fashion-fcnn-scrambled"])
def test_through_the_scramble_and_back(target: str) -> None:
    """The long way: scramble, take the gradient of the bare network, put it back, read."""
    source = load_model("fashion-cnn-scrambled")
    reader = load_model(target)
    pixels = to_pixels(SPLIT.images)
    seen = source.scramble(source.normalise(pixels)).requires_grad_()  # type: ignore[operator]
    loss = F.cross_entropy(source.network(seen), SPLIT.labels)  # type: ignore[operator]
    (gradient,) = torch.autograd.grad(loss, seen)
    direction: Tensor = source.scramble.undo(gradient).sign()  # type: ignore[operator, union-attr]
    expected = [
        int((reader((pixels + e * direction).clamp(0, 1)).argmax(1) == SPLIT.labels).sum())
        for e in GRID
    ]
    assert last([source, reader]).correct[:, 0, 1].tolist() == expected


def test_grows_by_batches_and_counts_the_control(small_network: nn.Module) -> None:
    models = [small_network, linear(4)]
    control = random_direction(90)
    seen = list(stream_transfer(models, *SPLIT, GRID, control=control, batch_size=40))
    assert [found.total for found in seen] == [0, 40, 80, 90]
    assert seen[0].correct.sum() == 0
    for j, model in enumerate(models):
        for i, directions in ((j, None), (2, control)):
            curve = accuracy_curve(model, *SPLIT, GRID, directions=directions)
            assert tuple(seen[-1].correct[:, i, j]) == curve.correct
    assert (seen[-1].at(0.05) == seen[-1].correct[1]).all()
    assert (seen[-1].clean == seen[-1].correct[0]).all()  # by no source does epsilon 0 move a pixel


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "transfer.npz"
    counts = np.arange(3 * 16).reshape(3, 4, 4)
    save_transfer(Dataset.SIGN, Transfer(GRID, counts, 7172), path)
    return path


def test_reads_what_was_saved_and_adds_the_control_of_the_cards(record: Path) -> None:
    save_transfer(Dataset.FASHION, Transfer(GRID, np.zeros((3, 4, 4), np.int64), 10_000), record)
    found = read_transfer(Dataset.SIGN, record)
    assert (found.correct[:, :4].flatten() == np.arange(3 * 16)).all()
    assert (found.epsilons, found.total) == (GRID, 7172)
    for j, variant in enumerate(networks(Dataset.SIGN)):
        card = variant.card
        at = [card.random[card.epsilons.index(e)] for e in GRID]
        assert found.correct[:, 4, j].tolist() == at
    assert read_transfer(Dataset.FASHION, record).total == 10_000


def test_a_record_of_other_weights_is_noticed(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transferability, "weights_of", lambda among: ["other"] * 4)
    with pytest.raises(PretrainedError, match=r"with other weights .*scripts/transfer.py sign"):
        read_transfer(Dataset.SIGN, record)


def test_weights_are_those_of_before_the_count(record: Path) -> None:
    counted = Transfer(GRID, np.zeros((3, 4, 4), np.int64), 7172)
    save_transfer(Dataset.SIGN, counted, record, weights=["trained again meanwhile"] * 4)
    with pytest.raises(PretrainedError, match="with other weights"):
        read_transfer(Dataset.SIGN, record)


def test_a_training_more_makes_the_record_one_of_other_weights(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = (*networks(Dataset.SIGN), networks(Dataset.FASHION)[0])
    monkeypatch.setattr(transferability, "networks", lambda *group: more)
    with pytest.raises(PretrainedError, match="with other weights"):
        read_transfer(Dataset.SIGN, record)


def test_missing_and_damaged_records(record: Path) -> None:
    with pytest.raises(PretrainedError, match=r"was not recorded .*scripts/transfer.py fashion"):
        read_transfer(Dataset.FASHION, record)
    record.write_bytes(b"no archive")
    with pytest.raises(PretrainedError, match="cannot be read"):
        read_transfer(Dataset.SIGN, record)


@pytest.mark.parametrize("dataset", Dataset)
def test_the_record_agrees_with_the_cards(dataset: Dataset) -> None:
    """Its diagonal is FGSM as the cards have it, its first row no nudge at all."""
    found = read_transfer(dataset)
    for j, variant in enumerate(networks(dataset)):
        card = variant.card
        assert found.total == card.total
        for k, epsilon in enumerate(found.epsilons):
            off = abs(found.correct[k, j, j] - card.fgsm[card.epsilons.index(epsilon)])
            assert off <= TOLERANCE * card.total
        assert (abs(found.correct[0, :, j] - card.fgsm[0]) <= TOLERANCE * card.total).all()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("fashion-fcnn-scrambled", "fashion-cnn"),
        ("sign-cnn-scrambled", "sign-fcnn"),
    ],
)
def test_the_record_measured_anew(
    source: str, target: str, test_splits: dict[Dataset, Split]
) -> None:
    """One cell at one epsilon over the full test set, by a loop that shares no code with it."""
    dataset = VARIANTS[source].dataset
    order = [variant.id for variant in networks(dataset)]
    found = read_transfer(dataset)
    attacker, reader = load_model(source), load_model(target)
    right = 0
    for batch in torch.arange(found.total).chunk(50):
        images, labels = (values[batch] for values in test_splits[dataset])
        pixels = (images[:, None] / 255).requires_grad_()
        (gradient,) = torch.autograd.grad(F.cross_entropy(attacker(pixels), labels), pixels)
        with torch.inference_mode():
            nudged = (pixels + found.epsilons[2] * gradient.sign()).clamp(0, 1)
            right += int((reader(nudged).argmax(1) == labels).sum())
    recorded = found.correct[2, order.index(source), order.index(target)]
    assert abs(right - recorded) <= TOLERANCE * found.total


def test_counts_of_batches_add_up_and_of_other_things_do_not() -> None:
    counts = Transfer((0.0, 0.1), np.ones((2, 3, 2), np.int64), 5)
    both = counts + counts
    assert (both.total, both.correct.sum(), both.zero_gradients) == (10, 24, None)
    others = (
        Transfer((0.0, 0.2), counts.correct, 5),
        Transfer(counts.epsilons, np.zeros((2, 2, 2), np.int64), 5),
    )
    for other in others:
        with pytest.raises(ValueError, match=r"expected counts .*, got"):
            _ = counts + other
