"""What is being looked at, as the address says it: a link opens the very view."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from models import VARIANTS, Architecture, Dataset, PixelOrder, Variant
from nudge.sources import SOURCES
from nudge.sweep import EPSILON_STEP, EPSILONS

E = TypeVar("E", bound=StrEnum)

_WRITTEN = "_written"  # session key: the addresses that this session had, the last one last
_NOTICES = "_notices"  # session key: what of the address had to be adjusted


@dataclass(frozen=True)
class View:
    """One view of the explorer. The fields are the parameters of the address, and widget keys."""

    dataset: Dataset = Dataset.FASHION
    architecture: Architecture = Architecture.CNN
    pixels: PixelOrder = PixelOrder.ORDERED
    epsilon: float = 0.05
    image: int = 0  # index in the test set

    @property
    def variant(self) -> Variant:
        return next(
            v
            for v in VARIANTS.values()
            if (v.dataset, v.architecture, v.pixels)
            == (self.dataset, self.architecture, self.pixels)
        )

    def to_query(self) -> dict[str, str]:
        return {
            name: f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple["View", list[str]]:
        """The view that an address asks for, and what of it had to be adjusted, in words.

        What cannot be read falls back to the default, epsilon snaps to its grid, an index past
        the end of the test set to the last picture. Nothing raises: anybody can write an address.
        """
        notices: list[str] = []

        def choose(name: str, default: E) -> E:
            asked = query.get(name, default)
            if asked in list(type(default)):
                return type(default)(asked)
            notices.append(f"{name} is {default}, for want of {_quoted(asked)}")
            return default

        default = cls()
        dataset = choose("dataset", default.dataset)
        architecture = choose("architecture", default.architecture)
        pixels = choose("pixels", default.pixels)
        epsilon = _snap(query.get("epsilon"), default.epsilon, notices)
        last = SOURCES[dataset].splits["test"].total - 1
        image = _index(query.get("image"), default.image, last, notices)
        return cls(dataset, architecture, pixels, epsilon, image), notices


def _snap(asked: str | None, default: float, notices: list[str]) -> float:
    if asked is None:
        return default
    try:
        value = float(asked)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        step = min(max(round(value / EPSILON_STEP), 0), len(EPSILONS) - 1)
        snapped = EPSILONS[step]
    else:
        snapped = default
    if snapped != value:
        notices.append(f"epsilon is {snapped:g}, for want of {_quoted(asked)}")
    return snapped


def _index(asked: str | None, default: int, last: int, notices: list[str]) -> int:
    if asked is None:
        return default
    # isdecimal knows other scripts' digits, which int reads too; the length bounds the work.
    index = min(int(asked), last) if asked.isdecimal() and len(asked) <= 9 else default
    if str(index) != asked:
        notices.append(f"image is {index}, for want of {_quoted(asked)}")
    return index


def _quoted(asked: str) -> str:
    """Somebody's text as Markdown code, in which nothing else has a meaning, cut short."""
    return "`" + "".join(c for c in asked[:20] if c.isprintable() and c != "`") + "`"


def open_address() -> list[str]:
    """Bring the widgets' state to what the address says, if it was changed from outside.

    Called before any widget is made. Returns what had to be adjusted, in words.
    """
    query = st.query_params.to_dict()
    written = st.session_state.setdefault(_WRITTEN, deque(maxlen=100))
    # A click that the browser sent before it heard of the last address still carries the one
    # before; taking that over would undo the click before this one.
    if query not in written or _is_history_navigation():
        view, st.session_state[_NOTICES] = View.from_query(query)
        st.session_state.update(_values(view))
        written.append(query)
    else:
        # Streamlit forgets the state of a widget that a run did not make; the address has it.
        view, _ = View.from_query(written[-1])
        for name, value in _values(view).items():
            st.session_state.setdefault(name, value)
    notices: list[str] = st.session_state.get(_NOTICES, [])
    return notices


def _is_history_navigation() -> bool:
    """Whether this run answers the browser's back or forward button."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def write_address(view: View) -> None:
    """Bring the address to what is shown."""
    query = view.to_query()
    written = st.session_state[_WRITTEN]
    if query != written[-1]:
        st.session_state[_NOTICES] = []
        written.append(query)
        st.query_params.from_dict(query)


def current() -> View:
    """The view that the widgets' state stands for."""
    return View(**{name: st.session_state[name] for name in _values(View())})


def _values(view: View) -> dict[str, object]:
    return {field.name: getattr(view, field.name) for field in fields(view)}
