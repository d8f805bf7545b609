"""Model cards: what was measured of each trained variant, as `pretrained/index.json` records it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.intervals import wilson_interval


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One point of a learning curve. Accuracies are top-1, as fractions of 1."""

    train_loss: float  # of the network in training: with dropout and whatever else regularises
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    # Of training pictures under PGD, where the training attacks them: it falls to nothing where
    # the network overfits to the attack.
    robust_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class Withstood:
    """How many test pictures stay right whatever an attack does within epsilon."""

    attack: str  # in words: "PGD, 40 steps, 5 restarts"
    epsilon: float  # in L-infinity
    correct: int
    total: int  # the first so many of the test set


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known of one trained variant. Counts are over the full official test set."""

    sha256: str  # of the weight file
    data_sha256: Mapping[str, str]  # of the decoded splits, by name: "train", "test"
    permutation_sha256: str | None  # of its int64 bytes; None where pixels stay in order
    parameters: int
    total: int  # test pictures
    epsilons: Sequence[float]
    fgsm: Sequence[int]  # pictures right at each epsilon; the first is the clean count
    random: Sequence[int]  # the same under a random nudge of the same size
    ssim: Sequence[float]  # mean structural similarity of attacked and original, at each epsilon
    class_totals: Sequence[int]  # test pictures of each class
    class_correct: Sequence[int]  # those right before any nudge
    learning_curve: Sequence[Epoch]  # none of an imported network
    recipe: Mapping[str, Any]
    seed: int
    seconds: float  # wall time of the training
    hardware: str
    versions: Mapping[str, str]
    command: str  # recreates the weights
    dataset: str | None = None  # of an imported network, whose id does not say it
    # Pictures that withstand twenty steps of PGD at each epsilon and below it; None until
    # scripts/robustness.py has measured them.
    pgd: Sequence[int] | None = None
    withstood: Sequence[Withstood] = ()  # at the epsilon that its data set is defended at
    attacked_on: str = ""  # the hardware that measured these two
    # Test pictures right after their objects were shifted, rotated and scaled at random.
    moved: int | None = None
    # Of the standard ones on ordered pixels, whose findings are put to twenty steps, too: how
    # similar attacked pictures stay (mean SSIM of the first 200, at every second epsilon), and
    # what pictures that were right are taken for at epsilon 0.01, as (true, predicted).
    pgd_ssim: Sequence[float] | None = None
    pgd_confusion: Sequence[Sequence[int]] | None = None

    @property
    def accuracy(self) -> float:
        """Clean top-1 accuracy on the full test set, as a fraction of 1."""
        return self.fgsm[0] / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the clean accuracy (Wilson's, which stays inside [0, 1])."""
        return wilson_interval(self.fgsm[0], self.total)


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """One training of a variant among several that differ in their seed alone."""

    seed: int
    correct: int  # of the full official test set, in half precision, as published weights are
    total: int
    seconds: float  # wall time of the training
    recipe: Mapping[str, Any]
    sha256: str  # of the weight file, were it published
    command: str
