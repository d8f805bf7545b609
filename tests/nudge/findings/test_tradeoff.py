import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import VARIANTS
from nudge.findings.tradeoff import ASSIGNMENT, TradeOff, trade_off
from tests.conftest import CHECKOUT

GRID = (0.0, 0.1, 0.2, 0.3, 0.4)


def of(lost: list[float], similarity: list[float]) -> TradeOff:
    return TradeOff(GRID, np.array(lost), np.array(similarity))


def test_a_hill_by_hand() -> None:
    found = of([0, 0.5, 0.8, 0.9, 1.0], [1, 0.9, 0.6, 0.52, 0.1])
    assert found.scores == pytest.approx([0, 0.45, 0.48, 0.468, 0.1])
    assert found.best == 0.2
    assert found.nearly == (0.2, 0.3)  # 0.45 is 93.75 % of 0.48


def test_lines_have_their_best_in_the_middle() -> None:
    """Loss that rises and similarity that falls in a line: t (1 - t) is largest at one half."""
    assert of([0, 0.25, 0.5, 0.75, 1], [1, 0.75, 0.5, 0.25, 0]).best == 0.2


def test_either_end_missed_is_no_score() -> None:
    found = of([0, 0, 0.2, 1, 1], [1, 1, 0.5, 0, -0.3])
    assert found.scores.tolist() == [0, 0, 0.1, 0, 0]
    assert found.nearly == (0.2, 0.2)


def test_a_second_hill_is_no_part_of_the_range() -> None:
    found = of([0, 0.5, 0.1, 0.5, 0.1], [1, 1, 1, 0.98, 1])
    assert (found.best, found.nearly) == (0.1, (0.1, 0.1))


SHARES = st.lists(st.floats(0.01, 1), min_size=5, max_size=5)


@given(SHARES, SHARES, st.floats(0.1, 1), st.floats(0.1, 1))
def test_units_do_not_matter(lost: list[float], alike: list[float], a: float, b: float) -> None:
    """And no epsilon is better at both ends than the best."""
    found = of(lost, alike)
    other = of([a * x for x in lost], [b * x for x in alike])
    at, best = found.scores[GRID.index(other.best)], found.scores.max()
    assert at == pytest.approx(best)
    k = GRID.index(found.best)
    assert not any(x > lost[k] and y > alike[k] for x, y in zip(lost, alike, strict=True))


@pytest.mark.parametrize("name", VARIANTS)
def test_of_the_cards(name: str) -> None:
    """Computed again from the file, picture counts and all."""
    card = json.loads((CHECKOUT / "pretrained" / "index.json").read_text())[name]
    clean = card["fgsm"][0]
    scores = [(1 - n / clean) * s for n, s in zip(card["fgsm"], card["ssim"], strict=True)]
    found = trade_off(VARIANTS[name].card)
    assert found.best == card["epsilons"][scores.index(max(scores))]
    low, high = found.nearly
    inside = [s for e, s in zip(card["epsilons"], scores, strict=True) if low <= e <= high]
    assert min(inside) >= 0.95 * max(scores)
    assert low <= found.best <= high


def test_what_the_assignment_says_is_what_results_cite() -> None:
    results = (CHECKOUT / "RESULTS.md").read_text()
    low, high = ASSIGNMENT[VARIANTS["fashion-cnn"].dataset]
    assert re.search(rf"best trade-off at {low:g} to {high:g}", results)
    assert ASSIGNMENT[VARIANTS["sign-cnn"].dataset] == (0.02, 0.02)
    assert results.count("above 0.02") >= 2
