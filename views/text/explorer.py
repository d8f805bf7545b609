"""The explorer and its accuracy chart."""

COMPARISONS = {"one": "One", "all": "All networks", "regimes": "All trainings"}
COMPARE = "Networks"
TARGET = "Target class"

# Each way to nudge by its formula, in Streamlit's Markdown, and one sentence.
FORMULAS = {
    "fgsm": (
        r"$x + \varepsilon \cdot \mathrm{sign}(\nabla_x\, \ell(x, y))$: "
        "every pixel moves by epsilon in the direction that makes the true class less likely."
    ),
    "bim": (
        r"$x \leftarrow x + \frac{\varepsilon}{8}\, \mathrm{sign}(\nabla_x\, \ell(x, y))$, "
        "20 times, and never further than epsilon from the original: FGSM in small steps, each "
        "with a new gradient (BIM). The attack runs once for each of 31 epsilons."
    ),
    "pgd": (
        r"$x \leftarrow x + \frac{\varepsilon}{8}\, \mathrm{sign}(\nabla_x\, \ell(x, y))$, "
        "20 times from a random start, and never further than epsilon from the original (PGD). The "
        "attack runs once for each of 31 epsilons."
    ),
    "l2": (
        r"$x + 28\, \varepsilon\, \nabla_x\, \ell(x, y) / \lVert \nabla_x\, \ell(x, y) \rVert_2$: "
        "the step is as long as FGSM's in the L2 norm, but pixels move in proportion to the "
        "gradient. A few move further than epsilon."
    ),
    "targeted": (
        r"$x - \varepsilon \cdot \mathrm{sign}(\nabla_x\, \ell(x, t))$: "
        "every pixel moves by epsilon in the direction that makes the target class more likely."
    ),
    "random": (
        r"$x + \varepsilon \cdot s,\ s \in \{-1, 1\}$: "
        "every pixel moves up or down by epsilon, by the toss of a coin. To us it looks the same."
    ),
}

_OWN = "The true class of your picture is unknown, so y is what the network predicts for it."


def formula(method: str, *, own: bool) -> str:
    """What a method does, in a line; `own` of somebody's own picture."""
    return " ".join([FORMULAS[method], *([_OWN] if own and method in _OF_LABELS else [])])


_OF_LABELS = {"fgsm", "bim", "pgd", "l2"}
PICTURES = "Pictures to count here"


def curve_caption(*, done: int, total: int, chance: float, generated: bool) -> str:
    dots = f"Dots: the first {done:,}, counted here. " if done else ""
    if generated and done:
        dots = (
            f"Dots: the first {done:,} generated hands, counted here. They are not the pictures "
            "of the lines. "
        )
    return (
        f"Lines: top-1 accuracy over all {total:,} official test pictures, recorded with the "
        f"weights. {dots}FGSM uses the true label. Dotted: chance, {chance:.1%}."
    )


NO_GRADIENT = (
    "Here the gradient is zero everywhere, so FGSM cannot change this picture. That does not mean "
    "that the network is robust."
)


def recorded_caption(*, total: int, chance: float, name: str) -> str:
    return (
        f"{name}: top-1 accuracy over all {total:,} official test pictures, as recorded when the "
        f"network was trained. Dotted: chance, {chance:.1%}."
    )


def no_data(title: str) -> str:
    return f"The pictures of {title} are not here yet"


def broken(name: str) -> str:
    return f"{name} cannot be used"


def count_here(count: int, total: int, *, generated: bool) -> str:
    hands = " generated hands" if generated else ""
    return f"Count the first {count:,}{hands} here" if count else f"Count all {total:,}{hands} here"
