"""Counting on this computer, as one visitor of many asks for it: the line, and what has come out.

Nothing here draws; the page asks again and again while somebody looks at it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

import streamlit as st
from torch import Tensor

from models import NudgeError
from models.zoo import find_variant
from nudge.attacks.model_outputs import NotFiniteError
from nudge.evaluation.methods import Method
from nudge.serving.fair_queue import FairQueue, Position
from nudge.serving.live_curves import BATCH_SIZE, CurveSnapshot, LiveCurves
from nudge.serving.reproduction_check import Agreement, agreement
from views.session import resources

# Keys of the session's state.
_VISITOR = "_visitor"
_ASKED = "_asked"  # what is being counted or waited for; None where nothing is
_COUNTED = "_counted"  # what was asked for last, which is still shown
_PROBLEMS = "_problems"  # by variant, why it cannot be counted here


@dataclass(frozen=True)
class Request:
    """The first so many pictures, for so many networks, under one attack."""

    variants: tuple[str, ...]
    count: int
    method: Method = Method.FGSM


@dataclass(frozen=True)
class Progress:
    """How far a request has come. Pictures count once for each network."""

    done: int
    total: int
    seconds_left: float | None  # of computing; None before each network's first batch

    @property
    def fraction(self) -> float:
        return self.done / self.total if self.total else 0.0

    @property
    def complete(self) -> bool:
        return self.done >= self.total


@st.cache_resource(show_spinner=False)
def line() -> FairQueue[Request]:
    """Everybody who wants something counted."""
    return FairQueue[Request]()


def whole_batches(count: int) -> int:
    """Pictures are counted in whole batches."""
    return -(-count // BATCH_SIZE) * BATCH_SIZE


def ask(variants: tuple[str, ...], count: int, method: Method) -> None:
    st.session_state[_ASKED] = st.session_state[_COUNTED] = Request(variants, count, method)
    st.session_state[_PROBLEMS] = {}


def asked() -> Request | None:
    request: Request | None = st.session_state.get(_ASKED)
    return request


def has_counted() -> bool:
    """Whether this session ever asked for a count, which is still shown."""
    return st.session_state.get(_COUNTED) is not None


def stop() -> None:
    """Leave the line, whether in front or not. What was counted stays."""
    request = asked()
    line().leave(_visitor())
    if request is not None:
        for name in set(request.variants) - set(problems()):
            _curves(name, request.method).forget(_visitor())
    st.session_state[_ASKED] = None


def stand(request: Request) -> tuple[Position[Request], Progress]:
    """Stay in line; the first in line has the next batch computed."""
    place = line().stand(_visitor(), request)
    snapshots = {}
    if place.served:
        snapshots = _each(request, lambda curves: curves.poll(request.count, _visitor()))
    return place, _together(snapshots)


def progress(request: Request) -> Progress:
    """How far somebody else's request has come; has nothing computed."""
    return _together(_snapshots(request))


def counted(shown: tuple[str, ...], method: Method) -> Mapping[str, CurveSnapshot]:
    """What came of the last request so far, of those variants and the attack that are shown."""
    request: Request | None = st.session_state.get(_COUNTED)
    if request is None or request.method is not method:
        return {}
    names = tuple(name for name in request.variants if name in shown)
    snapshots = _snapshots(replace(request, variants=names))
    return {name: snapshot for name, snapshot in snapshots.items() if snapshot.pair.total}


def agreements(snapshots: Mapping[str, CurveSnapshot]) -> dict[str, Agreement]:
    """What was counted beside the record of the same pictures, where there is one.

    Raises NudgeError.
    """
    found = {}
    for name, snapshot in snapshots.items():
        if (recorded := _recorded(name, snapshot)) is not None:
            found[name] = agreement(snapshot, find_variant(name).card, recorded.numpy())
    return found


def _recorded(name: str, snapshot: CurveSnapshot) -> Tensor | None:
    if snapshot.method is Method.FGSM:
        return resources.flip_steps(name, generated=snapshot.generated)
    if snapshot.method is Method.PGD and not snapshot.generated:
        return resources.pgd_flip_steps(name)
    return None


def problems() -> dict[str, NudgeError]:
    """Variants that could not be counted, and why."""
    known: dict[str, NudgeError] = st.session_state.setdefault(_PROBLEMS, {})
    return known


def _snapshots(request: Request) -> dict[str, CurveSnapshot]:
    return _each(request, lambda curves: curves.snapshot(request.count))


def _each(request: Request, ask: Callable[[LiveCurves], CurveSnapshot]) -> dict[str, CurveSnapshot]:
    """What each variant's curves answer; a variant that cannot be counted is noted and left out."""
    found = {}
    for name in request.variants:
        if name not in problems():
            try:
                found[name] = ask(_curves(name, request.method))
            except NudgeError as error:
                problems()[name] = error
            except NotFiniteError as error:  # of a network that somebody brought along
                problems()[name] = NudgeError(f"{name} cannot be counted: {error}")
    return found


def _curves(name: str, method: Method) -> LiveCurves:
    return resources.live_curves(name, resources.display_set(find_variant(name).dataset), method)


def _together(found: Mapping[str, CurveSnapshot]) -> Progress:
    """Several networks take turns, so their times add up."""
    snapshots = found.values()
    lefts = [0.0 if snapshot.complete else snapshot.seconds_left for snapshot in snapshots]
    known = [left for left in lefts if left is not None]
    return Progress(
        sum(min(snapshot.pair.total, snapshot.wanted) for snapshot in snapshots),
        sum(snapshot.wanted for snapshot in snapshots),
        sum(known) if len(known) == len(lefts) else None,
    )


def _visitor() -> str:
    name: str = st.session_state.setdefault(_VISITOR, uuid4().hex)
    return name
