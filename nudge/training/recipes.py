"""How each network is trained: one recipe per data set, network and regime, for both pixel orders.

Only the permutation differs between a variant and its scrambled twin. Nothing in the standard
recipes knows where a pixel is (no shifts, crops, flips or rotations): what a standard network knows
of space comes from its architecture alone. The other regimes are free of that rule.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from models import Architecture, Dataset, Variant
from models.zoo import KNOWN, Regime


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hyperparameters of one training, to be tried on pictures held out of the training set.

    `scripts/ideas.py` measures what they give; RESULTS.md shows what has been measured.
    """

    epochs: int  # as many as fit: two cores are to train all eight in less than 45 minutes
    batch_size: int  # small enough for many steps, large enough to keep the processor busy
    learning_rate: float  # the peak of one cycle, as is usual for AdamW with batch norm
    warm_up: float = 0.15  # share of the run until the peak: batch norm needs a gentle start
    weight_decay: float  # of matrices; times the rate it forgets what few pictures taught
    input_dropout: float = 0.0  # share of pixels set to their mean, so that none is relied on
    dropout: float = 0.0  # share of what the dense layers read: they hold most parameters
    mixup: float = 0.0  # both parameters of the Beta distribution; 0 for none
    # A softmax that float32 rounds to 1 leaves FGSM no gradient, and the network looks robust.
    # A little smoothing keeps every probability below, as mixup does too. On Fashion both together
    # flatten FGSM's curve, so it has the one or the other.
    label_smoothing: float = 0.0
    noise: float = 0.0  # largest standard deviation of Gaussian noise on the pixels
    averaging: float = 0.998  # decay of the moving average of weights: about the last 500 steps
    # Augmentation, of the regimes that know where a pixel is; before the scramble, if there is one.
    shift: float = 0.0  # largest, in pixels, each way
    rotation: float = 0.0  # largest, in degrees, each way
    scale: float = 0.0  # largest change of size, as a fraction
    flip: float = 0.0  # probability of a mirrored picture
    # Adversarial training, arXiv:1706.06083.
    epsilon: float = 0.0  # radius of the attack in L-infinity; 0 for none
    attacked: float = 1.0  # share of each batch that is attacked; the rest is seen as it is
    attack_steps: int = 0
    attack_step_size: float = 1.0  # as a fraction of epsilon
    random_start: float = 1.0  # as a fraction of epsilon; 0 starts at the picture itself

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        for name, low, high in (
            ("epochs", 1, math.inf),
            ("batch_size", 2, math.inf),  # batch norm needs more than one picture
            ("learning_rate", 0, math.inf),
            ("warm_up", 0, 1),
            ("weight_decay", 0, math.inf),
            ("input_dropout", 0, 1),
            ("dropout", 0, 1),
            ("mixup", 0, math.inf),
            ("label_smoothing", 0, 1),
            ("noise", 0, math.inf),
            ("averaging", 0, 1),
            ("shift", 0, 28),
            ("rotation", 0, 180),
            ("scale", 0, 1),
            ("flip", 0, 1),
            ("epsilon", 0, 1),
            ("attacked", 0, 1),
            ("attack_steps", 0, math.inf),
            ("attack_step_size", 0, math.inf),
            ("random_start", 0, 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:  # NaN fails both comparisons
                bounds = f"of at least {low}" if high == math.inf else f"from {low} to {high}"
                raise ValueError(f"expected {name} {bounds}, got {value}")
            if math.isinf(value):
                raise ValueError(f"expected {name} to be finite, got {value}")
        if self.epsilon and self.attacked and not self.attack_steps:
            raise ValueError("expected attack_steps of at least 1 where epsilon is above 0, got 0")

    def record(self) -> dict[str, Any]:
        """By name, as cards hold it: augmentation and attack only where there is one."""
        left_out = set[str]()
        left_out |= set() if any(getattr(self, name) for name in _AUGMENTATION) else _AUGMENTATION
        left_out |= set() if self.epsilon else _ATTACK
        return {name: value for name, value in asdict(self).items() if name not in left_out}


_AUGMENTATION = {"shift", "rotation", "scale", "flip"}
_ATTACK = {"epsilon", "attacked", "attack_steps", "attack_step_size", "random_start"}


def change(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with some hyperparameters changed: "epochs=3", "mixup=0".

    Raises ValueError where there is no such hyperparameter, or it cannot have that value.
    """
    known = {field.name: field.type for field in fields(recipe)}
    changes = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in known:
            raise ValueError(f"unknown hyperparameter {name}; choose from {', '.join(known)}")
        try:
            changes[name] = int(value) if known[name] is int else float(value)
        except ValueError:
            kind = "a whole number" if known[name] is int else "a number"
            raise ValueError(f"expected {name} to be {kind}, got {value!r}") from None
    return replace(recipe, **changes)  # type: ignore[arg-type]


def trainable() -> tuple[str, ...]:
    """The ids of all variants that have a recipe."""
    return tuple(
        name for name, v in KNOWN.items() if (v.dataset, v.architecture) in BY_REGIME[v.regime]
    )


def recipe_of(variant: Variant) -> Recipe:
    """The recipe of a variant. Raises ValueError where its regime has none for that network."""
    recipes = BY_REGIME[variant.regime]
    if (variant.dataset, variant.architecture) not in recipes:
        known = ", ".join(f"{dataset}-{network}-{variant.regime}" for dataset, network in recipes)
        raise ValueError(f"no recipe for {variant.id}; there are some for {known}")
    return recipes[variant.dataset, variant.architecture]


Recipes = Mapping[tuple[Dataset, Architecture], Recipe]

RECIPES: Recipes = {
    # Heavy dropout, and time: every pixel is a feature of its own, and 60,000 pictures are few for
    # 1.3 million weights. Mixup does not help here, so smoothing keeps the softmax from 1.
    (Dataset.FASHION, Architecture.FCNN): Recipe(
        epochs=80,
        batch_size=256,
        learning_rate=3e-3,
        weight_decay=0.1,
        input_dropout=0.1,
        dropout=0.45,
        label_smoothing=0.02,
        averaging=0.999,  # a long run has steps enough for a longer memory
    ),
    # Mixup keeps the softmax from 1 and regularises; with smoothing besides, FGSM's curve is flat.
    # Half as many epochs more, with more dropout and decay, read 0.08 points more of what is held
    # out: luck, and no reason to train longer.
    (Dataset.FASHION, Architecture.CNN): Recipe(
        epochs=16,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=0.05,
        dropout=0.3,
        mixup=0.2,
    ),
    # The training set is some 1,300 photographs in many copies. Noise makes copies differ.
    (Dataset.SIGN, Architecture.FCNN): Recipe(
        epochs=25,
        batch_size=256,
        learning_rate=3e-3,
        weight_decay=0.05,
        input_dropout=0.1,
        dropout=0.45,
        label_smoothing=0.02,
        noise=0.2,
    ),
    # Dropped pixels do so too: no pattern of single pixels can be learnt by heart, as a scrambled
    # picture invites to. That takes long to train. Twice as many dropped read as well, but make
    # the ordered twin so robust that FGSM has little to show.
    (Dataset.SIGN, Architecture.CNN): Recipe(
        epochs=24,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=0.05,
        input_dropout=0.1,
        dropout=0.3,
        label_smoothing=0.05,
    ),
}

# Shifted, rotated, scaled and, for clothes, mirrored pictures: more of them than a network can
# learn by heart, so it needs less dropout and more time. A mirrored hand is another sign's.
AUGMENTED: Recipes = {
    (Dataset.FASHION, Architecture.FCNN): replace(
        RECIPES[Dataset.FASHION, Architecture.FCNN],
        epochs=50,
        input_dropout=0.0,
        dropout=0.2,
        shift=2.0,
        rotation=8.0,
        scale=0.1,
        flip=0.5,
    ),
    # Larger moves cost accuracy on the official pictures, which are all centred.
    (Dataset.FASHION, Architecture.CNN): replace(
        RECIPES[Dataset.FASHION, Architecture.CNN],
        epochs=60,
        learning_rate=3e-3,
        dropout=0.1,
        shift=1.5,
        rotation=6.0,
        scale=0.05,
        flip=0.5,
    ),
    (Dataset.SIGN, Architecture.FCNN): replace(
        RECIPES[Dataset.SIGN, Architecture.FCNN],
        epochs=150,
        input_dropout=0.0,
        dropout=0.2,
        noise=0.1,
        shift=3.0,
        rotation=12.0,
        scale=0.15,
    ),
    (Dataset.SIGN, Architecture.CNN): replace(
        RECIPES[Dataset.SIGN, Architecture.CNN],
        epochs=20,
        input_dropout=0.0,
        dropout=0.2,
        shift=3.0,
        rotation=12.0,
        scale=0.15,
    ),
}

# Three steps of half the radius, from a random start, are as good here as seven small ones, and
# take half the time. A network that sees attacked pictures alone fits them with difficulty, so it
# needs hardly any dropout.
ROBUST: Recipes = {
    (Dataset.FASHION, Architecture.FCNN): Recipe(
        epochs=60,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=0.05,
        dropout=0.05,
        label_smoothing=0.1,
        epsilon=0.1,
        attack_steps=3,
        attack_step_size=0.5,
    ),
    (Dataset.FASHION, Architecture.CNN): Recipe(
        epochs=30,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=0.05,
        dropout=0.2,
        label_smoothing=0.1,
        flip=0.5,
        epsilon=0.1,
        attack_steps=3,
        attack_step_size=0.5,
    ),
    # Shifts make the few photographs many: without them what is robust in training is not in the
    # test.
    (Dataset.SIGN, Architecture.FCNN): Recipe(
        epochs=40,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=0.05,
        dropout=0.05,
        label_smoothing=0.05,
        shift=2.0,
        epsilon=0.03,
        attack_steps=3,
        attack_step_size=0.5,
    ),
    (Dataset.SIGN, Architecture.CNN): Recipe(
        epochs=20,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=0.05,
        dropout=0.2,
        label_smoothing=0.05,
        shift=2.0,
        epsilon=0.03,
        attack_steps=3,
        attack_step_size=0.5,
    ),
}

# One full step from the picture itself, which the network learns to bend its loss against
# (catastrophic overfitting, arXiv:2001.03994): a radius beyond the one that is shown brings it
# about sooner, and an average over old weights would hide it. Half of each batch is left alone, or
# the network would learn to read the label off the attack (arXiv:1611.01236) and nothing else.
MASKED: Recipes = {
    (Dataset.FASHION, Architecture.CNN): Recipe(
        epochs=20,
        batch_size=128,
        learning_rate=3e-3,
        weight_decay=0.0,
        averaging=0.0,
        epsilon=0.15,
        attacked=0.5,
        attack_steps=1,
        attack_step_size=1.0,
        random_start=0.0,
    ),
}

BY_REGIME: Mapping[Regime, Recipes] = {
    Regime.STANDARD: RECIPES,
    Regime.AUGMENTED: AUGMENTED,
    Regime.ROBUST: ROBUST,
    Regime.MASKED: MASKED,
}
