"""Taking a view along: its address for the class's phones, and the code that makes it anew."""

import socket
from urllib.parse import urlencode, urlsplit, urlunsplit

import segno
import streamlit as st

from nudge.own import Preparation
from views import text
from views.snippet import snippet
from views.state import View

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def show(view: View, own: Preparation | None, *, generated: bool) -> None:
    """What of a view can be taken along; somebody's own picture, so prepared, has no address."""
    if "share" in view.hide:
        return
    box = st.popover(text.SHARE, icon=":material/qr_code_2:", key="share", on_change="rerun")
    if not box.open:  # what stands in it is of the moment at which it is opened
        return
    with box:
        if own is None:
            url = link(view)
            code = segno.make(url, error="m").svg_data_uri(scale=6, border=3, light="white")
            st.html(f'<img src="{code}" alt="{text.QR_ALT}" style="width:min(100%,300px)">')
            st.code(url, language=None, wrap_lines=True)
            if urlsplit(url).hostname in LOOPBACK:
                st.caption(text.QR_LOCAL)
        st.caption(text.CODE_HELP)
        st.code(snippet(view, own, generated=generated), language="python")


def link(view: View, page: str = "") -> str:
    """The address of a view, as others on the same network can open it.

    `page` is the last part of its path: empty for the explorer.
    """
    return f"{base()}{page}?{urlencode(view.to_query())}"


def base() -> str:
    """The address of this server, as others on the same network can open it."""
    scheme, place, *_ = urlsplit(st.context.url or "http://localhost:8501/")
    host = urlsplit(f"//{place}").hostname
    if host in LOOPBACK and (address := own_address()):
        port = urlsplit(f"//{place}").port
        place = f"{address}:{port}" if port else address
    return urlunsplit((scheme, place, "/", "", ""))


def own_address() -> str | None:
    """The address of this machine on its network; None where it has none.

    Nothing is sent: connecting a datagram socket only looks up the way.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # of a range that is kept for documentation
            address: str = probe.getsockname()[0]
        except OSError:
            return None
    return address if address not in LOOPBACK else None
