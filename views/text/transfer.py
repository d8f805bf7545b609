"""The Transfer page."""

from typing import TYPE_CHECKING

from views.text.common import ARCHITECTURES, REGIMES, short_variant

if TYPE_CHECKING:
    from models import Architecture, Variant

NUMBERS = {2: "two", 3: "three", 4: "four"}

# Transfer: attacked on one network, classified by another.
TRANSFER_LEAD = (
    "A picture is nudged along the gradient of one network and classified by another. Where a row "
    "is dark, pictures that fool one network also fool the others: an attacker needs no access to "
    "the network under attack."
)
TRANSFER_SOURCE = "Nudged along the gradient of"
TRANSFER_TARGET = "Classified by"
NO_NUDGE = "No nudge"
TRANSFER_PICTURES = "Pictures to count here"
RANDOM_NUDGE = "Random nudge"
HERE = "Count here"
STOP_HERE = "Show the record"
ON_THESE = "All of them on one picture"
AMONG = "Networks"
TRANSFER_COLUMNS = ("nudged along", "classified by", "epsilon", "right", "pictures", "accuracy")


def transfer_caption(
    *, total: int, epsilon: float, title: str, here: bool, asked: float | None, generated: bool
) -> str:
    """`generated`: what was counted here are generated hands."""
    pictures = f"on official test pictures of {title}"
    counted = f"over all {total:,}, recorded with the weights"
    if here:
        counted = f"counted now on this computer over the first {total:,}"
        if generated:
            pictures = f"on generated hands, not on the test pictures of {title}"
    nearest = f" It is the measured epsilon nearest to {asked:g}." if asked is not None else ""
    return (
        f"Top-1 accuracy {pictures}, nudged by epsilon {epsilon:g}: "
        f"{counted}.{nearest} Frames mark the usual attack, along a network's own gradient. "
        "Scrambled networks receive pictures in our order and scramble them themselves, so a nudge "
        "changes the same pixels for all of them."
    )


def group(trainings_of: "Architecture | None") -> str:
    if trainings_of is None:
        return "The four, trained as usual"
    return f"{ARCHITECTURES[trainings_of]}, all trainings"


def short(variant: "Variant", trainings_of: "Architecture | None") -> str:
    """In a table of the four, or of trainings of one network."""
    return REGIMES[variant.regime] if trainings_of else short_variant(variant)


def transfer_finding(count: int, *, own: float, other: float, random: float, epsilon: float) -> str:
    return (
        f"At epsilon {epsilon:g} the mean accuracy of the {NUMBERS[count]} is **{own:.1%}** after "
        f"a nudge along their own gradient, **{other:.1%}** along another's, and **{random:.1%}** "
        "after a random nudge of the same size."
    )


def transfer_equal(equal: bool) -> str:
    return (
        "Every count equals the recorded one."
        if equal
        else "Some counts differ from the recorded ones: another processor adds in another order."
    )
