"""The two networks, the scramble, and the zoo of trained variants."""

from models.cards import Card, Epoch
from models.errors import NudgeError, PretrainedError
from models.layers import Scramble
from models.networks import SIDE
from models.zoo import (
    CLASSES,
    PRETRAINED,
    STANDARD,
    VARIANTS,
    Architecture,
    Dataset,
    PixelOrder,
    Regime,
    Variant,
    assemble,
    build_model,
    load_model,
)

__all__ = [
    "CLASSES",
    "PRETRAINED",
    "SIDE",
    "STANDARD",
    "VARIANTS",
    "Architecture",
    "Card",
    "Dataset",
    "Epoch",
    "NudgeError",
    "PixelOrder",
    "PretrainedError",
    "Regime",
    "Scramble",
    "Variant",
    "assemble",
    "build_model",
    "load_model",
]
