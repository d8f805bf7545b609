import numpy as np

from models import PRETRAINED, VARIANTS
from models.card_files import CONFUSIONS, FLIP_STEPS, read_array
from models.epsilons import NEVER_FLIPS
from nudge.evaluation.per_class import class_curves, ends, flips_by_step

# Two classes of four pictures each, three epsilons.
CONFUSIONS_OF_EIGHT = np.array(
    [
        [[[0, 0], [1, 0]], [[0, 0], [1, 0]], [[0, 0], [1, 0]]],
        [[[4, 0], [0, 3]], [[3, 1], [2, 1]], [[1, 3], [3, 0]]],
    ]
)


def test_what_falls_first() -> None:
    curves = class_curves(CONFUSIONS_OF_EIGHT)
    assert curves.totals.tolist() == [4, 4]
    assert curves.right.tolist() == [[4, 3], [3, 1], [1, 0]]
    assert curves.falls().tolist() == [2, 1]
    half = np.array([[[[0, 0], [0, 0]]] * 2, [[[4, 0], [0, 4]], [[2, 2], [3, 1]]]])
    assert class_curves(half).falls().tolist() == [
        2,
        1,
    ]  # half is not less than half
    assert curves.order().tolist() == [1, 0]


def test_the_cards_say_the_same() -> None:
    for variant in VARIANTS.values():
        card = variant.card
        curves = class_curves(read_array(PRETRAINED / CONFUSIONS, variant.id))
        assert curves.right.sum(axis=1).tolist() == list(card.fgsm)
        assert curves.totals.tolist() == list(card.class_totals)
        assert curves.right[0].tolist() == list(card.class_correct)
        counts = flips_by_step(read_array(PRETRAINED / FLIP_STEPS, variant.id), 61)
        assert counts.sum() == card.total
        assert counts[0] == card.total - card.fgsm[0]


def test_both_ends() -> None:
    flip_steps = np.array([3, NEVER_FLIPS, 1, 0, 2, 1, NEVER_FLIPS], dtype=np.uint8)
    assert ends(flip_steps, 2) == ([2, 5], [1, 6])
    assert ends(flip_steps, 4) == ([2, 5, 4, 0], [1, 6, 0, 4])
    assert ends(flip_steps[3:4], 4) == ([], [])
    assert flips_by_step(flip_steps, 4).tolist() == [1, 2, 1, 1, 2]
