"""What a class is asked, about a view of the explorer, and what the networks answer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from models import NudgeError, PixelOrder, Regime, Variant
from models.own_networks import LONGEST
from nudge.classroom.rooms import Kind, Question
from nudge.evaluation.methods import Method
from nudge.findings import class_answers
from nudge.findings.class_answers import Truth
from nudge.findings.lesson import LARGE, Findings
from nudge.neighbourhood.probability_path import ProbabilityPath
from views import text
from views.parts.lesson_steps import ASKED
from views.session import resources
from views.session.state import Compare, Panel, View, last_picture, shown

# An answer to these is a place among the epsilons, the last one for "never".
ON_THE_AXIS = (Kind.FLIP, Kind.HALF, Kind.BEST)


def pose(kind: Kind, view: View) -> Question:
    """The question of that kind about that view."""
    view = _askable(kind, view)
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
    """What the question is about; what of it cannot be shown here falls back to the default.

    Raises NudgeError where that would be another network than the one that was asked about.
    """
    query = dict(parse_qsl(question.view))
    asked, (view, _) = query.get("network", ""), View.from_query(query)
    if asked and view.network != asked:
        raise NudgeError(
            f"The network {asked[:LONGEST]} that was asked about is not on this server",
            expected="the networks that the class began with",
            hint="Whoever runs the server can start it with them: --networks FOLDER",
        )
    return _askable(question.kind, view)


def _askable(kind: Kind, view: View) -> View:
    """What of a view can be asked about: a picture that is here, at an epsilon that is shown.

    An exercise, or a map, that the explorer shows is nothing of the question. Those that compare
    networks compare the standard ones, which all exist; those about the test set are about FGSM,
    which every card has counts of.
    """
    view = replace(
        view,
        image=min(view.image, last_picture(view.dataset)),
        epsilon=shown(view.method, view.epsilon),
        compare=Compare.ONE,
        panel=Panel.NONE,
        quiz=False,
        hide=frozenset(),
    )
    if kind in (Kind.LONGEST, Kind.PIXELS):
        view = replace(view, regime=Regime.STANDARD, network="")
    if kind in (Kind.HALF, Kind.BEST):
        view = replace(view, method=Method.FGSM)
    return view


def stage_of(question: Question) -> View:
    """The view with which the answer is explained: all networks that the question speaks of."""
    view = view_of(question)
    if question.kind in (Kind.LONGEST, Kind.PIXELS):
        return replace(view, compare=Compare.ALL)
    return view


def truth(question: Question) -> Truth:
    """What the networks answer. Raises NudgeError where one of them cannot be used here."""
    view, never = view_of(question), len(question.choices) - 1
    match question.kind:
        case Kind.CLASS:
            return class_answers.predicted(_path(view, view.variant), view.step)
        case Kind.LONGEST:
            return _longest(view, view.four)
        case Kind.PIXELS:
            return _longest(view, [replace(view, pixels=pixels).variant for pixels in PixelOrder])
        case Kind.HALF:
            return class_answers.half_wrong(view.variant.card, never=never)
        case Kind.BEST:
            return class_answers.best_trade_off(view.variant.card)
        case _:
            path = _path(view, view.variant)
            return class_answers.first_wrong(path, _label(view), never=never)


def _longest(view: View, variants: Iterable[Variant]) -> Truth:
    paths = [_path(view, variant) for variant in variants]
    return class_answers.stands_longest(paths, _label(view))


def _path(view: View, variant: Variant) -> ProbabilityPath:
    """What a network predicts along epsilon, under the nudge that is asked about."""
    pictures = resources.display_set(view.dataset)
    method, target = view.method, view.target_index
    found = resources.attacked_test_picture(variant.id, view.image, method, target, pictures)
    return found.control if method is Method.RANDOM else found.path


def _label(view: View) -> int:
    return int(resources.display_set(view.dataset).split.labels[view.image])


def prepared(found: Findings) -> Mapping[str, Question]:
    """A question for each of the lesson's first seven steps, by the step's name."""
    v = found.variant
    start = View(v.dataset, v.architecture, v.pixels, epsilon=0.0, image=found.image)
    attacked, far = replace(start, epsilon=found.flips_at), replace(start, epsilon=LARGE)
    views = {
        "noise": replace(attacked, method=Method.RANDOM),
        "many": far,
        "meaning": attacked,
        "eye": far,
    }
    return {name: pose(kind, views.get(name, start)) for name, kind in ASKED.items()}
