"""The trained variants: what each is, and how to load it from `pretrained/`."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from pathlib import Path
from types import MappingProxyType

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from torch import Tensor, nn

from models.card_files import RESTORE_COMMAND, UNREADABLE_JSON, read_card, read_index
from models.cards import Card
from models.errors import CHECKOUT, PretrainedError
from models.layers import Normalise, Scramble
from models.networks import convolutional, fully_connected

PRETRAINED = CHECKOUT / "pretrained"


class Dataset(StrEnum):
    FASHION = "fashion"
    SIGN = "sign"


class Architecture(StrEnum):
    FCNN = "fcnn"
    CNN = "cnn"
    IMPORTED = "imported"  # of any make: somebody's own


TRAINED_HERE = (Architecture.FCNN, Architecture.CNN)


class PixelOrder(StrEnum):
    ORDERED = "ordered"
    SCRAMBLED = "scrambled"


class Regime(StrEnum):
    """How a network was trained."""

    STANDARD = "standard"
    AUGMENTED = "augmented"  # on shifted, rotated and scaled pictures
    ROBUST = "robust"  # on attacked pictures
    MASKED = "masked"  # so that one step finds no way, though many do: a defence that is none


CLASSES: Mapping[Dataset, tuple[str, ...]] = MappingProxyType(
    {
        Dataset.FASHION: (
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        # J and Z are movements, so no picture can show them.
        Dataset.SIGN: tuple("ABCDEFGHIKLMNOPQRSTUVWXY"),
    }
)


@dataclass(frozen=True)
class Variant:
    """One trained model: a data set, a network, an order of the pixels and a training regime."""

    dataset: Dataset
    architecture: Architecture
    pixels: PixelOrder
    regime: Regime = Regime.STANDARD
    # Of a network that somebody brought along: see `models.own_networks`.
    name: str = ""
    own_folder: Path | None = None
    own_card: Card | None = field(default=None, compare=False, repr=False)

    @property
    def id(self) -> str:
        """The name in addresses and commands, such as `sign-cnn-scrambled`."""
        return self.name or self.key

    @property
    def key(self) -> str:
        """The name in the files of its folder."""
        if self.architecture is Architecture.IMPORTED:
            return self.name
        parts: list[str] = [self.dataset, self.architecture]
        parts += [self.pixels] if self.pixels is PixelOrder.SCRAMBLED else []
        parts += [self.regime] if self.regime is not Regime.STANDARD else []
        return "-".join(parts)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; a logit's index is a position in this tuple."""
        return CLASSES[self.dataset]

    @property
    def folder(self) -> Path:
        """Where its weights, its card and what was measured with it stand."""
        return self.own_folder or PRETRAINED

    @property
    def weights(self) -> Path:
        imported = self.architecture is Architecture.IMPORTED
        return self.folder / f"{self.key}{'.onnx' if imported else '.safetensors'}"

    @property
    def card(self) -> Card:
        """What was measured of it. Raises PretrainedError where that cannot be read."""
        return self.own_card or read_card(self.folder / "index.json", self.key)

    @property
    def mend(self) -> str | None:
        """The command that brings back its files; nobody but its owner has those of another."""
        return None if self.own_folder else RESTORE_COMMAND


# Every variant that could be trained, the eight standard ones first.
KNOWN: Mapping[str, Variant] = MappingProxyType(
    {
        variant.id: variant
        for regime in Regime
        for variant in (
            Variant(*kind, regime) for kind in product(Dataset, TRAINED_HERE, PixelOrder)
        )
    }
)

# Networks that somebody brought along, by name; `models.own_networks.bring` fills it.
OWN: dict[str, Variant] = {}


def trained_variants(folder: Path = PRETRAINED) -> Mapping[str, Variant]:
    """The eight standard variants, and whatever else has a card in `folder`, in the order of KNOWN.

    Cards that cannot be read are told of where one is asked for.
    """
    try:
        carded = set(read_index(folder / "index.json"))
    except UNREADABLE_JSON:
        carded = set()
    return MappingProxyType(
        {n: v for n, v in KNOWN.items() if v.regime is Regime.STANDARD or n in carded}
    )


VARIANTS: Mapping[str, Variant] = trained_variants()
# The eight of the assignment.
STANDARD: Mapping[str, Variant] = MappingProxyType(
    {name: v for name, v in VARIANTS.items() if v.regime is Regime.STANDARD}
)


def build_model(
    variant: str | Variant,
    *,
    mean: float = 0.0,
    std: float = 1.0,
    input_dropout: float = 0.0,
    dropout: float = 0.0,
) -> nn.Sequential:
    """An untrained model of that kind: normalise, scramble, network, under these names.

    It maps pictures (N, 1, 28, 28), float32 in [0, 1], to logits (N, classes). Mean and standard
    deviation are those of the pixels; the shares that are dropped (of pixels, and of what the dense
    layers read) matter in training only.

    Raises:
        ValueError: there is no such variant, it is an imported one, the mean is not finite, the
            deviation not above 0, or a share not in [0, 1].
    """
    variant = find_variant(variant)
    if variant.architecture is Architecture.IMPORTED:
        raise ValueError(f"expected a network that is built here, got the imported {variant.id}")
    if not (math.isfinite(mean) and 0 < std < math.inf):
        raise ValueError(
            f"expected a finite mean and a standard deviation above 0, got {mean} and {std}"
        )
    for name, share in (("input_dropout", input_dropout), ("dropout", dropout)):
        if not 0 <= share <= 1:  # NaN fails both comparisons
            raise ValueError(f"expected {name} in [0, 1], got {share}")
    build = fully_connected if variant.architecture is Architecture.FCNN else convolutional
    model = nn.Sequential()
    model.add_module("normalise", Normalise(mean, std))
    if variant.pixels is PixelOrder.SCRAMBLED:
        model.add_module("scramble", Scramble())
    network = build(len(variant.classes), input_dropout=input_dropout, dropout=dropout)
    model.add_module("network", network)
    return model


def load_model(variant: str | Variant, device: str | torch.device = "cpu") -> nn.Sequential:
    """A trained variant, ready to attack: eval mode, parameters frozen, safe to share by threads.

    >>> load_model("sign-cnn-scrambled")(torch.rand(5, 1, 28, 28)).shape
    torch.Size([5, 24])

    Raises:
        ValueError: there is no such variant, or no such kind of device.
        PretrainedError: its weights are missing, damaged or not those of its card.
    """
    variant, device = find_variant(variant), _device(device)
    content = _read_weights(variant)
    if variant.architecture is Architecture.IMPORTED:
        from models.imported import from_onnx  # long to load, and few need it

        return from_onnx(content, variant.weights).to(device)
    return assemble(variant, _parsed(content, variant)).to(device)


def assemble(variant: str | Variant, tensors: Mapping[str, Tensor]) -> nn.Sequential:
    """A model of that kind with those weights, in eval mode and frozen.

    Half-precision tensors are widened to float32. Raises PretrainedError where they do not fit,
    and ValueError where there is no such variant or `tensors` are no mapping.
    """
    variant = find_variant(variant)
    if not isinstance(tensors, Mapping):
        raise ValueError(f"expected tensors by name, got {type(tensors).__name__}")
    model = build_model(variant)
    try:
        model.load_state_dict(dict(tensors), strict=True)
    except RuntimeError as error:
        raise PretrainedError(
            f"The weights of {variant.id} do not fit its network",
            where=variant.weights,
            expected=f"the tensors of a {variant.architecture} for {variant.dataset}",
            found=" ".join(str(error).split()),
            mend=variant.mend,
        ) from error
    model.requires_grad_(False)
    # On a CPU the convolutions run about twice as fast with the channels last in memory.
    return model.eval().to(memory_format=torch.channels_last)


def find_variant(variant: str | Variant) -> Variant:
    """The variant of that id, or the one given; ValueError, naming all ids, where there is none."""
    if isinstance(variant, Variant):
        return variant
    known = {**KNOWN, **OWN}
    if not isinstance(variant, str) or variant not in known:
        raise ValueError(f"expected a variant out of {', '.join(known)}; got {variant!r}")
    return known[variant]


def find_dataset(name: str | Dataset) -> Dataset:
    """The data set of that name, or the one given. Raises ValueError, naming all, elsewhere."""
    if name not in list(Dataset):
        raise ValueError(f"expected a data set out of {', '.join(Dataset)}; got {name!r}")
    return Dataset(name)


def _device(name: str | torch.device) -> torch.device:
    """The device of that name, there or not. Raises ValueError."""
    try:
        return torch.device(name)
    except (RuntimeError, TypeError, AttributeError):
        raise ValueError(f"expected a device such as cpu or cuda, got {name!r}") from None


def _read_weights(variant: Variant) -> bytes:
    try:
        content = variant.weights.read_bytes()
    except FileNotFoundError:
        raise PretrainedError(
            f"The weights of {variant.id} are missing", where=variant.weights, mend=variant.mend
        ) from None
    except OSError as error:
        raise PretrainedError(
            f"The weights of {variant.id} cannot be read",
            where=variant.weights,
            expected="a file that this user may read",
            found=error.strerror,
            mend=variant.mend,
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != variant.card.sha256:
        raise PretrainedError(
            f"The weights of {variant.id} are not those of its card",
            where=variant.weights,
            expected=f"SHA-256 {variant.card.sha256}",
            found=digest,
            mend=variant.mend,
        )
    return content


def _parsed(content: bytes, variant: Variant) -> Mapping[str, Tensor]:
    try:
        return parse_safetensors(content)
    except SafetensorError as error:
        raise PretrainedError(
            f"The weights of {variant.id} are no safetensors file",
            where=variant.weights,
            expected="a safetensors file",
            found=str(error),
            mend=variant.mend,
        ) from error
