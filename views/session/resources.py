"""What all visitors share, cached: models, pictures and results. No thread writes to them."""

import atexit
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from streamlit import config
from torch import Tensor, nn

from models import VARIANTS, Architecture, Dataset, NudgeError, load_model
from models.card_files import (
    CONFUSIONS,
    FLIP_STEPS,
    JOURNEY_CLASSES,
    JOURNEY_FITS,
    JOURNEYS,
    PGD_FLIP_STEPS,
    read_array,
)
from models.own_networks import bring
from models.zoo import find_variant
from nudge.attacks import loss_gradient, nudge, random_direction
from nudge.attacks.model_outputs import NotFiniteError
from nudge.data import Split, to_pixels
from nudge.data import display_set as display_sets
from nudge.data.display_set import DisplaySet
from nudge.data.generated_hands import generated_flip_steps, load_generated_hands
from nudge.evaluation.fused_inference import for_inference
from nudge.evaluation.generated_hands import hands_flip_steps
from nudge.evaluation.journey import Journey
from nudge.evaluation.measurement import RANDOM_SEED
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS
from nudge.evaluation.transferability import Transfer, networks
from nudge.neighbourhood.picture_attack import Attack, Subject, attack_picture
from nudge.neighbourhood.plane import PlanePoints
from nudge.pictures.data_uri import png
from nudge.serving import plane_job as plane_jobs
from nudge.serving import process
from nudge.serving import transfer_job as transfer_jobs
from nudge.serving.background_download import Fetcher
from nudge.serving.background_job import Job
from nudge.serving.live_curves import CurveSnapshot, LiveCurves

NETWORKS = "NUDGE_NETWORKS"  # names a folder of networks that somebody brought along
DEVICE_NAME = "NUDGE_DEVICE"  # names the device that counts run on
MOST = len(VARIANTS) + 16  # networks that are kept ready: all that are shipped, and some brought


@st.cache_resource(show_spinner=False)
def tune_process() -> None:
    """Once per server."""
    process.tune()
    process.choose_device(os.environ.get(DEVICE_NAME, ""), where=DEVICE_NAME)
    # After every run Streamlit looks through all objects for garbage, which takes several times
    # as long as the run itself, and everybody else waits. Python looks by itself as garbage grows.
    config.set_option("runner.postScriptGC", False)


@st.cache_resource(show_spinner=False)
def own_networks() -> tuple[NudgeError, ...]:
    """Once per server: brings the networks of `--networks` along; what is wrong with some of them.

    The folder is read as the server starts.
    """
    folder = os.environ.get(NETWORKS)
    return tuple(bring(Path(folder))) if folder else ()


@st.cache_resource(show_spinner=False, max_entries=MOST)
def model(variant_id: str) -> nn.Module:
    """A trained variant. Raises PretrainedError."""
    loaded = load_model(variant_id)
    # Streamlit collects garbage after every run; what has been loaded will never be any.
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # else libraries complain of leaks when the process ends
    return loaded


@st.cache_resource(show_spinner=False, max_entries=MOST)
def fast_model(variant_id: str) -> nn.Module:
    """The same logits as `model`'s in less time, without gradients. Raises PretrainedError."""
    return for_inference(model(variant_id))


def display_set(dataset: Dataset) -> DisplaySet:
    """What is shown as test pictures: the official ones as soon as they are there.

    A run asks once and goes on with what it was given, for they may arrive while it runs. Raises
    DataError.
    """
    return _display_set(dataset, display_sets.files_fingerprint(dataset))


@st.cache_resource(show_spinner=False, max_entries=2 * len(Dataset))
def _display_set(dataset: Dataset, files: display_sets.Fingerprint) -> DisplaySet:
    """`files` only tells a data folder that was filled, or damaged, from what it was before."""
    return display_sets.load_display_set(dataset)


@st.cache_resource(show_spinner=False)
def fetcher() -> Fetcher:
    """Downloads for the whole server, one at a time."""
    return Fetcher()


def test_picture(pictures: DisplaySet, index: int) -> Subject:
    """Picture `index`, with the random nudge that the curves count it under."""
    images, labels = pictures.split
    random_signs = _random_directions(len(labels))
    one = slice(index, index + 1)
    return Subject(
        to_pixels(images[one]), int(labels[index]), random_signs[one], pictures.generated
    )


def own_picture(pixels: Tensor) -> Subject:
    """Somebody's own picture, uint8 (28, 28)."""
    return Subject(to_pixels(pixels[None]), None, _random_directions(1))


# What is computed of generated hands is kept apart from what is computed of official pictures.
_BY_ORIGIN: dict[str | type[Any], Callable[[Any], Any]] = {
    DisplaySet: attrgetter("dataset", "generated")
}


@st.cache_resource(show_spinner=False, max_entries=2000, hash_funcs=_BY_ORIGIN)  # about 12 kB each
def attacked_test_picture(
    variant_id: str, index: int, method: Method, target: int | None, pictures: DisplaySet
) -> Attack:
    """One of the pictures under attack. Raises PretrainedError."""
    return attack(variant_id, test_picture(pictures, index), method, target)


@st.cache_resource(show_spinner=False, max_entries=500, hash_funcs=_BY_ORIGIN)
def picture_gradient(variant_id: str, index: int, pictures: DisplaySet) -> Tensor:
    """The gradient of a network's loss at one of the pictures: (1, 1, 28, 28).

    Raises PretrainedError.
    """
    subject = test_picture(pictures, index)
    label = torch.tensor([subject.label or 0])
    with finite(variant_id):
        return loss_gradient(model(variant_id), subject.pixels, label)[0]


def attack(variant_id: str, subject: Subject, method: Method, target: int | None) -> Attack:
    """A picture under attack, as in `attack_picture`; in no cache.

    Raises PretrainedError, and NudgeError where somebody's own network fails at this picture.
    """
    with finite(variant_id):
        return process.compute_in_foreground(
            attack_picture, model(variant_id), fast_model(variant_id), subject, method, target
        )


@contextmanager
def finite(variant_id: str) -> Iterator[None]:
    """Have an error say which network it is that gives NaN or infinity. Raises NudgeError."""
    try:
        yield
    except NotFiniteError as error:
        raise NudgeError(
            f"{variant_id} cannot be attacked on this picture",
            expected=f"finite {error.what}",
            found=str(error.found),
        ) from error


@st.cache_resource(show_spinner=False, max_entries=100, hash_funcs=_BY_ORIGIN)  # 360 kB at most
def plane_job(
    variant_id: str,
    index: int,
    method: Method,
    target: int | None,
    pictures: DisplaySet,
    points: int,
) -> Job[PlanePoints]:
    """The plane through one of the pictures, in the making. Raises PretrainedError.

    Along the direction of a nudge of one step, or FGSM's of the others, and the random signs.
    """
    along = method if method in (Method.TARGETED, Method.L2) else Method.FGSM
    found = attacked_test_picture(variant_id, index, along, target, pictures)
    return plane_of(variant_id, test_picture(pictures, index), found, points)


def plane_of(variant_id: str, subject: Subject, found: Attack, points: int) -> Job[PlanePoints]:
    """The plane through a picture under attack, in no cache. Raises PretrainedError."""
    return plane_jobs.plane_job(
        fast_model(variant_id), subject.pixels, found.along, subject.random_signs, points=points
    )


@dataclass(frozen=True)
class Strip:
    """One picture at some epsilons, nudged along one network's gradient."""

    label: int
    pictures: tuple[str, ...]  # PNG as data URIs
    predictions: tuple[int, ...]  # the class that the network predicts for each


@st.cache_resource(show_spinner=False, max_entries=500, hash_funcs=_BY_ORIGIN)  # about 10 kB each
def strip(variant_id: str, index: int, epsilons: tuple[float, ...], pictures: DisplaySet) -> Strip:
    """Picture `index` at some of `EPSILONS`. Raises PretrainedError."""
    subject = test_picture(pictures, index)
    found = attacked_test_picture(variant_id, index, Method.FGSM, None, pictures)
    predictions = found.path.predictions.tolist()
    nudged = [nudge(subject.pixels, found.direction, e)[0, 0] for e in epsilons]
    return Strip(
        label=subject.label or 0,
        pictures=tuple(png((p * 255).round().byte().numpy()) for p in nudged),
        predictions=tuple(predictions[EPSILONS.index(e)] for e in epsilons),
    )


@st.cache_resource(show_spinner=False, max_entries=8 * MOST, hash_funcs=_BY_ORIGIN)
def live_curves(variant_id: str, pictures: DisplaySet, method: Method = Method.FGSM) -> LiveCurves:
    """The variant's accuracy curves over these pictures, in the making. Raises PretrainedError."""
    return LiveCurves(
        model(variant_id),
        pictures.split,
        EPSILONS,
        _random_directions(pictures.total),
        method=method,
        generated=pictures.generated,
    )


def counted(variant_id: str, pictures: DisplaySet, count: int) -> CurveSnapshot | None:
    """The curves over the first `count` pictures so far, and go on counting.

    None where no picture is wanted, or the logits are not finite on the way: Curves, where
    people ask for a count, says of which picture. Raises PretrainedError.
    """
    if not count:
        return None
    try:
        return live_curves(variant_id, pictures).poll(count)
    except NotFiniteError:
        return None


@st.cache_resource(show_spinner=False, max_entries=24, hash_funcs=_BY_ORIGIN)
def transfer_job(
    pictures: DisplaySet,
    count: int,
    epsilons: tuple[float, ...],
    trainings_of: Architecture | None = None,
) -> Job[Transfer]:
    """Transfer in the making over the first `count` pictures. Raises PretrainedError."""
    split = Split(*(values[:count] for values in pictures.split))
    models = [model(variant.id) for variant in networks(pictures.dataset, trainings_of)]
    control = _random_directions(pictures.total)[:count]
    return transfer_jobs.transfer_job(models, split, epsilons, control)


@st.cache_resource(show_spinner=False, max_entries=2 * MOST)
def flip_steps(variant_id: str, *, generated: bool = False) -> Tensor:
    """The step at which FGSM first flips each picture: uint8 (N,), 255 for never.

    As recorded, of the official test pictures or of the generated ones. Raises PretrainedError,
    DataError, and NudgeError where somebody's own network gives NaN on the way.
    """
    variant = find_variant(variant_id)
    if not generated:
        return torch.from_numpy(read_array(variant.folder / FLIP_STEPS, variant.key))
    if variant.own_folder:  # for which nobody has measured them
        hands = load_generated_hands()
        with finite(variant_id):
            return torch.from_numpy(process.compute_in_foreground(hands_flip_steps, variant, hands))
    return generated_flip_steps(variant_id)


@st.cache_resource(show_spinner=False, max_entries=MOST)
def pgd_flip_steps(variant_id: str) -> Tensor | None:
    """`flip_steps` under PGD, of the official test pictures; None where it was not recorded."""
    variant = find_variant(variant_id)
    if variant.card.pgd is None:
        return None
    return torch.from_numpy(read_array(variant.folder / PGD_FLIP_STEPS, variant.key))


@st.cache_resource(show_spinner=False, max_entries=MOST)
def journey(variant_id: str) -> Journey:
    """Where the first test pictures go as epsilon grows, as recorded. Raises PretrainedError."""
    variant = find_variant(variant_id)
    files = (JOURNEYS, JOURNEY_CLASSES, JOURNEY_FITS)
    return Journey(*(read_array(variant.folder / name, variant.key) for name in files))


@st.cache_resource(show_spinner=False, max_entries=MOST)
def confusions(variant_id: str) -> NDArray[np.int32]:
    """What was predicted as what under FGSM, as recorded: int32 (2, K, true, predicted).

    First what was wrong before the attack, then what was right. Raises PretrainedError.
    """
    variant = find_variant(variant_id)
    return read_array(variant.folder / CONFUSIONS, variant.key)


@st.cache_resource(show_spinner=False, max_entries=len(Dataset) + 2)
def _random_directions(count: int) -> Tensor:
    """Those of the cards, shared by the variants of a data set."""
    return random_direction(count, seed=RANDOM_SEED)
