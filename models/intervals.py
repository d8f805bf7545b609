"""How far an accuracy that was counted on so many pictures can be trusted."""

import math

Z = 1.96  # the normal quantile of a 95 % interval


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Wilson's score interval of an accuracy, at 95 %.

    >>> low, high = wilson_interval(9_400, 10_000)
    >>> f"{low:.4f} {high:.4f}"
    '0.9352 0.9445'

    Raises ValueError where `total` is not above 0, or `correct` not in 0 ... `total`.
    """
    if not 0 <= correct <= total or not 0 < total < math.inf:
        raise ValueError(f"expected a part of at least one picture, got {correct} of {total}")
    fraction, weight = correct / total, Z * Z / total
    middle = (fraction + weight / 2) / (1 + weight)
    half = math.sqrt(fraction * (1 - fraction) * weight + weight * weight / 4) / (1 + weight)
    return middle - half, middle + half
