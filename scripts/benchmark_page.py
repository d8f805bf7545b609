"""How fast the pages are, in a real Chromium on the machine that also serves them.

    pip install -r requirements-dev.txt
    python scripts/benchmark_page.py    # writes its table into docs/performance.md
    python scripts/benchmark_page.py --device cuda      # the pages count there

Start: from the command to the first complete view, in a process and a browser that are new. Drag:
what drawing one position of the slider takes, and that no message goes to the server between press
and release. New view: from a click to the complete view of another picture or network. Page: from a
click in the navigation to the complete page, its charts drawn. Map: from a click to another picture
until its sharp map is drawn. Journey: from a click in the navigation to the dots, and what drawing
a thousand of them takes. Count: what the curves page takes to
count here, against `accuracy_curve` in a process of its own, and the answer to a release meanwhile.
Close other programs first.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import torch
from playwright.sync_api import Browser, Page

from models import VARIANTS, load_model
from nudge.attacks import random_direction
from nudge.data import find_data_dir, load_split
from nudge.devices import cores
from nudge.evaluation.sweep import EPSILONS, accuracy_curve
from nudge.neighbourhood.plane import POINTS
from scripts.measuring.browsing import browser, server
from scripts.measuring.performance import Record, machine, write
from scripts.shared import command_line, markdown
from views import text

STARTS = 3
PICTURES = 20
ROUNDS = 5
COUNTED, COUNT = "fashion-cnn", 1000
WINDOW = {"width": 1280, "height": 800}
COMPLETE = "[data-scene]"  # the stage has drawn a scene

Row = tuple[str, Sequence[float], str, str]  # what, how long, unit, target

# Clicks, and resolves with the milliseconds until another scene is drawn.
_CLICK = """(control) => new Promise((resolve, reject) => {
  const roots = [...document.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean);
  const stage = roots.map((root) => root.querySelector(".stage")).find(Boolean);
  const start = performance.now();
  setTimeout(() => reject(new Error("no other scene was drawn in 20 s")), 20000);
  new MutationObserver((_, observer) => {
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
  }).observe(stage, { attributeFilter: ["data-scene"] });
  control.click();
})"""


# Clicks, and resolves with the milliseconds until the sharp map of another scene is drawn.
_MAP = """([control, points]) => new Promise((resolve, reject) => {
  const roots = [...document.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean);
  const stage = roots.map((root) => root.querySelector(".stage")).find(Boolean);
  const [start, before] = [performance.now(), stage.dataset.scene];
  const look = () => {
    const map = stage.querySelector(".map");
    const sharp = stage.dataset.scene !== before && map && Number(map.dataset.points) === points;
    if (sharp) resolve(performance.now() - start);
    else if (performance.now() - start > 20000) reject(new Error("no sharp map in 20 s"));
    else requestAnimationFrame(look);
  };
  control.click();
  look();
})"""

# Follows the link, and resolves with the milliseconds until the dots are drawn.
_DOTS = """(link) => new Promise((resolve, reject) => {
  const start = performance.now();
  const look = () => {
    const roots = [...document.querySelectorAll("*")].map((node) => node.shadowRoot);
    const found = roots.map((root) => root?.querySelector(".journey")).find(Boolean);
    if (found?.dataset.drawing) resolve(performance.now() - start);
    else if (performance.now() - start > 20000) reject(new Error("no dots in 20 s"));
    else requestAnimationFrame(look);
  };
  link.click();
  look();
})"""

_TEXT = "document.querySelector('[data-testid=stMain]').textContent"

# Follows a link, and resolves with the milliseconds until the page behind it says all that it said
# when it was given time, and its charts are drawn.
_VISIT = """(link, complete) => new Promise((resolve, reject) => {
  const start = performance.now();
  const drawn = (chart) => chart.querySelector("canvas, svg");
  const look = () => {
    const charts = [...document.querySelectorAll("[data-testid=stVegaLiteChart]")];
    const took = performance.now() - start;
    if (TEXT === complete && charts.every(drawn)) resolve(took);
    else if (took > 20000) reject(new Error(`${link.href} was not complete in 20 s`));
    else requestAnimationFrame(look);
  };
  link.click();
  look();
})""".replace("TEXT", _TEXT)

# Resolves with the milliseconds until the address shows what was released.
_ANSWER = """() => new Promise((resolve) => {
  const [start, before] = [performance.now(), window.nudgeAddress ?? location.search];
  const look = () => {
    if (location.search === before && performance.now() - start < 5000) return setTimeout(look, 5);
    window.nudgeAddress = location.search;
    resolve(performance.now() - start);
  };
  look();
})"""


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_device(options)
    args = options.parse_args()
    device = command_line.device(options, args)
    os.environ["NUDGE_DEVICE"] = str(device)  # of the servers that are started
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
            maps = measure_maps(page, url)
            arrivals, frames_of_dots = measure_journey(page, url)
            pages = measure_navigation(page)
            count, releases = measure_count(chromium, url)
    alone = measure_alone(data_dir)
    frames, complete = zip(*starts, strict=True)
    rows: list[Row] = [
        ("start: the page's frame stands", frames, "s", ""),
        ("start: first complete view", complete, "s", "6 s"),
        ("drawing a position of the slider", drags, "ms", "8 ms"),
        ("another picture", pictures, "ms", "150 ms"),
        ("another network", networks, "ms", "150 ms"),
        ("another picture, all four networks", four, "ms", ""),
        ("another picture, until its map is sharp", maps, "ms", "400 ms"),
        ("the journey's first view", arrivals, "ms", "500 ms"),
        ("drawing a thousand dots", frames_of_dots, "ms", "16 ms"),
        *((f"to the page {name}", times, "ms", "300 ms") for name, times in pages.items()),
        (
            "a release while curves are counted, 95th percentile",
            [quantiles(releases, n=20)[-1]],
            "ms",
            "200 ms",
        ),
        (f"counting {COUNT} pictures here, of `accuracy_curve`", [count / alone], "x", "1.15 x"),
    ]
    record = {**machine(device), "rows": rows}
    write("pages", record, {"pages": table(record)})


def table(record: Record) -> str:
    """A row for each of what people wait for."""
    rows = []
    for name, values, unit, target in record["rows"]:
        digits = 0 if unit == "ms" and median(values) >= 10 else 2
        middle, most = (f"{value:.{digits}f} {unit}" for value in (median(values), max(values)))
        rows.append([name, middle, most if len(values) > 1 else "", target])
    shown = markdown.table(["", "median", "slowest", "target"], rows)
    return f"{record['hardware']}.\n\n{shown}"


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


def measure_navigation(page: Page) -> dict[str, list[float]]:
    """Milliseconds from a click in the navigation until the page is complete, for every page."""
    first, *others = text.common.PAGES.values()
    order = (*others, first)  # where the browser stands comes last
    complete: dict[str, str] = {}
    for title in order * 2:  # the first time of each loads what others share
        page.get_by_role("link", name=title, exact=True).click()
        page.wait_for_timeout(3000)
        complete[title] = page.evaluate(_TEXT)
    times: dict[str, list[float]] = {title: [] for title in order}
    for title in order * ROUNDS:
        link = page.get_by_role("link", name=title, exact=True)
        times[title].append(link.evaluate(_VISIT, complete[title]))
        page.wait_for_timeout(500)
    return times


def measure_maps(page: Page, url: str) -> list[float]:
    """Milliseconds from each click to the sharp map of another picture, of the CNN."""
    page.goto(f"{url}/?panel=map&image=100")
    page.wait_for_selector(f'.map[data-points="{POINTS}"]')
    page.wait_for_timeout(3000)
    times = []
    for _ in range(PICTURES):
        control = page.get_by_role("button", name="Next").element_handle()
        times.append(page.evaluate(_MAP, [control, POINTS]))
        page.wait_for_timeout(500)
    return times


def measure_journey(page: Page, url: str) -> tuple[list[float], list[float]]:
    """Milliseconds to the journey's dots, and of drawing them at every position."""
    arrivals, drawn = list[float](), list[float]()
    for _ in range(ROUNDS):
        page.goto(f"{url}/lesson")
        page.get_by_role("link", name=text.common.PAGES["journey"], exact=True).wait_for()
        page.wait_for_timeout(2000)
        link = page.get_by_role("link", name=text.common.PAGES["journey"], exact=True)
        arrivals.append(link.evaluate(_DOTS))
        page.wait_for_timeout(1000)
    slider, dots = page.locator(".slide input"), page.locator(".journey")
    slider.press("Home")
    for _ in EPSILONS:
        page.wait_for_timeout(40)
        drawn.append(float(dots.get_attribute("data-drawing") or "nan"))
        slider.press("ArrowRight")
    return arrivals, drawn


def measure_count(chromium: Browser, url: str) -> tuple[float, list[float]]:
    """Seconds of counting on the curves page, and milliseconds of releases beside it."""
    counting, exploring = (chromium.new_context().new_page() for _ in range(2))
    exploring.goto(f"{url}/?image=17&epsilon=0")
    exploring.wait_for_selector(COMPLETE)
    counting.goto(f"{url}/curves?variants={COUNTED}")
    counting.get_by_label("Test pictures").fill(str(COUNT))
    counting.get_by_label("Test pictures").press("Enter")
    counting.get_by_role("button", name="Compute here").click()
    start = time.perf_counter()
    counting.get_by_role("button", name="Cancel").wait_for()
    slider = exploring.locator(".slider input")
    releases: list[float] = []
    while counting.get_by_role("button", name="Cancel").is_visible():
        slider.press("ArrowLeft" if len(releases) // 50 % 2 else "ArrowRight")
        releases.append(exploring.evaluate(_ANSWER))
        exploring.wait_for_timeout(300)
    return time.perf_counter() - start, releases


def measure_alone(data_dir: Path) -> float:
    """Seconds of the same count by `accuracy_curve`, with all cores, as the server has."""
    torch.set_num_threads(cores())
    variant = VARIANTS[COUNTED]
    images, labels = (v[:COUNT] for v in load_split(variant.dataset, "test", data_dir))
    model, random_signs = load_model(variant), random_direction(COUNT)
    start = time.perf_counter()
    for directions in (None, random_signs):
        accuracy_curve(model, images, labels, EPSILONS, directions=directions)
    return time.perf_counter() - start


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
    command_line.run(main)
