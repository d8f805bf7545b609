import pytest

from nudge.serving import fair_queue
from nudge.serving.fair_queue import FairQueue


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("nudge.serving.fair_queue.time.monotonic", lambda: now[0])
    return now


def test_first_come_first_served() -> None:
    line = FairQueue[str]()
    assert line.stand("ada", "a").served
    assert [s.what for s in line.stand("ben", "b").ahead] == ["a"]
    assert [s.what for s in line.stand("cid", "c").ahead] == ["a", "b"]
    assert [s.number for s in line.poll()] == [1, 2, 3]
    line.leave("ada")
    assert line.stand("ben", "b").served
    assert [s.what for s in line.stand("cid", "c").ahead] == ["b"]
    assert line.stand("cid", "c").own.number == 3  # stays who it was


def test_cancelling_in_the_middle_lets_the_others_move_up() -> None:
    line = FairQueue[str]()
    for who in ("ada", "ben", "cid"):
        line.stand(who, who)
    line.leave("ben")
    line.leave("nobody")
    assert [s.what for s in line.stand("cid", "cid").ahead] == ["ada"]


def test_another_wish_goes_to_the_end() -> None:
    line = FairQueue[str]()
    line.stand("ada", "a")
    line.stand("ben", "b")
    assert [s.what for s in line.stand("ada", "other").ahead] == ["b"]
    assert line.stand("ben", "b").served


def test_who_says_nothing_has_left(clock: list[float]) -> None:
    line = FairQueue[str]()
    line.stand("ada", "a")
    clock[0] += fair_queue.QUEUE_TIMEOUT - 1
    assert not line.stand("ben", "b").served
    clock[0] += 2
    assert line.stand("ben", "b").served
    assert [s.what for s in line.poll()] == ["b"]
    assert [s.what for s in line.stand("ada", "a").ahead] == ["b"]
