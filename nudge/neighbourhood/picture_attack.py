"""One picture under attack: what is attacked, and what a network makes of it at every epsilon."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nudge.attacks import bim, fgsm_direction, l2_gradient, pgd, targeted_direction
from nudge.evaluation.methods import Method
from nudge.neighbourhood.plane import on_plane
from nudge.neighbourhood.probability_path import ProbabilityPath, probability_paths


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

    # Epsilon times it is the perturbation, before clipping: float32 (1, 1, 28, 28), or
    # (K, 1, 28, 28) of an iterated attack, which takes another way for every epsilon.
    direction: Tensor
    path: ProbabilityPath  # along it
    control: ProbabilityPath  # along the random signs
    # The plane of the explorer's map is spanned by this and the random signs.
    along: Tensor
    # Of an iterated attack: for every epsilon where it began and where each step led, as nearest
    # points of that plane: float32 (K, steps + 1, 2).
    track: Tensor | None = None


_ITERATED: dict[Method, Callable[..., Tensor]] = {Method.BIM: bim, Method.PGD: pgd}


def attack_picture(
    model: nn.Module,
    classifier: nn.Module,
    subject: Subject,
    method: Method = Method.FGSM,
    target: int | None = None,
) -> Attack:
    """Attack a picture away from its label, at every epsilon that `method` shows.

    A targeted attack leads towards class `target`. Without a label, the others lead away from the
    class that the network predicts. The random nudge stands beside FGSM.

    Args:
        model: computes the gradient; in eval mode.
        classifier: computes the same logits, and needs no gradients.

    Raises:
        ValueError: an argument is not as said, or the logits are not finite.
    """
    pixels, epsilons = subject.pixels, method.shown_epsilons
    if method is Method.TARGETED:
        if target is None:
            raise ValueError("expected a target of a targeted attack, got None")
        direction = targeted_direction(model, pixels, torch.tensor([target], device=pixels.device))
    else:
        label = subject.label
        if label is None:
            with torch.inference_mode():
                label = int(classifier(pixels).argmax())
        labels = torch.tensor([label], device=pixels.device)
        if method is Method.L2:
            direction = l2_gradient(model, pixels, labels).direction
        else:
            direction = fgsm_direction(model, pixels, labels)
    along, track = direction, None
    if method in _ITERATED:
        moves = list[Tensor]()
        direction = _directions(_ITERATED[method], model, pixels, labels, epsilons, moves)
        track = on_plane(torch.stack(moves, dim=1), along, subject.random_signs)
    both = [direction, subject.random_signs]
    path, control = probability_paths(classifier, pixels, both, epsilons)
    return Attack(direction, path, control, along, track)


def _directions(
    attack: Callable[..., Tensor],
    model: nn.Module,
    pixels: Tensor,
    labels: Tensor,
    epsilons: tuple[float, ...],
    moves: list[Tensor],
) -> Tensor:
    """The perturbation that the attack finds for each epsilon, divided by it: in [-1, 1].

    `moves` takes what the pictures have moved by at each step, (K, 784).
    """
    count = len(epsilons)
    radii = pixels.new_tensor(epsilons)
    attacked = attack(
        model, pixels.expand(count, -1, -1, -1), labels.expand(count), radii,
        on_step=lambda moved: moves.append((moved - pixels).flatten(1)),
    )  # fmt: skip
    steps = torch.where(radii > 0, radii, 1).view(-1, 1, 1, 1)
    return ((attacked - pixels) / steps).clamp_(-1, 1)
