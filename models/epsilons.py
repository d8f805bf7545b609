"""The grid of epsilons that every card, curve and page uses."""

from collections.abc import Sequence

EPSILON_STEP = 0.005  # fine, because most of the fall lies below 0.05
EPSILONS = tuple(round(i * EPSILON_STEP, 3) for i in range(61))  # 0, 0.005, ... 0.3
NEVER_FLIPS = 255  # the flip step of a picture that FGSM fools at no epsilon of the grid


def step_of(epsilons: Sequence[float], epsilon: float) -> int:
    """The position of an epsilon in a grid. Raises ValueError where the grid does not hold it."""
    if epsilon not in epsilons:
        first, last = (f"{end:g}" for end in (epsilons[0], epsilons[-1])) if epsilons else ("", "")
        raise ValueError(
            f"expected one of the {len(epsilons)} epsilons {first} ... {last}, got {epsilon!r}"
        )
    return tuple(epsilons).index(epsilon)
