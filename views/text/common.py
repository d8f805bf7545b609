"""What several pages say: names of data sets, networks and classes, axes, errors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models import Dataset, Variant

TITLE = "Nudge"

PAGES = {
    "explorer": "Explorer",
    "curves": "Curves",
    "classes": "Classes",
    "tradeoff": "Trade-off",
    "journey": "Journey",
    "transfer": "Transfer",
    "defences": "Defences",
    "scramble": "Scramble",
    "assignment": "Assignment",
    "lesson": "Lesson",
    "class": "Class",
}
DATASETS = {"fashion": "Fashion", "sign": "Sign"}
ARCHITECTURES = {"fcnn": "Fully connected", "cnn": "CNN"}
PIXELS = {"ordered": "Ordered", "scrambled": "Scrambled"}
REGIMES = {
    "standard": "Standard",
    "augmented": "Augmented",
    "robust": "Robust",
    "masked": "Masked (false defence)",
}
METHODS = {
    "fgsm": "FGSM",
    "bim": "BIM",
    "pgd": "PGD",
    "l2": "L2",
    "targeted": "Targeted",
    "random": "Random",
}
METHODS_IN_FULL = METHODS | {
    "fgsm": "FGSM, one step",
    "bim": "BIM, 20 steps",
    "pgd": "PGD, 20 steps",
    "l2": "L2, one step",
}
DATASET = "Data set"
ARCHITECTURE = "Network"
PIXEL_ORDER = "Pixels"
REGIME = "Training"
METHOD = "Nudge"
ATTACK = "Attack"
EPSILON = "Epsilon: how far each pixel may move. 1 is the distance from black to white"
FGSM_CURVE = "FGSM"
PGD_CURVE = "PGD, 20 steps"
RANDOM_CURVE = "Random nudge of the same size"
COUNTED_CURVES = {"fgsm": FGSM_CURVE, "bim": "BIM, 20 steps", "pgd": PGD_CURVE, "l2": "L2 step"}
EPSILON_AXIS = "Epsilon"
ACCURACY_AXIS = "Top-1 accuracy"
COUNTED = "Correct"


def short_variant(variant: "Variant") -> str:
    """One of those of a data set, in few words."""
    if variant.name:
        return variant.name
    parts = [ARCHITECTURES[variant.architecture], PIXELS[variant.pixels].lower()]
    return ", ".join(parts + _regime(variant))


def _regime(variant: "Variant") -> list[str]:
    """Nothing of the standard one, which most are."""
    return [] if variant.regime == "standard" else [REGIMES[variant.regime].lower()]


def class_name(dataset: "Dataset | str", name: str) -> str:
    return f"letter {name}" if dataset == "sign" else name


def zero_gradients(count: int, total: int, name: str = "") -> str:
    """Of `total` pictures that were counted here. `name` is the network's where there are more."""
    fraction = count / total
    percent = f"{fraction:.1%}" if fraction >= 0.001 else "less than 0.1%"
    where = f"{name}: for" if name else "For"
    return (
        f"{where} {count:,} of the {total:,} pictures counted here ({percent}) the gradient is "
        "zero everywhere. FGSM cannot change them. That does not mean that the network is robust."
    )


def counting(done: int, total: int, seconds_left: float | None) -> str:
    left = f", about {seconds_left:.0f} s left" if seconds_left is not None else ""
    return f"Attacked {done:,} of {total:,} pictures{left}"


def counting_device(threads: int, cards: Sequence[str]) -> str:
    """Where counts are made; cards come first."""
    many = f"{threads} thread{'s' if threads > 1 else ''}"
    processor = [f"this computer's processor, {many}"] if threads else []
    return ", then ".join([*cards, *processor])


def counted_here(
    threads: int,
    cards: Sequence[str],
    failure: str | None,
    pictures: int,
    seconds: float,
    *,
    name: str = "",
) -> str:
    """On what and how quickly, and why a card was left, if one was; `name` is the network's."""
    took = f"{seconds:.1f}" if seconds < 10 else f"{seconds:,.0f}"
    start = f"{name}: counted" if name else "Counted"
    said = f"{start} here on {counting_device(threads, cards)}, {pictures:,} pictures in {took} s."
    return f"{said} {card_left(failure)}" if failure else said


def counts_run_on(threads: int, cards: Sequence[str], failure: str | None) -> str:
    """Before anything was counted."""
    said = f"Counts run on {counting_device(threads, cards)}."
    return f"{said} {card_left(failure)}" if failure else said


def card_left(reason: str) -> str:
    return f"The card failed ({reason}), so the processor goes on. It is tried again in a minute."


def address_notice(changes: Sequence[str]) -> str:
    return "The address was adjusted: " + "; ".join(changes) + "."


RUN_THIS = "In the project's folder, run this, then reload the page:"


def expected(expected: object, found: object) -> str:
    return f"Expected {expected}; found {found}."


def variant(variant: "Variant") -> str:
    """A variant in words."""
    if variant.name:
        return f"{DATASETS[variant.dataset]}, your network {variant.name}"
    network = network_of(variant.dataset, variant.architecture)
    return ", ".join([network, f"{PIXELS[variant.pixels].lower()} pixels", *_regime(variant)])


def network_of(dataset: str, architecture: str) -> str:
    """A network of a data set, whatever pixels it sees and however it was trained."""
    return f"{DATASETS[dataset]}, {ARCHITECTURES[architecture]}"


def towards(method: str, target: str) -> str:
    """A targeted nudge, with the class that it aims at."""
    return f"{method} towards {target}"


IMAGE = "Test picture"
CLASS = "Class"


def thumbnail(name: str, index: int, *, generated: bool = False) -> str:
    return f"{name}, {one_picture(generated=generated).lower()} {index}"


MARKING = {
    "title": "Your picture, with the box around the object",
    "hint": "Drag a box, a little larger than the object. Keys: arrows move it, Shift and arrows "
    "change its size.",
    "said": "Box from {left} to {right} % across and from {top} to {bottom} % down",
}

# Under a chart.
TABLE = "Table"
SAVE_CSV = "Save as CSV"
SAVE_PNG = "Save as PNG"


def pictures(count: int, total: int, *, generated: bool) -> str:
    hands = " generated hands" if generated else ""
    return f"The first {count:,}{hands}" if count else f"All {total:,}{hands}"


# Curves, classes and the trade-off: the pages of the whole test set.
CHOOSE_VARIANTS = "Networks to compare"
OTHER_TRAININGS = "Trained otherwise"
OTHERS_AND_OWN = "Trained otherwise, or your own"
OWN_NETWORK = "Your networks"
NO_DEVICE = "The processor counts, not the device that was asked for"
LEFT_OUT = "One of your networks is left out"
NONE_CHOSEN = "None"
SHORT_ARCHITECTURES = {"fcnn": "FC", "cnn": "CNN"}


def plain(variant: "Variant") -> str:
    """A variant in as few words as a legend has room for; FC is fully connected."""
    if variant.name:
        return f"{DATASETS[variant.dataset]} {variant.name}"
    words = [DATASETS[variant.dataset], SHORT_ARCHITECTURES[variant.architecture]]
    words += ["scrambled"] if variant.pixels == "scrambled" else []
    return " ".join(words + _regime(variant))


def tagged(variant: "Variant", number: int) -> str:
    """With the number that tells its curve where colours do not."""
    return f"{number} {plain(variant)}"


def listing(items: Sequence[str]) -> str:
    """Some things, the last one after an "and"."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


PREDICTED_AS = "Predicted as"
TRUE_CLASS = "True class"

# Generated hands, where the test pictures of Sign are not on this computer.
GENERATED_HAND = "Generated hand"


def one_picture(*, generated: bool) -> str:
    return GENERATED_HAND if generated else IMAGE


def too_far(asked: int, last: int) -> str:
    """What becomes of a link to a test picture where fewer generated ones stand in."""
    return f"image is {last}, not `{asked}`: only {last + 1:,} generated hands are here"
