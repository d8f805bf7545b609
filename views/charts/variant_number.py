"""A variant's number, which tells its curve where colours do not. Loads no Altair."""

from models import VARIANTS, Variant
from models.zoo import OWN
from views import text


def variant_number(variant_id: str) -> int:
    """From 1 up, in the zoo's order; then those that somebody brought along."""
    return [*VARIANTS, *OWN].index(variant_id) + 1


def numbered(variant: Variant) -> str:
    """The variant with its number."""
    return text.common.tagged(variant, variant_number(variant.id))
