"""The lesson on paper: one HTML file that needs nothing else, to be printed or filled in."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import segno

from views import text

STYLE = """
body { font: 11pt/1.45 sans-serif; color: #000; background: #fff; max-width: 180mm; margin: 8mm auto; padding: 0 6mm; }
h1 { font-size: 18pt; margin: 0; }
.who { display: flex; gap: 10mm; margin: 6mm 0; }
.who span { flex: 1; border-bottom: 1px solid #000; padding-bottom: 1mm; }
section { break-inside: avoid; border-top: 1px solid #999; padding: 4mm 0; display: grid; grid-template-columns: 1fr 30mm; gap: 0 6mm; }
h2 { font-size: 13pt; margin: 0 0 1mm; grid-column: 1 / -1; }
h2 small { font-weight: normal; }
p { margin: 0 0 2mm; }
img { width: 30mm; height: 30mm; }
.link { font-size: 8pt; overflow-wrap: anywhere; }
.lines { grid-column: 1 / -1; }
.lines i { display: block; height: 8mm; border-bottom: 1px solid #777; }
.answer { grid-column: 1 / -1; border-left: 3px solid #000; padding-left: 3mm; }
@page { size: A4; margin: 14mm; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""  # noqa: E501


@dataclass(frozen=True)
class Task:
    """A step on paper; words may have Markdown's ** for bold."""

    question: str
    link: str
    do: str
    find: str
    minutes: int
    guess: str | None = None  # what to answer before anything is done
    expected: str | None = None  # on the teacher's sheet, in place of lines to write on


def worksheet(title: str, tasks: Sequence[Task], note: str | None = None) -> str:
    """The whole file, as HTML, with a note at its top.

    Addresses stand there in letters and as QR codes.
    """
    heading = f"{text.common.TITLE}: {title}"
    said = f"<p>{escape(note)}</p>" if note else ""
    sections = "".join(_section(i, task) for i, task in enumerate(tasks, 1))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(heading)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(heading)}</h1>"
        f'<div class="who"><span>{text.lesson.SHEET_NAME}</span>'
        f"<span>{text.lesson.SHEET_DATE}</span></div>"
        f"{said}{sections}</main></body></html>"
    )


def _section(number: int, task: Task) -> str:
    code = segno.make(task.link, error="l").svg_data_uri(scale=4, border=1, light="white")
    minutes = escape(text.lesson.minutes(task.minutes))
    guess = f"<p>{_bold(f'{text.lesson.GUESS} {task.guess}')}</p>" if task.guess else ""
    answer = f'<div class="lines">{"<i></i>" * 3}</div>'
    if task.expected is not None:
        answer = f'<p class="answer">{_bold(task.expected)}</p>'
    return (
        f"<section><h2>{number}. {escape(task.question)} <small>{minutes}</small></h2>"
        f"<div>{guess}<p>{_bold(f'{text.lesson.DO} {task.do}')}</p>"
        f'<p class="link"><a href="{escape(task.link)}">'
        f"{escape(task.link)}</a></p><p>{_bold(f'{text.lesson.FIND} {task.find}')}</p></div>"
        f'<img src="{code}" alt="{escape(text.lesson.sheet_code(number))}">{answer}</section>'
    )


def _bold(words: str) -> str:
    """Markdown's ** as HTML, all else escaped."""
    parts = escape(words).split("**")
    return "".join(f"<b>{part}</b>" if i % 2 else part for i, part in enumerate(parts))
