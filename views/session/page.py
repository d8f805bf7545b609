"""How every page begins, and how it goes on where a part of it lacks something."""

from collections.abc import Callable, Iterable

import streamlit as st

from models import Variant
from views import text
from views.session import resources
from views.session.error_notice import Attempts
from views.session.state import View, current, open_address
from views.session.streamlit_patches import harden


def begin(name: str) -> None:
    """Bring the session to the address, and say what of it had to be adjusted."""
    resources.tune_process()
    harden()
    resources.own_networks()  # before the address, which may name one
    if notices := open_address(name):
        st.caption(f":material/info: {text.common.address_notice(notices)}")


def draw(*parts: Callable[[View], None], attempt: Attempts | None = None) -> None:
    """One part after another; what one lacks, the others may not need."""
    attempt = attempt or Attempts()
    for part in parts:
        with attempt():
            part(current())


def readable(variants: Iterable[Variant], attempt: Attempts | None = None) -> list[Variant]:
    """Those whose cards can be read; what is wrong with the others is told."""
    found, attempt = [], attempt or Attempts()
    for variant in variants:
        with attempt():
            found += [variant] if variant.card.total else []
    return found
