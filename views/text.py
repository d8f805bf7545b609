"""Every sentence that a user reads, in one place, ready for translation."""

from collections.abc import Sequence

from models import Architecture, Dataset, PixelOrder, Variant

TITLE = "Nudge"
SUBTITLE = (
    "Move every pixel of a picture by at most epsilon, in the direction that hurts the network "
    "most: the Fast Gradient Sign Method."
)

DATASETS = {Dataset.FASHION: "Fashion", Dataset.SIGN: "Sign language"}
ARCHITECTURES = {Architecture.FCNN: "Fully connected", Architecture.CNN: "Convolutional"}
PIXELS = {PixelOrder.ORDERED: "Ordered", PixelOrder.SCRAMBLED: "Scrambled"}

DATASET = "Data set"
ARCHITECTURE = "Network"
PIXEL_ORDER = "Pixels"
EPSILON = "Epsilon: how far each pixel may move, where 1 is the way from black to white"
IMAGE = "Test picture"
RANDOM = "Random"
AS_SEEN = "Show as the network sees it"
AS_SEEN_HELP = "This network is fed every picture with its pixels in one fixed, random order."

ORIGINAL = "Original"
PERTURBATION = "Perturbation"
ATTACKED = "Attacked"
CLASS = "Class"
TRUE = "true"

PICTURES = "Pictures to attack"
FGSM_CURVE = "FGSM"
RANDOM_CURVE = "Random nudge of the same size"
EPSILON_AXIS = "Epsilon"
ACCURACY_AXIS = "Top-1 accuracy"
COUNTED = "Right"


def in_255(epsilon: float) -> str:
    """The other unit of epsilon, as papers write it: 0.04 is about 10/255."""
    return f"{epsilon:.3f} ≈ {epsilon * 255:.0f}/255" if epsilon else "0"


def percent(fraction: float) -> str:
    """A probability for people; never "100 %" of what is not quite certain."""
    if 0.995 <= fraction < 1:
        return "> 99 %"
    if 0 < fraction < 0.005:
        return "< 1 %"
    return f"{fraction:.0%}".replace("%", " %")


def class_name(dataset: Dataset, name: str) -> str:
    return f"letter {name}" if dataset is Dataset.SIGN else name


def verdict(*, truth: str, clean: str, clean_p: float, attacked: str, attacked_p: float) -> str:
    """What the network says before and after, in Markdown."""
    before, after = f"**{clean}** ({percent(clean_p)})", f"**{attacked}** ({percent(attacked_p)})"
    if clean != truth:
        return (
            f":material/error: Wrong before the attack: this is **{truth}**, "
            f"and the network reads {before}. After the nudge: {after}."
        )
    if attacked == truth:
        return f":material/check_circle: Still right: {before} before, {after} after the nudge."
    return f":material/cancel: Fooled: {before} became {after}."


def flips(*, fgsm: float | None, random: float | None, largest: float) -> str:
    """When the prediction first goes wrong along each direction."""

    def when(epsilon: float | None) -> str:
        return f"at {in_255(epsilon)}" if epsilon is not None else f"never, up to {largest}"

    return f"First wrong under FGSM: {when(fgsm)}. Under a random nudge: {when(random)}."


def perturbation(gain: float | None) -> str:
    return f"{PERTURBATION}, shown {gain:.3g} times stronger" if gain else f"{PERTURBATION}: none"


def curve_caption(*, done: int, total: int, chance: float, name: str) -> str:
    return (
        f"{name}: top-1 accuracy over the first {done:,} of {total:,} official test pictures, each "
        f"attacked by its true label, computed now on this computer. Dotted: chance, {chance:.1%}."
    )


def recorded_caption(*, total: int, chance: float, name: str) -> str:
    return (
        f"{name}: top-1 accuracy over all {total:,} official test pictures, as recorded when the "
        f"network was trained. Dotted: chance, {chance:.1%}."
    )


def counting(done: int, total: int, seconds_left: float | None) -> str:
    left = f", about {seconds_left:.0f} s left" if seconds_left is not None else ""
    return f"Attacked {done:,} of {total:,} pictures{left}"


def no_data(title: str) -> str:
    return f"The pictures of {title} are not here yet"


def broken(name: str) -> str:
    return f"{name} cannot be used"


def address_notice(changes: Sequence[str]) -> str:
    return "The address was adjusted: " + "; ".join(changes) + "."


RUN_THIS = "In the project's folder, run this, then reload the page:"


def expected(expected: object, found: object) -> str:
    return f"Expected {expected}; found {found}."


def all_of(total: int) -> str:
    return f"All {total:,}"


def variant(variant: Variant) -> str:
    """One of the eight, in words."""
    network = f"{ARCHITECTURES[variant.architecture]} network".lower()
    pixels = PIXELS[variant.pixels].lower()
    return f"{DATASETS[variant.dataset]}, {network}, {pixels} pixels"


def alt_original(truth: str) -> str:
    return f"{truth}, original picture"


def alt_attacked(truth: str, epsilon: float) -> str:
    return f"{truth}, attacked with epsilon {epsilon:.3f}"
