"""Counts on a device that works, fails and comes back: a backend of PyTorch's, tests/standin.py."""

import time
from collections.abc import Iterator

import pytest
import torch

from models import Architecture, Dataset, Variant, load_model
from models.zoo import STANDARD
from nudge.attacks import random_direction
from nudge.devices import CPU
from nudge.evaluation.methods import COUNTED, Method
from nudge.evaluation.sweep import accuracy_curve
from nudge.evaluation.transferability import stream_transfer
from nudge.serving import device_choice, process, scheduler
from nudge.serving.background_job import Job
from nudge.serving.device_choice import DEVICE
from nudge.serving.live_curves import CurveSnapshot, LiveCurves
from nudge.serving.scheduler import Counter
from nudge.serving.transfer_job import transfer_job
from tests import standin
from tests.conftest import tiny_split

GRID = (0.0, 0.02, 0.1)
TOTAL = 230
SPLIT = tiny_split(TOTAL)
DIRECTIONS = random_direction(TOTAL)
OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
# What PyTorch says of a card that another program has, and of one that is gone.
TAKEN = RuntimeError("CUDA error: all CUDA-capable devices are busy or unavailable\nCompile with")
GONE = torch.AcceleratorError("CUDA error: unspecified launch failure")


@pytest.fixture(autouse=True)
def card() -> Iterator[torch.device]:
    """The stand-in counts, in this test alone."""
    device = standin.device()
    DEVICE.choose(device)
    yield device
    DEVICE.choose(CPU)


def curves_of(variant: str | Variant, method: Method = Method.FGSM) -> LiveCurves:
    return LiveCurves(load_model(variant), SPLIT, GRID, DIRECTIONS, method=method)


def watch(curves: LiveCurves, count: int = TOTAL) -> CurveSnapshot:
    deadline = time.monotonic() + 120
    while not (snapshot := curves.poll(count)).complete:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return snapshot


def on_the_cpu(variant: str | Variant, method: Method) -> CurveSnapshot:
    chosen = DEVICE.chosen
    DEVICE.choose(CPU)
    found = watch(curves_of(variant, method))
    DEVICE.choose(chosen)
    return found


@pytest.mark.parametrize("variant", [v for v in STANDARD if "fashion" in v])
def test_counts_there_are_those_of_the_cpu(variant: str) -> None:
    here = on_the_cpu(variant, Method.FGSM)
    before = standin.FAULT.operations
    there = watch(curves_of(variant))
    assert standin.FAULT.operations > before
    assert there.pair == here.pair
    assert there.flip_steps == here.flip_steps
    assert (here.effort.threads > 0, here.effort.cards) == (True, ())
    assert there.effort.threads == 0
    assert [name.partition(":")[0] for name in there.effort.cards] == [standin.NAME]
    assert there.effort.pictures == TOTAL
    assert there.effort.failure is None


@pytest.mark.parametrize("method", COUNTED[1:])
def test_so_are_those_of_other_attacks(method: Method) -> None:
    assert watch(curves_of("fashion-fcnn", method)).pair == on_the_cpu("fashion-fcnn", method).pair


@pytest.mark.parametrize("error", [OUT_OF_MEMORY, TAKEN, GONE], ids=["memory", "taken", "gone"])
@pytest.mark.parametrize("after", [0, 40, 600], ids=["as it is set up", "soon", "mid-count"])
def test_the_cpu_goes_on_where_the_device_fails(error: RuntimeError, after: int) -> None:
    curves = curves_of("fashion-fcnn")
    with standin.failing(error, after=after):
        snapshot = watch(curves)
        assert DEVICE.now == CPU
    assert snapshot.pair.attacked == accuracy_curve(load_model("fashion-fcnn"), *SPLIT, GRID)
    assert snapshot.effort.threads > 0
    assert bool(snapshot.effort.cards) == (after == 600)  # where a batch was whole before
    assert snapshot.effort.failure
    assert snapshot.effort.failure in str(error)
    assert "\n" not in snapshot.effort.failure


def test_what_was_whole_is_not_counted_again() -> None:
    curves = curves_of("fashion-fcnn")
    watch(curves, 100)
    there: list[slice] = []
    here: list[slice] = []
    for device, counter in list(curves._counters.items()):
        asked = here if device == CPU else there

        def count(batch: slice, asked: list[slice] = asked, counter: object = counter) -> object:
            asked.append(batch)
            return counter.count(batch)  # type: ignore[attr-defined]

        curves._counters[device] = Counter(count, counter.most)  # type: ignore[arg-type]
    with standin.failing(OUT_OF_MEMORY, after=20):
        watch(curves)
    assert [batch.start for batch in there] == [100]  # which failed
    assert sorted((b.start, b.stop) for b in here) == [(100, 150), (150, 200), (200, 230)]


def test_the_device_is_tried_again_after_a_while_and_not_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with standin.failing(OUT_OF_MEMORY):
        watch(curves_of("fashion-fcnn"), 50)
    before = standin.FAULT.operations
    assert watch(curves_of("fashion-fcnn"), 50).effort.cards == ()
    assert standin.FAULT.operations == before  # it was left alone
    monkeypatch.setattr(device_choice, "RETRY_AFTER", 0.0)
    assert DEVICE.failure is None
    again = watch(curves_of("fashion-fcnn"), 50)
    assert again.effort.cards
    assert again.effort.failure is None


def test_an_error_of_the_count_is_no_failure_of_the_device(card: torch.device) -> None:
    def broken(device: torch.device) -> Counter[int]:
        def count(batch: slice) -> int:
            raise ValueError("expected a model, got none")

        return Counter(count, most=100)

    job = Job(broken, 0, total=50)
    job.poll()
    deadline = time.monotonic() + 30
    while not job.rests:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    with pytest.raises(ValueError, match="expected a model"):
        job.poll()
    assert DEVICE.now == card


@pytest.mark.parametrize("after", [None, 0, 2000])
def test_transfer_is_counted_there_and_goes_on_here(after: int | None) -> None:
    names = [f"{Dataset.FASHION}-{network}" for network in Architecture if network != "imported"]
    networks = [load_model(name) for name in names]
    job = transfer_job(networks, SPLIT, GRID, DIRECTIONS)
    with standin.failing(OUT_OF_MEMORY, after=10**9 if after is None else after):
        deadline = time.monotonic() + 120
        while not (look := job.poll()).complete:
            assert time.monotonic() < deadline
            time.sleep(0.005)
    *_, expected = stream_transfer(networks, *SPLIT, GRID, control=DIRECTIONS)
    assert (look.value.correct == expected.correct).all()
    assert look.value.total == TOTAL
    assert (look.effort.failure is None) == (after is None)


def test_a_cards_batch_grows_while_it_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counter(device: torch.device) -> Counter[int]:
        def count(batch: slice) -> int:
            asked.append(batch.stop - batch.start)
            return asked[-1]

        return Counter(count, most=1000)

    job = Job(counter, 0, total=5000)
    while not (look := job.poll()).complete:
        time.sleep(0.002)
    assert look.value == 5000
    assert asked[:4] == [50, 200, 800, 1000]  # 1,000 fit
    assert max(asked) == 1000
    asked.clear()
    monkeypatch.setattr(scheduler, "CARD_STEP", 0.0)
    slow = Job(counter, 0, total=500)
    while not slow.poll().complete:
        time.sleep(0.002)
    assert set(asked) == {50}


@pytest.mark.parametrize("name", ["", "auto", "cpu", "gpu", "cuda:99", "mps:x", "7"])
def test_a_device_is_chosen_by_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    process.choose_device(name, where="NUDGE_DEVICE")
    deadline = time.monotonic() + 30
    while DEVICE.problem is None and DEVICE.now.type == standin.NAME:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    problem, DEVICE.problem = DEVICE.problem, None
    if name in ("", "auto", "cpu"):
        assert problem is None
        assert DEVICE.now.type in ("cpu", "cuda", "mps")
        return
    assert problem is not None
    told = capsys.readouterr().err
    assert told == f"error: {problem}\n"
    assert told.count("\n") == 1
    assert name in told
    assert "NUDGE_DEVICE" in told
