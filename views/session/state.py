"""What is being looked at, as the address says it: a link opens the very view."""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from models import (
    CLASSES,
    STANDARD,
    VARIANTS,
    Architecture,
    Dataset,
    NudgeError,
    PixelOrder,
    Regime,
    Variant,
)
from models.zoo import KNOWN, OWN, TRAINED_HERE, find_variant
from nudge.data.sources import SOURCES
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILON_STEP, EPSILONS
from views import text
from views.session import resources

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

# Keys of the session's state.
_WRITTEN = "_written"  # the addresses that this session had, the last one last
_NOTICES = "_notices"  # what of the address had to be adjusted
_ARRIVED = "_arrived"  # the view that the address opened, as adjusted
_PAGE = "_page"  # the page of the last run
_NETWORK = "_network"  # somebody's own that was looked at, for other pages forget it
_OPENED = "_opened"  # how many addresses were opened, for the stage to tell them from its own


class Compare(StrEnum):
    """Which networks stand side by side."""

    ONE = "one"
    ALL = "all"  # of the data set and regime
    REGIMES = "regimes"  # one network, in every regime that it was trained in


class Panel(StrEnum):
    """What stands beside the pictures."""

    NONE = "none"
    MAP = "map"  # of the plane through the picture


WITH_OWN = ("explorer", "classes", "class")  # pages of one network, which may be somebody's own

# What `hide=` can take away for an exercise: controls, and parts of the stage.
HIDEABLE = (
    *(
        "dataset",
        "architecture",
        "pixels",
        "regime",
        "network",
        "compare",
        "method",
        "share",
        "image",
    ),
    *("gallery", "own", "count", "epsilon", "perturbation", "verdict", "bars", "paths"),
    *("accuracy", "scramble", "save", "panel"),
)


@dataclass(frozen=True)
class View:
    """One view of the explorer. The fields are the parameters of the address, and widget keys."""

    dataset: Dataset = Dataset.FASHION
    architecture: Architecture = Architecture.CNN
    pixels: PixelOrder = PixelOrder.ORDERED
    epsilon: float = 0.05
    image: int = 0  # index in the test set, or among the pictures that stand in for it
    # What follows stands in the address only where it is not as here.
    regime: Regime = Regime.STANDARD
    compare: Compare = Compare.ONE
    method: Method = Method.FGSM
    target: str | None = None  # the class that a targeted nudge leads to
    panel: Panel = Panel.NONE
    quiz: bool = False  # predict first
    hide: frozenset[str] = frozenset()
    variants: tuple[str, ...] = ()  # ids of those that a page compares, in the zoo's order
    network: str = ""  # one that somebody brought along, in place of architecture and pixels

    @property
    def variant(self) -> Variant:
        if self.network:
            return find_variant(self.network)
        return KNOWN[Variant(self.dataset, self.architecture, self.pixels, self.regime).id]

    @property
    def regimes(self) -> tuple[Regime, ...]:
        """Those in which this network was trained on pixels in this order."""
        if self.network:
            return (self.regime,)
        kind = (self.dataset, self.architecture, self.pixels)
        found = VARIANTS.values()
        return tuple(v.regime for v in found if (v.dataset, v.architecture, v.pixels) == kind)

    @property
    def on_stage(self) -> tuple[Variant, ...]:
        """Those on the explorer's stage."""
        match self.compare:
            case Compare.ONE:
                return (self.variant,)
            case Compare.ALL:
                return self.twins
            case Compare.REGIMES:
                return self.trainings

    @property
    def step(self) -> int:
        """Where epsilon stands among those that the method shows on one picture."""
        return self.method.shown_epsilons.index(self.epsilon)

    @property
    def trainings(self) -> tuple[Variant, ...]:
        """The network on pixels in its order, in all regimes that it was trained in."""
        return tuple(KNOWN[replace(self.variant, regime=r).id] for r in self.regimes)

    @property
    def four(self) -> tuple[Variant, ...]:
        """The standard ones of the data set."""
        return tuple(v for v in STANDARD.values() if v.dataset is self.dataset)

    @property
    def twins(self) -> tuple[Variant, ...]:
        """All of the data set that were trained in the same regime: four standard ones."""
        kind = (self.dataset, self.regime)
        return tuple(v for v in VARIANTS.values() if (v.dataset, v.regime) == kind)

    @property
    def compared(self) -> tuple[Variant, ...]:
        """Those that a page compares: the chosen ones, or else all trained in its regime."""
        return tuple(map(find_variant, self.variants)) or self.twins

    @property
    def target_index(self) -> int | None:
        """The position of the target among the classes; None where the nudge has none."""
        if self.method is not Method.TARGETED or self.target is None:
            return None
        return CLASSES[self.dataset].index(self.target)

    def to_query(self) -> dict[str, str]:
        query = {
            "dataset": str(self.dataset),
            "architecture": str(self.architecture),
            "pixels": str(self.pixels),
            "epsilon": f"{self.epsilon:g}",
            "image": str(self.image),
            "regime": "" if self.regime is Regime.STANDARD else str(self.regime),
            "compare": "" if self.compare is Compare.ONE else str(self.compare),
            "method": "" if self.method is Method.FGSM else str(self.method),
            "target": "" if self.target_index is None else str(self.target),
            "panel": "" if self.panel is Panel.NONE else str(self.panel),
            "quiz": "1" if self.quiz else "",
            "hide": ",".join(name for name in HIDEABLE if name in self.hide),
            "variants": ",".join(self.variants),
            "network": self.network,
        }
        return {name: value for name, value in query.items() if value}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple["View", list[str]]:
        """The view that an address asks for, and what of it had to be adjusted, in words.

        What cannot be read falls back to the default, epsilon snaps to its grid, an index past
        the end of the test set to the last picture. Nothing raises: anybody can write an address.
        """
        given = _Query(query)
        dataset = given.choice("dataset", cls.dataset)
        method = given.choice("method", cls.method)
        view = cls(
            dataset=dataset,
            architecture=given.choice("architecture", cls.architecture, TRAINED_HERE),
            pixels=given.choice("pixels", cls.pixels),
            epsilon=given.epsilon(cls.epsilon),
            image=given.index("image", cls.image, _last_official(dataset)),
            regime=given.choice("regime", cls.regime),
            compare=given.choice("compare", cls.compare),
            method=method,
            target=given.target(CLASSES[dataset]) if method is Method.TARGETED else None,
            panel=given.choice("panel", cls.panel),
            quiz=given.choice("quiz", _Switch.OFF) is _Switch.ON,
            hide=frozenset(given.listed("hide", HIDEABLE)),
            variants=given.listed("variants", (*VARIANTS, *OWN)),
            network=given.network(dataset),
        )
        if view.regime not in view.regimes:
            view = replace(view, regime=given.adjust("regime", cls.regime))
        if view.compare is Compare.REGIMES and len(view.regimes) == 1:
            view = replace(view, compare=given.adjust("compare", cls.compare))
        if view.panel is Panel.MAP and view.hide & {"verdict", "bars"}:  # which it would tell
            view = replace(view, panel=given.adjust("panel", cls.panel))
        return view, given.notices


_NAMES = tuple(field.name for field in fields(View))


def shown(method: Method, epsilon: float) -> float:
    """The largest epsilon that the method shows, up to that one."""
    return max(e for e in method.shown_epsilons if e <= epsilon)


class _Switch(StrEnum):
    OFF = "0"
    ON = "1"


class _Query:
    """What an address gives for each parameter. What has to be adjusted is noted, in words."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = query
        self.notices: list[str] = []

    def adjust(self, name: str, value: T) -> T:
        shown = f"{value:g}" if isinstance(value, float) else "none" if value == "" else value
        self.notices.append(f"{name} is {shown}, not {_quoted(self._query.get(name, ''))}")
        return value

    def choice(self, name: str, default: E, among: Iterable[E] = ()) -> E:
        """One of its kind, or of those given."""
        asked = self._query.get(name, default)
        options = {str(option): option for option in among or type(default)}
        return options[asked] if asked in options else self.adjust(name, default)

    def epsilon(self, default: float) -> float:
        """On the grid."""
        if (asked := self._query.get("epsilon")) is None:
            return default
        with suppress(ValueError):
            value = float(asked)
            if math.isfinite(value):
                inside = min(max(value, EPSILONS[0]), EPSILONS[-1])  # else a quotient may overflow
                snapped = EPSILONS[round(inside / EPSILON_STEP)]
                return snapped if snapped == value else self.adjust("epsilon", snapped)
        return self.adjust("epsilon", default)

    def index(self, name: str, default: int, last: int) -> int:
        if (asked := self._query.get(name)) is None:
            return default
        # isdecimal knows other scripts' digits, which int reads too; the length bounds the work.
        index = min(int(asked), last) if asked.isdecimal() and len(asked) <= 9 else default
        return index if str(index) == asked else self.adjust(name, index)

    def target(self, classes: tuple[str, ...]) -> str:
        asked = self._query.get("target", classes[0])
        return asked if asked in classes else self.adjust("target", classes[0])

    def network(self, dataset: Dataset) -> str:
        asked = self._query.get("network", "")
        fits = not asked or (asked in OWN and OWN[asked].dataset is dataset)
        return asked if fits else self.adjust("network", "")

    def listed(self, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the known names that are listed, separated by commas, in their own order."""
        found = [part for part in self._query.get(name, "")[:1000].split(",") if part]
        if unknown := [part for part in found if part not in known]:
            self.notices.append(f"{name} does not include {_quoted(unknown[0])}")
        return tuple(part for part in known if part in found)


def _last_official(dataset: Dataset) -> int:
    """The largest index in the official test set."""
    return SOURCES[dataset].splits["test"].total - 1


def last_picture(dataset: Dataset) -> int:
    """The largest index among the pictures that are here."""
    try:
        return resources.display_set(dataset).total - 1
    except NudgeError:  # the page says so where it needs them
        return _last_official(dataset)


def _quoted(asked: str) -> str:
    """Somebody's text as Markdown code, in which nothing else has a meaning, cut short."""
    return "`" + "".join(c for c in asked[:20] if c.isprintable() and c != "`") + "`"


def open_address(page: str) -> list[str]:
    """Bring the widgets' state to what the address says, if it was changed from outside.

    Called by every page before any widget is made, with the page's name. The navigation's addresses
    are bare: a visitor who follows it goes on with the view that was there. Returns what had to be
    adjusted, in words.
    """
    query = st.query_params.to_dict()
    state = st.session_state
    written = state.setdefault(_WRITTEN, deque(maxlen=100))
    state.setdefault(_OPENED, 0)
    moved = state.get(_PAGE) != page
    state[_PAGE] = page
    # A click that the browser sent before it heard of the last address still carries the one
    # before; taking that over would undo the click before this one.
    opened_here = moved or query not in written or _is_history_navigation()
    arrived = opened_here and (query or not written)
    if arrived:
        view, state[_NOTICES] = View.from_query(query)
        state[_NETWORK] = view.network
        state.update(_values(view))
        state[_OPENED] += 1
        written.append(query)
        last = last_picture(view.dataset)
        if view.image > last:  # a link from where the official pictures are
            state[_NOTICES] = [*state[_NOTICES], text.common.too_far(view.image, last)]
    else:
        # Streamlit forgets the state of a widget that a run did not make; the address has it.
        view, _ = View.from_query(written[-1])
        for name, value in _values(view).items():
            if moved or state.get(name) is None:
                state[name] = value
    if page not in WITH_OWN:
        state.network = ""
    elif moved and not arrived:
        state.network = state.get(_NETWORK, "")
    _fit()
    if page in WITH_OWN:
        state[_NETWORK] = state.network
    if page == "explorer" and (fitting := shown(state.method, state.epsilon)) != state.epsilon:
        if arrived:
            asked = _quoted(f"{state.epsilon:g}")
            state[_NOTICES] = [*state[_NOTICES], f"epsilon is {fitting:g}, not {asked}"]
        state.epsilon = fitting
    if arrived:
        state[_ARRIVED] = current()
    elif moved or current() != state[_ARRIVED]:  # what was adjusted is past
        state[_NOTICES] = []
    notices: list[str] = state.get(_NOTICES, [])
    return notices


def _fit() -> None:
    """After a change of the data set or network: what was chosen before it may not exist for it."""
    state = st.session_state
    state.image = min(state.image, last_picture(state.dataset))
    if state.network and OWN[state.network].dataset is not state.dataset:
        state.network = ""
    regimes = current().regimes
    if state.regime not in regimes:
        state.regime = Regime.STANDARD
    if state.compare is Compare.REGIMES and len(regimes) == 1:
        state.compare = Compare.ONE
    if state.method is Method.TARGETED and state.target not in CLASSES[state.dataset]:
        state.target = CLASSES[state.dataset][0]


def _is_history_navigation() -> bool:
    """Whether this run answers the browser's back or forward button."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def write_address(view: View) -> None:
    """Bring the address to what is shown."""
    query = view.to_query()
    written = st.session_state[_WRITTEN]
    # What the browser sent along may be older than what it was told since: a click that comes while
    # the last one is being answered. So a change is always told. On a page just come to, too.
    changed = query != written[-1]
    if changed:
        written.append(query)
    if changed or query != st.query_params.to_dict():
        st.query_params.from_dict(query)


def opened() -> int:
    """How many addresses this session has opened."""
    count: int = st.session_state[_OPENED]
    return count


def current() -> View:
    """The view that the widgets' state stands for.

    A browser that asks for a part of the page before it has drawn the widgets sends no values for
    them, and Streamlit forgets those that it had; what the address last said stands in.
    """
    state = st.session_state
    try:  # several times a run, so each name is looked up once
        return View(**{name: state[name] for name in _NAMES})
    except KeyError:
        addressed, _ = View.from_query(state[_WRITTEN][-1] if _WRITTEN in state else {})
        state.update({n: v for n, v in _values(addressed).items() if n not in state})
        return View(**{name: state[name] for name in _NAMES})


def _values(view: View) -> dict[str, object]:
    return {name: getattr(view, name) for name in _NAMES}
