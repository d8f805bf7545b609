import subprocess
import sys
import threading
import time

import pytest
from torch import Tensor, nn

from models import load_model
from models.epsilons import NEVER_FLIPS
from nudge.attacks import random_direction
from nudge.evaluation.methods import COUNTED, Method
from nudge.evaluation.sweep import accuracy_curve
from nudge.serving import scheduler
from nudge.serving.live_curves import CurvePair, CurveSnapshot, LiveCurves
from nudge.serving.scheduler import StepExecutor
from tests.conftest import CHECKOUT, tiny_split

GRID = (0.0, 0.01, 0.1)
SPLIT = tiny_split(230)
DIRECTIONS = random_direction(230)


class WatchedNetwork(nn.Module):
    """Counts the batches it is given; waits and fails on demand."""

    def __init__(self, network: nn.Module, order: "list[WatchedNetwork] | None" = None) -> None:
        """Calls are noted in `order`, which several may share."""
        super().__init__()
        self.order = [] if order is None else order
        self.network = network
        self.calls = 0
        self.broken = False
        self.guard = threading.Lock()
        self.gate = threading.Event()
        self.gate.set()

    def forward(self, pictures: Tensor) -> Tensor:
        self.gate.wait(timeout=30)
        with self.guard:
            self.calls += 1
            self.order.append(self)
        if self.broken:
            raise RuntimeError("broken")
        logits: Tensor = self.network(pictures)
        return logits


@pytest.fixture
def model(small_network: nn.Module) -> WatchedNetwork:
    return WatchedNetwork(small_network).eval()


def start(model: nn.Module) -> LiveCurves:
    return LiveCurves(model, SPLIT, GRID, DIRECTIONS)


def watch(curves: LiveCurves, count: int) -> list[CurveSnapshot]:
    """Look until it is complete: every different snapshot on the way."""
    sights = [curves.poll(count)]
    deadline = time.monotonic() + 30
    while not sights[-1].complete:
        assert time.monotonic() < deadline
        time.sleep(0.002)
        if (snapshot := curves.poll(count)).pair != sights[-1].pair:
            sights.append(snapshot)
    return sights


def check(pair: CurvePair, model: WatchedNetwork, count: int) -> None:
    images, labels = (values[:count] for values in SPLIT)
    directions = DIRECTIONS[:count]
    assert pair.total == count
    assert pair.attacked == accuracy_curve(model.network, images, labels, GRID)
    assert pair.random == accuracy_curve(model.network, images, labels, GRID, directions=directions)


def test_grows_to_the_count_and_equals_the_curve(model: WatchedNetwork) -> None:
    first, *others = watch(start(model), 150)
    assert first.pair.total == 0
    assert first.seconds_left is None
    for snapshot in others:
        check(snapshot.pair, model, snapshot.pair.total)
    assert others[-1].pair.total == 150
    assert others[-1].seconds_left == 0


def test_all_pictures_and_no_more(model: WatchedNetwork) -> None:
    last = watch(start(model), 10_000)[-1]
    assert last.wanted == 230
    check(last.pair, model, 230)


def test_looking_never_waits(model: WatchedNetwork) -> None:
    curves = start(model)
    model.gate.clear()
    before = time.monotonic()
    for _ in range(100):
        assert not curves.poll(200).complete
    assert time.monotonic() - before < 5  # the gate would hold it for 30
    model.gate.set()
    check(watch(curves, 200)[-1].pair, model, 200)


def test_nothing_is_computed_twice(model: WatchedNetwork) -> None:
    curves = start(model)
    watch(curves, 200)
    calls = model.calls
    check(curves.poll(200).pair, model, 200)
    check(curves.poll(100).pair, model, 100)
    # Four batches, each with a forward pass for every epsilon of both kinds: that at epsilon 0 is
    # the one which FGSM's gradient needs.
    assert model.calls == calls == 4 * 2 * len(GRID)


def test_many_watch_one_computation(model: WatchedNetwork) -> None:
    curves = start(model)
    last: list[CurvePair] = []
    threads = [
        threading.Thread(target=lambda: last.append(watch(curves, 230)[-1].pair)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(last) == 8
    assert len(set(last)) == 1
    assert model.calls == 5 * 2 * len(GRID)


def test_rests_when_nobody_looks(model: WatchedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    model.gate.clear()
    curves = start(model)
    curves.poll(230)  # as many batches begin as there are threads
    monkeypatch.setattr(scheduler, "WATCH_TIMEOUT", 0.0)
    model.gate.set()
    deadline = time.monotonic() + 30
    while not curves.rests:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert 0 < model.calls <= scheduler.EXECUTOR.threads * 2 * len(GRID)
    monkeypatch.setattr(scheduler, "WATCH_TIMEOUT", 5.0)
    check(watch(curves, 230)[-1].pair, model, 230)


@pytest.mark.parametrize("method", COUNTED)
def test_counts_are_the_same_with_any_number_of_threads(
    method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, found = load_model("fashion-cnn"), []
    for threads in (1, 2, 5):
        executor = StepExecutor(threads)
        monkeypatch.setattr(scheduler, "EXECUTOR", executor)
        last = watch(LiveCurves(network, SPLIT, GRID, DIRECTIONS, method=method), 230)[-1]
        executor.close()
        assert last.effort.threads == threads
        found.append((last.pair, last.flip_steps))
    assert found[0] == found[1] == found[2]


def test_flip_steps_are_those_of_each_picture(model: WatchedNetwork) -> None:
    snapshot = watch(start(model), 100)[-1]
    assert len(snapshot.flip_steps) == 100
    for i, found in enumerate(snapshot.flip_steps):
        image, label = (values[i : i + 1] for values in SPLIT)
        right = accuracy_curve(model.network, image, label, GRID).correct
        assert found == (right.index(0) if 0 in right else NEVER_FLIPS)
    assert len(set(snapshot.flip_steps)) > 1


def test_peeking_has_nothing_computed(model: WatchedNetwork) -> None:
    curves = start(model)
    assert curves.snapshot(200).pair.total == 0
    time.sleep(0.1)
    assert model.calls == 0
    watch(curves, 100)
    snapshot = curves.snapshot(200)
    check(snapshot.pair, model, 100)
    assert not snapshot.complete
    assert len(snapshot.flip_steps) == 100


def test_who_is_forgotten_has_nothing_more_computed(
    model: WatchedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = StepExecutor(2)  # so that two batches are begun before ada is forgotten
    monkeypatch.setattr(scheduler, "EXECUTOR", executor)
    curves = start(model)
    model.gate.clear()
    curves.poll(230, "ada")
    curves.poll(100, "ben")
    curves.forget("ada")
    model.gate.set()
    deadline = time.monotonic() + 30
    while curves.snapshot(230).pair.total < 100:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    assert curves.snapshot(230).pair.total == 100  # what ben waits for, and no more
    executor.close()


def test_a_small_count_is_soon_done_beside_a_large_one(
    small_network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In turns: two batches of the one have about as many of the other beside them.

    By a single thread, whose order no other one changes.
    """
    executor = StepExecutor(1)
    monkeypatch.setattr(scheduler, "EXECUTOR", executor)
    order: list[WatchedNetwork] = []
    models = [WatchedNetwork(small_network, order).eval() for _ in range(2)]
    many = LiveCurves(models[0], tiny_split(1000), GRID, random_direction(1000))
    small = start(models[1])
    for model in models:
        model.gate.clear()
    many.poll(1000)
    small.poll(100)
    for model in models:
        model.gate.set()
    watch(small, 100)
    so_far = list(order)
    end = max(place for place, model in enumerate(so_far) if model is models[1])
    assert so_far[:end].count(models[0]) <= 4 * 2 * len(GRID)
    executor.close()


def test_a_failure_is_told_once_and_then_started_over(model: WatchedNetwork) -> None:
    curves = start(model)
    watch(curves, 50)
    model.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        watch(curves, 200)
    model.broken = False
    check(watch(curves, 200)[-1].pair, model, 200)


def test_the_end_of_the_process_is_waited_for() -> None:
    """A thread that dies within PyTorch takes the process down with a signal."""
    code = """
import time
from nudge.attacks import random_direction
from nudge.serving.live_curves import LiveCurves
from models import VARIANTS, build_model
from tests.conftest import tiny_split
model = build_model(VARIANTS["fashion-cnn"]).eval()
LiveCurves(model, tiny_split(2000), [0.1] * 20, random_direction(2000)).poll(2000)
time.sleep(0.3)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, timeout=60).returncode == 0
