"""The Curves page and the queue of counts."""

from collections.abc import Sequence

from views.text.common import COUNTED_CURVES, FGSM_CURVE, PGD_CURVE, RANDOM_CURVE, listing

RANDOM_SHORT = "random"
INTERVAL = "95 % interval"
COUNT_PICTURES = "Test pictures to count here"
COMPUTE_HERE = "Compute here"
CANCEL = "Cancel"


_SHORT = {FGSM_CURVE: " FGSM", PGD_CURVE: " PGD", RANDOM_CURVE: " random"}


def value_label(number: int, accuracy: float, kind: str, solid: str) -> str:
    """At the rule; the solid curve needs no name."""
    return f"{number}: {accuracy:.1%}" + ("" if kind == solid else _SHORT[kind])


def chance_label(accuracy: float) -> str:
    return f"chance {accuracy:.1%}"


_ONE_STEP = "Solid: FGSM with the true label. Dashed: a random nudge of the same size."
_MANY = "Solid: PGD, 20 steps from a random start. Dashed: FGSM, one step of the same size."
_L2 = (
    f"{_ONE_STEP} The L2 step is as long as FGSM's of this epsilon in the L2 norm, 28 times "
    "epsilon; single pixels may move further."
)
_LINES = {"fgsm": _ONE_STEP, "l2": _L2, "bim": _MANY, "pgd": _MANY}


def curves_caption(
    method: str,
    *,
    totals: Sequence[int],
    chances: Sequence[float],
    live: bool,
    generated: bool,
) -> str:
    """`generated`: of what was counted here, Sign's are generated hands."""
    pictures = listing([f"{total:,}" for total in totals])
    dots = ""
    if live:
        dots = (
            " Dots: counted now on this computer, over the first pictures of the test set "
            f"(filled: {COUNTED_CURVES[method]}, hollow: random), with a wider band."
        )
        if generated:
            dots += " Sign's dots are of generated hands, not of the pictures of its lines."
    return (
        f"Top-1 accuracy over all {pictures} official test pictures, recorded with the weights. "
        f"{_LINES[method]} Bands: 95 % intervals (Wilson). "
        f"Dotted: chance, {listing([f'{c:.1%}' for c in chances])}.{dots}"
    )


def not_recorded(names: Sequence[str]) -> str:
    return f"PGD was not measured for {listing(names)}: `python scripts/robustness.py` does that."


def request(names: Sequence[str], count: int, method: str) -> str:
    return f"{listing(names)}, {count:,} pictures each, {COUNTED_CURVES[method]}"


def counting_networks(done: int, total: int, seconds_left: float | None) -> str:
    left = f", about {_duration(seconds_left)} left" if seconds_left is not None else ""
    return f"Counted {done:,} of {total:,} pictures, all networks together{left}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def in_line(*, own: int, before: int, served: int, what: str, fraction: float) -> str:
    others = "one computation is" if before == 1 else f"{before} computations are"
    return (
        f"You are number {own} in the queue; {others} before yours. "
        f"Now computing number {served}, {fraction:.0%} done: {what}."
    )


def agreement(
    name: str, attack: str, pictures: int, same: int, differing: int | None, *, generated: bool
) -> str:
    """What was counted here beside what was recorded of the same pictures."""
    these = "generated hands" if generated else "pictures"
    if same == pictures:
        flips = f"all {pictures:,} {these} first flip at exactly the recorded epsilon"
    else:
        flips = f"{pictures - same:,} of {pictures:,} {these} first flip at another epsilon"
    if generated:
        return f"{name}: {flips}. The lines are of the test pictures."
    if differing is None:
        counts = "counts were recorded for the full test set only, not for a part of it"
    elif differing:
        counts = f"{differing} of the counts differ from the recorded ones"
    else:
        counts = f"every count, {attack} and random, equals the recorded one"
    return f"{name}: {flips}; {counts}."
