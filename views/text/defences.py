"""The Defences page."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from views.text.common import DATASETS, PGD_CURVE, class_name, listing, plain

if TYPE_CHECKING:
    from models import Variant
    from nudge.findings.defences import Defence

LEAD = (
    "Can a network be mended? Some of these networks were trained in other ways. **Augmented**: on "
    "shifted, rotated and scaled pictures. **Robust**: on attacked pictures, some of them shifted "
    "or mirrored as well. **Masked**: so that one step of FGSM of about the size shown here hardly "
    "finds a way, although smaller steps and many steps do. Judge each by its strongest attack."
)


def one_training(other: str) -> str:
    return (
        "This network was trained in one way only. Choose another above, or train it in another "
        f"way: `python scripts/train.py {other}`"
    )


WITHSTOOD = "What each training withstands"
MEASURE = "Measured"
CLEAN = "Clean"
FGSM = "FGSM, one step"
MOVED = "Moved pictures"
TRAINING = "Training"
WHY = "Why one step can fall short"
ONE_STEP = "One step (FGSM)"
LOSS_AXIS = "Loss (cross-entropy)"
NETWORK = "Network"
ORIGINAL = "Original"
GRADIENTS = "Where each network looks"
ON_CURVES = "All trainings along epsilon, FGSM and PGD"
ON_ONE = "All trainings on this picture, under PGD"
ON_TRANSFER = "Attacks carried from training to training"


def withstood_caption(
    *,
    total: int,
    title: str,
    epsilon: float,
    unmeasured: Sequence[str],
    on_fewer: Mapping[str, int],
    of_these: Mapping[str, float],
) -> str:
    """`on_fewer` are attacks that only so many of the pictures were put to.

    `of_these` is by training what twenty steps of PGD leave of those pictures.
    """
    fewer = "".join(f" ({attack}: over the first {n:,})" for attack, n in on_fewer.items())
    beside = ""
    if of_these:
        shares = listing([f"{name} {left:.1%}" for name, left in of_these.items()])
        beside = f" Of these first ones alone {PGD_CURVE}, leaves: {shares}."
    missing = ""
    if unmeasured:
        missing = (
            f" Not measured yet for {', '.join(unmeasured)}: "
            "`python scripts/robustness.py` does that."
        )
    return (
        f"Top-1 accuracy over all {total:,} official test pictures of {title}{fewer}.{beside} "
        f"Attacks move no pixel by more than {epsilon:g}, the epsilon that robust networks were "
        "trained at. Moved pictures: not attacked, but shifted by up to 4 pixels, rotated by up to "
        f"15 degrees and scaled by up to a fifth.{missing}"
    )


def cost(found: "Defence") -> str:
    """What robustness costs and brings."""
    robust, standard = found.defended, found.standard
    return (
        f"The robust network reads **{robust.clean:.1%}** of the clean pictures, the standard one "
        f"**{standard.clean:.1%}**: {price(found)}. Under the strongest attack that both were "
        f"put to ({found.attack}) it keeps **{robust.strongest:.1%}**, and the standard one "
        f"**{standard.strongest:.1%}**."
    )


MOVED_BY = {"shift": "shifted", "rotation": "rotated", "scale": "scaled", "flip": "mirrored"}


def price(found: "Defence") -> str:
    """What robustness costs on clean pictures, if it does, and what else may be the reason."""
    points = round(100 * (found.standard.clean - found.defended.clean), 1)
    said = f"robustness costs {abs(points)} points"
    if points < 0:
        said = f"{-points} points more, not less"
    if not found.moves:
        return said
    ways = " and ".join(MOVED_BY[name] for name in found.moves)
    return f"{said} (its training pictures were {ways} as well, the standard one's were not)"


def loss_caption(*, subject: str, shown: Sequence["Variant"]) -> str:
    return (
        f"{subject}, {len(shown)} networks. Solid: the loss along FGSM's step, which follows the "
        "gradient at epsilon 0. Dashed: after twenty small steps within the same epsilon, each "
        "with a new gradient (PGD). Where the dashed line stays close to the solid one, one step "
        "is nearly as good as many. Where it lies far above, the gradient at the start does not "
        "tell where to go, and FGSM overrates that network."
    )


def loss_name(variant: "Variant") -> str:
    return plain(variant).removeprefix(DATASETS[variant.dataset]).strip()


def gradient_caption(subject: str, *, robust: bool) -> str:
    """`robust` is whether one of the networks is."""
    # So it is of all six, over the first 500 test pictures: the size of the gradient correlates
    # with edges by 0.26 where the standard Fashion CNN's does by -0.21, and by 0.33 after 0.22 on
    # Sign. Of scrambled ones it does so by 0.11 after -0.16, and by 0.16 after 0.06.
    looks = (
        " A robust network's gradient keeps closer to the edges in the picture than the standard "
        "one's, since it may only rely on what an attack cannot easily change."
    )
    return (
        f"{subject}, and for each training the gradient of its loss: orange where a brighter pixel "
        f"raises the loss, blue where a darker one does.{looks if robust else ''}"
    )


def subject(dataset: str, name: str, index: int, picture: str) -> str:
    return f"{picture} {index}, {class_name(dataset, name)}"
