"""Addresses: unknown names, numbers beyond all bounds, thousands of parameters, markup."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from urllib.parse import parse_qsl, quote_plus

from streamlit.testing.v1 import AppTest

from models import CLASSES, VARIANTS
from models.errors import CHECKOUT
from nudge.data.sources import SOURCES
from nudge.evaluation.methods import Method
from nudge.evaluation.sweep import EPSILONS
from scripts.fuzzing import Try
from views import text
from views.session.state import HIDEABLE, Compare, View

WHOLE_PAGES = 0.02  # the share of the addresses at which a page is drawn, which takes a second
MARK = "<script>alert(1)</script>"
NASTY = (
    *("", " ", "nan", "NaN", "inf", "-inf", "1e999", "-1e999", "1e-999", "0x10", "٣", "²", "1_0"),
    *("-1", "1.5", "10000", "9" * 400, "-" + "9" * 400, "0.237", "0.30000000001", "5", "1" * 9),
    *(MARK, "<img src=x onerror=alert(1)>", "![](//a.example/x)", "`[x](javascript:alert(1))`"),
    *("\0", "\n\n# x", "\u202e", "😀" * 50, "\ud800", "a" * 100_000, "%00", "../../etc/passwd"),
    *("'; DROP TABLE x; --", "{{7*7}}", "${x}", "null", "None", "[]", "__class__", ",,,,"),
)
PARAMETERS = tuple(field.name for field in fields(View))
OTHERS = ("embed", "theme", "", "dataset[]", "DATASET", "__proto__", MARK)
PROPER: dict[str, tuple[str, ...]] = {
    "dataset": tuple(CLASSES),
    "architecture": ("fcnn", "cnn", "imported"),
    "pixels": ("ordered", "scrambled"),
    "epsilon": tuple(f"{e:g}" for e in EPSILONS),
    "image": ("0", "17", "7171", "7172", "9999"),
    "compare": tuple(Compare),
    "method": tuple(Method),
    "target": (*CLASSES["fashion"], *CLASSES["sign"]),  # type: ignore[index]
    "quiz": ("0", "1"),
    "hide": (*HIDEABLE, ",".join(HIDEABLE)),
    "variants": (*VARIANTS, ",".join(VARIANTS)),
}


@contextmanager
def addresses() -> Iterator[Try]:
    """Every address must give a view, with each thing that was adjusted told in a few words."""
    yield _try_one


def _try_one(rng: random.Random) -> str:
    query = _query(rng)
    view, notices = View.from_query(query)
    total = SOURCES[view.dataset].splits["test"].total
    if view.epsilon not in EPSILONS or not 0 <= view.image < total:
        raise AssertionError(f"a view that cannot be: {view}")
    if View.from_query(view.to_query()) != (view, []):
        raise AssertionError(f"a view that is not its own address: {view}")
    if any(len(notice) > 90 or notice.count("`") % 2 for notice in notices):
        raise AssertionError(f"a notice that is no short one: {notices}")
    if rng.random() < WHOLE_PAGES:
        _draw(rng.choice(list(text.common.PAGES)), query)
        return "drawn"
    return "adjusted" if notices else "as asked"


def _query(rng: random.Random) -> dict[str, str]:
    """As the server reads it off an address: of several values of a parameter the last counts."""
    if rng.random() < 0.01:
        return {f"p{i}": "x" for i in range(rng.choice((1000, 5000)))}
    pairs = []
    for _ in range(rng.randrange(12)):
        name = rng.choice(PARAMETERS if rng.random() < 0.9 else OTHERS)
        proper = rng.random() < 0.5 and name in PROPER
        value = rng.choice(PROPER[name]) if proper else _value(rng)
        pairs.append((name, value))
    told = "&".join(f"{quote_plus(n, errors='replace')}={quote_plus(v, errors='replace')}"
                    for n, v in pairs)  # fmt: skip
    if rng.random() < 0.2:
        told = told.replace("%", rng.choice(("%", "%%", "%zz")))
    return dict(parse_qsl(told, keep_blank_values=True))


def _value(rng: random.Random) -> str:
    kind = rng.randrange(4)
    if kind == 0:
        numbers = (rng.uniform(-1, 1), rng.gauss(0, 1e6), rng.randrange(-(10**30), 10**30))
        return str(rng.choice(numbers))
    if kind == 1:
        return "".join(chr(rng.randrange(32, 0x2FFF)) for _ in range(rng.randrange(40)))
    return rng.choice(NASTY)


def _draw(page: str, query: dict[str, str]) -> None:
    """The whole page at that address: without an exception, and with no markup of the address."""
    app = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=300)
    app.switch_page(f"views/pages/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if app.exception:
        raise AssertionError(f"{page} at {query!r}: {app.exception[0].message}")
    if any(MARK in html.proto.body for html in app.get("html")):
        raise AssertionError(f"{page} at {query!r}: markup of the address reaches the page")
