"""The Trade-off page."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from views.text.common import DATASETS, listing, one_picture

if TYPE_CHECKING:
    from models import Card
    from nudge.findings.tradeoff import TradeOff

# The trade-off.
STRIP_PICTURE = "Picture under the axis"
AGAINST = "Accuracy against readability"
SSIM = "Similarity (SSIM)"
SSIM_AXIS = "Similarity (SSIM) with the original"
TRADE_OFF_AXIS = "Accuracy and similarity"
SCORE = "Fraction of accuracy lost x SSIM"
OURS = "our measure"
THEIRS = "assignment"
NEARLY_AS_GOOD = "Nearly as good"
RIGHT = "correct"
WRONG = "wrong"


def from_to(bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def assignment_label(dataset: str, bounds: tuple[float, float]) -> str:
    return f"{DATASETS[dataset]}: assignment {from_to(bounds)}"


def recommendation(
    name: str, card: "Card", found: "TradeOff", assignment: tuple[float, float]
) -> str:
    at = card.epsilons.index(found.best)
    return (
        f"**{name}**: our measure recommends **{found.best:g}** ({from_to(found.nearly)} is nearly "
        f"as good), the assignment **{from_to(assignment)}**. At {found.best:g} accuracy falls "
        f"from {card.accuracy:.1%} to {card.fgsm[at] / card.total:.1%}, at a similarity of "
        f"{card.ssim[at]:.2f}."
    )


def along_caption(
    *, totals: Sequence[int], ssim_pictures: int, image: int, nearly: float, under: str
) -> str:
    """`under` says what picture of each data set stands under the axis."""
    pictures = listing([f"{total:,}" for total in totals])
    return (
        f"Solid: top-1 accuracy under FGSM over all {pictures} official test pictures. Dashed: "
        f"mean SSIM of attacked and original pictures, over the first {ssim_pictures:,}. Grey: "
        "what the assignment recommends. Diamonds: where the fraction of accuracy lost, times "
        f"SSIM, is largest; nearly as good is at least {nearly:.0%} of that. Under the axis: "
        f"{under} {image}, nudged by the epsilon above it along each network's own gradient."
    )


def against_caption(*, totals: Sequence[int], ssim_pictures: int) -> str:
    pictures = listing([f"{total:,}" for total in totals])
    return (
        f"One dot for every 0.005 of epsilon, from the left. Accuracy over all {pictures} official "
        f"test pictures, SSIM over the first {ssim_pictures:,}, both recorded with the weights. "
        "The lower left is best for an attacker: the network is fooled, and nobody notices."
    )


def strip_pictures(generated: Mapping[str, bool]) -> str:
    """What stands under the axis, by data set: test pictures or generated hands."""
    kinds = {name: one_picture(generated=g).lower() for name, g in generated.items()}
    if len(set(kinds.values())) <= 1:
        return next(iter(kinds.values()), one_picture(generated=False).lower())
    return " and ".join(f"{DATASETS[name]}'s {kind}" for name, kind in kinds.items())
