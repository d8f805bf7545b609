"""What all visitors share: models, pictures and results. Read by many threads, written by none."""

import atexit
import gc
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models import PRETRAINED, VARIANTS, Dataset, load_model
from models.cards import CONFUSIONS, FIRST_MISSES, read_array
from nudge.attacks import fgsm_direction, nudge, random_direction, targeted_direction
from nudge.data import Split, load_split, to_pixels
from nudge.jobs import Job
from nudge.live import LiveCurves
from nudge.measuring import RANDOM_SEED
from nudge.paths import ProbabilityPath, probability_path
from nudge.sweep import EPSILONS
from nudge.transfer import Transfer, networks, stream_transfer
from views.pictures import png

# Pictures at a time: twenty curves for each, and other pages wait for their turn meanwhile.
TRANSFER_BATCH = 25


@st.cache_resource(show_spinner=False)
def tune_process() -> None:
    """Set once what makes a server quick for many visitors at a time."""
    # One picture is too little work to share between cores: with one thread each, visitors do
    # not fight over them.
    torch.set_num_threads(1)


@st.cache_resource(show_spinner=False, max_entries=len(VARIANTS))
def model(variant_id: str) -> nn.Module:
    """A trained variant. Raises PretrainedError."""
    loaded = load_model(variant_id)
    # Streamlit collects garbage after every run; what has been loaded will never be any.
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # else libraries complain of leaks when the process ends
    return loaded


@st.cache_resource(show_spinner=False, max_entries=len(Dataset))
def test_split(dataset: str) -> Split:
    """The official test pictures. Raises DataError."""
    return load_split(dataset, "test")


@dataclass(frozen=True)
class Subject:
    """A picture that is nudged."""

    pixels: Tensor  # float32 (1, 1, 28, 28) in [0, 1]
    label: int | None  # the true class; None where nobody knows it
    tosses: Tensor  # int8 (1, 1, 28, 28), the random nudge


@dataclass(frozen=True)
class Attack:
    """What one network makes of a picture at every epsilon, nudged and at random."""

    direction: Tensor  # float32 (1, 1, 28, 28), FGSM's
    path: ProbabilityPath  # along it
    control: ProbabilityPath  # along the tosses


def test_picture(dataset: str, index: int) -> Subject:
    """Test picture `index`, with the random nudge that the curves count it under."""
    images, labels = test_split(dataset)
    tosses = _random_directions(len(labels))
    one = slice(index, index + 1)
    return Subject(to_pixels(images[one]), int(labels[index]), tosses[one])


def own_picture(pixels: Tensor) -> Subject:
    """Somebody's own picture, uint8 (28, 28)."""
    return Subject(to_pixels(pixels[None]), None, _random_directions(1))


@st.cache_resource(show_spinner=False, max_entries=2000)  # about 12 kB each
def attacked_test_picture(variant_id: str, index: int, target: int | None) -> Attack:
    """A test picture under attack. Raises DataError or PretrainedError."""
    return attack(variant_id, test_picture(VARIANTS[variant_id].dataset, index), target)


def attack(variant_id: str, subject: Subject, target: int | None) -> Attack:
    """Attack a picture: away from its label, or what is read of it, or towards `target`.

    Raises PretrainedError.
    """
    network = model(variant_id)
    if target is not None:
        direction = targeted_direction(network, subject.pixels, torch.tensor([target]))
    else:
        label = subject.label
        if label is None:
            with torch.inference_mode():
                label = int(network(subject.pixels).argmax())
        direction = fgsm_direction(network, subject.pixels, torch.tensor([label]))
    return Attack(
        direction,
        path=probability_path(network, subject.pixels, direction, EPSILONS),
        control=probability_path(network, subject.pixels, subject.tosses, EPSILONS),
    )


@dataclass(frozen=True)
class Strip:
    """One test picture at some epsilons, nudged along one network's gradient."""

    label: int
    pictures: tuple[str, ...]  # PNG as data URIs
    read: tuple[int, ...]  # what the network makes of each


@st.cache_resource(show_spinner=False, max_entries=500)  # about 10 kB each
def strip(variant_id: str, index: int, epsilons: tuple[float, ...]) -> Strip:
    """Test picture `index` at some of `EPSILONS`. Raises DataError or PretrainedError."""
    subject = test_picture(VARIANTS[variant_id].dataset, index)
    found = attacked_test_picture(variant_id, index, None)
    read = found.path.predictions.tolist()
    pictures = [nudge(subject.pixels, found.direction, e)[0, 0] for e in epsilons]
    return Strip(
        label=subject.label or 0,
        pictures=tuple(png((p * 255).round().byte().numpy()) for p in pictures),
        read=tuple(read[EPSILONS.index(e)] for e in epsilons),
    )


@st.cache_resource(show_spinner=False, max_entries=len(VARIANTS))
def live_curves(variant_id: str) -> LiveCurves:
    """The variant's accuracy curves in the making. Raises DataError or PretrainedError."""
    dataset = VARIANTS[variant_id].dataset
    split = test_split(dataset)
    return LiveCurves(model(variant_id), split, EPSILONS, _random_directions(len(split.labels)))


@st.cache_resource(show_spinner=False, max_entries=8)
def transfer_job(dataset: Dataset, count: int, epsilons: tuple[float, ...]) -> Job[Transfer]:
    """Transfer in the making over the first `count` pictures. Raises DataError, PretrainedError."""
    images, labels = test_split(dataset)
    models = [model(variant.id) for variant in networks(dataset)]
    control = _random_directions(len(labels))

    def stream() -> Iterator[Transfer]:
        return stream_transfer(
            models,
            images[:count],
            labels[:count],
            epsilons,
            control=control[:count],
            batch_size=TRANSFER_BATCH,
        )

    return Job(stream, steps=-(-min(count, len(labels)) // TRANSFER_BATCH))


@st.cache_resource(show_spinner=False, max_entries=len(VARIANTS))
def first_misses(variant_id: str) -> Tensor:
    """The step at which each test picture is first read wrong: uint8 (N,), 255 for never.

    As recorded with the weights. Raises PretrainedError.
    """
    return torch.from_numpy(read_array(PRETRAINED / FIRST_MISSES, variant_id))


@st.cache_resource(show_spinner=False, max_entries=len(VARIANTS))
def confusions(variant_id: str) -> NDArray[np.int32]:
    """What was read as what under FGSM, as recorded: int32 (2, K, true, read).

    First what was wrong before the attack, then what was right. Raises PretrainedError.
    """
    return read_array(PRETRAINED / CONFUSIONS, variant_id)


@st.cache_resource(show_spinner=False, max_entries=len(Dataset) + 1)
def _random_directions(count: int) -> Tensor:
    """Those of the cards, shared by the variants of a data set."""
    return random_direction(count, seed=RANDOM_SEED)
