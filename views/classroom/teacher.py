"""The teacher's page, for the projector: what is asked, how many answered, what they said."""

from collections.abc import Mapping
from dataclasses import replace

import segno
import streamlit as st

from nudge.classroom.rooms import Kind, Phase, Question, Room
from nudge.findings.class_answers import Tally
from nudge.findings.lesson import findings
from views import text
from views.charts import classroom as charts
from views.charts import figure
from views.classroom import asked, questions
from views.parts import share
from views.parts.links import link
from views.session import classroom, resources
from views.session.classroom import Member
from views.session.error_notice import Attempts
from views.session.state import current
from views.stage import payload

POLL = 0.5  # seconds between two looks at one counter
_PREPARED = "_class_prepared"  # which prepared question comes next
_ASKED = "_class_asked"  # how many questions there were when it was chosen
_SUMMARY = "_class_summary"  # the code of the room whose summary is shown


def show(room: Room, member: Member) -> None:
    if st.session_state.get(_SUMMARY) == room.code:
        _summary(room)
        return
    side, main = st.columns([1, 3], gap="medium")
    if room.current is None:
        with side:
            st.markdown(text.classroom.HOW)
            _controls(room, member)
        with main:
            _invitation(room, "min(100%, 32rem)")
            st.fragment(_watched, run_every=2.0)(room)
        return
    with side:
        _invitation(room, "min(100%, 11rem)")  # who comes late still finds the way in
        _controls(room, member)
    with main:
        _question(room, room.current)


def _invitation(room: Room, width: str) -> None:
    url = f"{share.base()}class?{classroom.ROOM}={room.code}"
    picture = segno.make(url, error="m").svg_data_uri(border=2, light="white", omitsize=True)
    st.html(
        f'<img src="{picture}" alt="{text.classroom.SCAN}" style="display:block;width:{width}">'
        f'<p class="nudge-code">{room.code[:3]} {room.code[3:]}</p>'
    )


def _controls(room: Room, member: Member) -> None:
    store, code = classroom.store(), room.code

    @classroom.attempted
    def turn(phase: Phase) -> None:
        store.turn(code, phase)

    @classroom.attempted
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
            text.classroom.FINISH, on_click=_show_summary, args=(code,), width="stretch",
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


def _show_summary(code: str) -> None:
    st.session_state[_SUMMARY] = code


def _choose(room: Room) -> None:
    """One of the lesson's questions, or one about what the explorer shows."""
    offered: Mapping[str, Question] = {}
    with Attempts()():
        offered = _offered()
    if not offered:
        return
    names = list(offered)
    state = st.session_state
    over = {question.to_json() for question in room.questions}
    left = [name for name in names if offered[name].to_json() not in over] or names
    # After each question the next one stands ready; whoever chooses an earlier one keeps it.
    if state.get(_PREPARED) not in names or state.get(_ASKED) != len(room.questions):
        state[_PREPARED], state[_ASKED] = left[0], len(room.questions)
    st.selectbox(
        text.classroom.ASK, names, format_func=_named, key=_PREPARED, label_visibility="collapsed"
    )

    @classroom.attempted
    def ask() -> None:
        # What is chosen now: a click may come before the page has heard of the choice.
        classroom.store().ask(room.code, offered[state[_PREPARED]], len(room.questions))

    label = text.classroom.NEXT if room.questions else text.classroom.ASK
    st.button(label, type="primary", on_click=ask, width="stretch", icon=":material/help:")


def _offered() -> Mapping[str, Question]:
    """By name: the lesson's, then one of each kind about the explorer's view."""
    view = current()
    generated = resources.display_set(view.dataset).generated
    offered = dict(questions.prepared(findings(view.dataset, generated=generated)))
    kinds = (Kind.FLIP, Kind.CLASS, Kind.LONGEST, Kind.PIXELS)
    return offered | {f"view-{kind}": questions.pose(kind, view) for kind in kinds}


def _named(name: str) -> str:
    if name in text.lesson.LESSON:
        return str(text.lesson.LESSON[name]["question"])
    kind = name.removeprefix("view-")
    return f"{text.classroom.OWN_QUESTION}: {text.classroom.QUESTIONS[kind]}"


def _question(room: Room, number: int) -> None:
    question, attempt = room.questions[number], Attempts()
    if not asked.pose(question, number):
        st.fragment(_watched, run_every=POLL)(room)
        return
    if room.phase is Phase.SHOWN:
        _answers(room, number)
        with attempt():
            _explain(question)
        return
    with attempt():
        asked.picture(question, width=260)
    st.fragment(_watched, run_every=POLL)(room)


@classroom.polled
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


def _tally(room: Room, number: int) -> Tally | None:
    truth = asked.truth(room.questions[number])
    return None if truth is None else Tally(classroom.store().counts(room.code, number), truth)


def _answers(room: Room, number: int) -> None:
    """What the room thinks, with the truth marked."""
    question, tally = room.questions[number], _tally(room, number)
    if tally is None:
        return
    figure.show(
        "class-answers",
        charts.answers_spec(question.choices, on_axis=question.kind in questions.ON_THE_AXIS),
        {"answers": charts.answer_rows(question.choices, tally)},
        charts.answer_table(question.choices, tally),
        text.classroom.room_caption(tally.total, tally.right, tally.truth.of(question.choices)),
    )


def _explain(question: Question) -> None:
    """The explorer's stage, so that dragging explains the answer."""
    view = questions.stage_of(question)
    if question.kind in (Kind.HALF, Kind.BEST):  # about no single picture
        page = "tradeoff" if question.kind is Kind.BEST else "curves"
        only = replace(view, variants=(view.variant.id,))
        link(page, text.lesson.open_page(page), only, icon=":material/arrow_forward:")
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
    hidden = replace(view, hide=frozenset({"accuracy", "save", "scramble", "panel"}))
    scene = payload.scene(hidden, subject, shown, step=view.step, opened=0)
    payload.show(scene, on_release=lambda: None)


def _summary(room: Room) -> None:
    st.subheader(text.classroom.SUMMARY, anchor=False)
    rows = [
        charts.summary_row(number, question, tally)
        for number, question in enumerate(room.questions)
        if (tally := _tally(room, number))
    ]
    figure.show(
        "class-summary",
        charts.summary_spec(len(rows)),
        {"questions": rows},
        charts.summary_table(rows),
        text.classroom.summary_caption(len(rows)),
    )
    st.button(text.classroom.BACK, on_click=_show_summary, args=("",))
