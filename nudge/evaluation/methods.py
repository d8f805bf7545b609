"""The attacks that people choose among, by name, and how pictures are counted under each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from models.epsilons import EPSILONS
from nudge.argument_checks import as_epsilons, kind
from nudge.attacks import fgsm_gradient, l2_gradient
from nudge.evaluation.predictions import batch_counter
from nudge.evaluation.robustness import IteratedAttack, flip_counter


class Method(StrEnum):
    """How a picture is nudged. The names are those in addresses."""

    FGSM = "fgsm"
    BIM = "bim"
    PGD = "pgd"
    L2 = "l2"
    TARGETED = "targeted"
    RANDOM = "random"

    @property
    def iterated(self) -> bool:
        """Whether it takes many steps, and so an attack of its own for every epsilon."""
        return self in ITERATED

    @property
    def shown_epsilons(self) -> tuple[float, ...]:
        """Those at which one picture is attacked while somebody waits: 31 of an iterated attack."""
        return EPSILONS[::2] if self.iterated else EPSILONS


ITERATED = {Method.BIM: IteratedAttack(random_start=False), Method.PGD: IteratedAttack()}
ONE_STEP = {Method.FGSM: fgsm_gradient, Method.L2: l2_gradient}
COUNTED = (Method.FGSM, Method.BIM, Method.PGD, Method.L2)  # under which curves are drawn


@dataclass(frozen=True, eq=False)
class Counted:
    """What was found of n pictures at K epsilons."""

    right: Tensor  # bool (K, n), on the CPU
    zero_gradient: Tensor | None  # bool (n,): the gradient is zero everywhere; None of many steps


def method_counter(
    method: Method,
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    yield_to: Callable[[], None] = lambda: None,
) -> Callable[[slice], Counted]:
    """A function that says of any batch which pictures stay right under one of `COUNTED`.

    Under an iterated attack a picture is right up to the smallest epsilon that flips it, and no
    longer. Other arguments and errors are those of `batch_counter` or `flip_counter`. Raises
    ValueError of another method.
    """
    if method not in COUNTED:
        raise ValueError(f"expected a method out of {', '.join(COUNTED)}; got {kind(method)}")
    if method.iterated:
        grid = as_epsilons(epsilons, ascending=True)
        attack, steps = ITERATED[method], torch.arange(len(grid))[:, None]
        flips = flip_counter(model, images, labels, grid, attack=attack, yield_to=yield_to)
        return lambda batch: Counted(flips(batch) > steps, None)
    gradient = ONE_STEP[method]
    predict = batch_counter(model, images, labels, epsilons, gradient=gradient, yield_to=yield_to)
    truth = labels.cpu()

    def count(batch: slice) -> Counted:
        found = predict(batch)
        return Counted(found.predictions == truth[batch], found.zero_gradient)

    return count
