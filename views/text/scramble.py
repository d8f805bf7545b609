"""The Scramble page."""

from collections.abc import Sequence

from views.text.common import one_picture

# The scramble.
SCRAMBLE_LEAD = (
    "Scrambled networks see every picture with its 784 pixels in another order. One permutation "
    "was drawn once and is used for every picture. We recognise nothing any more. Does a network?"
)
AS_TAKEN = "As taken"
AS_SCRAMBLED = "As a scrambled network sees them"
FOUR_TWINS = "The four twins"
CLEAN_AXIS = "Top-1 accuracy without a nudge"
WHY = "Why one network does not mind and the other does"
DENSE_WEIGHTS = "First-layer weights of the fully connected network"
CNN_FILTERS = "First filters of the CNN"
ORDERED_TWIN = "Ordered twin"
SCRAMBLED_TWIN = "Scrambled twin"
PUT_BACK = "Scrambled twin, its weights put back in order"


def scramble_caption(indices: Sequence[int], *, generated: bool) -> str:
    listed = ", ".join(f"{index}" for index in indices)
    these = f"{one_picture(generated=generated)}s {listed}"
    return f"{these}: the first of each of the first {len(indices)} classes."


def twins_caption(*, total: int) -> str:
    return (
        f"Top-1 accuracy on all {total:,} official test pictures, as recorded with the weights. "
        "Lines: 95 % intervals over the pictures (Wilson's). Twins share one recipe and "
        "seed; only the permutation differs."
    )


def why(*, dense: Sequence[float], convolutional: Sequence[float]) -> str:
    """Why only the CNN loses accuracy; accuracies are (ordered, scrambled)."""
    return (
        "A fully connected network has a separate weight for every pixel and knows no neighbours, "
        "so a scramble only renames its inputs. Its accuracy is "
        f"**{dense[0]:.2%}** in order and **{dense[1]:.2%}** scrambled, and its weights, put back "
        "in order, show the same kind of patterns. "
        "A CNN slides small filters over the picture. That works because neighbouring pixels "
        "belong together: an edge is an edge wherever it is. "
        "The scramble puts unrelated pixels under a filter, so no pattern repeats, and the CNN "
        f"falls from **{convolutional[0]:.2%}** to **{convolutional[1]:.2%}**."
    )


def alike(heading: str, correlation: float) -> str:
    return f"**{heading}**: neighbouring weights correlate by **{correlation:.2f}**"


def filters(heading: str, side: int) -> str:
    return f"{heading}, {side} x {side}"


def weights_said(heading: str, count: int) -> str:
    return f"{heading}: {count} pictures of weights"


def dense_caption(count: int) -> str:
    return (
        f"The {count} units with the largest weights, each on its own scale: blue below zero, "
        "white at zero, brown above. The correlation is over all units, between each weight and "
        "those of the pixels to the right and below. For noise it is 0."
    )


def filters_caption(count: int) -> str:
    return (
        f"The filters with the largest weights, at most {count} of each size, in the same colours. "
        "The correlation is over all filters of that size."
    )
