"""A class: the teacher's page for the projector, and everybody else's for a phone."""  # noqa: N999

from collections.abc import Mapping
from dataclasses import replace

import segno
import streamlit as st

from models import NudgeError
from nudge.classroom.rooms import Kind, Phase, Question, Room, RoomsError
from nudge.findings.lesson import findings
from nudge.pictures.data_uri import png
from views import text
from views.charts import classroom as charts
from views.charts import figure
from views.parts import class_questions, share
from views.parts.class_questions import ON_THE_AXIS, Truth
from views.parts.links import link
from views.session import classroom, error_notice, resources
from views.session.classroom import Member
from views.session.error_notice import Attempts
from views.session.page import begin
from views.session.state import View, current, write_address
from views.stage import payload

PROJECTOR_POLL = 0.5  # seconds between two looks at one counter
PHONE_POLL = 1.5
_PREPARED = "_class_prepared"  # which prepared question comes next
_SUMMARY = "_class_summary"  # whether the summary is shown


def page() -> None:
    begin("class")
    try:
        code = classroom.code()
        if not code:
            _door()
            return
        room = classroom.find(code)
        if room is None:
            st.warning(_why_not(code), icon=":material/meeting_room:")
            _door()
            return
        member = classroom.member(code)
        if member is None:  # the address stays: its last part may be a key, for the browser alone
            st.caption(text.classroom.JOINING)
            return
        classroom.enter(code)
        if member.key and classroom.store().owns(code, member.key):
            _teacher(room, member)
        else:
            _student(room, member)
    except RoomsError as error:
        st.warning(text.classroom.STORE_DOWN, icon=":material/cloud_off:")
        st.caption(f"{error.what}.")
        st.fragment(_try_again, run_every=2.0)()


def _why_not(code: str) -> str:
    if classroom.was_inside(code):
        return text.classroom.ENDED
    if classroom.too_many_guesses():
        return text.classroom.TOO_MANY_GUESSES
    return text.classroom.NO_ROOM


def _try_again() -> None:
    """The page goes on by itself when the store is back."""
    try:
        classroom.store().version(classroom.code() or "")
    except RoomsError:
        return
    st.rerun()


def _door() -> None:
    """Neither in a room nor at its address."""
    if classroom.ROOM not in st.query_params:
        write_address(current())
    st.markdown(text.classroom.LEAD)
    lead, join = st.columns(2)
    with lead.container(border=True):
        st.subheader(text.classroom.START, anchor=False)
        st.markdown(text.classroom.HOW)
        if st.button(text.classroom.START, type="primary", icon=":material/co_present:"):
            classroom.begin()
            st.rerun()
    with join.container(border=True), st.form("join", border=False):
        st.subheader(text.classroom.JOIN, anchor=False)
        asked = st.text_input(text.classroom.CODE, max_chars=20)
        if st.form_submit_button(text.classroom.GO, icon=":material/login:"):
            classroom.enter(asked)
            st.rerun()


# The teacher


def _teacher(room: Room, member: Member) -> None:
    if st.session_state.get(_SUMMARY):
        _summary(room)
        return
    side, main = st.columns([1, 3], gap="medium")
    with side:
        _invitation(room)
        _controls(room, member)
    with main:
        if room.current is None:
            st.markdown(text.classroom.HOW)
            st.fragment(_watched, run_every=2.0)(room)
        else:
            _asked(room, room.current)


def _invitation(room: Room) -> None:
    url = f"{share.base()}class?{classroom.ROOM}={room.code}"
    picture = segno.make(url, error="m").svg_data_uri(scale=6, border=2, light="white")
    st.html(
        f'<img src="{picture}" alt="{text.classroom.SCAN}" style="width:100%;max-width:260px">'
        f'<p class="nudge-code">{room.code[:3]} {room.code[3:]}</p>'
    )


def _controls(room: Room, member: Member) -> None:
    store, code = classroom.store(), room.code

    def turn(phase: Phase) -> None:
        store.turn(code, phase)

    def end() -> None:
        store.end(code)
        classroom.leave()

    match room.phase:
        case Phase.OPEN:
            st.button(
                text.classroom.CLOSE, type="primary", on_click=turn, args=(Phase.CLOSED,),
                width="stretch", icon=":material/lock:",
            )  # fmt: skip
        case Phase.CLOSED:
            st.button(
                text.classroom.SHOW, type="primary", on_click=turn, args=(Phase.SHOWN,),
                width="stretch", icon=":material/bar_chart:",
            )  # fmt: skip
            st.button(text.classroom.REOPEN, on_click=turn, args=(Phase.OPEN,), width="stretch")
    if room.phase in (None, Phase.SHOWN):
        _choose(room)
    if room.questions:
        st.button(
            text.classroom.FINISH, on_click=_show_summary, args=(True,), width="stretch",
            icon=":material/summarize:",
        )  # fmt: skip
    with st.popover(text.classroom.MY_LINK, width="stretch"):
        st.caption(text.classroom.MY_LINK_HELP)
        st.code(
            f"{share.base()}class?{classroom.ROOM}={code}#key={member.key}",
            language=None,
            wrap_lines=True,
        )
    st.button(
        text.classroom.END, on_click=end, help=text.classroom.END_HELP, width="stretch",
        icon=":material/logout:",
    )  # fmt: skip


def _show_summary(shown: bool) -> None:
    st.session_state[_SUMMARY] = shown


def _choose(room: Room) -> None:
    """One of the lesson's questions, or one about what the explorer shows."""
    offered: Mapping[str, Question] = {}
    with Attempts()():
        offered = _offered()
    if not offered:
        return
    names = list(offered)
    state = st.session_state
    asked = {question.to_json() for question in room.questions}
    left = [name for name in names if offered[name].to_json() not in asked] or names
    state.setdefault(_PREPARED, left[0])
    if state[_PREPARED] not in names or offered[state[_PREPARED]].to_json() in asked:
        state[_PREPARED] = left[0]
    chosen = st.selectbox(
        text.classroom.ASK, names, format_func=_named, key=_PREPARED, label_visibility="collapsed"
    )

    def ask() -> None:
        classroom.store().ask(room.code, offered[chosen])

    label = text.classroom.NEXT if room.questions else text.classroom.ASK
    st.button(label, type="primary", on_click=ask, width="stretch", icon=":material/help:")


def _offered() -> Mapping[str, Question]:
    """By name: the lesson's, then one of each kind about the explorer's view."""
    view = current()
    generated = resources.display_set(view.dataset).generated
    offered = dict(class_questions.prepared(findings(view.dataset, generated=generated)))
    kinds = (Kind.FLIP, Kind.CLASS, Kind.LONGEST, Kind.PIXELS)
    return offered | {f"view-{kind}": class_questions.pose(kind, view) for kind in kinds}


def _named(name: str) -> str:
    if name in text.lesson.LESSON:
        return str(text.lesson.LESSON[name]["question"])
    kind = name.removeprefix("view-")
    return f"{text.classroom.OWN_QUESTION}: {text.classroom.QUESTIONS[kind]}"


def _asked(room: Room, number: int) -> None:
    question, attempt = room.questions[number], Attempts()
    _pose(question, number)
    if room.phase is Phase.SHOWN:
        _answers(room, number)
        with attempt():
            _explain(question)
        return
    with attempt():
        _picture(question, width=260)
    st.fragment(_watched, run_every=PROJECTOR_POLL)(room)


def _pose(question: Question, number: int) -> None:
    view = class_questions.view_of(question)
    st.subheader(
        f"{text.classroom.asked(number)}: {text.classroom.QUESTIONS[question.kind]}", anchor=False
    )
    st.markdown(
        text.classroom.about(
            question.kind,
            text.common.variant(view.variant)
            if question.kind not in (Kind.LONGEST, Kind.PIXELS)
            else text.common.DATASETS[view.dataset],
            text.common.METHODS[view.method],
            view.epsilon,
            view.image,
        )
    )


def _picture(question: Question, width: int) -> None:
    """What is asked about, before any nudge; questions about the test set have none."""
    if question.kind in (Kind.HALF, Kind.BEST):
        return
    view = class_questions.view_of(question)
    pixels = resources.display_set(view.dataset).split.images[view.image].numpy()
    name = text.common.one_picture(generated=resources.display_set(view.dataset).generated)
    st.html(
        f'<img src="{png(pixels)}" alt="{name} {view.image}" '
        f'style="width:min(100%,{width}px);image-rendering:pixelated">'
    )


def _watched(room: Room) -> None:
    """One counter, until it says that something changed; then the answers are counted."""
    version = classroom.store().version(room.code)
    state = st.session_state
    if room.current is None:
        if version != room.version:
            st.rerun()
        return
    key = "_class_counted"
    if version is None:
        st.rerun()
    if state.get(key, (None, None))[0] != (room.code, version):
        latest = classroom.store().room(room.code)
        if latest is None or (latest.phase, latest.current) != (room.phase, room.current):
            st.rerun()
        total = sum(classroom.store().counts(room.code, room.current).values())
        state[key] = ((room.code, version), total)
    st.markdown(f"## {text.classroom.answered(state[key][1])}")


def _truth(question: Question) -> Truth | None:
    try:
        return class_questions.truth(question)
    except NudgeError as error:
        error_notice.explain(error)
        return None


def _answers(room: Room, number: int) -> None:
    """What the room thinks, with the truth marked."""
    question, counts = room.questions[number], classroom.store().counts(room.code, number)
    truth = _truth(question)
    if truth is None:
        return
    right = [question.choices[place] for place in sorted(truth.places)]
    total = sum(counts.values())
    correct = sum(n for choice, n in counts.items() if truth.is_right(choice))
    figure.show(
        "class-answers",
        charts.answers_spec(tuple(question.choices), on_axis=question.kind in ON_THE_AXIS),
        {"answers": charts.answer_rows(question.choices, counts, truth.places)},
        charts.answer_table(question.choices, counts, truth.places),
        text.classroom.room_caption(total, correct, right),
    )


def _explain(question: Question) -> None:
    """The explorer's stage, so that dragging explains the answer."""
    view = class_questions.stage_of(question)
    if question.kind in (Kind.HALF, Kind.BEST):  # about no single picture
        link("curves", text.lesson.open_page("curves"), view, icon=":material/arrow_forward:")
        return
    pictures = resources.display_set(view.dataset)
    subject = resources.test_picture(pictures, view.image)
    shown = [
        payload.Shown(
            variant,
            resources.attacked_test_picture(
                variant.id, view.image, view.method, view.target_index, pictures
            ),
            None,
        )
        for variant in view.on_stage
    ]
    hidden = replace(view, hide=frozenset({"accuracy", "save", "scramble"}))
    scene = payload.scene(hidden, subject, shown, step=view.step, opened=0)
    payload.show(scene, on_release=lambda: None)


def _summary(room: Room) -> None:
    st.subheader(text.classroom.SUMMARY, anchor=False)
    rows = []
    for number, question in enumerate(room.questions):
        counts, truth = classroom.store().counts(room.code, number), _truth(question)
        if truth is not None:
            rows.append(charts.summary_row(number, question, counts, truth.places))
    figure.show(
        "class-summary",
        charts.summary_spec(len(rows)),
        {"questions": rows},
        charts.summary_table(rows),
        text.classroom.summary_caption(len(rows)),
    )
    st.button(text.classroom.BACK, on_click=_show_summary, args=(False,))


# Everybody else


def _student(room: Room, member: Member) -> None:
    st.fragment(_follow, run_every=PHONE_POLL)(room)
    number = room.current
    if number is None:
        st.info(text.classroom.WAITING, icon=":material/hourglass_top:")
        return
    question = room.questions[number]
    _pose(question, number)
    with Attempts()():
        _picture(question, width=180)
    own = classroom.store().answer_of(room.code, number, member.who)
    match room.phase:
        case Phase.OPEN:
            _answer(room, number, member, own)
        case Phase.CLOSED:
            st.info(text.classroom.NOT_OPEN, icon=":material/lock:")
        case _:
            _result(question, own)


def _follow(room: Room) -> None:
    """Look at one counter; another question or phase is shown at once, others' answers are not."""
    store, state = classroom.store(), st.session_state
    version = store.version(room.code)
    if version is not None and version in (room.version, state.get("_class_followed")):
        return
    latest = store.room(room.code)
    if latest is None or (latest.phase, latest.current) != (room.phase, room.current):
        st.rerun()
    state["_class_followed"] = version


def _answer(room: Room, number: int, member: Member, own: int | None) -> None:
    question = room.questions[number]

    def send(choice: int) -> None:
        classroom.store().answer(room.code, number, member.who, choice)

    if question.kind in ON_THE_AXIS:
        key = f"_class_axis_{room.code}_{number}"
        start = own if own is not None else len(question.choices) // 4
        place = st.select_slider(
            text.common.EPSILON_AXIS,
            range(len(question.choices)),
            value=start,
            format_func=question.choices.__getitem__,
            key=key,
        )
        label = text.classroom.SEND if own is None else text.classroom.CHANGE
        st.button(label, type="primary", on_click=send, args=(place,), width="stretch")
    else:
        for place, choice in enumerate(question.choices):
            st.button(
                choice,
                type="primary" if place == own else "secondary",
                on_click=send,
                args=(place,),
                width="stretch",
                key=f"_class_choice_{number}_{place}",
            )
    if own is not None:
        st.caption(f":material/check: {text.classroom.sent(question.choices[own])}")


def _result(question: Question, own: int | None) -> None:
    truth = _truth(question)
    if truth is None:
        return
    right = [question.choices[place] for place in sorted(truth.places)]
    st.markdown(
        f"### {text.classroom.result(right, None if own is None else question.choices[own])}"
    )
    if own is None:
        return
    view: View = class_questions.view_of(question)
    epsilons = view.method.shown_epsilons
    never = len(question.choices) - 1
    if question.kind in ON_THE_AXIS and never not in (own, *truth.places):
        st.markdown(text.classroom.off_by(truth.distance(own), epsilons[1]))
    else:
        st.markdown(text.classroom.RIGHT if truth.is_right(own) else text.classroom.WRONG)


page()
