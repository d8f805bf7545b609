"""How every page begins, and how it goes on where a part of it lacks something."""

from collections.abc import Callable, Iterable

import streamlit as st

from models import NudgeError, PretrainedError, Variant
from views import resources, text, trouble
from views.state import View, current, open_address


def begin(name: str) -> None:
    """Bring the session to the address, and say what of it had to be adjusted."""
    resources.tune_process()
    if notices := open_address(name):
        st.caption(f":material/info: {text.address_notice(notices)}")


def draw(*parts: Callable[[View], None]) -> None:
    """One part after another; what one lacks, the others may not need."""
    for part in parts:
        try:
            part(current())
        except NudgeError as error:
            trouble.explain(error)


def readable(variants: Iterable[Variant]) -> list[Variant]:
    """Those whose cards can be read; what is wrong with the others is told."""
    return [variant for variant in variants if _has_card(variant)]


def _has_card(variant: Variant) -> bool:
    try:
        return bool(variant.card.total)
    except PretrainedError as error:
        trouble.explain(error)
        return False
