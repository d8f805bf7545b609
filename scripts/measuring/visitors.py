"""One visitor of the explorer without a browser: Streamlit's websocket, and what is said on it.

A page is a conversation in protocol buffers: the visitor sends `BackMsg` (run the script again,
with this address and these widgets), the server sends `ForwardMsg` (elements, then "finished").
"""

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from torch import Tensor
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

from models import Dataset, Variant
from nudge.evaluation.sweep import EPSILONS
from views import text
from views.session.state import View

# What Streamlit's own page sends in the place of a token; a third one is the session it had.
_PROTOCOLS = ("streamlit", "PLACEHOLDER_AUTH_TOKEN")
_PATIENCE = 60.0  # seconds until an answer is an error
_RETRY = 0.5  # seconds until the next try to connect, as Streamlit's own page begins


class VisitError(Exception):
    """What a visitor should never have seen."""


@dataclass
class Seen:
    """What the page shows now."""

    query: dict[str, str] = field(default_factory=dict)  # the address
    picture: str = ""  # of the stage, base64
    networks: tuple[str, ...] = ()  # on the stage, by their titles
    fragment: str = ""  # that of the stage
    opened: int = 0
    page: str = ""  # hash of the page's script


class Visitor:
    """Somebody with a page open. `run` keeps it open; the other methods wait for what is shown."""

    def __init__(self, url: str, view: View, pictures: Mapping[Dataset, Tensor]) -> None:
        """`pictures`, uint8 (N, 28, 28), are those that the stage ought to show."""
        self.url, self.view, self._pictures = url, view, pictures
        self.seen = Seen(query=view.to_query())
        self.replica = ""  # the cookie by which a proxy knows where this visitor belongs
        self.connections = 0
        self.error: VisitError | None = None
        self._socket: ClientConnection | None = None
        self._session = ""
        self._states: dict[str, WidgetState] = {}  # by key
        self._reached = asyncio.Event()
        self._poll: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Keep the page open, connecting again whenever the connection breaks, until cancelled."""
        while True:
            with suppress(ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
                await self._converse()
            self._stop_polling()
            await asyncio.sleep(_RETRY)

    async def _converse(self) -> None:
        host = self.url.removeprefix("http://")
        protocols = [*_PROTOCOLS, self._session] if self._session else _PROTOCOLS
        async with connect(
            f"ws://{host}/_stcore/stream",
            subprotocols=[Subprotocol(name) for name in protocols],
            origin=Origin(self.url),
            additional_headers={"Cookie": self.replica} if self.replica else None,
            max_size=None,
            compression=None,
            open_timeout=_PATIENCE,
        ) as socket:
            self._take_cookie(socket)
            self._socket = socket
            self.connections += 1
            # What the address says is what is left where a server went away with its sessions.
            self.seen = Seen(query=self.seen.query)
            self.view, _ = View.from_query(self.seen.query)
            try:
                await self._send()
                async for message in socket:
                    self._hear(ForwardMsg.FromString(bytes(message)))  # type: ignore[arg-type]
            finally:
                self._socket = None

    def _take_cookie(self, socket: ClientConnection) -> None:
        given = socket.response.headers.get("Set-Cookie") if socket.response else None
        if given:
            self.replica = given.split(";")[0]

    # What is sent

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
        # While there is no connection this is sent with the next one's first message.
        with suppress(ConnectionClosed):
            await self._send(fragment)
        return await waiting

    async def _wait(self) -> float:
        start = time.perf_counter()
        self._reached.clear()
        try:
            await asyncio.wait_for(self._reached.wait(), _PATIENCE)
        except TimeoutError:
            self.error = self.error or VisitError(
                f"no answer within {_PATIENCE:.0f} s: expected {self.view.to_query()}, "
                f"shown is {self.seen.query} with {self.seen.networks}"
            )
        if self.error is not None:
            raise self.error
        return time.perf_counter() - start

    async def _send(self, fragment: str = "", *, polling: bool = False) -> None:
        if self._socket is None:
            return
        message = BackMsg()
        run = message.rerun_script
        run.query_string = urlencode(self.seen.query)
        run.page_script_hash = self.seen.page
        run.fragment_id = fragment
        run.is_auto_rerun = polling
        run.widget_states.widgets.extend(self._states.values())
        run.context_info.url = self.url
        await self._socket.send(message.SerializeToString())

    # What is heard

    def is_served(self) -> bool:
        """Whether the page shows this visitor's own view."""
        images = self._pictures[self.view.dataset]
        picture = base64.b64encode(images[self.view.image].numpy().tobytes()).decode("ascii")
        return (
            self.seen.query == self.view.to_query()
            and self.seen.picture == picture
            and self.seen.networks == (text.common.variant(self.view.variant),)
        )

    def _hear(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._session = message.new_session.initialize.session_id
                self.seen.page = message.new_session.page_script_hash
                if not message.metadata.run.fragment_ids:
                    self._stop_polling()
            case "page_info_changed":
                values = parse_qs(message.page_info_changed.query_string)
                self.seen.query = {name: value[0] for name, value in values.items()}
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._take_element(message)
            case "auto_rerun":
                self._stop_polling()
                rerun = message.auto_rerun
                polling = self._keep_polling(rerun.fragment_id, rerun.interval)
                self._poll = asyncio.create_task(polling)
            case "session_event" if message.session_event.HasField("script_compilation_exception"):
                self._fail("the script does not compile")
            case "script_finished":
                if self.is_served():
                    self._reached.set()

    def _take_element(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self._fail(f"{element.exception.type}: {element.exception.message}")
        elif kind == "button_group":
            group = element.button_group
            chosen = WidgetState(id=group.id)
            usual = [group.options[index].content for index in group.default]
            chosen.string_array_value.data.extend(group.raw_values if group.set_value else usual)
            self._mount(chosen, told=group.set_value)
        elif kind == "selectbox":
            box = element.selectbox
            value = box.raw_value if box.set_value else box.options[box.default]
            self._mount(WidgetState(id=box.id, string_value=value), told=box.set_value)
        elif kind == "number_input":
            number = element.number_input
            self._mount(WidgetState(id=number.id, double_value=number.value), told=number.set_value)
        elif kind == "bidi_component" and _key(element.bidi_component.id) == "stage":
            self._mount(WidgetState(id=element.bidi_component.id, json_value="{}"), told=False)
            self._take_scene(*json.loads(element.bidi_component.json))
            self.seen.fragment = message.delta.fragment_id

    def _mount(self, state: WidgetState, *, told: bool) -> None:
        """A widget is drawn. It keeps what was done to it, unless it was told its value.

        Streamlit's page sends the values of all widgets with every message; one that is missing
        has gone for the server, and its value with it.
        """
        known = self._states.get(_key(state.id))
        if told or known is None:
            self._states[_key(state.id)] = state
        else:
            known.id = state.id

    def _take_scene(self, scene: Mapping[str, Any]) -> None:
        self.seen.picture = scene["picture"]
        self.seen.networks = tuple(network["title"] for network in scene["networks"])
        self.seen.opened = scene["opened"]

    def _fail(self, what: str) -> None:
        self.error = VisitError(what)
        self._reached.set()

    async def _keep_polling(self, fragment: str, interval: float) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await self._send(fragment, polling=True)

    def _stop_polling(self) -> None:
        if self._poll is not None:
            self._poll.cancel()
            self._poll = None


def _key(identity: str) -> str:
    """The key that a widget was given; its identity is "$$ID-(hash)-(key)"."""
    return identity.split("-", 2)[2]
