import pytest

from models.intervals import wilson_interval


def test_interval() -> None:
    """Against the textbook: Wilson's bounds solve |p - share| = z sqrt(p (1 - p) / n)."""
    for correct, total in ((9400, 10_000), (3, 4), (0, 10), (10, 10)):
        for bound in wilson_interval(correct, total):
            deviation = (bound * (1 - bound) / total) ** 0.5
            assert abs(bound - correct / total) == pytest.approx(1.96 * deviation)
