"""What is right of a class's question, on paths and cards whose answer is known."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from models import VARIANTS
from nudge.findings import class_answers
from nudge.findings.class_answers import Tally, Truth
from nudge.neighbourhood.probability_path import ProbabilityPath


def path(predictions: Sequence[int]) -> ProbabilityPath:
    """One that predicts these classes, of three, at epsilons 0, 0.1 and so on."""
    epsilons = tuple(step / 10 for step in range(len(predictions)))
    return ProbabilityPath(epsilons, torch.eye(3)[list(predictions)])


def test_the_class_that_is_predicted() -> None:
    assert class_answers.predicted(path([0, 0, 2]), 2).places == {2}


@pytest.mark.parametrize(
    ("predictions", "place"), [([0, 0, 1, 0], 2), ([1, 0, 0, 0], 0), ([0, 0, 0, 0], 4)]
)
def test_the_first_wrong_step(predictions: list[int], place: int) -> None:
    """Later ones may be right again; a picture that is wrong from the start flips at once."""
    assert class_answers.first_wrong(path(predictions), 0, never=4).places == {place}


def test_networks_that_stand_longest_may_tie() -> None:
    early, late, never = path([0, 1, 1]), path([0, 0, 1]), path([0, 0, 0])
    assert class_answers.stands_longest([early, late], 0).places == {1}
    assert class_answers.stands_longest([late, early, late], 0).places == {0, 2}
    assert class_answers.stands_longest([late, never], 0).places == {1}


def test_half_of_what_was_right_is_wrong() -> None:
    card = VARIANTS["fashion-cnn"].card
    half = class_answers.half_wrong(card, never=99)
    (place,) = half.places
    assert 2 * card.fgsm[place] <= card.fgsm[0] < 2 * card.fgsm[place - 1]
    robust = replace(card, fgsm=(100,) * len(card.epsilons))
    assert class_answers.half_wrong(robust, never=99).places == {99}


def test_the_best_trade_off_is_that_of_the_page() -> None:
    card = VARIANTS["sign-fcnn"].card
    (place,) = class_answers.best_trade_off(card).places
    gained = [
        (1 - right / card.fgsm[0]) * similar
        for right, similar in zip(card.fgsm, card.ssim, strict=True)
    ]
    assert gained[place] == max(gained)


def test_a_class_is_tallied() -> None:
    tally = Tally({3: 2, 1: 2, 7: 1}, Truth(frozenset([1, 7])))
    assert (tally.total, tally.right, tally.most_frequent) == (5, 3, 1)
    assert [tally.truth.distance(choice) for choice in (0, 1, 3, 6)] == [1, 0, 2, 1]
    assert tally.truth.of("abcdefgh") == ["b", "h"]
    nobody = Tally({}, Truth(frozenset([0])))
    assert (nobody.total, nobody.right, nobody.most_frequent) == (0, 0, None)
