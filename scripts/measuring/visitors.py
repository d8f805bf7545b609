"""A visitor of the explorer without a browser."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState
from torch import Tensor

from models import Dataset, Variant
from nudge.evaluation.sweep import EPSILONS
from scripts.measuring.conversation import Conversation, key_of
from views import text
from views.session.state import View


@dataclass
class Seen:
    """What the stage shows now."""

    picture: str = ""  # base64
    networks: tuple[str, ...] = ()  # by their titles
    fragment: str = ""  # that of the stage
    opened: int = 0


class Visitor(Conversation):
    """Somebody with the explorer open. `run` keeps it open; the other methods wait for a view."""

    def __init__(self, url: str, view: View, pictures: Mapping[Dataset, Tensor]) -> None:
        """`pictures`, uint8 (N, 28, 28), are those that the stage ought to show."""
        super().__init__(url, view.to_query())
        self.view, self._pictures = view, pictures
        self.seen = Seen()

    def _connected(self) -> None:
        # What the address says is what is left where a server went away with its sessions.
        self.seen = Seen()
        self.view, _ = View.from_query(self.query)

    async def poll(self) -> float:
        """Seconds until the page shows the visitor's view."""
        return await self._wait()

    async def move(self, step: int) -> float:
        """Release the slider at a step of `EPSILONS`; returns the seconds until it is answered."""
        view = replace(self.view, epsilon=EPSILONS[step])
        self._states["stage"].json_value = json.dumps({"step": [self.seen.opened, step]})
        return await self._change(view, self.seen.fragment)

    async def choose_picture(self, index: int) -> float:
        """Go to another test picture; returns the seconds until it is shown."""
        self._states["image"].double_value = index
        return await self._change(replace(self.view, image=index))

    async def choose_network(self, variant: Variant) -> float:
        """Go to another network of the same data set; returns the seconds until it is shown."""
        chosen = {
            "architecture": text.common.ARCHITECTURES[variant.architecture],
            "pixels": text.common.PIXELS[variant.pixels],
        }
        for key, name in chosen.items():
            self._states[key].string_array_value.data[:] = [name]
        view = replace(self.view, architecture=variant.architecture, pixels=variant.pixels)
        return await self._change(view)

    async def _change(self, view: View, fragment: str = "") -> float:
        self.view = view
        waiting = asyncio.ensure_future(self._wait())
        await asyncio.sleep(0)
        await self._say(fragment)
        return await waiting

    def _missed(self) -> str:
        return f"{super()._missed()} with {self.seen.networks}, expected is {self.view.to_query()}"

    def is_served(self) -> bool:
        """Whether the page shows this visitor's own view."""
        images = self._pictures[self.view.dataset]
        picture = base64.b64encode(images[self.view.image].numpy().tobytes()).decode("ascii")
        return (
            self.query == self.view.to_query()
            and self.seen.picture == picture
            and self.seen.networks == (text.common.variant(self.view.variant),)
        )

    def _take(self, kind: str, element: Any, fragment: str) -> None:
        if kind == "button_group":
            chosen = WidgetState(id=element.id)
            usual = [element.options[index].content for index in element.default]
            chosen.string_array_value.data.extend(
                element.raw_values if element.set_value else usual
            )
            self._mount(key_of(element.id), chosen, told=element.set_value)
        elif kind == "selectbox":
            value = element.raw_value if element.set_value else element.options[element.default]
            state = WidgetState(id=element.id, string_value=value)
            self._mount(key_of(element.id), state, told=element.set_value)
        elif kind == "number_input":
            state = WidgetState(id=element.id, double_value=element.value)
            self._mount(key_of(element.id), state, told=element.set_value)
        elif kind == "bidi_component" and key_of(element.id) == "stage":
            self._mount("stage", WidgetState(id=element.id, json_value="{}"), told=False)
            (scene,) = json.loads(element.json)
            self.seen = Seen(
                picture=scene["picture"],
                networks=tuple(network["title"] for network in scene["networks"]),
                fragment=fragment,
                opened=scene["opened"],
            )
