"""Where a browser lends a page its camera: in secure contexts only."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import streamlit as st

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def lends_camera() -> bool:
    """Whether the visitor's browser lends this page a camera, should there be one."""
    return is_secure(st.context.url or "http://localhost:8501/")


def is_secure(url: str) -> bool:
    """Whether a browser takes what comes from a web address for a secure context.

    What counts is the address that the browser itself went to, as with a proxy that speaks https
    for a server that does not. The rule is that of https://www.w3.org/TR/secure-contexts/ (3.1).
    """
    address = urlsplit(url)
    host = (address.hostname or "").removesuffix(".")
    if address.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return any(ip_address(host) in network for network in _LOOPBACK)
    except ValueError:  # the name of another computer
        return False
