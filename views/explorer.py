"""The explorer: one picture, one network, and the slider that nudges."""

import random
from enum import StrEnum
from pathlib import Path

import streamlit as st
from torch import Tensor

from models import (
    NudgeError,
    PixelOrder,
    PretrainedError,
    Variant,
)
from nudge.attacks import nudge
from nudge.live import CurvePair
from nudge.sources import SOURCES
from nudge.sweep import EPSILON_STEP, EPSILONS, AccuracyCurve
from views import charts, panels, pictures, resources, text
from views.state import View, current, open_address, write_address

COUNTS = (200, 1000, 5000, 0)  # pictures for the curve; 0 is all of them
POLL = 0.5  # seconds between two looks at a growing curve


def page() -> None:
    resources.tune_process()
    st.html(Path(__file__).with_name("style.css"))
    notices = open_address()
    _header()
    _controls()
    if notices:
        st.caption(f":material/info: {text.address_notice(notices)}")
    view = current()
    try:
        resources.model(view.variant.id)
        resources.test_split(view.dataset)
    except NudgeError as error:
        write_address(view)
        _explain(error, view)
    else:
        _attack()


def _header() -> None:
    st.markdown(f"### {text.TITLE}\n{text.SUBTITLE}")


def _controls() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, names, key in (
            (text.DATASET, text.DATASETS, "dataset"),
            (text.ARCHITECTURE, text.ARCHITECTURES, "architecture"),
            (text.PIXEL_ORDER, text.PIXELS, "pixels"),
        ):
            options: list[StrEnum] = list(names)
            st.segmented_control(
                label, options, format_func=dict(names).__getitem__, key=key, required=True
            )
        _picture_controls(SOURCES[st.session_state.dataset].splits["test"].total)


def _picture_controls(total: int) -> None:
    # The other data set may have fewer pictures.
    st.session_state.image = min(st.session_state.image, total - 1)

    def draw() -> None:
        st.session_state.image = random.randrange(total)  # noqa: S311 (nothing secret)

    st.number_input(text.IMAGE, min_value=0, max_value=total - 1, step=1, key="image", width=140)
    st.button(text.RANDOM, icon=":material/casino:", on_click=draw)


@st.fragment
def _attack() -> None:
    """All that follows epsilon, and so runs again alone when the slider moves."""
    st.slider(
        text.EPSILON, EPSILONS[0], EPSILONS[-1], step=EPSILON_STEP, format="%.3f", key="epsilon"
    )
    view = current()
    write_address(view)
    attacked = resources.attacked_picture(view.variant.id, view.image)
    step = EPSILONS.index(round(view.epsilon, 3))
    left, right = st.columns([2, 1], gap="medium")
    with left:
        _verdict(view.variant, attacked, step)
        _equation(view, attacked)
    with right:
        st.html(
            panels.bars(
                view.variant.classes,
                attacked.fgsm.probabilities[0].tolist(),
                attacked.fgsm.probabilities[step].tolist(),
                truth=attacked.label,
            )
        )
    _curve(view)


def _verdict(variant: Variant, attacked: resources.AttackedPicture, step: int) -> None:
    names = [text.class_name(variant.dataset, name) for name in variant.classes]
    before, after = (int(attacked.fgsm.predictions[i]) for i in (0, step))
    probabilities = attacked.fgsm.probabilities
    st.markdown(
        text.verdict(
            truth=names[attacked.label],
            clean=names[before],
            clean_p=float(probabilities[0, before]),
            attacked=names[after],
            attacked_p=float(probabilities[step, after]),
        )
    )
    st.caption(
        text.flips(
            fgsm=attacked.fgsm.first_miss(attacked.label),
            random=attacked.random.first_miss(attacked.label),
            largest=EPSILONS[-1],
        )
    )


def _equation(view: View, attacked: resources.AttackedPicture) -> None:
    as_seen = view.pixels is PixelOrder.SCRAMBLED and st.toggle(
        text.AS_SEEN, key="as_seen", help=text.AS_SEEN_HELP
    )

    def shown(pictures: Tensor) -> Tensor:
        if not as_seen:
            return pictures
        scrambled: Tensor = resources.model(view.variant.id).get_submodule("scramble")(pictures)
        return scrambled

    moved = nudge(attacked.image, attacked.direction, view.epsilon)
    gain = 1 / view.epsilon if view.epsilon else None
    truth = text.class_name(view.dataset, view.variant.classes[attacked.label])
    st.html(
        panels.equation(
            (pictures.grey_png(shown(attacked.image)), text.ORIGINAL, text.alt_original(truth)),
            (
                pictures.signed_png(shown(moved - attacked.image), gain or 1),
                text.perturbation(gain),
                text.perturbation(gain),
            ),
            (
                pictures.grey_png(shown(moved)),
                f"{text.ATTACKED}, epsilon {text.in_255(view.epsilon)}",
                text.alt_attacked(truth, view.epsilon),
            ),
        )
    )


def _curve(view: View) -> None:
    """The accuracy curves, computed in the background and drawn as they grow."""
    total = SOURCES[view.dataset].splits["test"].total
    count = st.segmented_control(
        text.PICTURES,
        COUNTS,
        default=COUNTS[0],
        format_func=lambda n: f"{n:,}" if n else text.all_of(total),
        key="count",
        required=True,
    )
    wanted = count or total
    complete = resources.live_curves(view.variant.id).look(wanted).complete
    # A fragment of its own, so that the slider never waits for the computation.
    fragment = st.fragment(_growing_curve, run_every=None if complete else POLL)
    fragment(view, wanted, polling=not complete)


def _growing_curve(view: View, wanted: int, *, polling: bool) -> None:
    sight = resources.live_curves(view.variant.id).look(wanted)
    if polling and sight.complete:
        st.rerun()  # without polling
    if polling:
        done = text.counting(sight.pair.total, wanted, sight.seconds_left)
        st.progress(sight.pair.total / wanted, done)
    _draw(sight.pair, view)
    st.caption(
        text.curve_caption(
            done=sight.pair.total,
            total=SOURCES[view.dataset].splits["test"].total,
            chance=_chance(view),
            name=text.variant(view.variant),
        )
    )


def _draw(pair: CurvePair, view: View) -> None:
    rows = charts.accuracy_rows(pair, view.epsilon, _chance(view))
    st.vega_lite_chart(spec=charts.accuracy_spec() | {"datasets": rows}, key="curve")


def _chance(view: View) -> float:
    return 1 / len(view.variant.classes)


def _explain(error: NudgeError, view: View) -> None:
    """What is missing and what to run; the recorded curve stands in where there is one."""
    title = SOURCES[view.dataset].title
    broken = isinstance(error, PretrainedError)
    what = text.broken(text.variant(view.variant)) if broken else text.no_data(title)
    st.warning(f"**{what}.** {error.what}.", icon=":material/folder_off:")
    if error.expected is not None:
        st.caption(text.expected(error.expected, error.found))
    if error.mend:
        st.markdown(text.RUN_THIS)
        st.code(error.mend, language="bash", wrap_lines=True)
    if broken:
        return
    card = view.variant.card
    pair = CurvePair(
        *(
            AccuracyCurve(tuple(card.epsilons), tuple(counts), card.total)
            for counts in (card.fgsm, card.random)
        )
    )
    _draw(pair, view)
    st.caption(
        text.recorded_caption(
            total=card.total, chance=_chance(view), name=text.variant(view.variant)
        )
    )


page()
