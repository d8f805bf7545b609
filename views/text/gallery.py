"""The choice of a test picture."""

ALL_CLASSES = "All classes"
ORDER = "Order"

ORDERS = {
    "test set": "As in the test set",
    "fragile": "Most fragile first",
    "robust": "Most robust first",
    "wrong": "Wrong before the attack",
}
GALLERY = "Test pictures to choose from"
EARLIER = "Earlier pictures"
LATER = "Later pictures"
NO_PICTURES = "No picture of this class is wrong before the attack."


def gallery_caption(*, first: int, last: int, count: int, judge: str | None) -> str:
    """`judge` is the network by which the pictures are ordered, if they are."""
    by = f", by {judge}" if judge else ""
    return f"{first + 1:,} to {last:,} of {count:,}{by}"


GENERATED_GALLERY = "Generated hands to choose from"
GENERATED_ORDER = "As they were drawn"


def order(name: str, *, generated: bool) -> str:
    return GENERATED_ORDER if generated and name == "test set" else ORDERS[name]


def gallery_title(*, generated: bool) -> str:
    return GENERATED_GALLERY if generated else GALLERY
