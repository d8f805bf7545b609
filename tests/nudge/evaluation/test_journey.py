"""The stored journeys, computed again; and the two embeddings on values whose answer is known."""

import numpy as np
import pytest
import torch

from models import PRETRAINED, STANDARD, Dataset, load_model
from models.card_files import JOURNEY_CLASSES, JOURNEY_FITS, JOURNEYS, read_array
from nudge.data import Split, to_pixels
from nudge.evaluation import journey
from nudge.evaluation.hidden_layer import last_hidden
from nudge.evaluation.journey import Embedding, Nudge, hidden_layers, places_again

NEAR = 0.01  # of a drawing's width: another processor's sums may move a dot a little
MOST_OFF = 0.02  # of the dots may lie further away
SOME = (0, 10)  # places among the stored epsilons


@pytest.mark.parametrize("name", STANDARD)
def test_stored_journeys_are_what_the_networks_say(
    name: str, test_splits: dict[Dataset, Split]
) -> None:
    split = test_splits[STANDARD[name].dataset]
    places = read_array(PRETRAINED / JOURNEYS, name)
    classes = read_array(PRETRAINED / JOURNEY_CLASSES, name)
    fitted = read_array(PRETRAINED / JOURNEY_FITS, name)
    epsilons = [journey.EPSILONS[i] for i in SOME]
    hidden, predictions = hidden_layers(load_model(name), split, epsilons)
    assert places.shape == (2, 2, len(journey.EPSILONS), journey.PICTURES, 2)
    assert (classes[:, SOME] != predictions).mean() < 1e-3
    for row, embedding in enumerate(Embedding):
        width = np.ptp(places[row, 0, 0])
        for nudge in range(len(Nudge)):
            for found, step in zip(hidden[nudge], SOME, strict=True):
                again = places_again(hidden[0, 0], found, fitted, embedding)
                apart = np.abs(again.astype(int) - places[row, nudge, step]).max(axis=1)
                assert (apart > NEAR * width).mean() <= MOST_OFF, (embedding, nudge, step)


def test_fgsm_takes_dots_further_and_more_of_them_out_of_their_class_than_a_coin() -> None:
    for name in STANDARD:
        classes = read_array(PRETRAINED / JOURNEY_CLASSES, name)
        at = journey.EPSILONS.index(0.1)
        fgsm, random = (classes[:, at] != classes[:, 0]).mean(axis=1)
        assert fgsm > 3 * random, name
        places = read_array(PRETRAINED / JOURNEYS, name)[0].astype(float)  # by t-SNE
        fgsm, random = np.median(np.linalg.norm(places[:, at] - places[:, 0], axis=-1), axis=1)
        assert fgsm > 3 * random, name


def test_the_last_hidden_layer_decides() -> None:
    model, pictures = load_model("sign-fcnn"), torch.rand(5, 1, 28, 28)
    dense = [part for part in model.modules() if isinstance(part, torch.nn.Linear)][-1]
    hidden = last_hidden(model, pictures, batch_size=2)
    assert torch.allclose(dense(hidden), model(pictures), atol=1e-4)
    assert not dense._forward_pre_hooks
    with pytest.raises(ValueError, match="dense layer"):
        last_hidden(torch.nn.Flatten().eval(), pictures)


def test_the_plane_is_that_of_the_largest_spread() -> None:
    luck = np.random.default_rng(0)
    spread = luck.normal(size=(300, 2)) * [5, 2]
    axes = np.linalg.qr(luck.normal(size=(20, 20)))[0][:2]
    clean = (spread @ axes + 0.01 * luck.normal(size=(300, 20))).astype(np.float32)
    stored = np.zeros((300, 2), dtype=np.int16)
    found = places_again(clean, clean, stored, Embedding.PCA) / journey.UNITS["pca"]
    for ours, theirs in zip(found.T, spread.T, strict=True):
        assert abs(np.corrcoef(ours, theirs)[0, 1]) > 0.99
    assert found[:, 0].std() == pytest.approx(1, abs=0.01)


def test_places_too_far_out_are_told() -> None:
    with pytest.raises(ValueError, match="places"):
        journey.whole(np.array([[1e6, 0.0]]), Embedding.PCA)


def test_pictures_are_the_first_of_the_test_set(test_splits: dict[Dataset, Split]) -> None:
    split = test_splits[Dataset.FASHION]
    classes = read_array(PRETRAINED / JOURNEY_CLASSES, "fashion-fcnn")[0, 0]
    model = load_model("fashion-fcnn")
    expected = model(to_pixels(split.images[: journey.PICTURES])).argmax(dim=1)
    assert (classes != expected.numpy()).sum() <= 1
