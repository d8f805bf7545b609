"""The equation of the attack in pictures, and the bars of all classes, as HTML."""

from collections.abc import Sequence
from html import escape

from views import text

Figure = tuple[str, str, str]  # data URI, caption, alternative text


def equation(original: Figure, perturbation: Figure, attacked: Figure) -> str:
    """Original + perturbation = attacked."""
    plus, equals = (f'<span class="nudge-sign" aria-hidden="true">{s}</span>' for s in "+=")
    return (
        '<div class="nudge-equation">'
        f"{_figure(original)}{plus}{_figure(perturbation)}{equals}{_figure(attacked)}</div>"
    )


def _figure(figure: Figure) -> str:
    source, caption, alternative = figure
    return (
        f'<figure><img src="{source}" alt="{escape(alternative)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def bars(
    names: Sequence[str], clean: Sequence[float], attacked: Sequence[float], *, truth: int
) -> str:
    """The probability of every class, before and after, as a table that can be read aloud.

    Clean bars are outlines and attacked ones are filled, so that colour is never needed.
    """
    rows = "".join(
        f'<tr{_mark(i, clean, attacked, truth)}><th scope="row">{escape(name)}'
        f"{f' <small>{text.TRUE}</small>' if i == truth else ''}</th>"
        f"<td>{_bar('clean', before)}{_bar('attacked', after)}</td>"
        f"<td>{escape(text.percent(before))}</td><td>{escape(text.percent(after))}</td></tr>"
        for i, (name, before, after) in enumerate(zip(names, clean, attacked, strict=True))
    )
    return (
        f'<table class="nudge-bars"><thead><tr><th scope="col">{text.CLASS}</th>'
        f'<td></td><th scope="col"><i class="clean"></i>{text.ORIGINAL}</th>'
        f'<th scope="col"><i class="attacked"></i>{text.ATTACKED}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _mark(i: int, clean: Sequence[float], attacked: Sequence[float], truth: int) -> str:
    winner = max(range(len(attacked)), key=attacked.__getitem__)
    if i != winner:
        return ""
    return ' class="right"' if winner == truth else ' class="wrong"'


def _bar(kind: str, fraction: float) -> str:
    return f'<div class="{kind}" style="width:{100 * fraction:.1f}%"></div>'
