"""The Assignment page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from views.text.common import variant

if TYPE_CHECKING:
    from models import Card, Variant
    from nudge.findings.assignment_claims import Claim

# The assignment, checked.
ASSIGNMENT_LEAD = (
    "Nudge reproduces a course assignment. Each result that it reported stands beside our "
    "measurement on the full official test set. Fixed rules give the verdict."
)
CLAIM_HEADS = ("Reported", "Measured", "Verdict", "Because", "And in twenty steps?")
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
    "batch_size": "Pictures per batch",
    "learning_rate": "Largest learning rate, AdamW",
    "warm_up": "Fraction of the training until that rate",
    "weight_decay": "Weight decay",
    "input_dropout": "Dropout of pixels",
    "dropout": "Dropout before dense layers",
    "mixup": "Mixup",
    "label_smoothing": "Label smoothing",
    "noise": "Largest noise on the pixels",
    "averaging": "Decay of the averaged weights",
    "shift": "Largest shift, pixels",
    "rotation": "Largest rotation, degrees",
    "scale": "Largest change of size",
    "flip": "Fraction of pictures mirrored",
    "epsilon": "Epsilon of the attack in training",
    "attacked": "Fraction of pictures attacked",
    "attack_steps": "Steps of the attack",
    "attack_step_size": "Size of a step, of epsilon",
    "random_start": "Largest random start, of epsilon",
    "precision": "Precision",
}


def claims_tally(claims: Sequence["Claim"]) -> str:
    counts = Counter(str(claim.verdict) for claim in claims)
    fails = counts["does not hold"]
    tally = (
        f"Of {len(claims)} findings **{counts['holds']} hold**, "
        f"**{counts['holds in part']} hold in part** and "
        f"**{fails} {'does' if fails == 1 else 'do'} not hold**."
    )
    asked = [(claim, claim.stronger) for claim in claims if claim.stronger]
    lost = [claim for claim, again in asked if claim.verdict == "holds" != again.verdict]
    if not asked:
        return tally
    return (
        f"{tally} FGSM takes one step. Of the {len(asked)} findings about what it fools "
        f"**{len(lost)} no longer {'holds' if len(lost) == 1 else 'hold'}** "
        "where the attack takes twenty (PGD)."
    )


def learning_caption(*, total: int) -> str:
    return (
        f"Top-1 accuracy after each epoch. On all {total:,} test pictures: with the averaged "
        "weights. On training pictures: during training, with dropout, mixup or noise. The last "
        "epoch counts; none was selected."
    )


def card_line(found: "Variant") -> str:
    low, high = found.card.interval
    return f"**{variant(found)}**: {found.card.accuracy:.2%} ({low:.2%} to {high:.2%})"


def card_facts(card: "Card") -> list[str]:
    low, high = card.interval
    return [
        f"Clean accuracy {card.accuracy:.2%}: {card.fgsm[0]:,} of {card.total:,} official test "
        f"pictures; 95 % interval {low:.2%} to {high:.2%} (Wilson's, over the pictures)",
        f"{card.parameters:,} parameters",
        f"Seed {card.seed}, trained in {card.seconds / 60:.1f} minutes on {card.hardware}",
        "With " + ", ".join(f"{name} {version}" for name, version in card.versions.items()),
    ]


def seeds(count: int, mean: float, deviation: float) -> str:
    return (
        f"Over {count} training seeds the mean clean accuracy is {mean:.2f} %, with a standard "
        f"deviation of {deviation:.2f} points."
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
