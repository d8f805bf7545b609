"""The attacks that people choose among, by name, and how pictures are counted under each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import SupportsFloat

import torch
from torch import Tensor, nn

from models.epsilons import EPSILONS
from nudge.argument_checks import as_epsilons, kind
from nudge.attacks import fgsm_gradient, l2_gradient
from nudge.evaluation.predictions import BATCH_SIZE, stream_batches
from nudge.evaluation.robustness import IteratedAttack, stream_flips


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
    zero_gradients: int | None  # of them whose gradient is zero everywhere; None of many steps


def stream_counted(
    method: Method,
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Iterable[SupportsFloat],
    *,
    batch_size: int = BATCH_SIZE,
    yield_to: Callable[[], None] = lambda: None,
) -> Iterator[Counted]:
    """Which pictures of each batch stay right under one of `COUNTED`, at every epsilon.

    Under an iterated attack a picture is right up to the smallest epsilon that flips it, and no
    longer. Other arguments and errors are those of `stream_batches` or `stream_flips`. Raises
    ValueError of another method.
    """
    if method not in COUNTED:
        raise ValueError(f"expected a method out of {', '.join(COUNTED)}; got {kind(method)}")
    if method.iterated:
        grid = as_epsilons(epsilons, ascending=True)
        flips = stream_flips(
            model,
            images,
            labels,
            grid,
            attack=ITERATED[method],
            batch_size=batch_size,
            yield_to=yield_to,
        )
        steps = torch.arange(len(grid))[:, None]
        return (Counted(found > steps, None) for found in flips)
    batches = stream_batches(
        model,
        images,
        labels,
        epsilons,
        gradient=ONE_STEP[method],
        batch_size=batch_size,
        yield_to=yield_to,
    )
    return (
        Counted(batch.predictions == correct, batch.zero_gradients)
        for batch, correct in zip(batches, torch.split(labels.cpu(), batch_size), strict=True)
    )
