"""How fast the page is, in a real Chromium on the machine that also serves it.

    pip install -r requirements-dev.txt
    python scripts/benchmark_page.py

Start: from the command to the first complete view, in a process and a browser that are new. Drag:
what drawing one position of the slider takes, and messages to the server between press and release.
New view: from a click to the complete view of another picture or network. Close other programs
first.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

from playwright.sync_api import Browser, Page

from nudge.data import find_data_dir
from nudge.sweep import EPSILONS
from scripts import console
from scripts.browsing import browser, server

STARTS = 3
PICTURES = 20
WINDOW = {"width": 1280, "height": 800}
COMPLETE = "[data-scene]"  # the stage has drawn a scene

# Clicks, and resolves with the milliseconds until another scene is drawn.
_CLICK = """(control) => new Promise((resolve) => {
  const roots = [...document.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean);
  const stage = roots.map((root) => root.querySelector(".stage")).find(Boolean);
  const start = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
  }).observe(stage, { attributeFilter: ["data-scene"] });
  control.click();
})"""


def main() -> None:
    options = console.parser(__doc__)
    args = options.parse_args()
    data_dir = find_data_dir(args.data_dir).resolve()
    with browser() as chromium:
        starts = [measure_start(chromium, data_dir) for _ in range(STARTS)]
        with server(data_dir) as url:
            page = chromium.new_context(viewport=WINDOW).new_page()  # type: ignore[arg-type]
            drags = measure_drag(page, url)
            pictures = measure_clicks(page, "button", ["Next"] * PICTURES)
            networks = measure_clicks(page, "radio", ["Scrambled", "Ordered"] * (PICTURES // 2))
            page.goto(f"{url}/?dataset=sign&compare=all")
            page.wait_for_selector(COMPLETE)
            page.wait_for_timeout(3000)
            four = measure_clicks(page, "button", ["Next"] * PICTURES)
    frames, complete = zip(*starts, strict=True)
    print("| | median | slowest | target |\n| --- | ---: | ---: | ---: |")
    line("start: the page's frame stands", frames, "s", "")
    line("start: first complete view", complete, "s", "6 s")
    line("drawing a position of the slider", drags, "ms", "8 ms")
    line("another picture", pictures, "ms", "150 ms")
    line("another network", networks, "ms", "150 ms")
    line("another picture, all four networks", four, "ms", "")


def line(name: str, values: Sequence[float], unit: str, target: str) -> None:
    print(f"| {name} | {median(values):.1f} {unit} | {max(values):.1f} {unit} | {target} |")


def measure_start(chromium: Browser, data_dir: Path) -> tuple[float, float]:
    """Seconds from the start of the server to the page's frame, and to the complete view."""
    context = chromium.new_context(viewport=WINDOW)  # type: ignore[arg-type]
    page = context.new_page()
    start = time.perf_counter()
    with server(data_dir) as url:
        page.goto(url)
        page.wait_for_selector("h1")
        frame = time.perf_counter() - start
        page.wait_for_selector(COMPLETE)
        complete = time.perf_counter() - start
        context.close()
    return frame, complete


def measure_drag(page: Page, url: str) -> list[float]:
    """Milliseconds of drawing at every position. Ends the program if the server heard of it."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda m: sent.append(m)))
    page.goto(f"{url}/?image=17&epsilon=0")
    page.get_by_text("Dots: the first 200").wait_for()
    page.wait_for_timeout(2000)
    box = page.locator(".slider input").bounding_box()
    stage = page.locator(".stage")
    if box is None:
        sys.exit("the slider is not on the page")
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 13, height)
    page.mouse.down()
    before, drawn = len(sent), []
    for step in range(len(EPSILONS)):
        page.mouse.move(box["x"] + 13 + (box["width"] - 26) * step / (len(EPSILONS) - 1), height)
        drawn.append(float(stage.get_attribute("data-drawing") or "nan"))
    page.wait_for_timeout(100)
    if len(sent) > before:
        sys.exit(f"{len(sent) - before} messages were sent to the server during the drag")
    page.mouse.up()
    page.wait_for_timeout(1000)
    return drawn


def measure_clicks(
    page: Page, role: Literal["button", "radio"], names: Sequence[str]
) -> list[float]:
    """Milliseconds from each click to the complete view of another scene."""
    times = []
    for name in names:
        times.append(page.get_by_role(role, name=name).evaluate(_CLICK))
        page.wait_for_timeout(300)
    return times


if __name__ == "__main__":
    console.run(main)
