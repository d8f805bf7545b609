"""A page without a browser: Streamlit's websocket, and what is said on it.

A page is a conversation in protocol buffers: the visitor sends `BackMsg` (run the script again,
with this address and these widgets), the server sends `ForwardMsg` (elements, then "finished").
"""

import asyncio
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

# What Streamlit's own page sends in the place of a token; a third one is the session it had.
_PROTOCOLS = ("streamlit", "PLACEHOLDER_AUTH_TOKEN")
PATIENCE = 60.0  # seconds until an answer is an error
_RETRY = 0.5  # seconds until the next try to connect, as Streamlit's own page begins


class VisitError(Exception):
    """What a visitor should never have seen."""


class Conversation:
    """Somebody with a page open, whose kinds say what they wait for and what they look at.

    `run` keeps the page open; whoever waits is told by `is_served`, after every run of the script.
    """

    def __init__(self, url: str, query: dict[str, str], page: str = "") -> None:
        """`query` is the address's, `page` the last part of its path; empty for the first page."""
        self.url, self.query = url, query
        self.replica = ""  # the cookie by which a proxy knows where this visitor belongs
        self.connections = 0
        self.error: VisitError | None = None
        self._name, self._page = page, ""  # the page's name, the hash of its script
        self._socket: ClientConnection | None = None
        self._session = ""
        self._states: dict[str, WidgetState] = {}  # by key
        self._reached = asyncio.Event()
        self._poll: asyncio.Task[None] | None = None

    # What kinds of visitors say

    def is_served(self) -> bool:
        """Whether the page shows what this visitor waits for."""
        raise NotImplementedError

    def _connected(self) -> None:
        """The conversation begins, for the first time or again."""

    def _begun(self) -> None:
        """The whole script runs: everything that is shown is drawn again."""

    def _take(self, kind: str, element: Any, fragment: str) -> None:
        """An element was drawn, inside that fragment if it is one's."""
        raise NotImplementedError

    # Being there

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
            open_timeout=PATIENCE,
        ) as socket:
            self._take_cookie(socket)
            self._socket = socket
            self.connections += 1
            self._page = ""
            self._connected()
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

    async def _wait(self) -> float:
        """Seconds until the page shows what is waited for. Raises VisitError."""
        start = time.perf_counter()
        self._reached.clear()
        try:
            await asyncio.wait_for(self._reached.wait(), PATIENCE)
        except TimeoutError:
            self.error = self.error or VisitError(self._missed())
        if self.error is not None:
            raise self.error
        return time.perf_counter() - start

    def _missed(self) -> str:
        """What to say where nothing came."""
        return f"no answer within {PATIENCE:.0f} s: shown is {self.query}"

    # What is sent

    async def _say(self, fragment: str = "", pressed: WidgetState | None = None) -> None:
        """Send what was done; while there is no connection, the next one's first message does."""
        with suppress(ConnectionClosed):
            await self._send(fragment, pressed=pressed)

    async def _send(
        self, fragment: str = "", *, polling: bool = False, pressed: WidgetState | None = None
    ) -> None:
        if self._socket is None:
            return
        message = BackMsg()
        run = message.rerun_script
        run.query_string = urlencode(self.query)
        run.page_script_hash = self._page
        if not self._page:
            run.page_name = self._name
        run.fragment_id = fragment
        run.is_auto_rerun = polling
        run.widget_states.widgets.extend(self._states.values())
        if pressed is not None:
            run.widget_states.widgets.append(pressed)
        run.context_info.url = f"{self.url}/{self._name}"
        await self._socket.send(message.SerializeToString())

    def _mount(self, key: str, state: WidgetState, *, told: bool) -> None:
        """A widget is drawn. It keeps what was done to it, unless it was told its value.

        Streamlit's page sends the values of all widgets with every message; one that is missing
        has gone for the server, and its value with it.
        """
        known = self._states.get(key)
        if told or known is None:
            self._states[key] = state
        else:
            known.id = state.id

    # What is heard

    def _hear(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._session = message.new_session.initialize.session_id
                if not message.metadata.run.fragment_ids:
                    self._stop_polling()
                    self._begun()
            case "navigation":
                self._page = message.navigation.page_script_hash
            case "page_info_changed":
                values = parse_qs(message.page_info_changed.query_string)
                self.query = {name: value[0] for name, value in values.items()}
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._take_element(message.delta.new_element, message.delta.fragment_id)
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

    def _take_element(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self._fail(f"{element.exception.type}: {element.exception.message}")
        elif kind is not None:
            self._take(kind, getattr(element, kind), fragment)

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


def key_of(identity: str) -> str:
    """The key that a widget was given; its identity is "$$ID-(hash)-(key)"."""
    return identity.split("-", 2)[2]
