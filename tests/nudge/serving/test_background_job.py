import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
import torch

from nudge.devices import CPU
from nudge.serving import scheduler
from nudge.serving.background_job import Job, JobSnapshot
from nudge.serving.scheduler import Counter, StepExecutor

SIZE = 10  # pictures in a batch


class Pictures:
    """Counts pictures; waits and fails on demand."""

    def __init__(self) -> None:
        self.calls = 0
        self.broken = False
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, device: torch.device) -> Counter[int]:
        assert device == CPU
        return Counter(self.count, most=1000)

    def count(self, batch: slice) -> int:
        self.gate.wait(timeout=30)
        if self.broken:
            raise RuntimeError("broken")
        self.calls += 1
        return int(batch.stop - batch.start)


def job_of(counter: Pictures, batches: int) -> Job[int]:
    return Job(counter, 0, total=batches * SIZE, batch_size=SIZE)


@pytest.fixture(params=[1, 2, 4])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    executor = StepExecutor(request.param)
    monkeypatch.setattr(scheduler, "EXECUTOR", executor)
    yield request.param
    executor.close()


def watch(job: Job[int]) -> list[JobSnapshot[int]]:
    """Look until it is complete."""
    looks = [job.poll()]
    deadline = time.monotonic() + 30
    while not looks[-1].complete:
        assert time.monotonic() < deadline
        time.sleep(0.001)
        looks.append(job.poll())
    return looks


def test_counts_its_batches_and_no_more(threads: int) -> None:
    counter = Pictures()
    looks = watch(job_of(counter, 5))
    assert (looks[0].value, looks[0].seconds_left) == (0, None)
    assert (looks[-1].value, looks[-1].effort.pictures, looks[-1].seconds_left) == (50, 50, 0)
    assert all(look.value == look.effort.pictures for look in looks)
    assert counter.calls == 5
    assert looks[-1].effort.threads == threads
    assert not looks[-1].effort.cards


def test_many_look_at_one_count_without_waiting(threads: int) -> None:
    counter = Pictures()
    counter.gate.clear()
    job = job_of(counter, 5)
    start = time.monotonic()
    assert {job.poll().value for _ in range(100)} == {0}
    assert time.monotonic() - start < 5  # the gate would hold it for 30
    counter.gate.set()
    watch(job)
    assert counter.calls == 5


def test_as_many_batches_at_once_as_there_are_threads(threads: int) -> None:
    """And in turns: three jobs come forward together."""
    guard, inside, most, order = threading.Lock(), 0, 0, list[int]()

    def counter_of(number: int) -> Callable[[torch.device], Counter[int]]:
        def count(batch: slice) -> int:
            nonlocal inside, most
            with guard:
                inside += 1
                most = max(most, inside)
                order.append(number)
            time.sleep(0.002)
            with guard:
                inside -= 1
            return 1

        return lambda device: Counter(count, most=1000)

    jobs = [Job(counter_of(number), 0, total=20, batch_size=1) for number in range(3)]
    for job in jobs:
        job.poll()
    for job in jobs:
        assert watch(job)[-1].value == 20
    assert most == threads
    if threads == 1:  # of several, two may take a step of the same job at once
        assert all(a != b for a, b in pairwise(order[6:50]))
    part = order[3 * threads : 30 + 3 * threads]
    assert all(abs(part.count(number) - 10) <= threads + 1 for number in range(3))


def test_batches_are_kept_in_order(threads: int) -> None:
    """However long each takes."""

    class Listed(list[int]):
        def __add__(self, other: list[int]) -> "Listed":  # type: ignore[override]
            return Listed([*self, *other])

    def count(batch: slice) -> Listed:
        time.sleep(0.005 * (batch.start % 3))
        return Listed([batch.start])

    job = Job(lambda device: Counter(count, most=1000), Listed(), total=20, batch_size=1)
    deadline = time.monotonic() + 30
    while not (look := job.poll()).complete:
        assert look.value == list(range(len(look.value)))
        assert time.monotonic() < deadline
        time.sleep(0.001)
    assert look.value == list(range(20))


def test_what_is_urgent_goes_first(threads: int) -> None:
    begun, passed = threading.Event(), threading.Event()
    longest = scheduler.LONGEST_WAIT * threads  # together they pass as often as one thread would

    def between_two_passes() -> None:
        begun.set()
        scheduler.FOREGROUND.yield_to_foreground()
        passed.set()

    with scheduler.FOREGROUND:
        started = time.monotonic()
        other = threading.Thread(target=between_two_passes)
        other.start()
        assert begun.wait(30)
        assert not passed.wait(longest / 2)
        assert passed.wait(30)  # but not for ever
        assert time.monotonic() - started > longest / 2
    other.join()
    started = time.monotonic()
    scheduler.FOREGROUND.yield_to_foreground()
    assert time.monotonic() - started < longest / 2


def test_rests_when_nobody_looks(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Pictures()
    counter.gate.clear()
    job = job_of(counter, 50)
    job.poll()  # as many batches begin as there are threads
    monkeypatch.setattr(scheduler, "WATCH_TIMEOUT", 0.0)
    counter.gate.set()
    deadline = time.monotonic() + 30
    while not job.rests:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert counter.calls <= threads
    monkeypatch.setattr(scheduler, "WATCH_TIMEOUT", 5.0)
    assert watch(job)[-1].value == 500


def test_a_failure_is_told_once_and_then_started_over(threads: int) -> None:
    counter = Pictures()
    job = job_of(counter, 5)
    counter.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        watch(job)
    counter.broken = False
    assert watch(job)[-1].value == 50
