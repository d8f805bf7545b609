"""Taking a view along: its address for the class's phones, and the code that computes it."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import segno
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nudge.pictures.preprocessing import Preparation
from views import text
from views.parts import links
from views.parts.snippet import snippet
from views.session.error_notice import Attempts
from views.session.state import View


@dataclass(frozen=True)
class SavedPage:
    """A file to take home."""

    name: str
    html: str


def show(
    view: View,
    own: Preparation | None,
    *,
    generated: bool,
    save: Callable[[], SavedPage],
) -> None:
    """What of a view can be taken along; somebody's own picture, so prepared, has no address.

    `save` makes the page that can be taken home.
    """
    if "share" in view.hide:
        return
    box = st.popover(text.share.SHARE, icon=":material/qr_code_2:", key="share", on_change="rerun")
    if not box.open:  # what stands in it is of the moment at which it is opened
        return
    with box:
        if own is None:
            url = link(view)
            code = segno.make(url, error="m").svg_data_uri(scale=6, border=3, light="white")
            st.html(f'<img src="{code}" alt="{text.share.QR_ALT}" style="width:min(100%,300px)">')
            st.code(url, language=None, wrap_lines=True)
            if _is_this_machine(urlsplit(url).hostname or ""):
                st.caption(text.share.QR_LOCAL)
            links.link("class", text.share.CLASS, view, icon=":material/co_present:")
        with Attempts()():
            page = save()
            st.download_button(
                text.share.SAVE_PAGE,
                page.html,
                page.name,
                "text/html",
                help=text.share.SAVE_PAGE_HELP,
                icon=":material/save:",
                on_click="ignore",
            )
        st.caption(text.share.CODE_HELP)
        st.code(snippet(view, own, generated=generated), language="python", wrap_lines=True)


def link(view: View, page: str = "") -> str:
    """The address of a view, as others on the same network can open it.

    `page` is the last part of its path: empty for the explorer.
    """
    return f"{base()}{page}?{urlencode(view.to_query())}"


def base() -> str:
    """The address of the folder of all pages, as others on the same network can open it."""
    # Streamlit's own pages load their parts from "./", so this is right wherever a page was loaded.
    scheme, place, path, *_ = urlsplit(urljoin(browser_address(), "./"))
    if address := host_for_others():
        port = urlsplit(f"//{place}").port
        place = f"{address}:{port}" if port else address
    return urlunsplit((scheme, place, path, "", ""))


def host_for_others() -> str | None:
    """What others on the network write in place of the host of the browser's own address.

    None where they write the same, and where this machine has no network.
    """
    host = urlsplit(browser_address()).hostname
    return own_address() if host and _is_this_machine(host) else None


def browser_address() -> str:
    """What stands in the browser, but for the query.

    `st.context.url` is not it: in a folder named my-classes it cuts the page's name off the folder.
    """
    context = get_script_run_ctx()
    info = context.context_info if context else None
    return info.url if info and info.url else "http://localhost:8501/"


def _is_this_machine(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


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
    return None if _is_this_machine(address) else address
