"""One picture under attack: what is attacked, and what a network makes of it at every epsilon."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nudge.attacks import fgsm_direction, targeted_direction
from nudge.evaluation.probability_path import ProbabilityPath, probability_paths
from nudge.evaluation.sweep import EPSILONS


@dataclass(frozen=True)
class Subject:
    """A picture to attack."""

    pixels: Tensor  # float32 (1, 1, 28, 28) in [0, 1]
    label: int | None  # the true class; None where it is unknown
    random_signs: Tensor  # int8 (1, 1, 28, 28), the random nudge
    generated: bool = False  # drawn by a network: not in the test set


@dataclass(frozen=True, eq=False)  # compared by identity, so that it may be the key of a cache
class Attack:
    """What one network predicts for a picture at every epsilon, attacked and at random."""

    direction: Tensor  # float32 (1, 1, 28, 28), FGSM's
    path: ProbabilityPath  # along it
    control: ProbabilityPath  # along the random signs


def attack_picture(
    model: nn.Module, classifier: nn.Module, subject: Subject, target: int | None
) -> Attack:
    """Attack a picture towards class `target`, or else away from its label.

    Without a label, the attack leads away from the class that the network predicts.

    Args:
        model: computes the gradient; in eval mode.
        classifier: computes the same logits, and needs no gradients.

    Raises:
        ValueError: an argument is not as said, or the logits are not finite.
    """
    if target is not None:
        direction = targeted_direction(model, subject.pixels, torch.tensor([target]))
    else:
        label = subject.label
        if label is None:
            with torch.inference_mode():
                label = int(classifier(subject.pixels).argmax())
        direction = fgsm_direction(model, subject.pixels, torch.tensor([label]))
    both = [direction, subject.random_signs]
    return Attack(direction, *probability_paths(classifier, subject.pixels, both, EPSILONS))
