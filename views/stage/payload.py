"""The stage in the browser: what it is sent once, so that every frame of a drag is drawn there."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from models import PixelOrder, Regime, Variant
from models.epsilons import step_of
from models.layers import scramble_permutation
from nudge.neighbourhood.picture_attack import Attack, Subject
from nudge.neighbourhood.probability_path import ProbabilityPath
from nudge.serving.live_curves import CurvePair
from views import text
from views.parts import share
from views.parts.gallery import Walk
from views.session import javascript
from views.session.state import Compare, View

_mount = javascript.component(Path(__file__).with_name("stage.js"))


@dataclass(frozen=True)
class Shown:
    """One network on the stage, and what it makes of the picture."""

    variant: Variant
    attack: Attack
    here: CurvePair | None  # counted on this computer so far; None where nobody asked


def show(
    scene: Mapping[str, Any],
    *,
    on_release: Callable[[], None],
    on_panel: Callable[[], None] = lambda: None,
) -> None:
    """Draw the stage, with its slider at the scene's step at first and after an address opened."""
    # In a list, for a dict is searched for tables, for which Streamlit loads pandas.
    _mount(key="stage", data=[scene], on_step_change=on_release, on_panel_change=on_panel)


def scene(
    view: View,
    subject: Subject,
    networks: Sequence[Shown],
    *,
    step: int,
    opened: int,
    walk: Walk | None = None,
) -> dict[str, Any]:
    """All that the browser needs, as JSON: arrays as base64, words as templates.

    The identity says which picture and networks these are; with the same one the browser takes
    over growing curves, an epsilon that was opened and another order of the pictures, and leaves
    the rest as it stands. Without a `walk` it leads to no other picture.
    """
    classes = [text.common.class_name(view.dataset, name) for name in view.variant.classes]
    picture, epsilons = _bytes_of(subject.pixels), view.method.shown_epsilons
    scrambled = any(shown.variant.pixels is PixelOrder.SCRAMBLED for shown in networks)
    identity = (
        picture,
        view.method,
        view.target,
        view.panel,
        view.quiz,
        view.hide,
        tuple(shown.variant.id for shown in networks),
    )
    # Nothing of somebody's own picture is kept for later.
    network = _network if subject.label is None else _known_network
    return {
        "id": hashlib.sha256(repr(identity).encode()).hexdigest()[:16],
        "opened": opened,
        "walk": walk and {"place": walk.place, "count": len(walk.found)},
        "step": step,
        "grid": {"count": len(epsilons), "step": epsilons[1]},
        "picture": picture,
        "label": subject.label,
        "classes": classes,  # as sentences name them
        "names": view.variant.classes,
        "method": view.method,
        "target": view.target_index,
        "random_signs": _pack(subject.random_signs, np.int8),
        "places": _places() if scrambled else None,
        "networks": [network(shown.variant, shown.attack) for shown in networks],
        "accuracy": [_accuracy(shown, epsilons) for shown in networks],
        "chance": 1 / len(classes),
        "panel": view.panel,
        "planes": None,
        "quiz": view.quiz,
        "hide": sorted(view.hide),
        "file": _file_name(view, subject),
        "caption": text.explorer_component.poster_caption(networks[0].variant.card.total),
        "host": share.host_for_others(),
        "linked": subject.label is not None,
        "words": text.explorer_component.STAGE
        | {"poster": f"{title(view, subject)}, epsilon {{epsilon}}"},
    }


def title(view: View, subject: Subject) -> str:
    """What a view shows, in words, but for its epsilon."""
    names = [text.common.class_name(view.dataset, name) for name in view.variant.classes]
    return text.explorer_component.shown(
        networks=_networks(view),
        subject=None if subject.label is None else (view.image, names[subject.label]),
        method=text.common.METHODS[view.method],
        target=None if view.target_index is None else names[view.target_index],
        generated=subject.generated,
    )


def _networks(view: View) -> str:
    match view.compare:
        case Compare.ALL:
            return text.common.DATASETS[view.dataset]
        case Compare.REGIMES:
            standard = replace(view.variant, regime=Regime.STANDARD)
            return text.explorer_component.all_trainings(text.common.variant(standard))
        case _:
            return text.common.variant(view.variant)


def _network(variant: Variant, attack: Attack) -> dict[str, Any]:
    return {
        "name": text.common.short_variant(variant),
        "title": text.common.variant(variant),
        "scrambled": variant.pixels is PixelOrder.SCRAMBLED,
        "attack": {**_direction(attack.direction), **_path(attack.path)},
        "control": _path(attack.control),
    }


# About 12 kB each, 40 of an iterated attack; every release shows them again.
_known_network = lru_cache(maxsize=200)(_network)


def _direction(direction: Tensor) -> dict[str, Any]:
    """Signs as they are, anything else in steps of a 127th of the largest entry."""
    largest = direction.abs().max().item()
    unit = 1.0 if bool((direction == direction.sign()).all()) else largest / 127
    return {"direction": _pack((direction / unit).round(), np.int8), "unit": unit}


def _path(path: ProbabilityPath) -> dict[str, str]:
    return {
        "probabilities": _pack((path.probabilities.double() * 65535).round(), np.uint16),
        "predictions": _pack(path.predictions, np.uint8),
    }


def _accuracy(shown: Shown, epsilons: Sequence[float]) -> dict[str, Any]:
    card, here = shown.variant.card, shown.here
    places = [step_of(card.epsilons, epsilon) for epsilon in epsilons]

    def at(counts: Sequence[int]) -> list[int]:
        return [counts[place] for place in places]

    return {
        "name": text.common.short_variant(shown.variant),
        "total": card.total,
        "fgsm": at(card.fgsm),
        "random": at(card.random),
        "pgd": card.pgd and at(card.pgd),
        "here": here and {"total": here.total, "fgsm": at(here.attacked.correct)},
    }


@lru_cache(maxsize=1)
def _places() -> str:
    """Where the scramble takes each pixel: it is told from where each comes."""
    return _pack(scramble_permutation().argsort(), np.uint16)


def _bytes_of(pixels: Tensor) -> str:
    return _pack((pixels * 255).round(), np.uint8)


def _pack(values: Tensor, kind: type[np.generic]) -> str:
    return base64.b64encode(values.numpy().astype(kind).tobytes()).decode("ascii")


def _file_name(view: View, subject: Subject) -> str:
    match view.compare:
        case Compare.ALL:
            networks = str(view.dataset)
        case Compare.REGIMES:
            networks = f"{replace(view.variant, regime=Regime.STANDARD).id}-{view.compare}"
        case _:
            networks = view.variant.id
    kind = "generated-" if subject.generated else ""
    return f"nudge-{networks}-{'own' if subject.label is None else f'{kind}{view.image}'}"
