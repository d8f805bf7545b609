"""Maps of the planes through a picture: sent once, so that a dot is dragged in the browser."""

import base64
import gzip
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from nudge.neighbourhood.picture_attack import Attack
from nudge.neighbourhood.plane import POINTS, REACH, SMALL, Plane, PlanePoints
from nudge.serving.background_job import Job
from views.session import javascript
from views.session.audience import watching

_carry = javascript.component(Path(__file__).with_name("planes.js"))
LOOK, LOOK_EACH = 0.02, 0.002  # seconds between two looks: at least, and for each visitor
ASK = 0.2  # seconds between two chances for a newer wish
PATIENCE = 10.0  # seconds
NATS = 1000  # parts of a nat in which losses travel
TRACK = 10_000  # parts of 1 in which points of a track travel


@dataclass(frozen=True)
class Mapped:
    """One network's plane in the making."""

    job: Job[PlanePoints]
    attack: Attack
    label: int  # whose loss is drawn: the true class, or what the network predicts
    own: bool = False  # somebody's own picture


def points_for(networks: int) -> int:
    """Along either direction: fewer of several maps side by side, which are small."""
    return POINTS if networks == 1 else SMALL


def show(identity: str, maps: Sequence[Mapped]) -> None:
    """Send the maps of a scene as they are computed: coarse ones first, then sharp ones.

    Ends when they are sharp; a newer wish of the visitor ends it at any look.
    """
    pulse, sent, asked = st.empty(), False, time.monotonic()
    while True:
        complete = _are_complete(maps)
        if (complete or not sent) and (found := so_far(identity, maps)):
            sent = True
            _carry(key="map-sharp" if complete else "map-coarse", data=[found])
        if complete:
            return
        time.sleep(max(LOOK, LOOK_EACH * watching()))
        if time.monotonic() - asked > ASK:  # it is a message, which the browser answers by drawing
            asked = time.monotonic()
            pulse.empty()  # where Streamlit looks for a newer wish


def _are_complete(maps: Sequence[Mapped]) -> bool:
    looks = [one.job.poll() for one in maps]  # a job goes on as long as it is looked at
    return all(look.complete for look in looks)


def so_far(identity: str, maps: Sequence[Mapped]) -> dict[str, Any] | None:
    """The maps as they are; None where one is not there yet."""
    points = points_for(len(maps))
    found = [Plane.of(one.job.poll().value, points) for one in maps]
    planes = [plane for plane in found if plane is not None]
    return payload(identity, maps, planes) if len(planes) == len(maps) else None


def finished(identity: str, maps: Sequence[Mapped]) -> dict[str, Any] | None:
    """The sharp maps, for a page to be saved; None where they take too long."""
    deadline = time.monotonic() + PATIENCE
    while not _are_complete(maps):
        if time.monotonic() > deadline:
            return None
        time.sleep(LOOK)
    return so_far(identity, maps)


def payload(identity: str, maps: Sequence[Mapped], planes: Sequence[Plane]) -> dict[str, Any]:
    """What the browser is sent: a plane of each network."""
    found = [_plane(plane, one) for one, plane in zip(maps, planes, strict=True)]
    return {"id": identity, "reach": REACH, "planes": found}


def _plane(plane: Plane, one: Mapped) -> dict[str, Any]:
    points = len(plane.places)
    # Nothing of somebody's own picture is kept for later.
    keeps = not one.own and one.job.poll().complete
    return {
        "points": points,
        "packed": _packed_again(one.job, points, one.label) if keeps else _packed(plane, one.label),
        **_direction(one.attack),
        "track": None if one.attack.track is None else _track(one.attack.track),
    }


@lru_cache(maxsize=64)  # every release shows them again
def _packed_again(job: Job[PlanePoints], points: int, label: int) -> str:
    plane = Plane.of(job.poll().value, points)
    return "" if plane is None else _packed(plane, label)


def _packed(plane: Plane, label: int) -> str:
    """Losses as uint16, predictions and probabilities as uint8, gzipped."""
    losses = (plane.losses(label).double() * NATS).round().clamp(max=65535)
    probabilities = (plane.log_probabilities.exp() * 255).round()
    parts = [
        losses.numpy().astype("<u2"),
        plane.predictions.numpy().astype(np.uint8),
        probabilities.numpy().astype(np.uint8),
    ]
    whole = b"".join(part.tobytes() for part in parts)
    return base64.b64encode(gzip.compress(whole, compresslevel=6, mtime=0)).decode("ascii")


def _direction(attack: Attack) -> dict[str, Any]:
    largest = attack.along.abs().max().item()
    unit = 1.0 if bool((attack.along == attack.along.sign()).all()) else largest / 127
    signs = (attack.along / unit).round().numpy()
    return {"along": _base64(signs.astype(np.int8)), "unit": unit}


def _track(track: Tensor) -> str:
    return _base64((track * TRACK).round().numpy().astype("<i2"))


def _base64(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
