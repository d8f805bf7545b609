"""Class by class: how each falls as epsilon grows, and which pictures fall first and last."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.epsilons import NEVER_FLIPS
from nudge.argument_checks import as_count, kind


@dataclass(frozen=True)
class ClassCurves:
    """Pictures of each of C classes that are right at each of K epsilons."""

    right: NDArray[np.int64]  # (K, C)
    totals: NDArray[np.int64]  # (C,)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Fractions of 1: float64 (K, C)."""
        return self.right / self.totals

    def falls(self) -> NDArray[np.int64]:
        """By class, the first step at which less than half is right: (C,), K for never."""
        below = self.accuracy < 0.5
        steps: NDArray[np.int64] = np.where(below.any(axis=0), below.argmax(axis=0), len(below))
        return steps

    def order(self) -> NDArray[np.int64]:
        """The classes (C,), first those that fall below half first; then by how much is right."""
        found: NDArray[np.int64] = np.lexsort((self.accuracy.sum(axis=0), self.falls()))
        return found


def class_curves(confusions: NDArray[np.integer]) -> ClassCurves:
    """From `confusions`, integers (2, K, true, predicted), as a `Measurement` counts them.

    Raises ValueError where they are none.
    """
    shape = np.shape(confusions)
    if len(shape) != 4 or shape[0] != 2 or shape[2] != shape[3]:
        raise ValueError(f"expected confusions (2, K, classes, classes), got {shape}")
    counts = confusions.sum(axis=0).astype(np.int64)
    return ClassCurves(np.diagonal(counts, axis1=1, axis2=2), counts[0].sum(axis=1))


def flips_by_step(flip_steps: NDArray[np.uint8], steps: int) -> NDArray[np.int64]:
    """Pictures by the step of their flip step: (steps + 1,), the last for those never missed.

    Step 0 holds those that were wrong before the attack. Raises ValueError where a flip step
    stands at no such step.
    """
    _check_flip_steps(flip_steps)
    steps = as_count(steps, "a number of steps", least=1)
    missed = flip_steps[flip_steps != NEVER_FLIPS]
    as_count(int(missed.max(initial=0)), "a flip step", most=steps - 1)
    at = np.where(flip_steps == NEVER_FLIPS, steps, flip_steps)
    return np.bincount(at, minlength=steps + 1)


def ends(flip_steps: NDArray[np.uint8], count: int) -> tuple[list[int], list[int]]:
    """The indices of the `count` pictures that flip first, and of as many that flip last or never.

    Of pictures that were right before the attack; the earlier in the test set first. Raises
    ValueError where these are no flip steps, or there is no such count.
    """
    _check_flip_steps(flip_steps)
    count = as_count(count, "a count")
    tested = np.flatnonzero(flip_steps > 0)
    steps = flip_steps[tested].astype(int)  # NEVER_FLIPS is the largest
    first, last = (tested[np.argsort(key, kind="stable")][:count] for key in (steps, -steps))
    return first.tolist(), last.tolist()


def _check_flip_steps(flip_steps: NDArray[np.uint8]) -> None:
    if not isinstance(flip_steps, np.ndarray):
        raise ValueError(f"expected flip steps as an array, got {kind(flip_steps)}")
    if flip_steps.dtype != np.uint8 or flip_steps.ndim != 1:
        found = f"{flip_steps.dtype} {flip_steps.shape}"
        raise ValueError(f"expected flip steps, uint8 (N,), got {found}")
