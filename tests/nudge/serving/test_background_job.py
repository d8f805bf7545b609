import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pytest

from nudge.serving import scheduler
from nudge.serving.background_job import Job, JobSnapshot


class Counter:
    """Yields 0, 1, 2, ...; waits and fails on demand."""

    def __init__(self) -> None:
        self.calls = 0
        self.broken = False
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self) -> Iterator[int]:
        yield 0
        for value in range(1, 100):
            self.gate.wait(timeout=30)
            if self.broken:
                raise RuntimeError("broken")
            self.calls += 1
            yield value


def watch(job: Job[int]) -> list[JobSnapshot[int]]:
    """Look until it is complete."""
    looks = [job.poll()]
    deadline = time.monotonic() + 30
    while not looks[-1].complete:
        assert time.monotonic() < deadline
        time.sleep(0.001)
        looks.append(job.poll())
    return looks


def test_takes_its_steps_and_no_more() -> None:
    counter = Counter()
    looks = watch(Job(counter, steps=5))
    assert (looks[0].value, looks[0].seconds_left) == (0, None)
    assert (looks[-1].value, looks[-1].done, looks[-1].seconds_left) == (5, 5, 0)
    assert all(look.value == look.done for look in looks)
    assert counter.calls == 5


def test_many_look_at_one_computation_without_waiting() -> None:
    counter = Counter()
    counter.gate.clear()
    job = Job(counter, steps=5)
    start = time.monotonic()
    assert {job.poll().value for _ in range(100)} == {0}
    assert time.monotonic() - start < 5  # the gate would hold it for 30
    counter.gate.set()
    watch(job)
    assert counter.calls == 5


def test_one_step_at_a_time_in_the_whole_process() -> None:
    """And in turns: three jobs come forward together."""
    inside, order = list[int](), list[int]()

    def stream(number: int) -> Iterator[int]:
        yield 0
        for step in range(1, 21):
            inside.append(number)
            time.sleep(0.002)
            assert inside.pop() == number
            assert not inside
            order.append(number)
            yield step

    jobs = [Job(partial(stream, number), steps=20) for number in range(3)]
    for job in jobs:
        job.poll()
    for job in jobs:
        assert watch(job)[-1].value == 20
    together = order[6:50]
    assert all(a != b for a, b in pairwise(together))


def test_what_is_urgent_goes_first() -> None:
    begun, passed = threading.Event(), threading.Event()

    def between_two_passes() -> None:
        begun.set()
        scheduler.FOREGROUND.yield_to_foreground()
        passed.set()

    with scheduler.FOREGROUND:
        started = time.monotonic()
        other = threading.Thread(target=between_two_passes)
        other.start()
        assert begun.wait(30)
        assert not passed.wait(scheduler.LONGEST_WAIT / 2)
        assert passed.wait(30)  # but not for ever
        assert time.monotonic() - started > scheduler.LONGEST_WAIT / 2
    other.join()
    started = time.monotonic()
    scheduler.FOREGROUND.yield_to_foreground()
    assert time.monotonic() - started < scheduler.LONGEST_WAIT / 2


def test_rests_when_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "WATCH_TIMEOUT", 0.0)
    counter = Counter()
    job = Job(counter, steps=50)
    job.poll()
    time.sleep(0.2)
    assert counter.calls < 50
    monkeypatch.setattr(scheduler, "WATCH_TIMEOUT", 5.0)
    assert watch(job)[-1].value == 50


def test_a_failure_is_told_once_and_then_started_over() -> None:
    counter = Counter()
    job = Job(counter, steps=5)
    counter.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        watch(job)
    counter.broken = False
    assert watch(job)[-1].value == 5
