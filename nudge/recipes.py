"""How each network is trained: one recipe a data set and network, for both pixel orders.

Only the permutation differs between a variant and its scrambled twin. Nothing here knows where a
pixel is (no shifts, crops, flips or rotations): what a network knows of space comes from its
architecture alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models import Architecture, Dataset


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hyperparameters of one training."""

    epochs: int
    batch_size: int
    learning_rate: float  # the peak of one cycle
    warm_up: float = 0.15  # share of the run until the peak: batch norm needs a gentle start
    weight_decay: float
    mixup: float = 0.0  # both parameters of the Beta distribution; 0 for none
    # A softmax that float32 rounds to 1 leaves FGSM no gradient, and the network looks robust.
    # A little smoothing keeps every probability below, as mixup does too. On Fashion both together
    # flatten FGSM's curve; the few photographs of Sign need both.
    label_smoothing: float = 0.0
    noise: float = 0.0  # largest standard deviation of Gaussian noise on the pixels
    averaging: float = 0.998  # decay of the moving average of weights: about the last 500 steps


RECIPES: Mapping[tuple[Dataset, Architecture], Recipe] = {
    (Dataset.FASHION, Architecture.FCNN): Recipe(
        epochs=80,
        batch_size=256,
        learning_rate=3e-3,
        weight_decay=0.1,
        label_smoothing=0.02,
        averaging=0.999,
    ),
    (Dataset.FASHION, Architecture.CNN): Recipe(
        epochs=16, batch_size=128, learning_rate=2e-3, weight_decay=0.05, mixup=0.2
    ),
    (Dataset.SIGN, Architecture.FCNN): Recipe(
        epochs=25,
        batch_size=256,
        learning_rate=3e-3,
        weight_decay=0.05,
        label_smoothing=0.02,
        noise=0.2,
    ),
    (Dataset.SIGN, Architecture.CNN): Recipe(
        epochs=12,
        batch_size=128,
        learning_rate=2e-3,
        weight_decay=0.05,
        mixup=0.2,
        label_smoothing=0.02,
    ),
}
