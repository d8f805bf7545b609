"""The Lesson page and its worksheet."""

from typing import TYPE_CHECKING

from views.text.common import PAGES, class_name, one_picture

if TYPE_CHECKING:
    from nudge.findings.lesson import Findings

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
            "way hurts; random_signs of a coin mostly cancel each other."
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


GENERATED_SHEET = (
    "The pictures of this lesson are generated hands, drawn by a network: the test pictures of "
    "Sign-Language-MNIST were not on the computer that printed this."
)
