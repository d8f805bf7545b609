import threading
from collections.abc import Iterator

import pytest
from torch import Tensor, nn

from nudge.attacks import random_direction
from nudge.live import CurvePair, LiveCurves
from nudge.sweep import accuracy_curve
from tests.conftest import tiny_split

GRID = (0.0, 0.01, 0.1)


class Counting(nn.Module):
    """Counts the batches it is given, and fails on demand."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.calls = 0
        self.broken = False

    def forward(self, pictures: Tensor) -> Tensor:
        self.calls += 1
        if self.broken:
            raise RuntimeError("broken")
        logits: Tensor = self.network(pictures)
        return logits


@pytest.fixture
def model(small_network: nn.Module) -> Counting:
    return Counting(small_network).eval()


def _check(pair: CurvePair, model: nn.Module, count: int) -> None:
    images, labels = (values[:count] for values in tiny_split(450))
    directions = random_direction(count)
    assert pair.total == count
    assert pair.fgsm == accuracy_curve(model, images, labels, GRID)
    assert pair.random == accuracy_curve(model, images, labels, GRID, directions=directions)


def test_grows_to_the_count_and_equals_the_curve(model: Counting) -> None:
    pairs = list(LiveCurves(model, tiny_split(450), GRID).over(300))
    assert [p.total for p in pairs] == [0, 100, 200, 300]
    for pair in pairs[1:]:
        _check(pair, model, pair.total)


def test_the_last_batch_may_be_smaller(model: Counting) -> None:
    *_, last = LiveCurves(model, tiny_split(450), GRID).over(10_000)
    _check(last, model, 450)


def test_nothing_is_computed_twice(model: Counting) -> None:
    curves = LiveCurves(model, tiny_split(450), GRID)
    list(curves.over(300))
    calls = model.calls
    assert [p.total for p in curves.over(300)] == [300]
    assert [p.total for p in curves.over(100)] == [100]
    assert model.calls == calls


def test_an_abandoned_computation_goes_on_where_it_stopped(model: Counting) -> None:
    curves = LiveCurves(model, tiny_split(450), GRID)
    left: Iterator[CurvePair] = curves.over(450)
    next(left), next(left)
    del left
    pairs = list(curves.over(300))
    assert [p.total for p in pairs] == [100, 200, 300]
    _check(pairs[-1], model, 300)


def test_many_watch_one_computation(model: Counting) -> None:
    curves = LiveCurves(model, tiny_split(450), GRID)
    results: list[CurvePair] = []

    def watch() -> None:
        *_, last = curves.over(450)
        results.append(last)

    threads = [threading.Thread(target=watch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == 8
    assert len(set(results)) == 1
    # Five batches, each with a gradient and twice as many forward passes as epsilons.
    assert model.calls == 5 * (1 + 2 * len(GRID))


def test_recovers_from_a_failure(model: Counting) -> None:
    curves = LiveCurves(model, tiny_split(450), GRID)
    list(curves.over(100))
    model.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        list(curves.over(200))
    model.broken = False
    *_, last = curves.over(200)
    _check(last, model, 200)
