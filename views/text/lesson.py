"""The Lesson page and its worksheet."""

from typing import TYPE_CHECKING

from views.text.common import PAGES, class_name, one_picture
from views.text.defences import price

if TYPE_CHECKING:
    from nudge.findings.defences import Defence
    from nudge.findings.lesson import Findings

# A lesson.
TEACHER = "For the teacher: show the answers"
WORKSHEET = "Worksheet to print"
WORKSHEET_ANSWERS = "Answer sheet to print"
SHEET_NAME = "Name"
SHEET_DATE = "Date"
GUESS = "**Guess first:**"
DO = "**Do:**"
FIND = "**Find:**"
EARLY = "**Done early?**"
EARLY_FOUR = "All four networks on one picture: which holds out longest?"
EARLY_OWN = "Upload or take a picture of your own, and fool the network with it"
AS_A_CLASS = (
    "The first seven steps are prepared as questions to a class: everybody answers on a phone, and "
    "the projector shows what the room thinks, before the class looks for the answer."
)
FAQ = "What people ask"
WHO_COMPUTES = "Who computes?"
ONLY_NOISE = "Is it only noise?"
SEE_MAP = "See it on the map"

# Each step by its name: what is asked, what is done, what is looked for, and what is to be guessed
# first where a class is asked about something else than the step's page shows.
LESSON = {
    "guess": {
        "question": "How far must every pixel move?",
        "do": "look at one picture, guess where the prediction changes, and lock in your guess.",
        "find": "the smallest epsilon that fools the network on this picture, and how far off your "
        "guess was. Would you have noticed the change?",
    },
    "noise": {
        "question": ONLY_NOISE,
        "do": "move every pixel of the same picture as far, but up or down by the toss of a coin. "
        "On the map that leads upwards, FGSM to the right. Drag the dot both ways.",
        "find": "a random nudge that fools the network, if there is one, and how far the border is "
        "either way. What does FGSM know that the coin does not?",
    },
    "many": {
        "question": "Was that one picture, or is it all of them?",
        "do": "watch the accuracy over the whole test set fall as epsilon grows.",
        "find": "the epsilon at which half of the accuracy is lost, and how much accuracy a random "
        "nudge of that size costs.",
    },
    "meaning": {
        "question": "Which classes are confused?",
        "guess": "Which class will the network lose first?",
        "do": "see which class is predicted as which at a small epsilon.",
        "find": "the class that falls first, and whether the wrong answers are close in meaning.",
    },
    "eye": {
        "question": "How much of the attack do we see?",
        "do": "compare how readable a picture stays with how often the network is fooled.",
        "find": "the epsilon you would choose to fool the network but no person.",
    },
    "scramble": {
        "question": "Which network suffers if all pixels change places?",
        "guess": "Which network will lose more by it: the fully connected one or the CNN?",
        "do": "compare networks that see ordered pictures with twins that see scrambled ones.",
        "find": "the network that loses almost nothing, and the reason in one sentence.",
    },
    "transfer": {
        "question": "Must an attacker know the network?",
        "guess": "Will a picture that fools one network fool another?",
        "do": "attack one network and let the others classify the pictures.",
        "find": "how often pictures that fool one network fool another, and what that means for "
        "keeping a network secret.",
    },
    "defence": {
        "question": "Can a network be mended?",
        "do": "compare the standard network with those that were trained in other ways: what each "
        "withstands, how its loss rises along the step, and what its gradient looks like.",
        "find": "what the robust network gains under the strongest attack that both were put to, "
        "what that means for clean pictures, and where its gradient lies that the standard one's "
        "does not.",
    },
    "false": {
        "question": "Is every defence real?",
        "do": "compare a network that was trained against FGSM alone with the standard one: first "
        "under FGSM (dashed), then under twenty steps of PGD (solid). On the Transfer page, choose "
        "all trainings of the CNN.",
        "find": "how robust the network seems under one step and is under twenty, whether a "
        "smaller step or another network's attack fools it, and by which attack a defence has to "
        "be judged.",
    },
}
NUMBERS = {7: "Seven", 8: "Eight", 9: "Nine"}


def lesson_lead(count: int, minutes: int) -> str:
    return (
        f"{NUMBERS[count]} questions, about {minutes} minutes. Each opens a prepared view. To come "
        "back, choose Lesson in the navigation."
    )


def open_page(page: str) -> str:
    return f"Open {PAGES[page]}"


def minutes(count: int) -> str:
    return f"({count} minutes)"


def sheet_code(number: int) -> str:
    return f"QR code of the address of step {number}"


def early_target(name: str) -> str:
    return f"Make the network predict {name}: how far must pixels move?"


def lesson_expected(found: "Findings", *, large: float, small: float) -> dict[str, str]:
    """What a class finds, by the step's name; every figure comes from the records."""
    half = (
        f"Half of all correct pictures are misclassified by **{found.median_flip:g}**. "
        if found.median_flip is not None
        else "At least half of all correct pictures stay correct at every epsilon shown. "
    )
    halved = (
        f"at **{found.halved_at:g}**"
        if found.halved_at is not None
        else "at no epsilon up to the largest"
    )
    carried = "This was not recorded with these weights. The page counts it on demand."
    if found.transferred:
        t = found.transferred
        carried = (
            f"At {t.epsilon:g} the mean accuracy of the four is **{t.own:.1%}** after an attack "
            f"along their own gradient, **{t.other:.1%}** along another's, and **{t.random:.1%}** "
            "after a random nudge. A secret network can be attacked through another one."
        )
    weakest = class_name(found.variant.dataset, found.weakest)
    answers = _defence_answers(found)
    return answers | {
        "guess": (
            f"{one_picture(generated=found.generated)} {found.image} is first misclassified at "
            f"**{found.flips_at:g}**, {255 * found.flips_at:.1f} of 255 grey levels. {half}"
        ).strip(),
        "noise": (
            f"Over all {found.total:,} test pictures the accuracy is **{found.clean:.1%}** without "
            f"a nudge, **{found.random:.1%}** after a random nudge of {large:g} and "
            f"**{found.fgsm:.1%}** after FGSM of the same size. FGSM knows for every pixel which "
            "direction hurts; random signs mostly cancel each other."
        ),
        "many": (
            f"Accuracy starts at **{found.clean:.1%}** and is halved {halved}. At {large:g} it is "
            f"**{found.fgsm:.1%}**, after a random nudge **{found.random:.1%}**."
        ),
        "meaning": (
            f"At {small:g} **{weakest}** has the lowest accuracy, "
            f"**{found.weakest_accuracy:.1%}**. Of {found.flips:,} flips **{found.near:.0%}** go "
            f"to a class close in meaning. By chance it would be **{found.near_by_chance:.0%}**."
        ),
        "eye": (
            f"There is no single answer. By our measure, similarity (SSIM) times the fraction of "
            f"accuracy lost, it is **{found.best_epsilon:g}**: SSIM {found.best_ssim:.2f}, "
            f"accuracy **{found.best_accuracy:.1%}**."
        ),
        "scramble": (
            f"The fully connected network: **{found.dense[0]:.2%}** in order, "
            f"**{found.dense[1]:.2%}** scrambled. The CNN: **{found.convolutional[0]:.2%}** and "
            f"**{found.convolutional[1]:.2%}**, because its small filters need neighbouring "
            "pixels that belong together."
        ),
        "transfer": carried,
    }


def _defence_answers(found: "Findings") -> dict[str, str]:
    answers = {}
    if defence := found.robust:
        mended, usual = defence.defended, defence.standard
        answers["defence"] = (
            f"At {defence.epsilon:g} the strongest attack that both were put to "
            f"({defence.attack}) leaves the robust network **{mended.strongest:.1%}** and the "
            f"standard one **{usual.strongest:.1%}**. On clean pictures it is "
            f"**{mended.clean:.1%}** against **{usual.clean:.1%}**: {price(defence)}. Its gradient "
            "keeps closer to the edges in the picture than the standard one's."
        )
    if mask := found.masked:
        seems, usual = mask.defended, mask.standard
        answers["false"] = (
            f"At {mask.epsilon:g} one step leaves the masked network **{seems.fgsm:.1%}**, the "
            f"standard one **{usual.fgsm:.1%}**. Twenty steps leave it **{seems.pgd:.1%}**. It "
            "learned to bend its loss where FGSM starts, so that one step leads astray, and not "
            f"to withstand attacks.{_signs(mask)} A defence is judged by its strongest attack."
        )
    return answers


def _signs(mask: "Defence") -> str:
    """What else tells that a defence is none, where it does; and what does not."""
    seems, signs = mask.defended, []
    at, left = seems.worst_step
    if left < seems.fgsm:
        signs.append(f"a smaller step fools it more often: at {at:g} FGSM leaves **{left:.1%}**")
    if seems.random < seems.fgsm:
        signs.append(
            "a random nudge of the same size does it more harm than FGSM, and leaves "
            f"**{seems.random:.1%}**"
        )
    said = f" It can be told by this: {'; and '.join(signs)}." if signs else ""
    if mask.transferred is None or mask.carried is None:
        return said
    verdict = ""
    if mask.carried >= 0.5:
        verdict = ": no gradient of its own is needed to fool it"
    elif mask.carried < 0.1:
        verdict = ": that network's attack hardly fools it either, which proves nothing"
    return (
        f"{said} Pictures attacked along the standard network's gradient leave it "
        f"**{mask.transferred:.1%}**{verdict}."
    )


def faq(found: "Findings", title: str) -> list[tuple[str, str]]:
    """Questions and answers; the figures are those of the CNN on ordered pixels."""
    wrong = found.total - round(found.clean * found.total)
    return [
        (
            "Is epsilon in /255?",
            "No. Pixels range from 0, black, to 1, white, and epsilon is a fraction of that range: "
            f"0.02 is {0.02 * 255:.1f} of 255 grey levels, and one grey level is {1 / 255:.4f}. "
            "Some programs nudge normalised pictures instead. There the same number is another "
            "distance.",
        ),
        (
            "Why did accuracy not fall?",
            "Check these causes, the most common first. Epsilon was too small, or in another unit. "
            "The attack used the predicted label, which pushes pictures that are already wrong "
            "back to the right class. The loss was taken after a softmax, where a confident "
            "network has no gradient left; Nudge takes it from the logits. The nudge was clipped, "
            "because a black pixel gets no darker. Accuracy may also rise a little at large "
            "epsilons: FGSM moves in a straight line and may leave the region of the wrong answer "
            "again.",
        ),
        (
            "Why is a picture wrong at epsilon 0?",
            f"No network is always right. The CNN classifies {found.clean:.2%} of {title}'s "
            f"{found.total:,} test pictures correctly, so {wrong:,} are wrong before any nudge. "
            "Nudge marks them. It counts as fooled only pictures that were correct before.",
        ),
        (
            ONLY_NOISE,
            f"No. After a random nudge of 0.1 the CNN's accuracy is {found.random:.1%}, after FGSM "
            f"of the same size {found.fgsm:.1%}. At the same size, the direction decides.",
        ),
        (
            WHO_COMPUTES,
            "The computer that shows this page's address in its terminal, and no other. Curves and "
            "matrices are counted on its graphics card (CUDA or Apple's MPS) if it has one, else "
            "on all cores of its processor that visitors leave idle; each count says on what and "
            "how quickly. The attack on one picture runs on the processor, where it takes a few "
            "hundredths of a second. The slider needs no computer but the one in your hand. "
            "`NUDGE_DEVICE` chooses another device.",
        ),
        (
            "Does it work on a photograph?",
            "Yes. Upload or take one in the explorer. It is first reduced to 28 x 28 grey pixels, "
            "in steps that you can see. Its true class is unknown, so the attack leads away from "
            f"the network's prediction. The network knows {len(found.variant.classes)} classes and "
            "nothing else: whatever the photograph shows is predicted as one of them.",
        ),
        (
            "How can a network be defended?",
            "Best by training on attacked pictures (arXiv:1412.6572, arXiv:1706.06083). That takes "
            "longer and usually costs some accuracy on clean pictures. Hiding the gradient does "
            "not help: attacks get around it (arXiv:1802.00420). Nor does hiding the network: "
            "another one's gradient serves, as the Transfer page shows. Averaging predictions over "
            "noisy copies gives a guarantee within a small distance (arXiv:1902.02918)."
            f"{_defended(found)}",
        ),
        (
            "Is one step the worst that can happen?",
            "No. FGSM follows the gradient at the original picture, however far it goes. Twenty "
            "small steps, each with a new gradient and none further than epsilon from the "
            f"original (PGD, arXiv:1706.06083), find more. {_steps(found)}How robust a network is "
            "can only be said by its strongest attack. The Defences page shows why, and the "
            "Assignment page puts every finding about what FGSM fools to twenty steps, too.",
        ),
    ]


def _defended(found: "Findings") -> str:
    if found.robust is None:
        return ""
    return (
        " The Defences page shows a network that was trained on attacked pictures: at "
        f"{found.robust.epsilon:g} it keeps {found.robust.defended.strongest:.1%} under the "
        f"strongest attack that both were put to ({found.robust.attack}), the standard one "
        f"{found.robust.standard.strongest:.1%}."
    )


def _steps(found: "Findings") -> str:
    if found.twenty_steps is None:
        return ""
    return (
        f"At 0.1 the CNN keeps {found.fgsm:.1%} after one step, and {found.twenty_steps:.1%} after "
        "twenty. "
    )


GENERATED_SHEET = (
    "The pictures of this lesson are generated hands, drawn by a network. The test pictures of "
    "Sign-Language-MNIST were not on the computer that printed this."
)
