"""What a class answered: one question, and all of them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from nudge.classroom.rooms import Question
from nudge.findings.class_answers import Tally
from views import text
from views.charts import vega
from views.charts.figure import Row


@lru_cache(maxsize=8)
def answers_spec(choices: tuple[str, ...], *, on_axis: bool) -> dict[str, Any]:
    """A bar for each choice, the right ones in another colour and with a mark.

    One named set of rows feeds it, "answers", see `answer_rows`. On the axis of epsilon the bars
    stand upright, elsewhere they lie, so that names have room.
    """
    order = list(choices)
    kinds = [text.classroom.TRUTH, text.classroom.ANSWERS]
    scale = alt.Scale(domain=kinds, range=[vega.ORANGE, vega.BLUE])
    colour = alt.Color("kind:N", scale=scale, legend=None)  # what is right has a word beside it
    base = vega.named("answers").encode(
        tooltip=vega.tooltip("d", choice=text.classroom.ANSWER, count=text.classroom.ANSWERS),
        color=colour,
    )
    whole = alt.Axis(format="d", tickMinStep=1)
    if on_axis:
        values = [choice for i, choice in enumerate(order) if i % 10 == 0 or i == len(order) - 1]
        axis = alt.Axis(values=values, labelAngle=0)
        x = alt.X("choice:N", sort=order, title=text.common.EPSILON_AXIS, axis=axis)
        y = alt.Y("count:Q", title=text.classroom.ANSWERS, axis=whole)
        right = base.transform_filter("datum.right").encode(x=x)
        rule = right.mark_rule(strokeWidth=2, strokeDash=[4, 3])
        word = right.mark_text(dy=-8, fontSize=14, fontWeight="bold").encode(
            y=alt.value(0), text="kind:N"
        )
        bars = base.mark_bar().encode(x=x, y=y)
        return alt.layer(bars, rule, word).properties(height=170).to_dict()
    names = alt.Axis(labelLimit=0, labelFontSize=13, labelOverlap=False)
    y = alt.Y("choice:N", sort=order, title=None, axis=names)
    x = alt.X("count:Q", title=None, axis=alt.Axis(labels=False, ticks=False, tickMinStep=1))
    bars = base.mark_bar().encode(x=x, y=y)
    marks = base.mark_text(align="left", dx=6, fontSize=14, fontWeight="bold").encode(
        x=x, y=y, text="said:N"
    )
    return alt.layer(bars, marks).properties(height=alt.Step(20)).to_dict()


def answer_rows(choices: Sequence[str], tally: Tally) -> vega.Rows:
    """A row for each choice."""
    return [
        {
            "choice": choice,
            "count": count,
            "right": right,
            "kind": text.classroom.TRUTH if right else text.classroom.ANSWERS,
            "said": f"{count} {text.classroom.TRUTH}" if right else f"{count}",
        }
        for choice, count, right in _each(choices, tally)
    ]


def answer_table(choices: Sequence[str], tally: Tally) -> list[Row]:
    """The choices that somebody took, and the right ones."""
    return [
        {
            text.classroom.ANSWER: choice,
            text.classroom.ANSWERS: count,
            text.classroom.TRUTH: right,
        }
        for choice, count, right in _each(choices, tally)
        if count or right
    ]


def _each(choices: Sequence[str], tally: Tally) -> Iterator[tuple[str, int, bool]]:
    for place, choice in enumerate(choices):
        yield choice, tally.counts.get(place, 0), tally.truth.is_right(place)


@lru_cache(maxsize=8)
def summary_spec(questions: int) -> dict[str, Any]:
    """A bar for each question; one named set of rows feeds it, "questions"."""
    y = alt.Y("question:N", sort=None, title=None, axis=alt.Axis(labelLimit=420, labelFontSize=13))
    x = alt.X(
        "fraction:Q",
        title=text.classroom.RIGHT_FRACTION,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    )
    base = vega.named("questions").encode(y=y)
    bars = base.mark_bar(color=vega.BLUE).encode(x=x)
    said = base.mark_text(align="left", dx=6, fontSize=13).encode(x=x, text="said:N")
    return alt.layer(bars, said).properties(height=alt.Step(34)).to_dict()


def summary_row(number: int, question: Question, tally: Tally) -> dict[str, Any]:
    """One question: how many answered, how many of them rightly, what most of them said."""
    most = tally.most_frequent
    return {
        "question": f"{number + 1} {text.classroom.QUESTIONS[question.kind]}",
        "fraction": tally.right / tally.total if tally.total else 0.0,
        "said": f"{tally.right} / {tally.total}",
        "view": question.view,
        "total": tally.total,
        "correct": tally.right,
        "truth": " or ".join(tally.truth.of(question.choices)),
        "most": "" if most is None else question.choices[most],
    }


def summary_table(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """As CSV has it."""
    return [
        {
            text.classroom.QUESTION: row["question"],
            "view": row["view"],
            text.classroom.ANSWERS: row["total"],
            text.classroom.RIGHT_FRACTION: row["correct"],
            text.classroom.RIGHT_ANSWER: row["truth"],
            text.classroom.MOST: row["most"],
        }
        for row in rows
    ]
