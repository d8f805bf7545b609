"""The explorer's component, drawn in the browser."""

from views.text.common import EPSILON, one_picture

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
