from dataclasses import replace

import numpy as np
import pytest

from models import PRETRAINED, VARIANTS
from models.card_files import JOURNEY_CLASSES, JOURNEY_FITS, JOURNEYS, read_array
from nudge.evaluation.journey import Journey
from scripts.journey import differs

SIGN = VARIANTS["sign-fcnn"]
STORED = Journey(
    read_array(PRETRAINED / JOURNEYS, SIGN.id),
    read_array(PRETRAINED / JOURNEY_CLASSES, SIGN.id),
    read_array(PRETRAINED / JOURNEY_FITS, SIGN.id),
)


def test_what_is_stored_differs_in_nothing_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert not differs(SIGN, STORED)
    assert "0.00% of dots elsewhere, other predictions: 0" in capsys.readouterr().out


@pytest.mark.parametrize("embedding", [0, 1], ids=["tsne", "pca"])
def test_dots_count_by_the_width_of_their_own_embedding(embedding: int) -> None:
    places = STORED.places.astype(int)
    width = np.ptp(places[embedding])
    for share, far in ((0.005, False), (0.015, True)):
        moved = places.copy()
        moved[embedding, :, :, ::10, 0] += round(share * width)  # a tenth of half of all dots
        assert differs(SIGN, replace(STORED, places=moved)) == far, share


def test_one_other_prediction_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    classes = STORED.predictions.copy()
    classes[1, 3, 7] += 1
    assert differs(SIGN, replace(STORED, predictions=classes))
    assert "other predictions: 1" in capsys.readouterr().out
