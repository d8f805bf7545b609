"""A class of many phones: how long joining takes, and an answer's way to the projector."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from scripts.measuring.class_members import Student, Teacher
from scripts.measuring.conversation import VisitError
from views import text

ANSWERING = 20.0  # seconds within which a class answers a question
CHANGING = 0.3  # of the students change their answer once
LEAST_CHOICES = 2  # that every question has


@dataclass
class RoomReport:
    """What the people of one room went through; times are in seconds."""

    joined: list[float] = field(default_factory=list)  # from a phone's first message
    on_projector: list[float] = field(default_factory=list)  # from an answer's message
    on_phone: list[float] = field(default_factory=list)  # from "Show" to the truth on a phone
    errors: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """The rows of a table."""
        rows = [("joins", f"{len(self.joined)}"), ("errors", f"{sum(self.errors.values())}")]
        rows += _times("join", self.joined)
        rows += [("answers", f"{len(self.on_projector)}")] if self.on_projector else []
        rows += _times("answer on the projector", self.on_projector)
        rows += _times("truth on a phone", self.on_phone)
        return [
            *(f"| {name} | {value} |" for name, value in rows),
            *(f"{count} x {what}" for what, count in self.errors.most_common()),
        ]


def _times(name: str, values: Sequence[float]) -> list[tuple[str, str]]:
    if len(values) < 2:
        return []
    return [
        (f"{name}, median", f"{median(values):.2f} s"),
        (f"{name}, 95th percentile", f"{quantiles(values, n=20)[-1]:.2f} s"),
        (f"{name}, slowest", f"{max(values):.2f} s"),
    ]


async def hold_a_class(
    url: str, students: int, arriving: float, questions: int, answering: float = ANSWERING
) -> RoomReport:
    """Start a class at a server's address, let students join, and ask so many questions."""
    report, teacher = RoomReport(), Teacher(url)
    there = [asyncio.create_task(teacher.run())]
    try:
        code = await teacher.start()
        phones = [Student(url, f"student-{number}", code) for number in range(students)]
        async with asyncio.TaskGroup() as group:
            for phone in phones:
                there.append(asyncio.create_task(phone.run()))
                group.create_task(_join(phone, report))
                await asyncio.sleep(arriving / students)
        for number in range(questions):
            await _ask(teacher, phones, number, answering, report)
    except VisitError as error:
        report.errors[str(error)[:300]] += 1
    finally:
        for task in there:
            task.cancel()
        await asyncio.gather(*there, return_exceptions=True)
    return report


async def _join(phone: Student, report: RoomReport) -> None:
    try:
        report.joined.append(await phone.join())
    except VisitError as error:
        report.errors[str(error)[:300]] += 1


async def _ask(
    teacher: Teacher, phones: Sequence[Student], number: int, answering: float, report: RoomReport
) -> None:
    first = number == 0
    await teacher.turn(text.classroom.ASK if first else text.classroom.NEXT, text.classroom.CLOSE)
    teacher.sightings.clear()
    heading = f"{re.escape(text.classroom.asked(number))}:.*"
    await asyncio.gather(*(phone.sees(heading) for phone in phones))
    luck = random.Random(number)  # noqa: S311 (nothing secret)
    sent = await asyncio.gather(*(_answer(phone, luck, answering) for phone in phones))
    await teacher.sees(re.escape(f"## {text.classroom.answered(len(phones))}"))
    report.on_projector += [
        seen - moment for moment, seen in zip(sorted(sent), teacher.sightings, strict=True)
    ]
    await teacher.turn(text.classroom.CLOSE, text.classroom.SHOW)
    showing = asyncio.create_task(teacher.turn(text.classroom.SHOW, text.classroom.NEXT))
    report.on_phone += await asyncio.gather(*(phone.sees("### It is .*") for phone in phones))
    await showing


async def _answer(phone: Student, luck: random.Random, answering: float) -> float:
    """The moment at which the first answer was sent."""
    after, choices = luck.uniform(0, answering), [luck.randrange(LEAST_CHOICES) for _ in "ab"]
    again = luck.random() < CHANGING
    await asyncio.sleep(after)
    moment = await phone.answer(choices[0])
    await phone.sees("(?s).*Your answer is .*")
    if again:
        await phone.answer(choices[1])
    return moment
