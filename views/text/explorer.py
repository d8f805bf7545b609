"""The explorer and its accuracy chart."""

COMPARISONS = {"one": "One", "all": "All four"}
COMPARE = "Networks"
TARGET = "Target class"

# Each way to nudge by its formula, in Streamlit's Markdown, and one sentence.
FORMULAS = {
    "fgsm": (
        r"$x + \varepsilon \cdot \mathrm{sign}(\nabla_x\, \ell(x, y))$: "
        "every pixel moves by epsilon in the direction that makes the true class less likely."
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

OWN_FORMULA = (
    r"$x + \varepsilon \cdot \mathrm{sign}(\nabla_x\, \ell(x, y))$: every pixel moves by epsilon "
    "in the direction that makes the network's own prediction less likely. The true class of your "
    "picture is unknown."
)
PICTURES = "Pictures to count here"


def curve_caption(*, done: int, total: int, chance: float, generated: bool) -> str:
    dots = f"Dots: the first {done:,}, counted now on this computer. " if done else ""
    if generated and done:
        dots = (
            f"Dots: the first {done:,} generated hands, counted now on this computer. They are "
            "not the pictures of the lines. "
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
