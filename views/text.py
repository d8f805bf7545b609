"""Every sentence that a user reads, in one place, ready for translation.

Nothing here imports PyTorch: the page's frame stands before that is loaded. What enumerations name
is therefore looked up by their values, which are strings.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models import Card, Dataset, Variant
    from nudge.lesson import Findings

TITLE = "Nudge"

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
OWN_FORMULA = (
    r"$x + \varepsilon \cdot \mathrm{sign}(\nabla_x\, \ell(x, y))$: every pixel moves by epsilon "
    "the way that makes less likely what the network reads now, for nobody knows the truth."
)

PICTURES = "Pictures to count here"
FGSM_CURVE = "FGSM"
RANDOM_CURVE = "Random nudge of the same size"
EPSILON_AXIS = "Epsilon"
ACCURACY_AXIS = "Top-1 accuracy"
COUNTED = "Right"

PREVIOUS = "Previous"
NEXT = "Next"
RANDOM = "Random"

# What the stage says; {names} are filled in by the browser.
STAGE = {
    "walk": "Another picture",
    "previous": PREVIOUS,
    "next": NEXT,
    "random": RANDOM,
    "walk_key": "{name} picture (key {key})",
    "name": "Epsilon",
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
    "and_again": "flips at {away}, back at {back}, again at {again}",
    "never": "never flips, up to {largest}",
    "from_the_start": "wrong from the start",
    "reaches": "Says {target} first at {when}",
    "reaches_not": "Says {target} nowhere up to {largest}",
    "moved": "After clipping pixels moved by {largest} at most, {mean} on average",
    "predict_first": "At which epsilon will the network change its mind? Move the slider, to the "
    "end for never, then lock in your guess.",
    "lock_in": "This is my guess",
    "guesses": {
        "exact": "Your guess, {guess}, is exact",
        "early": "Your guess, {guess}: it flips only at {away}, you were {off} too early",
        "late": "Your guess, {guess}: it flips at {away} already, you were {off} too late",
    },
    "guess_never": "Your guess, {guess}: it never flips, for which the scale has its end",
    "guess_of_never": "Your guess, never, is exact",
    "guess_idle": "Nothing to guess here: it was wrong from the start",
    "own": "your picture",
    "hidden": "not shown yet",
    "alt_original": "{subject}, original",
    "alt_attacked": "{subject}, attacked with epsilon {epsilon}, read as {read}",
    "paths": "Probability of each class along epsilon",
    "readings": "Probability of what each network reads in the original, along epsilon",
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
    *,
    networks: str,
    subject: tuple[int, str] | None,
    method: str,
    target: str | None,
    generated: bool,
) -> str:
    """The caption of a saved view; the browser fills in {epsilon}."""
    picture = "Own picture"
    if subject:
        picture = f"{one_picture(generated=generated)} {subject[0]}, {subject[1]}"
    towards = f" towards {target}" if target else ""
    return f"{networks}. {picture}. {method}{towards}, epsilon {{epsilon}}"


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


def curve_caption(*, done: int, total: int, chance: float, generated: bool) -> str:
    dots = f"Dots: the first {done:,}, counted now on this computer. " if done else ""
    if generated and done:
        dots = (
            f"Dots: the first {done:,} generated hands, counted now on this computer: other "
            "pictures than those of the lines. "
        )
    return (
        f"Lines: top-1 accuracy over all {total:,} official test pictures, recorded with the "
        f"weights. {dots}Each is attacked by its true label. Dotted: chance, {chance:.1%}."
    )


def zero_gradients(count: int, total: int, name: str = "") -> str:
    """Of `total` pictures that were counted here. `name` is the network's where there are more."""
    share = count / total
    percent = f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
    where = f"{name}: for" if name else "For"
    return (
        f"{where} {count:,} of the {total:,} pictures counted here ({percent}) the gradient is "
        "zero everywhere. FGSM cannot move these, which does not mean that the network is robust."
    )


NO_GRADIENT = (
    "Here the gradient is zero everywhere. FGSM cannot move this picture, which does not mean that "
    "the network is robust."
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


def count_here(count: int, total: int, *, generated: bool) -> str:
    hands = " generated hands" if generated else ""
    return f"Count the first {count:,}{hands} here" if count else f"Count all {total:,}{hands} here"


def variant(variant: "Variant") -> str:
    """One of the eight, in words."""
    return f"{DATASETS[variant.dataset]}, {short_variant(variant)} pixels"


# Choosing a picture.
SOURCES = {"test": "Test pictures", "upload": "Upload", "camera": "Camera"}
SOURCE = "Picture"
IMAGE = "Test picture"
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


def thumbnail(name: str, index: int, *, generated: bool = False) -> str:
    return f"{name}, {one_picture(generated=generated).lower()} {index}"


def gallery_caption(*, first: int, last: int, count: int, judge: str | None) -> str:
    """`judge` is the network by which the pictures are ordered, if they are."""
    by = f", by {judge}" if judge else ""
    return f"{first + 1:,} to {last:,} of {count:,}{by}"


# Somebody's own picture.
UPLOAD = "A picture of yours (PNG, JPEG, HEIC, ...). It is kept only while this page is open."
CAMERA = "A photograph"
NO_CAMERA = "To take a photograph, choose Upload: on a phone it offers the phone's own camera."
DECODING = "Reading the picture"
STEPS = {
    "grey": "Grey",
    "crop": "Crop to a square",
    "pad": "Pad to a square",
    "fill": "Cut to the object",
    "contrast": "Stretch contrast",
    "invert": "Invert",
    "mirror": "Mirror",
    "separate": "Separate from the ground",
    "shrink": "28 x 28 pixels",
}

BUSY = (
    "The ground behind the object is busy, and the network looks at all of it. Mark the object: "
    "drag a box around it."
)
MARKING = {
    "title": "Your picture, with the box around the object",
    "hint": "Drag a box, a little larger than the object. Keys: arrows move it, Shift and arrows "
    "change its size.",
    "said": "Box from {left} to {right} % across and from {top} to {bottom} % down",
}
# The data set shows right hands as another person sees them; found by looking at its pictures.
HANDS = (
    "The networks know the right hand, as another person sees it. For a left hand, or a picture "
    "that a selfie camera mirrored, choose Mirror."
)

# What a file is instead of a picture that can be read, and what to do about it.
OTHER_KINDS = {
    "PDF": ("a PDF", "Take a screenshot of the page and upload that."),
    "SVG": ("an SVG drawing", "Open it in a browser, take a screenshot and upload that."),
    "web page": ("a web page", "Save the picture itself: press it long, or click it on the right."),
    "ZIP": ("a ZIP or an office document", "Unpack it, or take a screenshot, and upload that."),
    "film": ("a film", "Upload a photograph, or a screenshot of the film."),
    "JPEG XL": ("JPEG XL", "Save the picture as PNG or JPEG."),
    "JPEG 2000": ("JPEG 2000", "Save the picture as PNG or JPEG."),
    "Photoshop": ("a Photoshop file", "Export it as PNG or JPEG."),
    "icon": ("an icon", "Save it as PNG."),
    "raw photograph": ("a camera's raw photograph", "Save it as JPEG."),
}


def picture_error(what: str, expected: object, found: object, kind: str | None = None) -> str:
    """`kind` is what the file is instead, a key of `OTHER_KINDS`."""
    if kind is None:
        return f"{what}: expected {expected}, found {found}."
    name, help_ = OTHER_KINDS[kind]
    return f"{what}: it is {name}. {help_}"


# Taking a view along.
SHARE = "Share"
QR_ALT = "QR code of this view's address"
QR_LOCAL = "This computer has no network address, so only its own browser can open this link."
CODE_HELP = "Python that makes this view anew. Run it in the project's folder."


# Under a chart.
TABLE = "Table"
SAVE_CSV = "Save as CSV"
SAVE_PNG = "Save as PNG"


# Transfer: attacked on one network, read by another.
TRANSFER_LEAD = (
    "A picture is nudged along the gradient of one network and shown to another that never "
    "saw it. Where a row is dark, what fools the one fools the others: an attacker needs no "
    "access to the network that is attacked."
)
TRANSFER_SOURCE = "Nudged along the gradient of"
TRANSFER_TARGET = "Read by"
NO_NUDGE = "No nudge"
TRANSFER_PICTURES = "Pictures to count here"
RANDOM_NUDGE = "Random nudge"
HERE = "Count here"
STOP_HERE = "Show what was recorded"
ON_THESE = "The four on one picture"
TRANSFER_COLUMNS = ("nudged along", "read by", "epsilon", "right", "pictures", "accuracy")


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
        f"{counted}.{nearest} The frames mark the usual attack, along a network's own gradient. "
        "Scrambled networks take pictures in our order and scramble them themselves, so a nudge "
        "means the same pixels to all four."
    )


def transfer_finding(*, own: float, other: float, random: float, epsilon: float) -> str:
    return (
        f"At epsilon {epsilon:g} the four read on average **{own:.1%}** of the pictures right "
        f"after a nudge along their own gradient, **{other:.1%}** along another's, and "
        f"**{random:.1%}** after a random nudge of the same size."
    )


def pictures(count: int, total: int, *, generated: bool) -> str:
    hands = " generated hands" if generated else ""
    return f"The first {count:,}{hands}" if count else f"All {total:,}{hands}"


def transfer_equal(equal: bool) -> str:
    return (
        "Every count equals the recorded one."
        if equal
        else "Some counts differ from the recorded ones: another processor sums in another order."
    )


# The assignment, checked.
ASSIGNMENT_LEAD = (
    "Nudge reproduces a course assignment. What that reported stands here beside what the eight "
    "variants measure on the full official test sets, each with a verdict by fixed rules."
)
CLAIM_HEADS = ("Reported", "Measured", "Verdict", "Because")
RULES = "How it is judged"
TRAINED = "How the networks were trained"
EPOCH = "Epoch"
ON_TEST = "Test pictures"
ON_TRAINING = "Training pictures"
PICTURES_OF = "Pictures"
RECIPE = "**Recipe**, shared by a network and its scrambled twin:"
CHECKSUMS = "**SHA-256** of the weights, the decoded pictures and the permutation:"
RECREATE = "**Recreate it:**"
PERMUTATION = "permutation"

# Hyperparameters in words, in the order of the card.
HYPERPARAMETERS = {
    "epochs": "Epochs",
    "batch_size": "Pictures a batch",
    "learning_rate": "Largest learning rate, AdamW",
    "warm_up": "Share of the training until that rate",
    "weight_decay": "Weight decay",
    "input_dropout": "Dropout of pixels",
    "dropout": "Dropout before dense layers",
    "mixup": "Mixup",
    "label_smoothing": "Label smoothing",
    "noise": "Noise on the pixels, at most",
    "averaging": "Decay of the averaged weights",
    "precision": "Precision",
}


def claims_tally(*, total: int, holds: int, in_part: int, fails: int) -> str:
    return (
        f"Of {total} findings **{holds} hold**, **{in_part} hold in part** and "
        f"**{fails} {'does' if fails == 1 else 'do'} not hold**."
    )


def network(variant: "Variant") -> str:
    """A network and its twin."""
    architecture = ARCHITECTURES[variant.architecture]
    return f"{DATASETS[variant.dataset]}, {architecture}"


def learning_caption(*, total: int) -> str:
    return (
        f"Top-1 accuracy after each epoch: on all {total:,} test pictures, by the averaged "
        "weights; on training pictures by the network at work, with dropout, blended pictures or "
        "noise. The last epoch is the one that counts; none was chosen."
    )


def card_line(*, accuracy: float, low: float, high: float) -> str:
    return f"{accuracy:.2%} ({low:.2%} to {high:.2%})"


def card_facts(card: "Card") -> list[str]:
    low, high = card.interval
    return [
        f"Clean accuracy {card.accuracy:.2%}: {card.fgsm[0]:,} of {card.total:,} official test "
        f"pictures; 95 % interval {low:.2%} to {high:.2%} (Wilson's, over the pictures)",
        f"{card.parameters:,} parameters",
        f"Seed {card.seed}, trained in {card.seconds / 60:.1f} minutes on {card.hardware}",
        "With " + ", ".join(f"{name} {version}" for name, version in card.versions.items()),
    ]


def seeds(*, count: int, mean: float, deviation: float) -> str:
    return (
        f"Over {count} seeds of the training the clean accuracy is {mean:.2f} % on average, with a "
        f"standard deviation of {deviation:.2f} points."
    )


def recipe(values: Mapping[str, object]) -> list[str]:
    return [
        f"{HYPERPARAMETERS.get(name, name)}: {value:g}"
        if isinstance(value, int | float)
        else f"{HYPERPARAMETERS.get(name, name)}: {value}"
        for name, value in values.items()
    ]


def split_of(name: str) -> str:
    return f"{name} pictures"


# The scramble.
SCRAMBLE_LEAD = (
    "Scrambled networks see every picture with its 784 pixels in another order: one permutation, "
    "drawn once and used for every picture. To us nothing is left to see. Is it for a network?"
)
AS_TAKEN = "As taken"
AS_SCRAMBLED = "As a scrambled network sees them"
FOUR_TWINS = "The four twins"
CLEAN_AXIS = "Top-1 accuracy without a nudge"
WHY = "Why the one does not care and the other does"
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
    """Three sentences; accuracies are (ordered, scrambled)."""
    return (
        "A fully connected network has a weight of its own for every pixel and no notion of "
        "neighbours, so a scramble only renames its inputs: it reads "
        f"**{dense[0]:.2%}** in order and **{dense[1]:.2%}** scrambled, and its weights, put back "
        "in order, show the same kind of patterns. "
        "A CNN slides small filters over the picture, which works because neighbouring pixels "
        "belong together: an edge is an edge wherever it stands. "
        "The scramble puts pixels from anywhere under a filter, so there is nothing left for it to "
        f"find twice, and the CNN falls from **{convolutional[0]:.2%}** to "
        f"**{convolutional[1]:.2%}**."
    )


def alike(heading: str, correlation: float) -> str:
    return f"**{heading}**: neighbouring weights correlate by **{correlation:.2f}**"


def filters(heading: str, side: int) -> str:
    return f"{heading}, {side} x {side}"


def weights_said(heading: str, count: int) -> str:
    return f"{heading}: {count} pictures of weights"


def dense_caption(count: int) -> str:
    return (
        f"The {count} units with the largest weights, each in its own scale: blue below zero, "
        "white at zero, brown above. The correlation is over all units, of each weight with those "
        "of the pixels to the right and below; 0 is what noise has."
    )


def filters_caption(count: int) -> str:
    return (
        f"At most {count} filters of each size, those with the largest weights, in the same "
        "colours; the correlation is over all of that size."
    )


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


def curves_caption(
    *, totals: Sequence[int], chances: Sequence[float], live: bool, generated: bool
) -> str:
    """`generated`: of what was counted here, Sign's are generated hands."""
    pictures = listing([f"{total:,}" for total in totals])
    dots = ""
    if live:
        dots = (
            " Dots: counted now on this computer, over the first pictures of the test set "
            "(full FGSM, hollow random), with a wider band."
        )
        if generated:
            dots += " Sign's dots are of generated hands: other pictures than those of its lines."
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


def agreement(
    name: str, pictures: int, same: int, differing: int | None, *, generated: bool
) -> str:
    """What was counted here beside what was recorded of the same pictures."""
    these = "generated hands" if generated else "pictures"
    if same == pictures:
        flips = f"all {pictures:,} {these} flip first at the very epsilon that was recorded"
    else:
        flips = f"{pictures - same:,} of {pictures:,} {these} flip first at another epsilon"
    if generated:
        return f"{name}: {flips} of them; the lines are of the test pictures."
    if differing is None:
        counts = "counts were recorded of the full test set only, so those of a part have no record"
    elif differing:
        counts = f"{differing} of the counts differ from the recorded ones"
    else:
        counts = "every count, FGSM and random, equals the recorded one"
    return f"{name}: {flips}; {counts}."


# A lesson.
TEACHER = "For the teacher: what is found"
WORKSHEET = "Worksheet to print"
WORKSHEET_ANSWERS = "Answer sheet to print"
SHEET_NAME = "Name"
SHEET_DATE = "Date"
DO = "**Do:**"
FIND = "**Find:**"
EARLY = "**Done early?**"
EARLY_FOUR = "All four networks on one picture: which stands longest?"
EARLY_OWN = "Upload or photograph a picture of your own, and fool the network with it"
FAQ = "What people ask"

# Each step by its name: what is asked, what is done, what is looked for.
LESSON = {
    "guess": {
        "question": "How far must every pixel move?",
        "do": "look at one picture, guess where the network changes its mind, and lock it in.",
        "find": "the smallest epsilon that fools the network on this picture, and how far off you "
        "were. Would you have noticed the change?",
    },
    "noise": {
        "question": "Is it only noise?",
        "do": "move every pixel of the same picture as far, but up or down by the toss of a coin.",
        "find": "a random nudge that fools the network, if there is one. What does FGSM know that "
        "the coin does not?",
    },
    "many": {
        "question": "Was that one picture, or is it all of them?",
        "do": "see the accuracy over the whole test set fall as epsilon grows.",
        "find": "the epsilon at which half of the accuracy is gone, and how much of it a random "
        "nudge of that size costs.",
    },
    "meaning": {
        "question": "What are pictures taken for?",
        "do": "see which class is taken for which at a small epsilon.",
        "find": "the class that falls first, and whether the wrong answers are close in meaning.",
    },
    "eye": {
        "question": "How much of it do we see?",
        "do": "weigh how readable a picture stays against how often the network is fooled.",
        "find": "the epsilon that you would choose to fool the network and nobody else.",
    },
    "scramble": {
        "question": "Which network minds if all pixels trade places?",
        "do": "compare networks that see ordered pictures with twins that see scrambled ones.",
        "find": "the network that loses next to nothing, and the reason in one sentence.",
    },
    "transfer": {
        "question": "Must an attacker know the network?",
        "do": "attack one network and let the others read the pictures.",
        "find": "how well what fools one network fools another, and what that means for keeping a "
        "network secret.",
    },
}


def lesson_lead(minutes: int) -> str:
    return (
        f"Seven questions, about {minutes} minutes. Each opens a prepared view; come back here by "
        "Lesson in the navigation."
    )


def open_page(page: str) -> str:
    return f"Open {PAGES[page]}"


def minutes(count: int) -> str:
    return f"({count} minutes)"


def sheet_code(number: int) -> str:
    return f"QR code of the address of step {number}"


def early_target(name: str) -> str:
    return f"Make the network say {name}: how far must pixels move for that?"


def lesson_expected(found: "Findings", *, large: float, small: float) -> dict[str, str]:
    """What a class finds, by the step's name; every figure comes from the records."""
    half = (
        f"Of all pictures that it reads right, half are misread by **{found.median_flip:g}**. "
        if found.median_flip is not None
        else "Half of all pictures that it reads right stand up to every epsilon shown. "
    )
    halved = (
        f"at **{found.halved_at:g}**"
        if found.halved_at is not None
        else "at no epsilon up to the largest"
    )
    carried = "It was not recorded with these weights; the page counts it on demand."
    if found.transferred:
        t = found.transferred
        carried = (
            f"At {t.epsilon:g} the four read on average **{t.own:.1%}** after an attack along "
            f"their own gradient, **{t.other:.1%}** along another's, and **{t.random:.1%}** after "
            "a random nudge. A secret network is attacked by way of one's own."
        )
    weakest = class_name(found.variant.dataset, found.weakest)
    return {
        "guess": (
            f"{one_picture(generated=found.generated)} {found.image} is first misread at "
            f"**{found.flips_at:g}**, "
            f"{255 * found.flips_at:.1f} of 255 grey levels. {half}"
        ).strip(),
        "noise": (
            f"Over all {found.total:,} test pictures the network reads **{found.clean:.1%}** "
            f"untouched, **{found.random:.1%}** after a random nudge of {large:g} and "
            f"**{found.fgsm:.1%}** after FGSM of the same size. FGSM knows for every pixel which "
            "way hurts; tosses of a coin mostly cancel each other."
        ),
        "many": (
            f"Accuracy starts at **{found.clean:.1%}** and is halved {halved}; at {large:g} it is "
            f"**{found.fgsm:.1%}**, after a random nudge **{found.random:.1%}**."
        ),
        "meaning": (
            f"At {small:g} **{weakest}** has the fewest right, **{found.weakest_accuracy:.1%}**. "
            f"Of {found.flips:,} flips **{found.near:.0%}** go to a class close in meaning; by "
            f"chance it would be **{found.near_by_chance:.0%}**."
        ),
        "eye": (
            f"There is no one answer. By our measure, similarity (SSIM) times the share of "
            f"accuracy lost, it is **{found.best_epsilon:g}**: SSIM {found.best_ssim:.2f}, "
            f"accuracy **{found.best_accuracy:.1%}**."
        ),
        "scramble": (
            f"The fully connected network: **{found.dense[0]:.2%}** in order, "
            f"**{found.dense[1]:.2%}** scrambled. The CNN: **{found.convolutional[0]:.2%}** and "
            f"**{found.convolutional[1]:.2%}**, because its small filters count on neighbours "
            "that belong together."
        ),
        "transfer": carried,
    }


def faq(
    *,
    clean: float,
    wrong: int,
    total: int,
    fgsm: float,
    random: float,
    title: str,
    classes: int,
) -> list[tuple[str, str]]:
    """Questions and answers; the figures are those of the CNN on ordered pixels."""
    return [
        (
            "Is epsilon in /255?",
            "No. Pixels range from 0, black, to 1, white, and epsilon is a share of that way: "
            f"0.02 is {0.02 * 255:.1f} of 255 grey levels, and one grey level is {1 / 255:.4f}. "
            "Some programs nudge normalised pictures instead; there the same number means another "
            "distance.",
        ),
        (
            "Why did accuracy not fall?",
            "Look for these, the commonest first. Epsilon was too small, or in another unit. "
            "The attack used the predicted label, which pushes pictures that are wrong already "
            "back to right. The loss was taken after a softmax, where a confident network has no "
            "gradient left; Nudge takes it from the logits. The nudge was clipped away, as a black "
            "pixel gets no darker. And it may rise a little towards large epsilons: FGSM goes "
            "straight on, and may leave the region of the wrong answer again.",
        ),
        (
            "Why is a picture wrong at epsilon 0?",
            f"No network reads everything. The CNN reads {clean:.2%} of {title}'s {total:,} test "
            f"pictures right, so {wrong:,} are wrong before anybody touches them. Nudge marks "
            "them, and counts as fooled only what was right before.",
        ),
        (
            "Is it only noise?",
            f"No. A random nudge of 0.1 leaves the CNN {random:.1%} of the pictures, FGSM of the "
            f"same size {fgsm:.1%}. The direction does it, not the size.",
        ),
        (
            "Does it work on a photograph?",
            "Yes; upload or take one in the explorer. It is brought to 28 x 28 grey pixels first, "
            "in steps that you can see. Nobody knows its true class, so the attack leads away from "
            f"what the network reads in it. And the network knows {classes} classes and nothing "
            "else: whatever the photograph shows is read as one of them.",
        ),
        (
            "How does one defend?",
            "Best by training on attacked pictures (arXiv:1412.6572, arXiv:1706.06083), which "
            "takes longer and costs some accuracy on untouched ones. Hiding the gradient does not "
            "help: attacks get around it (arXiv:1802.00420) or come from another network, as the "
            "page on transfer shows. Averaging answers over noisy copies gives a guarantee within "
            "a small distance (arXiv:1902.02918). Nudge's networks are trained without any of it.",
        ),
    ]


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
STRIP_PICTURE = "Picture under the axis"
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


def along_caption(
    *, totals: Sequence[int], ssim_pictures: int, image: int, nearly: float, under: str
) -> str:
    """`under` says what picture of each data set stands under the axis."""
    pictures = listing([f"{total:,}" for total in totals])
    return (
        f"Solid: top-1 accuracy under FGSM over all {pictures} official test pictures. Dashed: "
        f"mean SSIM of the attacked picture with the original, over the first {ssim_pictures:,}. "
        "Grey: what the assignment recommends. Diamonds: where the share of accuracy lost, times "
        f"SSIM, is largest; nearly as good is {nearly:.0%} of that. Under the axis: {under} "
        f"{image}, nudged by the epsilon above it, along each network's own gradient."
    )


def against_caption(*, totals: Sequence[int], ssim_pictures: int) -> str:
    pictures = listing([f"{total:,}" for total in totals])
    return (
        f"One dot for every 0.005 of epsilon, from the left. Accuracy over all {pictures} official "
        f"test pictures, SSIM over the first {ssim_pictures:,}, both recorded with the weights. "
        "The lower left is best for who attacks: fooled, and nothing to be seen."
    )


# Generated hands, where the test pictures of Sign are not on this computer.
GENERATED_HAND = "Generated hand"
GENERATED_SOURCE = "Generated hands"
GENERATED_GALLERY = "Generated hands to choose from"
GENERATED_ORDER = "As they were drawn"
GENERATED_NOTICE = (
    "**Generated hands**, drawn by a network, stand in for Sign's test pictures, which are not on "
    "this computer. Whatever is called recorded was counted on the real ones."
)
GENERATED_SHEET = (
    "The pictures of this lesson are generated hands, drawn by a network: the test pictures of "
    "Sign-Language-MNIST were not on the computer that printed this."
)
GET_REAL = "Get the real data"
GETTING = "Asking for the real data"
GOT_REAL = "The real pictures are here: from now on these are shown and counted."


def one_picture(*, generated: bool) -> str:
    return GENERATED_HAND if generated else IMAGE


def source(name: str, *, generated: bool) -> str:
    return GENERATED_SOURCE if generated and name == "test" else SOURCES[name]


def order(name: str, *, generated: bool) -> str:
    return GENERATED_ORDER if generated and name == "test set" else ORDERS[name]


def gallery_title(*, generated: bool) -> str:
    return GENERATED_GALLERY if generated else GALLERY


def too_far(asked: int, last: int) -> str:
    """What becomes of a link to a test picture where fewer generated ones stand in."""
    return f"image is {last}, not `{asked}`: only {last + 1:,} generated hands are here"


def damaged(what: str, found: object) -> str:
    return f"**{what}** ({found}), so other pictures stand in."


def strip_pictures(generated: Mapping[str, bool]) -> str:
    """What stands under the axis, by data set: test pictures or generated hands."""
    kinds = {name: one_picture(generated=g).lower() for name, g in generated.items()}
    if len(set(kinds.values())) <= 1:
        return next(iter(kinds.values()), one_picture(generated=False).lower())
    return " and ".join(f"{DATASETS[name]}'s {kind}" for name, kind in kinds.items())


def received(count: int, total: int) -> str:
    size = f" of {total / 1e6:.0f}" if total else ""
    return f"Received {count / 1e6:.0f}{size} MB of the real data"


def not_fetched(what: str, found: object) -> str:
    return f"**{what}** ({found}). What stands in for it stays."


def by_hand(homepage: str, files: Sequence[str], folder: object, command: str) -> str:
    """What to do where this computer cannot fetch the data."""
    return (
        f"By hand: where there is a network, download the data from {homepage} and put "
        f"{listing([f'`{name}`' for name in files])} into `{folder}` on this computer, or the zip "
        "as it came; the page finds it when it is loaded again. Or run "
        f"`{command}` in the project's folder when there is a network."
    )
