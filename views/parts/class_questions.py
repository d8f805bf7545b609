"""What a class is asked, about a view of the explorer, and what the networks answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from models import PixelOrder, Variant
from nudge.classroom.rooms import Kind, Question
from nudge.evaluation.methods import Method
from nudge.evaluation.picture_attack import Attack
from nudge.findings.lesson import LARGE, Findings
from nudge.findings.tradeoff import trade_off
from views import text
from views.session import resources
from views.session.state import Compare, View, last_picture

# An answer to these is a place among the epsilons, the last one for "never".
ON_THE_AXIS = (Kind.FLIP, Kind.HALF, Kind.BEST)


@dataclass(frozen=True)
class Truth:
    """What is right, as places among a question's choices: several where networks tie."""

    places: frozenset[int]

    def is_right(self, choice: int) -> bool:
        return choice in self.places

    def distance(self, choice: int) -> int:
        """Steps between a choice and the nearest right one."""
        return min(abs(choice - place) for place in self.places)


def pose(kind: Kind, view: View) -> Question:
    """The question of that kind about that view."""
    match kind:
        case Kind.CLASS:
            names = [text.common.class_name(view.dataset, name) for name in view.variant.classes]
        case Kind.LONGEST:
            names = [text.common.short_variant(variant) for variant in view.four]
        case Kind.PIXELS:
            names = [text.common.PIXELS[pixels] for pixels in PixelOrder]
        case _:
            names = [f"{epsilon:g}" for epsilon in view.method.shown_epsilons]
            names += [text.classroom.NEVER]
    return Question(kind, urlencode(view.to_query()), tuple(names))


def view_of(question: Question) -> View:
    """What the question is about; what of it cannot be shown here falls back to the default."""
    view, _ = View.from_query(dict(parse_qsl(question.view)))
    return replace(view, image=min(view.image, last_picture(view.dataset)))


def stage_of(question: Question) -> View:
    """The view with which the answer is explained: all networks that the question speaks of."""
    view = view_of(question)
    if question.kind in (Kind.LONGEST, Kind.PIXELS):
        return replace(view, compare=Compare.ALL)
    return view


def truth(question: Question) -> Truth:
    """What the networks answer. Raises NudgeError where one of them cannot be used here."""
    view, last = view_of(question), len(question.choices) - 1
    match question.kind:
        case Kind.CLASS:
            return _truth(_predicted(view))
        case Kind.LONGEST:
            return _longest([_flip(view, variant, last=10**6) for variant in view.four])
        case Kind.PIXELS:
            orders = (replace(view, pixels=pixels).variant for pixels in PixelOrder)
            return _longest([_flip(view, variant, last=10**6) for variant in orders])
        case Kind.HALF:
            card = view.variant.card
            halves = (i for i, right in enumerate(card.fgsm) if 2 * right <= card.fgsm[0])
            return _truth(next(halves, last))
        case Kind.BEST:
            card = view.variant.card
            return _truth(card.epsilons.index(trade_off(card).best))
        case _:
            return _truth(_flip(view, view.variant, last=last))


def _truth(place: int) -> Truth:
    return Truth(frozenset([place]))


def _longest(flips: list[int]) -> Truth:
    return Truth(frozenset(i for i, step in enumerate(flips) if step == max(flips)))


def _attacked(view: View, variant: Variant) -> Attack:
    pictures = resources.display_set(view.dataset)
    method, target = view.method, view.target_index
    return resources.attacked_test_picture(variant.id, view.image, method, target, pictures)


def _predicted(view: View) -> int:
    """The class that is predicted at the view's epsilon, under its nudge."""
    found = _attacked(view, view.variant)
    path = found.control if view.method is Method.RANDOM else found.path
    return int(path.predictions[view.step])


def _flip(view: View, variant: Variant, *, last: int) -> int:
    """The first step at which the prediction is wrong; `last` where it never is."""
    label = int(resources.display_set(view.dataset).split.labels[view.image])
    wrong = (_attacked(view, variant).path.predictions != label).nonzero()
    return int(wrong[0]) if len(wrong) else last


def prepared(found: Findings) -> Mapping[str, Question]:
    """A question for each of the lesson's first seven steps, by the step's name."""
    v = found.variant
    start = View(v.dataset, v.architecture, v.pixels, epsilon=0.0, image=found.image)
    attacked = replace(start, epsilon=found.flips_at)
    return {
        "guess": pose(Kind.FLIP, start),
        "noise": pose(Kind.CLASS, replace(attacked, method=Method.RANDOM)),
        "many": pose(Kind.HALF, replace(start, epsilon=LARGE)),
        "meaning": pose(Kind.CLASS, attacked),
        "eye": pose(Kind.BEST, replace(start, epsilon=LARGE)),
        "scramble": pose(Kind.PIXELS, start),
        "transfer": pose(Kind.LONGEST, start),
    }
