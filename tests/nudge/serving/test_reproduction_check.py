from dataclasses import replace

import numpy as np
import pytest

from models import VARIANTS
from nudge.evaluation.sweep import EPSILONS, AccuracyCurve
from nudge.serving.live_curves import CurvePair, CurveSnapshot
from nudge.serving.reproduction_check import agreement

CARD = VARIANTS["sign-fcnn"].card
RECORDED = np.arange(CARD.total).astype(np.uint8) % 62


def snapshot(steps: bytes) -> CurveSnapshot:
    curves = (AccuracyCurve(EPSILONS, tuple(c), len(steps)) for c in (CARD.fgsm, CARD.random))
    return CurveSnapshot(CurvePair(*curves), CARD.total, seconds_left=0.0, flip_steps=steps)


def test_all_pictures_and_all_counts() -> None:
    found = agreement(snapshot(RECORDED.tobytes()), CARD, RECORDED)
    assert (found.pictures, found.same, found.differing) == (CARD.total, CARD.total, 0)
    assert found.equal


def test_one_count_that_differs() -> None:
    card = replace(CARD, random=(CARD.random[0] + 1, *CARD.random[1:]))
    found = agreement(snapshot(RECORDED.tobytes()), card, RECORDED)
    assert found.differing == 1
    assert not found.equal


@pytest.mark.parametrize("count", [0, 1, 150])
def test_counts_of_a_part_are_compared_with_nothing(count: int) -> None:
    found = agreement(snapshot(RECORDED[:count].tobytes()), CARD, RECORDED)
    assert (found.pictures, found.same, found.differing) == (count, count, None)
    assert found.equal


def test_one_picture_that_differs() -> None:
    live = RECORDED[:150].copy()
    live[149] += 1
    found = agreement(snapshot(live.tobytes()), CARD, RECORDED)
    assert (found.pictures, found.same) == (150, 149)
    assert not found.equal
