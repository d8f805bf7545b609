"""Every sentence that a user reads, in one place, ready for translation.

Nothing here imports PyTorch: the page's frame stands before that is loaded. What enumerations name
is therefore looked up by their values, which are strings.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models import Dataset, Variant

TITLE = "Nudge"
SUBTITLE = "Move every pixel by at most epsilon, and a network that was right becomes wrong."

PAGES = {
    "explorer": "Explorer",
    "curves": "Curves",
    "classes": "Classes",
    "tradeoff": "Trade-off",
    "transfer": "Transfer",
    "scramble": "Scramble",
    "assignment": "Assignment",
    "lesson": "Lesson",
}

DATASETS = {"fashion": "Fashion", "sign": "Sign"}
ARCHITECTURES = {"fcnn": "Fully connected", "cnn": "CNN"}
PIXELS = {"ordered": "Ordered", "scrambled": "Scrambled"}
COMPARISONS = {"one": "One", "all": "All four"}
METHODS = {"fgsm": "FGSM", "targeted": "Targeted", "random": "Random"}

DATASET = "Data set"
ARCHITECTURE = "Network"
PIXEL_ORDER = "Pixels"
COMPARE = "Networks"
METHOD = "Nudge"
TARGET = "Make it say"
EPSILON = "Epsilon: how far each pixel may move, where 1 is the way from black to white"

# Each way to nudge by its formula, in Streamlit's Markdown, and one sentence.
FORMULAS = {
    "fgsm": (
        r"$x + \varepsilon \cdot \mathrm{sign}(\nabla_x\, \ell(x, y))$: "
        "every pixel moves by epsilon the way that makes the true class less likely."
    ),
    "targeted": (
        r"$x - \varepsilon \cdot \mathrm{sign}(\nabla_x\, \ell(x, t))$: "
        "every pixel moves by epsilon the way that makes the class of your choice more likely."
    ),
    "random": (
        r"$x + \varepsilon \cdot s,\ s \in \{-1, 1\}$: "
        "every pixel moves by epsilon up or down, as a coin falls. It looks the same to us."
    ),
}
OWN_FORMULA = "Nobody knows the true class of your own picture: y is what the network reads in it."

PICTURES = "Pictures to attack"
FGSM_CURVE = "FGSM"
RANDOM_CURVE = "Random nudge of the same size"
EPSILON_AXIS = "Epsilon"
ACCURACY_AXIS = "Top-1 accuracy"
COUNTED = "Right"

# What the stage says; {names} are filled in by the browser.
STAGE = {
    "epsilon": EPSILON,
    "original": "Original",
    "attacked": "Attacked",
    "true": "true",
    "perturbation": "Perturbation, {gain} times stronger",
    "no_perturbation": "Perturbation: none",
    "verdicts": {
        "right": "Still right: {before} before, {after} after",
        "fooled": "Fooled: {before} → {after}",
        "reached": "Made to say it: {before} → {after}",
        "wrong": "Wrong before the attack: this is {truth}, read as {before}; now {after}",
        "same": "Still the same: {before} before, {after} after",
        "changed": "Changed: {before} → {after}",
    },
    "flips": {
        "fgsm": "FGSM: {when}",
        "targeted": "Targeted FGSM: {when}",
        "random": "Random nudge of the same size: {when}",
    },
    "at": "flips at {away}",
    "at_and_back": "flips at {away}, and back at {back}",
    "never": "never flips, up to {largest}",
    "from_the_start": "wrong from the start",
    "reaches": "Says {target}: {when}",
    "moved": "After clipping pixels moved by {largest} at most, {mean} on average",
    "predict_first": "At which epsilon will the network change its mind? Move the slider, "
    "then lock in your guess.",
    "lock_in": "This is my guess",
    "guesses": {
        "exact": "Your guess, {guess}, is exact",
        "early": "Your guess, {guess}: it flips only at {away}, you were {off} too early",
        "late": "Your guess, {guess}: it flips at {away} already, you were {off} too late",
    },
    "guess_never": "Your guess, {guess}: it never flips",
    "own": "your picture",
    "hidden": "not shown yet",
    "alt_original": "{subject}, original",
    "alt_attacked": "{subject}, attacked with epsilon {epsilon}, read as {read}",
    "paths": "Probability of each class along epsilon",
    "truths": "Probability of the true class along epsilon",
    "accuracy": "Accuracy along epsilon",
    "fgsm_curve": "FGSM",
    "random_curve": "random nudge",
    "chance": "chance",
    "scramble": "From the order that we see to the order that the network sees",
    "as_we_see": "As we see it",
    "as_network_sees": "As the network sees it",
    "copy_link": "Copy link",
    "copied": "Copied",
    "save_picture": "Save picture",
    "save_numbers": "Save numbers",
}


def poster(
    *, networks: str, subject: tuple[int, str] | None, method: str, target: str | None
) -> str:
    """The caption of a saved view; the browser fills in {epsilon}."""
    picture = f"test picture {subject[0]}, {subject[1]}" if subject else "own picture"
    towards = f" towards {target}" if target else ""
    return f"{networks}. {picture.capitalize()}. {method}{towards}, epsilon {{epsilon}}"


def poster_caption(total: int) -> str:
    return (
        f"Lines of accuracy: all {total:,} official test pictures, as recorded with the weights. "
        "Bars: outlined before, filled after. Made with Nudge."
    )


def short_variant(variant: "Variant") -> str:
    """One of the four of a data set, in few words."""
    return f"{ARCHITECTURES[variant.architecture]}, {PIXELS[variant.pixels].lower()}"


def class_name(dataset: "Dataset | str", name: str) -> str:
    return f"letter {name}" if dataset == "sign" else name


def curve_caption(*, done: int, total: int, chance: float) -> str:
    dots = f"Dots: the first {done:,}, counted now on this computer. " if done else ""
    return (
        f"Lines: top-1 accuracy over all {total:,} official test pictures, recorded with the "
        f"weights. {dots}Each is attacked by its true label. Dotted: chance, {chance:.1%}."
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


def variant(variant: "Variant") -> str:
    """One of the eight, in words."""
    return f"{DATASETS[variant.dataset]}, {short_variant(variant)} pixels"


# Choosing a picture.
SOURCES = {"test": "Test pictures", "upload": "Upload", "camera": "Camera"}
SOURCE = "Picture"
IMAGE = "Test picture"
RANDOM = "Random"
PREVIOUS = "Previous"
NEXT = "Next"
ALL_CLASSES = "All classes"
CLASS = "Class"
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


def thumbnail(name: str, index: int) -> str:
    return f"{name}, test picture {index}"


def gallery_caption(*, first: int, last: int, count: int) -> str:
    return f"{first + 1:,} to {last:,} of {count:,}"


# Somebody's own picture.
UPLOAD = "A picture of yours: PNG, JPEG, WebP, GIF or BMP. It is kept only while this page is open."
CAMERA = "A photograph"
STEPS = {
    "grey": "Grey",
    "crop": "Crop to a square",
    "pad": "Pad to a square",
    "fill": "Cut to the object",
    "contrast": "Stretch contrast",
    "invert": "Invert",
    "shrink": "28 x 28 pixels",
}


def picture_error(what: str, expected: object, found: object) -> str:
    return f"{what}: expected {expected}, found {found}."


# Taking a view along.
QR_CODE = "QR code"
QR_ALT = "QR code of this view's address"
QR_LOCAL = "This computer has no network address, so only its own browser can open this link."
CODE = "Code"
CODE_HELP = "Python that makes this view anew. Run it in the project's folder."


# Under a chart.
TABLE = "Table"
SAVE_CSV = "Save as CSV"
SAVE_PNG = "Save as PNG"


# Curves, classes and the trade-off: the pages of the whole test set.
CHOOSE_VARIANTS = "Networks to compare"
SHORT_ARCHITECTURES = {"fcnn": "FC", "cnn": "CNN"}
RANDOM_SHORT = "random"
INTERVAL = "95 % interval"
COUNT_PICTURES = "Test pictures to count here"
COMPUTE_HERE = "Compute here"
CANCEL = "Cancel"


def plain(variant: "Variant") -> str:
    """One of the eight, in as few words as a legend has room for; FC is fully connected."""
    scrambled = " scrambled" if variant.pixels == "scrambled" else ""
    return f"{DATASETS[variant.dataset]} {SHORT_ARCHITECTURES[variant.architecture]}{scrambled}"


def tagged(variant: "Variant", number: int) -> str:
    """With the number that tells its curve where colours do not."""
    return f"{number} {plain(variant)}"


def value_label(number: int, accuracy: float, *, random: bool) -> str:
    return f"{number}: {accuracy:.1%}" + (" random" if random else "")


def chance_label(accuracy: float) -> str:
    return f"chance {accuracy:.1%}"


def listing(items: Sequence[str]) -> str:
    """Some things, the last one after an "and"."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def curves_caption(*, totals: Sequence[int], chances: Sequence[float], live: bool) -> str:
    pictures = listing([f"{total:,}" for total in totals])
    dots = (
        " Dots: counted now on this computer, over the first pictures of the test set "
        "(full FGSM, hollow random), with a wider band."
        if live
        else ""
    )
    return (
        f"Top-1 accuracy over all {pictures} official test pictures, recorded with the weights. "
        f"Solid: FGSM by the true label. Dashed: a random nudge of the same size. Bands: 95 % "
        f"intervals (Wilson). Dotted: chance, {listing([f'{c:.1%}' for c in chances])}.{dots}"
    )


def request(names: Sequence[str], count: int) -> str:
    return f"{listing(names)}, {count:,} pictures each"


def counting_networks(done: int, total: int, seconds_left: float | None) -> str:
    left = f", about {_duration(seconds_left)} left" if seconds_left is not None else ""
    return f"Counted {done:,} of {total:,} pictures, all networks together{left}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def in_line(*, own: int, before: int, served: int, what: str, share: float) -> str:
    people = "one computation" if before == 1 else f"{before} computations"
    return (
        f"You wait with number {own}, behind {people}. "
        f"Number {served} is being computed, {share:.0%} done: {what}."
    )


def agreement(name: str, pictures: int, same: int, differing: int | None) -> str:
    """What was counted here beside what was recorded."""
    if same == pictures:
        flips = f"all {pictures:,} pictures flip first at the very epsilon that was recorded"
    else:
        flips = f"{pictures - same:,} of {pictures:,} pictures flip first at another epsilon"
    if differing is None:
        counts = "counts were recorded of the full test set only, so those of a part have no record"
    elif differing:
        counts = f"{differing} of the counts differ from the recorded ones"
    else:
        counts = "every count, FGSM and random, equals the recorded one"
    return f"{name}: {flips}; {counts}."


# Where it breaks.
BY_CLASS = "Which classes fall first"
CONFUSIONS = "What they are taken for"
NEAR = "Close in meaning, or anything?"
FLIPS = "How far a picture has to be nudged"
ENDS = "The pictures at both ends"
FIRST_TO_FLIP = "**The first to flip.** Each opens in the explorer, at the epsilon where it flips:"
LAST_TO_FLIP = "**The last to flip, or never:**"
READ_AS = "Read as"
TRUE_CLASS = "True class"
SHARE_OF_CLASS = "Share of the true class"
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
    "sign": "the three hands whose mean training picture differs least",
}


def falling(classes: Sequence[tuple[str, float | None]]) -> str:
    """Each class with the epsilon at which it falls below half, first those that fall first."""

    def said(some: Sequence[tuple[str, float | None]]) -> str:
        steps = ["never" if at is None else f"{at:g}" for _, at in some]
        return listing([f"{name} ({step})" for (name, _), step in zip(some, steps, strict=True)])

    return (
        f"Less than half is right first of **{said(classes[:3])}**, "
        f"last of **{said(classes[-3:])}**."
    )


def falls_caption(name: str, total: int) -> str:
    return (
        f"{name}: top-1 accuracy of each class under FGSM, over all {total:,} official test "
        "pictures. White marks: less than half is right from there on. Dashed: the chosen epsilon."
    )


def most_confused(cell: Mapping[str, Any] | None, epsilon: float, dataset: str) -> str:
    if cell is None:
        return f"At epsilon {epsilon:g} nothing is taken for anything else."
    true, read = (class_name(dataset, cell[key]) for key in ("true", "read"))
    return (
        f"At epsilon {epsilon:g} the largest confusion: {cell['share']:.0%} of **{true}** "
        f"are read as **{read}**."
    )


def confusions_caption(name: str, total: int, epsilon: float, dataset: str) -> str:
    return (
        f"{name}, FGSM at epsilon {epsilon:g}: of each true class (row) the share read as each "
        f"class (column), over all {total:,} official test pictures. Outlined: close in meaning, "
        f"that is {NEAR_MEANS[dataset]}."
    )


def near_caption(
    *, near: int, flipped: int, chance: float | None, epsilon: float, dataset: str
) -> str:
    if chance is None:
        here = f"At epsilon {epsilon:g} no picture flips."
    else:
        here = (
            f"At epsilon {epsilon:g}: {near:,} of {flipped:,} flips, {near / flipped:.0%}, stay "
            f"near; {chance:.0%} would by chance."
        )
    return (
        f"{here} A flip is a test picture that was right and that FGSM turns wrong. Near are "
        f"{NEAR_MEANS[dataset]}; by chance is if every wrong class were as likely."
    )


def flips_caption(
    name: str, *, total: int, wrong: int, never: int, by_here: int, epsilon: float
) -> str:
    return (
        f"{name}: all {total:,} official test pictures by the smallest epsilon at which FGSM makes "
        f"them wrong. Not in the bars: {wrong:,} were wrong before, {never:,} never flip up to "
        f"0.3. Up to epsilon {epsilon:g}, {by_here:,} flip."
    )


def flip_link(name: str, epsilon: float | None) -> str:
    return f"{name}, {epsilon:g}" if epsilon is not None else f"{name}, never"


# The trade-off.
STRIP_PICTURE = "Test picture under the axis"
AGAINST = "Accuracy against readability"
SSIM = "Similarity (SSIM)"
SSIM_AXIS = "Similarity (SSIM) with the original"
TRADE_OFF_AXIS = "Accuracy and similarity"
SCORE = "Share of accuracy lost x SSIM"
OURS = "our measure"
THEIRS = "assignment"
NEARLY_AS_GOOD = "Nearly as good"
RIGHT = "read right"
WRONG = "read wrong"


def from_to(bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def assignment_label(dataset: str, bounds: tuple[float, float]) -> str:
    return f"{DATASETS[dataset]}: assignment {from_to(bounds)}"


def recommendation(
    name: str,
    *,
    best: float,
    nearly: tuple[float, float],
    assignment: tuple[float, float],
    clean: float,
    left: float,
    ssim: float,
) -> str:
    return (
        f"**{name}**: our measure recommends **{best:g}** ({from_to(nearly)} is nearly as good), "
        f"the assignment **{from_to(assignment)}**. At {best:g} accuracy falls from {clean:.1%} "
        f"to {left:.1%}, at a similarity of {ssim:.2f}."
    )


def along_caption(*, totals: Sequence[int], ssim_pictures: int, image: int, nearly: float) -> str:
    pictures = listing([f"{total:,}" for total in totals])
    return (
        f"Solid: top-1 accuracy under FGSM over all {pictures} official test pictures. Dashed: "
        f"mean SSIM of the attacked picture with the original, over the first {ssim_pictures:,}. "
        "Grey: what the assignment recommends. Diamonds: where the share of accuracy lost, times "
        f"SSIM, is largest; nearly as good is {nearly:.0%} of that. Under the axis: test picture "
        f"{image}, nudged by the epsilon above it, along each network's own gradient."
    )


def against_caption(*, totals: Sequence[int], ssim_pictures: int) -> str:
    pictures = listing([f"{total:,}" for total in totals])
    return (
        f"One dot for every 0.005 of epsilon, from the left. Accuracy over all {pictures} official "
        f"test pictures, SSIM over the first {ssim_pictures:,}, both recorded with the weights. "
        "The lower left is best for who attacks: fooled, and nothing to be seen."
    )
