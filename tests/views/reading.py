"""Reading a page of charts: what it was opened at, and the rows its charts were handed."""

import json
import time
from typing import Any

import pyarrow
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Checkbox

from tests.conftest import CHECKOUT


def open_at(name: str, **query: object) -> AppTest:
    """The page of that name under that address."""
    page = AppTest.from_file(str(CHECKOUT / "app.py"), default_timeout=120)
    page.switch_page(f"views/pages/{name}.py")
    for key, value in query.items():
        page.query_params[key] = str(value)
    page.run()
    assert not page.exception
    return page


def rows(page: AppTest, name: str, chart: int = 0) -> list[dict[str, Any]]:
    """The rows of a dataset of one of the page's charts, in the order of the page."""
    datasets = page.get("vega_lite_chart")[chart].proto.datasets
    (found,) = [d for d in datasets if d.name == name]
    table: list[dict[str, Any]] = pyarrow.ipc.open_stream(found.data.data).read_all().to_pylist()
    return table


def components(page: AppTest, name: str) -> list[dict[str, Any]]:
    """What the components of that name were sent."""
    return [
        sent
        for element in page.get("bidi_component")
        if element.proto.component_name == name
        for sent in json.loads(element.proto.json)
    ]


def checkbox(page: AppTest, label: str) -> Checkbox:
    (found,) = [box for box in page.checkbox if box.label == label]
    return found


def look_on(page: AppTest) -> None:
    """As the page's timer does in a browser, until nothing is in progress any more.

    A count gives way to each look, so these are as seldom as the timer's.
    """
    deadline = time.monotonic() + 240
    while page.get("progress"):
        assert time.monotonic() < deadline
        time.sleep(0.7)
        page.run()
        assert not page.exception
