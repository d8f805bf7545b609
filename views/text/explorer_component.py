"""The explorer's component, drawn in the browser."""

from views.text.common import EPSILON, one_picture, towards

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
    "gallery": "Gallery",
    "gallery_key": "All pictures (key {key})",
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
        "reached": "Target reached: {before} → {after}",
        "wrong": "Wrong before the attack: this is {truth}, predicted as {before}; now {after}",
        "same": "Still the same: {before} before, {after} after",
        "changed": "Changed: {before} → {after}",
    },
    "flips": {
        "fgsm": "FGSM: {when}",
        "bim": "BIM, 20 steps: {when}",
        "pgd": "PGD, 20 steps: {when}",
        "l2": "L2 step as long as FGSM's: {when}",
        "targeted": "Targeted FGSM: {when}",
        "random": "Random nudge of the same size: {when}",
    },
    "at": "flips at {away}",
    "at_and_back": "flips at {away}, and back at {back}",
    "and_again": "flips at {away}, back at {back}, again at {again}",
    "never": "never flips up to {largest}",
    "from_the_start": "wrong from the start",
    "reaches": "Predicted as {target} from {when}",
    "reaches_not": "Never predicted as {target} up to {largest}",
    "moved": "After clipping, pixels moved by at most {largest}, on average by {mean}",
    "predict_first": "At which epsilon does the prediction change? Move the slider to your guess, "
    "or to the end if you think it never changes. Then lock in your guess.",
    "lock_in": "This is my guess",
    "guesses": {
        "exact": "Your guess, {guess}, is exactly right",
        "early": "Your guess is {guess}. It flips at {away}: you were {off} too early",
        "late": "Your guess is {guess}. It flips at {away}: you were {off} too late",
    },
    "guess_never": "Your guess is {guess}. It never flips up to the end of the scale",
    "guess_of_never": "Your guess, never, is exactly right",
    "guess_idle": "Nothing to guess here: the prediction was wrong from the start",
    "own": "your picture",
    "hidden": "not shown yet",
    "alt_original": "{subject}, original",
    "alt_attacked": "{subject}, attacked with epsilon {epsilon}, predicted as {predicted}",
    "paths": "Probability of each class along epsilon",
    "predictions": "Probability of what each network predicts for the original, along epsilon",
    "truths": "Probability of the true class along epsilon",
    "accuracy": "Accuracy along epsilon",
    "accuracy_under": "Accuracy along epsilon, {attack}",
    "fgsm_curve": "FGSM",
    "pgd_curve": "PGD, 20 steps",
    "random_curve": "random nudge",
    "chance": "chance",
    "map": "map",
    "map_label": "{network}: what it predicts around the picture. Arrow keys move the dot",
    "map_show": "Map",
    "map_loss": "Loss",
    "map_waiting": "Drawing the map",
    "map_where": "{along} along, {across} at random",
    "map_elsewhere": "On the map",
    "map_along": {
        "fgsm": "FGSM's direction",
        "targeted": "the direction of targeted FGSM",
        "l2": "the gradient's own direction",
    },
    "map_captions": {
        "classes": "What is predicted all around the picture, {direction} to the right and a "
        "random nudge upwards, each up to 0.3 and clipped: two of 784 directions, with the border "
        "of the true class as a line, and pale where the network is unsure.",
        "loss": "The loss all around the picture, {direction} to the right and a random nudge "
        "upwards, each up to 0.3 and clipped: two of 784 directions, dark where it is high, with "
        "lines of equal loss.",
    },
    "map_track": "Cross: where the steps of {method} end. They leave this plane, so it shows their "
    "shadow, and the picture beside it is not at the dot.",
    "scramble": "From the order we see to the order the network sees",
    "as_we_see": "As we see it",
    "as_network_sees": "As the network sees it",
    "copy_link": "Copy link",
    "copied": "Copied",
    "save_picture": "Save picture",
    "save_numbers": "Save numbers",
}


def all_trainings(network: str) -> str:
    return f"{network}, all trainings"


def shown(
    *,
    networks: str,
    subject: tuple[int, str] | None,
    method: str,
    target: str | None,
    generated: bool,
) -> str:
    """What a saved view shows, but for its epsilon."""
    picture = "Own picture"
    if subject:
        picture = f"{one_picture(generated=generated)} {subject[0]}, {subject[1]}"
    return f"{networks}. {picture}. {towards(method, target) if target else method}"


def poster_caption(total: int) -> str:
    return (
        f"Accuracy: all {total:,} official test pictures, as recorded with the weights. "
        "Bars: outlined before, filled after. Made with Nudge."
    )
