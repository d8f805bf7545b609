"""What a class is to find in a lesson, from the records of the trained variants."""

from dataclasses import dataclass, replace

import numpy as np

from models import (
    PRETRAINED,
    Architecture,
    Dataset,
    PixelOrder,
    PretrainedError,
    Regime,
    Variant,
)
from models.card_files import CONFUSIONS, FLIP_STEPS, read_array
from models.epsilons import NEVER_FLIPS
from models.zoo import KNOWN
from nudge.data.generated_hands import generated_flip_steps
from nudge.evaluation.class_similarity import near_flips
from nudge.evaluation.robustness import SMALL
from nudge.evaluation.sweep import EPSILONS
from nudge.evaluation.transferability import averages, nearest, read_transfer
from nudge.findings.defences import Defence, defence
from nudge.findings.tradeoff import trade_off

LARGE = 0.1  # epsilon at which FGSM is set beside a random nudge
BETWEEN = 0.05  # at which attacks are carried from network to network
GUESSED = range(4, 13)  # steps at which the picture to guess may flip: neither soon nor late


@dataclass(frozen=True)
class Transferred:
    """Mean accuracies of the four, as fractions of 1."""

    epsilon: float
    own: float  # along the own gradient
    other: float  # along another's
    random: float


@dataclass(frozen=True)
class Findings:
    """The figures of one data set; those of one network are its CNN's on ordered pixels."""

    variant: Variant
    total: int  # test pictures
    image: int  # the picture to guess at
    generated: bool  # whether that is one of the generated hands, not of the test set
    flips_at: float  # where it is first misclassified
    median_flip: float | None  # half of those right before are misclassified by then
    clean: float  # accuracies are fractions of 1
    fgsm: float  # at LARGE
    random: float  # at LARGE
    halved_at: float | None  # the first epsilon with at most half of the clean accuracy
    flips: int  # at SMALL
    near: float  # fraction of them taken for a class close in meaning
    near_by_chance: float
    weakest: str  # the class with the fewest right at SMALL
    weakest_accuracy: float
    best_epsilon: float  # where SSIM times the fraction of accuracy lost is largest
    best_accuracy: float
    best_ssim: float
    dense: tuple[float, float]  # clean, ordered and scrambled
    convolutional: tuple[float, float]
    transferred: Transferred | None  # None where it was not recorded with these weights
    twenty_steps: float | None  # accuracy under PGD at LARGE; None where it was not measured
    robust: Defence | None  # None where there is none, or it was not measured
    masked: Defence | None  # Fashion's, whatever the data set


def findings(dataset: Dataset, *, generated: bool = False) -> Findings:
    """Everything that the lesson's answers need, all of it counted on the official test pictures.

    Only the picture to guess at is a generated one where those stand in. Raises NudgeError.
    """
    variant = Variant(dataset, Architecture.CNN, PixelOrder.ORDERED)
    card, best = variant.card, trade_off(variant.card).best

    def at(epsilon: float) -> int:
        return card.epsilons.index(epsilon)

    flip_steps = read_array(PRETRAINED / FLIP_STEPS, variant.id)
    confusions = read_array(PRETRAINED / CONFUSIONS, variant.id)
    flips = near_flips(confusions[1], dataset)
    by_class = confusions.sum(axis=0)[at(SMALL)]
    accuracies = by_class.diagonal() / by_class.sum(axis=1)
    weakest = int(accuracies.argmin())
    # Not the very first, which the explorer opens with and everybody has seen.
    here = generated_flip_steps(variant.id).numpy() if generated else flip_steps
    image = next(i for i, step in enumerate(here.tolist()) if i and step in GUESSED)
    halved = (e for e, n in zip(card.epsilons, card.fgsm, strict=True) if 2 * n <= card.fgsm[0])
    return Findings(
        variant=variant,
        total=card.total,
        image=image,
        generated=generated,
        flips_at=EPSILONS[here[image]],
        median_flip=_median_flip(flip_steps),
        clean=card.accuracy,
        fgsm=card.fgsm[at(LARGE)] / card.total,
        random=card.random[at(LARGE)] / card.total,
        halved_at=next(halved, None),
        flips=int(flips.flipped[at(SMALL)]),
        near=float(flips.fraction[at(SMALL)]),
        near_by_chance=float(flips.chance[at(SMALL)]),
        weakest=variant.classes[weakest],
        weakest_accuracy=float(accuracies[weakest]),
        best_epsilon=best,
        best_accuracy=card.fgsm[at(best)] / card.total,
        best_ssim=card.ssim[at(best)],
        dense=_pair(dataset, Architecture.FCNN),
        convolutional=_pair(dataset, Architecture.CNN),
        transferred=_transferred(dataset),
        twenty_steps=None if card.pgd is None else card.pgd[at(LARGE)] / card.total,
        robust=defence(replace(variant, regime=Regime.ROBUST)),
        masked=_masked(dataset),
    )


def _masked(dataset: Dataset) -> Defence | None:
    """Fashion's. The lesson of another data set goes without where its cards cannot be read."""
    try:
        return defence(KNOWN["fashion-cnn-masked"])
    except PretrainedError:
        if dataset is Dataset.FASHION:
            raise
        return None


def _pair(dataset: Dataset, architecture: Architecture) -> tuple[float, float]:
    ordered, scrambled = (Variant(dataset, architecture, p).card.accuracy for p in PixelOrder)
    return ordered, scrambled


def _median_flip(flip_steps: np.ndarray) -> float | None:
    """The epsilon by which half of the pictures that were right before are misclassified."""
    right = np.sort(flip_steps[flip_steps > 0])
    step = int(right[(len(right) - 1) // 2])
    return None if step == NEVER_FLIPS else EPSILONS[step]


def _transferred(dataset: Dataset) -> Transferred | None:
    try:
        found = read_transfer(dataset)
    except PretrainedError:  # its own page says what is the matter
        return None
    epsilon = nearest(found.epsilons, BETWEEN)
    return Transferred(epsilon, *averages(found, epsilon))
