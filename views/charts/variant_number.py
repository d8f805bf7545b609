"""A variant's number, which tells its curve where colours do not."""

from models import VARIANTS


def variant_number(variant_id: str) -> int:
    """From 1 up, in the zoo's order."""
    return list(VARIANTS).index(variant_id) + 1
