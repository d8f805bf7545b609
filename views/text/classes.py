"""The Classes page."""

from collections.abc import Mapping, Sequence
from typing import Any

from views.text.common import class_name, listing

# Where it breaks.
BY_CLASS = "Which classes fall first"
CONFUSIONS = "Which classes are confused"
NEAR = "Are wrong answers close in meaning?"
FLIPS = "How far a picture has to be nudged"
ENDS = "The pictures at both ends"
FIRST_TO_FLIP = "**The first to flip.** Each opens in the explorer, at the epsilon where it flips:"
LAST_TO_FLIP = "**The last to flip, or never:**"
FRACTION_OF_CLASS = "Fraction of the true class"
PICTURES_COUNTED = "Pictures"
MEASURED = "measured"
BY_CHANCE = "by chance"
NEAR_AXIS = "Flips that stay near"
NEAR_COUNTED = "Near / flipped"
FLIPS_AXIS = "Pictures"
FLIPS_AT = "Flips first at"
WRONG_BEFORE = "wrong before the attack"
NEVER_FLIPS = "never up to 0.3"

NEAR_MEANS = {
    "fashion": "clothes of the same kind (tops, or footwear)",
    "sign": "the three letters with the most similar mean training picture",
}


def falling(classes: Sequence[tuple[str, float | None]]) -> str:
    """Each class with the epsilon at which it falls below half, first those that fall first."""

    def said(some: Sequence[tuple[str, float | None]]) -> str:
        steps = ["never" if at is None else f"{at:g}" for _, at in some]
        return listing([f"{name} ({step})" for (name, _), step in zip(some, steps, strict=True)])

    return (
        f"Accuracy falls below half first for **{said(classes[:3])}**, "
        f"last for **{said(classes[-3:])}**."
    )


def falls_caption(name: str, total: int) -> str:
    return (
        f"{name}: top-1 accuracy of each class under FGSM, over all {total:,} official test "
        "pictures. White marks: accuracy falls below half. Dashed: the chosen epsilon."
    )


def most_confused(cell: Mapping[str, Any] | None, epsilon: float, dataset: str) -> str:
    if cell is None:
        return f"At epsilon {epsilon:g} no class is confused with another."
    true, predicted = (class_name(dataset, cell[key]) for key in ("true", "predicted"))
    return (
        f"At epsilon {epsilon:g} the largest confusion: {cell['fraction']:.0%} of **{true}** "
        f"are predicted as **{predicted}**."
    )


def confusions_caption(name: str, total: int, epsilon: float, dataset: str) -> str:
    return (
        f"{name}, FGSM at epsilon {epsilon:g}: the fraction of each true class (row) predicted as "
        f"each class (column), over all {total:,} official test pictures. Outlined: close in "
        f"meaning, that is {NEAR_MEANS[dataset]}."
    )


def near_caption(near: int, flipped: int, chance: float, epsilon: float, dataset: str) -> str:
    here = f"At epsilon {epsilon:g} no picture flips."
    if flipped:
        here = (
            f"At epsilon {epsilon:g}: {near:,} of {flipped:,} flips ({near / flipped:.0%}) stay "
            f"near. By chance it would be {chance:.0%}."
        )
    return (
        f"{here} A flip is a test picture that was correct and that FGSM makes wrong. Near are "
        f"{NEAR_MEANS[dataset]}. By chance: if every wrong class were equally likely."
    )


def flips_caption(name: str, counts: Sequence[int], step: int, epsilon: float) -> str:
    """`counts` are pictures by the step at which they flip, of which epsilon is the `step`-th."""
    return (
        f"{name}: all {sum(counts):,} official test pictures by the smallest epsilon at which FGSM "
        f"makes them wrong. Not in the bars: {counts[0]:,} were wrong before the attack, "
        f"{counts[-1]:,} never flip up to 0.3. Up to epsilon {epsilon:g}, "
        f"{sum(counts[1 : step + 1]):,} flip."
    )


def flip_link(name: str, epsilon: float | None) -> str:
    return f"{name}, {epsilon:g}" if epsilon is not None else f"{name}, never"
