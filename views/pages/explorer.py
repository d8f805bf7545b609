"""The explorer: one picture, one network or four, and the slider that nudges."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models import CLASSES, NudgeError, PretrainedError, Variant
from nudge.data.display_set import DisplaySet
from nudge.data.sources import SOURCES
from nudge.evaluation.methods import Method
from nudge.neighbourhood.picture_attack import Attack, Subject
from nudge.serving.live_curves import CurveSnapshot
from views import text
from views.charts import figure
from views.parts import data_notice, picture_input, share, widgets
from views.parts.gallery import Walk
from views.session import error_notice, resources
from views.session.audience import watching
from views.session.error_notice import Attempts
from views.session.page import begin
from views.session.state import Compare, Panel, View, current, opened, write_address
from views.stage import payload, planes
from views.stage.saved_page import saved_page

COUNTS = (200, 1000, 5000, 0)  # pictures to count here; 0 is all of them
# Seconds between two polls of growing curves: at least, and for each visitor. A poll takes a server
# 8 ms: a crowd that polled as often as one person would leave no time for anything else.
POLL, POLL_EACH = 0.7, 0.04
POLL_AT_MOST = 4.0  # or the count takes it that nobody polls any more


def page() -> None:
    begin("explorer")
    picture_input.restore_training()
    row = _controls()
    widgets.server_problems()
    view = current()
    write_address(view)  # before weights are read: the browser is to know it as soon as the widgets
    usable = _usable(view)
    try:
        pictures = resources.display_set(view.dataset)
    except NudgeError as error:
        _without_pictures(error, view)
        usable = ()
    if not usable:
        return
    data_notice.offer(pictures)
    place = st.container()  # above the choice of a picture, which comes first nevertheless
    subject, walk = picture_input.choose(view, pictures)
    with row:
        share.show(
            view,
            picture_input.preparation(),
            generated=pictures.generated,
            save=lambda: _saved(view, subject, pictures, usable),
        )
    with place:
        _stage(view, subject, pictures, usable, walk)


def _usable(view: View) -> tuple[Variant, ...]:
    """Those on the stage with weights and a card; what is wrong with the others is told."""
    usable, attempt = list[Variant](), Attempts()
    for variant in view.on_stage:
        with attempt(f"**{text.explorer.broken(text.common.variant(variant))}.** "):
            resources.model(variant.id)
            usable += [variant] if variant.card.total else []
    return tuple(usable)


def _controls() -> DeltaGenerator:
    view = current()
    one = view.compare is not Compare.ALL
    of_one = ("architecture", "pixels") if one and not view.network else ()
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall")
    with row:
        widgets.segments(*(key for key in ("dataset", *of_one) if key not in view.hide))
        if "regime" not in view.hide and view.compare is not Compare.REGIMES:
            widgets.regime()
        if "network" not in view.hide and view.compare is Compare.ONE:
            widgets.network()
        if "compare" not in view.hide:
            widgets.compare()
        if "method" not in view.hide:
            widgets.method()
        if view.method is Method.TARGETED and "method" not in view.hide:
            st.selectbox(
                text.explorer.TARGET,
                CLASSES[view.dataset],
                format_func=lambda name: text.common.class_name(view.dataset, name),
                key="target",
                width=150,
            )
    return row


def _stage(
    view: View,
    subject: Subject,
    pictures: DisplaySet,
    variants: Sequence[Variant],
    walk: Walk | None,
) -> None:
    # With the map open the processor's time is the map's.
    still = view.compare is not Compare.ONE or view.panel is Panel.MAP or "accuracy" in view.hide
    wanted = 0 if still else _wanted(pictures)
    counted = resources.counted(view.variant.id, pictures, wanted)
    complete = counted is None or counted.complete
    # A fragment of its own, which alone runs again at a release and while curves grow.
    fragment = st.fragment(_drawn, run_every=None if complete else _poll())
    fragment(
        subject, pictures, variants, walk,
        wanted=wanted, step=view.step, panel=view.panel, polling=not complete,
    )  # fmt: skip


def _poll() -> float:
    return min(max(POLL, POLL_EACH * watching()), POLL_AT_MOST)


def _counts(pictures: DisplaySet) -> list[int]:
    """Those of `COUNTS` that there are pictures for."""
    return [count for count in COUNTS if count < pictures.total]


def _wanted(pictures: DisplaySet) -> int:
    """How many pictures to count here."""
    count: int = st.session_state.setdefault("count", COUNTS[0])
    if count not in _counts(pictures):  # of a data set that has more
        st.session_state.count = count = 0
    return count or pictures.total


def _drawn(
    subject: Subject,
    pictures: DisplaySet,
    variants: Sequence[Variant],
    walk: Walk | None,
    *,
    wanted: int,
    step: int,
    panel: Panel,
    polling: bool,
) -> None:
    view = current()
    if view.panel is not panel:  # what is counted changes with it
        st.rerun()
    write_address(view)
    snapshot = resources.counted(view.variant.id, pictures, wanted)
    if polling and snapshot is not None and snapshot.complete:
        st.rerun()  # without polling
    here = snapshot.pair if snapshot else None
    networks, attempt = list[payload.Shown](), Attempts()
    with attempt():  # somebody's own network may give NaN for this very picture
        networks += [
            payload.Shown(variant, _attack(variant, view, subject, pictures), here)
            for variant in variants
        ]
    if not networks:
        return
    # The step is that of the last whole run: at a release the browser knows it better, and what it
    # has been sent already is not sent again.
    scene = payload.scene(view, subject, networks, step=step, opened=opened(), walk=walk)
    payload.show(scene, on_release=_take_epsilon, on_panel=_take_panel)
    if not all(shown.attack.direction.any() for shown in networks):
        st.caption(f":material/warning: {text.explorer.NO_GRADIENT}")
    _captions(view, subject, pictures, snapshot, polling=polling)
    if panel is Panel.MAP:
        with attempt(), resources.finite(view.variant.id):
            maps = [_mapped(view, subject, pictures, shown) for shown in networks]
            planes.show(scene["id"], maps)


def _mapped(
    view: View, subject: Subject, pictures: DisplaySet, shown: payload.Shown
) -> planes.Mapped:
    points = planes.points_for(len(view.on_stage))
    args = shown.variant.id, view.method, view.target_index
    if subject.label is None:
        job = picture_input.plane_job(shown.variant, subject, shown.attack, points)
        label = int(shown.attack.path.predictions[0])
        return planes.Mapped(job, shown.attack, label, own=True)
    job = resources.plane_job(args[0], view.image, *args[1:], pictures, points)
    return planes.Mapped(job, shown.attack, subject.label)


def _saved(
    view: View, subject: Subject, pictures: DisplaySet, variants: Sequence[Variant]
) -> share.SavedPage:
    """The stage as a file, with the curves that were recorded."""
    networks = [
        payload.Shown(variant, _attack(variant, view, subject, pictures), None)
        for variant in variants
    ]
    scene = payload.scene(view, subject, networks, step=view.step, opened=0)
    if view.panel is Panel.MAP:
        maps = [_mapped(view, subject, pictures, shown) for shown in networks]
        # Four networks with a way of their own for every epsilon fill the file without maps.
        fits = len(maps) == 1 or not view.method.iterated
        with resources.finite(view.variant.id):
            found = planes.finished(scene["id"], maps) if fits else None
        scene |= {"planes": found} if found else {"panel": Panel.NONE}
    return share.SavedPage(f"{scene['file']}.html", saved_page(view, subject, scene))


def _take_epsilon() -> None:
    released = st.session_state.stage.step
    if isinstance(released, list) and len(released) == 2 and released[0] == opened():
        step = released[1]
        epsilons = current().method.shown_epsilons
        if isinstance(step, int) and 0 <= step < len(epsilons):
            st.session_state.epsilon = epsilons[step]


def _take_panel() -> None:
    chosen = st.session_state.stage.panel
    if chosen in list(Panel):
        st.session_state.panel = Panel(chosen)


def _attack(variant: Variant, view: View, subject: Subject, pictures: DisplaySet) -> Attack:
    if subject.label is None:  # somebody's own picture is nobody else's: not in the shared cache
        return picture_input.attack(variant, subject, view.method, view.target_index)
    return resources.attacked_test_picture(
        variant.id, view.image, view.method, view.target_index, pictures
    )


def _captions(
    view: View,
    subject: Subject,
    pictures: DisplaySet,
    snapshot: CurveSnapshot | None,
    *,
    polling: bool,
) -> None:
    st.caption(text.explorer.formula(view.method, own=subject.label is None))
    if "accuracy" in view.hide:
        return
    recorded = SOURCES[view.dataset].splits["test"].total
    done = snapshot.pair.total if snapshot else 0
    generated = pictures.generated
    lost = snapshot.pair.attacked.zero_gradients if snapshot else None
    if snapshot:
        # The room stays when the count has ended, so that nothing jumps away under a finger.
        with st.container(height=64, border=False):
            if polling:
                said = text.common.counting(done, snapshot.wanted, snapshot.seconds_left)
                st.progress(done / snapshot.wanted, said)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            text.explorer.curve_caption(
                done=done, total=recorded, chance=_chance(view), generated=generated
            )
        )
        if snapshot and "count" not in view.hide:
            st.selectbox(
                text.explorer.PICTURES,
                _counts(pictures),
                format_func=lambda n: text.explorer.count_here(
                    n, pictures.total, generated=generated
                ),
                key="count",
                label_visibility="collapsed",
                on_change=st.rerun,
                width=230,
            )
    if snapshot and done:
        widgets.effort(snapshot.effort)
    if lost:
        st.caption(f":material/warning: {text.common.zero_gradients(lost, done)}")


def _chance(view: View) -> float:
    return 1 / len(view.variant.classes)


def _without_pictures(error: NudgeError, view: View) -> None:
    """What is missing and what to run; the recorded curve stands in where there is one."""
    error_notice.explain(error, lead=f"**{text.explorer.no_data(SOURCES[view.dataset].title)}.** ")
    if "accuracy" in view.hide:
        return
    try:
        card = view.variant.card
    except PretrainedError:  # which was told already
        return
    from views.charts import curves  # Altair is long to load, and seldom needed on this page

    variants, background = [view.variant], figure.background()
    figure.show(
        "curve",
        curves.spec((view.variant.id,)),
        curves.rows(variants, {}, view.epsilon, background=background),
        curves.table(variants, {}),
        text.explorer.recorded_caption(
            total=card.total, chance=_chance(view), name=text.common.variant(view.variant)
        ),
    )


page()
