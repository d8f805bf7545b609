"""What all visitors share: models, pictures and results. Read by many threads, written by none."""

import atexit
import gc
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor, nn

from models import VARIANTS, Dataset, load_model
from nudge.attacks import fgsm_direction, random_direction
from nudge.data import Split, load_split, to_pixels
from nudge.live import LiveCurves
from nudge.measuring import RANDOM_SEED
from nudge.paths import ProbabilityPath, probability_path
from nudge.sweep import EPSILONS


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
class AttackedPicture:
    """One test picture and all that moving epsilon can ask of it."""

    image: Tensor  # float32 (1, 1, 28, 28) in [0, 1]
    label: int  # the true class
    direction: Tensor  # FGSM's, (1, 1, 28, 28)
    fgsm: ProbabilityPath
    random: ProbabilityPath


@st.cache_resource(show_spinner=False, max_entries=1000)  # about 20 kB each
def attacked_picture(variant_id: str, index: int) -> AttackedPicture:
    """Test picture `index` under attack. Raises DataError or PretrainedError."""
    network = model(variant_id)
    images, labels = test_split(VARIANTS[variant_id].dataset)
    image, label = to_pixels(images[index : index + 1]), labels[index : index + 1]
    direction = fgsm_direction(network, image, label)
    # The same random nudge that the curves count this picture under.
    tosses = _random_directions(len(labels))[index : index + 1]
    return AttackedPicture(
        image=image,
        label=int(label),
        direction=direction,
        fgsm=probability_path(network, image, direction, EPSILONS),
        random=probability_path(network, image, tosses, EPSILONS),
    )


@st.cache_resource(show_spinner=False, max_entries=len(VARIANTS))
def live_curves(variant_id: str) -> LiveCurves:
    """The variant's accuracy curves in the making. Raises DataError or PretrainedError."""
    dataset = VARIANTS[variant_id].dataset
    split = test_split(dataset)
    return LiveCurves(model(variant_id), split, EPSILONS, _random_directions(len(split.labels)))


@st.cache_resource(show_spinner=False, max_entries=len(Dataset))
def _random_directions(count: int) -> Tensor:
    """Those of the cards, shared by the variants of a data set."""
    return random_direction(count, seed=RANDOM_SEED)
