"""A teacher and students of a class, without browsers."""

import asyncio
import json
import re
import time
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState

from scripts.measuring.conversation import PATIENCE, Conversation, VisitError, key_of
from views import text
from views.session.classroom import ROOM


class Member(Conversation):
    """Somebody with the class's page open, whose browser remembers a name."""

    def __init__(self, url: str, name: str, code: str = "") -> None:
        super().__init__(url, {ROOM: code} if code else {}, "class")
        self.name, self.key = name, ""
        self.buttons: dict[str, str] = {}  # identities, by label
        self.words: list[str] = []  # everything that was written since the page was drawn
        self._awaited: re.Pattern[str] = re.compile("")
        self._telling: set[asyncio.Task[None]] = set()

    async def sees(self, pattern: str) -> float:
        """Seconds until some words match all of the pattern, 0 where they stand there already."""
        self._awaited = re.compile(pattern, re.DOTALL)
        return 0.0 if self.is_served() else await self._wait()

    async def press(self, label: str) -> None:
        """Press the button of that label."""
        await self._say(pressed=WidgetState(id=self.buttons[label], trigger_value=True))

    async def rename(self, name: str) -> None:
        """Claim another name than the one that was told, and wait until the page is drawn again."""
        self.name = name
        told = json.loads(self._states["memory"].json_value)["known"]
        self._states["memory"].json_value = json.dumps({"known": [name, *told[1:]]})
        waiting = asyncio.ensure_future(self._wait())
        await asyncio.sleep(0)
        await self._say()
        await waiting

    def is_served(self) -> bool:
        return any(self._awaited.fullmatch(words) for words in self.words)

    def _missed(self) -> str:
        return f"{super()._missed()}, expected is {self._awaited.pattern!r}, read {self.words}"

    def _begun(self) -> None:
        self.buttons, self.words = {}, []

    def _take(self, kind: str, element: Any, fragment: str) -> None:
        if kind in ("markdown", "alert", "heading"):
            self._read(element.body)
        elif kind == "button":
            self.buttons[element.label] = element.id
        elif kind == "bidi_component" and key_of(element.id) == "memory":
            self._remember(element.id, *json.loads(element.json))

    def _read(self, words: str) -> None:
        self.words.append(words)

    def _remember(self, identity: str, told: dict[str, Any]) -> None:
        """What views/parts/memory.js does."""
        self.key = told["key"] or self.key
        known = [self.name, self.key, told["code"]]
        state = WidgetState(id=identity, json_value=json.dumps({"known": known}))
        self._mount("memory", state, told=True)
        if told["known"] != known:
            task = asyncio.create_task(self._say())
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)


class Teacher(Member):
    """Who leads the class, with the page on the projector."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "teacher")
        self.sightings: list[float] = []  # when the projector first showed so many answers

    async def start(self) -> str:
        """Start a class; returns its code."""
        await self.sees(re.escape(text.classroom.LEAD))
        await self.press(text.classroom.START)
        await self.sees(re.escape(text.classroom.HOW))
        while text.classroom.ASK not in self.buttons:
            await asyncio.sleep(0.05)
        return self.query[ROOM]

    async def turn(self, label: str, then: str) -> None:
        """Press a button, and wait until the one that follows it is there."""
        await self.press(label)
        try:
            async with asyncio.timeout(PATIENCE):
                while then not in self.buttons:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise VisitError(
                f"no {then!r} within {PATIENCE:.0f} s of {label!r}: {list(self.buttons)}, "
                f"{self.connections} connections"
            ) from None

    def _read(self, words: str) -> None:
        super()._read(words)
        count = re.fullmatch(r"## (\d+)\D+", words)
        if count and words == f"## {text.classroom.answered(int(count[1]))}":
            new = int(count[1]) - len(self.sightings)
            self.sightings += [time.perf_counter()] * new


class Student(Member):
    """Who answers."""

    def __init__(self, url: str, name: str, code: str) -> None:
        super().__init__(url, name, code)
        self._epsilons: list[str] = []  # of a question with a slider

    async def join(self) -> float:
        """Seconds until the page stands in the room."""
        return await self.sees(re.escape(text.classroom.WAITING))

    async def answer(self, place: int) -> float:
        """Take a choice, as far as there are so many; returns the moment at which it was sent."""
        if self._epsilons:
            self._states["slider"].string_array_value.data[:] = [self._epsilons[place]]
            sent = text.classroom.SEND
            label = sent if sent in self.buttons else text.classroom.CHANGE
        else:
            label = list(self.buttons)[place % len(self.buttons)]
        moment = time.perf_counter()
        await self.press(label)
        return moment

    def _begun(self) -> None:
        super()._begun()
        self._epsilons = []
        self._states.pop("slider", None)

    def _take(self, kind: str, element: Any, fragment: str) -> None:
        super()._take(kind, element, fragment)
        if kind == "slider":
            self._epsilons = list(element.options)
            state = WidgetState(id=element.id)
            state.string_array_value.data.append(self._epsilons[int(element.default[0])])
            self._mount("slider", state, told=True)
