"""The steps of the lesson: what is asked, the prepared view, what is found."""

from dataclasses import dataclass, replace

from models import Regime
from nudge.classroom.rooms import Kind
from nudge.evaluation.methods import Method
from nudge.evaluation.robustness import SMALL
from nudge.findings.lesson import BETWEEN, LARGE, Findings
from views import text
from views.session.state import HIDEABLE, Compare, Panel, View

# What a class is asked before a step, by the step's name; see views/classroom/questions.py.
ASKED = {
    "guess": Kind.FLIP,
    "noise": Kind.CLASS,
    "many": Kind.HALF,
    "meaning": Kind.CLASS,
    "eye": Kind.BEST,
    "scramble": Kind.PIXELS,
    "transfer": Kind.LONGEST,
}


@dataclass(frozen=True)
class Step:
    """One question; words as Markdown."""

    question: str
    minutes: int
    page: str  # of views/
    view: View
    do: str
    find: str
    expected: str  # for the teacher, with the figures of the records
    guess: str | None  # what to answer on paper before anything is done

    @property
    def path(self) -> str:
        """The last part of the page's address."""
        return "" if self.page == "explorer" else self.page


def steps(found: Findings) -> list[Step]:
    """The lesson on one data set."""
    base, only = _start(found), (found.variant.id,)
    # Nothing that gives the answer away, nothing that leads astray.
    bare = frozenset(HIDEABLE) - {"epsilon", "perturbation", "verdict", "bars", "scramble"}
    places = {
        "guess": (5, "explorer", replace(base, quiz=True, hide=bare)),
        "noise": (
            5,
            "explorer",
            replace(
                base,
                method=Method.RANDOM,
                epsilon=found.flips_at,
                panel=Panel.MAP,
                hide=bare - {"method"},
            ),
        ),
        "many": (6, "curves", replace(base, epsilon=LARGE, variants=only)),
        "meaning": (6, "classes", replace(base, epsilon=SMALL)),
        "eye": (6, "tradeoff", replace(base, epsilon=LARGE, variants=only)),
        "scramble": (6, "scramble", base),
        "transfer": (6, "transfer", replace(base, epsilon=BETWEEN)),
    }
    if found.robust:
        places["defence"] = (8, "defences", replace(base, epsilon=found.robust.epsilon))
    if found.masked:
        masked = found.masked.variant
        both = (replace(masked, regime=Regime.STANDARD).id, masked.id)
        view = View(masked.dataset, epsilon=found.masked.epsilon, method=Method.PGD, variants=both)
        places["false"] = (6, "curves", view)
    expected = text.lesson.lesson_expected(found, large=LARGE, small=SMALL)
    return [_step(name, *place, expected[name]) for name, place in places.items()]


def _step(name: str, minutes: int, page: str, view: View, expected: str) -> Step:
    words = text.lesson.LESSON[name]
    asked = text.classroom.QUESTIONS[ASKED[name]] if name in ASKED else None
    return Step(
        question=words["question"], minutes=minutes, page=page, view=view,
        do=words["do"], find=words["find"], expected=expected, guess=words.get("guess", asked),
    )  # fmt: skip


def early(found: Findings) -> list[tuple[str, View]]:
    """More to do for those who are done early."""
    start, last = _start(found), found.variant.classes[-1]
    name = text.common.class_name(start.dataset, last)
    return [
        (text.lesson.early_target(name), replace(start, method=Method.TARGETED, target=last)),
        (text.lesson.EARLY_FOUR, replace(start, compare=Compare.ALL)),
        (text.lesson.EARLY_OWN, start),
    ]


def map_of(found: Findings) -> View:
    """The lesson's picture, and the border around it."""
    return replace(_start(found), epsilon=found.flips_at, panel=Panel.MAP)


def _start(found: Findings) -> View:
    """The lesson's network and picture, before any nudge."""
    v = found.variant
    return View(v.dataset, v.architecture, v.pixels, epsilon=0.0, image=found.image)
