import pytest

from nudge import turns
from nudge.turns import Line


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("nudge.turns.time.monotonic", lambda: now[0])
    return now


def test_first_come_first_served() -> None:
    line = Line[str]()
    assert line.stand("ada", "a").served
    assert [s.what for s in line.stand("ben", "b").ahead] == ["a"]
    assert [s.what for s in line.stand("cid", "c").ahead] == ["a", "b"]
    assert [s.number for s in line.look()] == [1, 2, 3]
    line.leave("ada")
    assert line.stand("ben", "b").served
    assert [s.what for s in line.stand("cid", "c").ahead] == ["b"]
    assert line.stand("cid", "c").own.number == 3  # stays who it was


def test_cancelling_in_the_middle_lets_the_others_move_up() -> None:
    line = Line[str]()
    for who in ("ada", "ben", "cid"):
        line.stand(who, who)
    line.leave("ben")
    line.leave("nobody")
    assert [s.what for s in line.stand("cid", "cid").ahead] == ["ada"]


def test_another_wish_goes_to_the_end() -> None:
    line = Line[str]()
    line.stand("ada", "a")
    line.stand("ben", "b")
    assert [s.what for s in line.stand("ada", "other").ahead] == ["b"]
    assert line.stand("ben", "b").served


def test_who_says_nothing_has_left(clock: list[float]) -> None:
    line = Line[str]()
    line.stand("ada", "a")
    clock[0] += turns.PATIENCE - 1
    assert not line.stand("ben", "b").served
    clock[0] += 2
    assert line.stand("ben", "b").served
    assert [s.what for s in line.look()] == ["b"]
    assert [s.what for s in line.stand("ada", "a").ahead] == ["b"]
