"""A class of people without browsers, on a real server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nudge.classroom.opening import open_store
from scripts.measuring.browsing import serving
from scripts.measuring.class_members import Student, Teacher
from scripts.measuring.room_load import RoomReport, hold_a_class
from tests.looping import finish
from views import text


@pytest.fixture
def url(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NUDGE_ROOMS", str(tmp_path))
    with serving(data_dir) as served:
        yield served.url


def test_a_small_class_answers_and_sees_the_truth(url: str) -> None:
    report = finish(hold_a_class(url, students=4, arriving=1, questions=2, answering=2))
    assert not report.errors
    assert (len(report.joined), len(report.on_projector), len(report.on_phone)) == (4, 8, 8)
    assert all(0 < seconds < 10 for seconds in (*report.on_projector, *report.on_phone))


def test_whoever_takes_other_names_answers_once(url: str, tmp_path: Path) -> None:
    async def lesson() -> dict[int, int]:
        teacher = Teacher(url)
        there = [asyncio.create_task(teacher.run())]
        code = await teacher.start()
        student = Student(url, "ada", code)
        there.append(asyncio.create_task(student.run()))
        await student.join()
        await teacher.turn(text.classroom.ASK, text.classroom.CLOSE)
        for name in ("ada", "ben", "eve"):
            await student.sees(".*" + text.classroom.asked(0) + ".*")
            await student.rename(name)
            await student.answer(3)
            await student.sees("(?s).*Your answer is .*")
        store = open_store(str(tmp_path))
        counts = dict(store.counts(code, 0))
        store.close()
        for task in there:
            task.cancel()
        await asyncio.gather(*there, return_exceptions=True)
        return counts

    assert finish(lesson()) == {3: 1}


def test_the_report_by_hand() -> None:
    report = RoomReport(joined=[0.1] * 3, on_projector=[0.2, 0.3, 0.4, 0.5], on_phone=[1.0, 2.0])
    rows = dict(line.strip("| ").split(" | ") for line in report.lines())
    assert rows["joins"] == "3"
    assert rows["answer on the projector, median"] == "0.35 s"
    assert rows["truth on a phone, slowest"] == "2.00 s"
