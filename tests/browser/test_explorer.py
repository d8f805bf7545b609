"""The explorer as a person meets it, in a real browser, on a projector and on a phone."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, WebSocketRoute, expect

from models import PRETRAINED, STANDARD, VARIANTS, Dataset, Scramble, load_model
from models.card_files import FLIP_STEPS, read_arrays
from nudge.attacks import fgsm
from nudge.data import Split, to_pixels
from nudge.evaluation.sweep import EPSILONS
from tests.browser.conftest import Visit, barriers, until, visits
from views import text

# The first test picture that is read right and that a small nudge spoils.
MISSES = read_arrays(PRETRAINED / FLIP_STEPS)["fashion-fcnn"]
IMAGE = next(i for i, step in enumerate(MISSES.tolist()) if 1 <= step <= 20)
MISS = int(MISSES[IMAGE])
ADDRESS = f"?dataset=fashion&architecture=fcnn&pixels=ordered&epsilon=0&image={IMAGE}"


def epsilon_in_address(step: int) -> re.Pattern[str]:
    return re.compile(f"epsilon={EPSILONS[step]:g}&")


def test_a_drag_fools_the_network_and_asks_the_server_nothing(visit: Visit) -> None:
    visit.open(ADDRESS)
    visit.settle()
    assert "Still right" in visit.verdict()
    expect(visit.slider).to_be_in_viewport()  # nobody has to look for it
    before = visit.sent
    visit.drag(5, 40, 2, MISS, release=False)
    assert "Fooled" in visit.verdict()
    visit.page.wait_for_timeout(300)
    assert visit.sent == before
    visit.page.mouse.up()
    expect(visit.page).to_have_url(epsilon_in_address(MISS))
    assert visit.sent > before
    assert "Fooled" in visit.verdict()


def test_the_pixels_drawn_are_those_of_fgsm(
    visit: Visit, test_splits: dict[Dataset, Split]
) -> None:
    images, labels = (v[IMAGE : IMAGE + 1] for v in test_splits[Dataset.FASHION])
    model, pixels = load_model("fashion-fcnn"), to_pixels(images)
    visit.open(ADDRESS)
    assert (visit.pixels(0) == images.flatten().numpy()).all()
    for step in (0, 1, 2, 5, 9, 14, 22, 33, 47, 60):
        visit.slider.fill(str(step))
        expect(visit.stage).to_have_attribute("data-step", str(step))
        attacked = 255 * fgsm(model, pixels, labels, EPSILONS[step]).flatten().numpy()
        assert np.abs(visit.pixels(2) - attacked).max() <= 1
        read = model(torch.from_numpy(attacked / 255).view(1, 1, 28, 28)).argmax()
        assert ("Fooled" in visit.verdict()) == (read != labels)


def test_the_keyboard_does_everything(visit: Visit) -> None:
    visit.open(ADDRESS)
    for key, step in (
        ("ArrowRight", 1),
        ("Shift+ArrowRight", 5),
        ("ArrowLeft", 4),
        ("Shift+ArrowLeft", 0),
        ("End", 60),
        ("Shift+ArrowRight", 60),
        ("Home", 0),
        ("Shift+ArrowRight", 4),
    ):
        visit.slider.press(key)
        expect(visit.stage).to_have_attribute("data-step", str(step))
    expect(visit.slider).to_have_attribute("aria-valuetext", "0.020 ≈ 5/255")
    expect(visit.page).to_have_url(epsilon_in_address(4))
    expect(visit.page.locator(".said")).to_contain_text("0.020 ≈ 5/255")  # for screen readers


def test_a_key_pressed_before_the_last_one_was_answered(visit: Visit) -> None:
    """It brings back what the address still says, which the answer on its way will change."""
    held: list[tuple[WebSocketRoute, bytes]] = []
    holding = False

    def relay(page: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            assert isinstance(message, bytes)  # Streamlit sends nothing else
            held.append((page, message))
            if not holding:
                let_go()

        page.connect_to_server().on_message(pass_on)

    def let_go() -> None:
        for page, message in held:
            page.send(message)
        held.clear()

    visit.page.route_web_socket(re.compile("/_stcore/stream"), relay)
    visit.open(ADDRESS.replace("epsilon=0&", "epsilon=0.02&"))
    visit.settle()
    holding = True
    visit.slider.press("Home")
    until(visit.page, lambda: any(b"epsilon=0&" in message for _, message in held))
    visit.slider.press("Shift+ArrowRight")
    visit.page.wait_for_timeout(1000)  # for its answer
    holding = False
    let_go()
    expect(visit.page).to_have_url(epsilon_in_address(4))


def test_one_line_runs_through_thumb_and_charts(visit: Visit) -> None:
    visit.open(ADDRESS)
    for step in (0, 17, 60):
        visit.slider.fill(str(step))
        expect(visit.stage).to_have_attribute("data-step", str(step))
        line = visit.page.locator(".line").bounding_box()
        assert line is not None
        assert line["x"] + line["width"] / 2 == pytest.approx(visit.place(step)[0], abs=1.5)
    chart = visit.page.locator(".chart > canvas").last  # a chart can be taken hold of, too
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": visit.place(30)[0] - box["x"], "y": 20})
    expect(visit.stage).to_have_attribute("data-step", "30")
    expect(visit.page).to_have_url(epsilon_in_address(30))


def test_every_variant_can_be_chosen(visit: Visit) -> None:
    visit.open(ADDRESS.replace("epsilon=0&", "epsilon=0.05&"))
    seen = set()
    for architecture in ("Fully connected", "CNN"):
        visit.page.get_by_role("radio", name=architecture).click()
        for pixels in ("Ordered", "Scrambled"):
            visit.page.get_by_role("radio", name=pixels).click()
            title = f"Fashion, {architecture}, {pixels.lower()} pixels"
            expect(visit.page.get_by_role("region", name=title)).to_be_visible()
            seen.add(visit.pixels(1).tobytes())
            assert visit.step == 10  # the slider stays where it was
    assert len(seen) == 4  # each network has its own perturbation


def test_all_four_side_by_side(visit: Visit, test_splits: dict[Dataset, Split]) -> None:
    visit.open("?dataset=sign&compare=all&image=30&epsilon=0.02")
    expect(visit.page.locator(".network")).to_have_count(4)
    images, labels = (v[30:31] for v in test_splits[Dataset.SIGN])
    pixels = to_pixels(images)
    variants = [v for v in STANDARD.values() if v.dataset is Dataset.SIGN]
    for i, variant in enumerate(variants):
        attacked = fgsm(load_model(variant), pixels, labels, 0.02)
        assert np.abs(visit.pixels(2, i) - 255 * attacked.flatten().numpy()).max() <= 1
    # What the networks see: the scrambled pixels, after a second of travelling.
    visit.page.get_by_role("button", name="As the network sees it").click()
    expect(visit.page.locator(".scramble input")).to_have_value("1")
    for i, variant in enumerate(variants):
        seen = Scramble()(pixels) if "scrambled" in variant.id else pixels
        visit.wait_for_picture(near((255 * seen).round().flatten().numpy()), i)
    expect(visit.page.locator(".network .verdict")).to_have_count(4)


def test_on_the_way_into_the_scramble_and_elsewhere(visit: Visit) -> None:
    visit.open("?dataset=sign&pixels=scrambled&image=30&epsilon=0.02")
    visit.settle()
    see, sees = (
        visit.page.get_by_role("button", name=str(text.explorer_component.STAGE[name]))
        for name in ("as_we_see", "as_network_sees")
    )
    way = visit.page.locator(".scramble input")
    sees.click()
    visit.page.keyboard.press("n")  # another picture arrives before this one has
    expect(visit.page).to_have_url(re.compile("image=31"))
    expect(way).to_have_value("1")
    see.click()
    sees.click()
    see.click()  # the last one counts
    visit.page.wait_for_timeout(1500)
    expect(way).to_have_value("0")
    sees.click()
    expect(way).not_to_have_value("0")  # it is on its way
    way.press("Home")
    visit.page.wait_for_timeout(1500)
    expect(way).to_have_value("0")


def near(expected: np.ndarray) -> Callable[[np.ndarray], bool]:
    """Whether drawn pixels are the expected ones to 1/255, as rounding may leave them."""
    return lambda drawn: np.allclose(drawn, expected, rtol=0, atol=1)


def test_predict_first(visit: Visit) -> None:
    visit.open(ADDRESS + "&quiz=1")
    page = visit.page
    visit.slider.fill("60")
    expect(visit.stage).to_have_attribute("data-step", "60")
    assert "lock in your guess" in visit.verdict()
    assert "Fooled" not in page.locator(".stage").inner_text()
    expect(page.get_by_role("button", name="Save picture")).to_be_disabled()
    visit.slider.fill(str(MISS + 3))
    page.get_by_role("button", name="This is my guess").click()
    expect(page.locator(".facts li").first).to_contain_text("you were 0.015 too late")
    expect(page.locator(".facts")).to_contain_text(f"flips at {EPSILONS[MISS]:.3f}")
    expect(page.get_by_role("button", name="Save picture")).to_be_enabled()


def test_an_address_can_hide_controls(visit: Visit) -> None:
    visit.open(ADDRESS + "&hide=dataset,verdict,bars,paths,gallery,share")
    expect(visit.page.get_by_role("radio", name="Sign")).to_have_count(0)
    for part in (".verdict", ".bars", ".thumbnail"):
        expect(visit.page.locator(part)).to_have_count(0)
    expect(visit.page.locator(".chart")).to_have_count(1)  # accuracy
    expect(visit.page.get_by_role("button", name="Share")).to_have_count(0)


def test_what_is_hidden_is_not_told_either(visit: Visit) -> None:
    visit.open(
        ADDRESS.replace("epsilon=0&", "epsilon=0.05&") + "&hide=verdict,epsilon,perturbation"
    )
    attacked = visit.page.locator(".equation canvas").last
    expect(attacked).to_have_attribute("aria-label", re.compile("predicted as not shown yet"))
    expect(visit.page.locator(".equation .sign")).to_have_text("→")
    visit.page.locator(".chart > canvas").first.click(position={"x": 200, "y": 20})
    visit.page.wait_for_timeout(300)
    assert visit.step == 10
    expect(visit.page.locator(".said")).to_be_empty()


def test_another_theme_reaches_the_charts(visit: Visit) -> None:
    visit.open(ADDRESS)
    chart = visit.page.locator(".chart > canvas").first
    ink = "c => Array.from(c.getContext('2d').getImageData(0, 0, 60, c.height).data).join()"
    before = chart.evaluate(ink)
    dark = visit.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    visit.page.emulate_media(color_scheme="light" if dark else "dark")
    until(visit.page, lambda: chart.evaluate(ink) != before)


def test_a_picture_from_the_gallery_and_back(visit: Visit) -> None:
    page = visit.page
    visit.open(ADDRESS.replace("epsilon=0&", "epsilon=0.05&"))
    first = visit.pixels(0)
    page.get_by_role("button", name=re.compile("test picture 6$")).click()
    expect(page).to_have_url(re.compile("image=6$"))
    expect(page.get_by_role("button", name=re.compile("test picture 6$"))).to_have_attribute(
        "aria-pressed", "true"
    )
    visit.wait_for_another_picture(first)
    page.get_by_role("button", name="Later pictures").click()
    expect(page.get_by_role("button", name=re.compile("test picture 24$"))).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(f"image={IMAGE}$"))
    visit.wait_for_picture(near(first))


def test_the_address_decides_over_the_slider(visit: Visit) -> None:
    visit.open(ADDRESS)
    visit.drag(12)
    expect(visit.page).to_have_url(epsilon_in_address(12))
    visit.drag(20)
    expect(visit.page).to_have_url(epsilon_in_address(20))
    visit.page.go_back()
    expect(visit.stage).to_have_attribute("data-step", "12")
    assert visit.slider.input_value() == "12"


def test_taking_the_view_along(visit: Visit, test_splits: dict[Dataset, Split]) -> None:
    page = visit.page
    visit.open(ADDRESS)
    visit.slider.fill(str(MISS))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save numbers").click()
    assert download.value.suggested_filename == f"nudge-fashion-fcnn-{IMAGE}.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert len(rows) == 2 * len(EPSILONS)
    images, labels = (v[IMAGE : IMAGE + 1] for v in test_splits[Dataset.FASHION])
    model = load_model("fashion-fcnn")
    for row, epsilon in zip(rows[: len(EPSILONS)], EPSILONS, strict=True):
        assert (row["nudge"], float(row["epsilon"])) == ("fgsm", epsilon)
        expected = model(fgsm(model, to_pixels(images), labels, epsilon)).softmax(dim=1)[0]
        classes = VARIANTS["fashion-fcnn"].classes
        assert [float(row[c]) for c in classes] == pytest.approx(expected.tolist(), abs=1e-4)
        assert row["prediction"] == classes[int(expected.argmax())]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    picture = Image.open(download.value.path())
    assert picture.width == 1200
    assert len(picture.convert("L").getcolors(256) or []) > 20  # something is drawn on it


HEAR = """button => {
  const heard = [];
  new MutationObserver(() => heard.push(button.textContent.trim()))
    .observe(button, { childList: true, characterData: true, subtree: true });
  return heard;
}"""


def test_copy_link_and_qr_code(visit: Visit) -> None:
    page = visit.page
    visit.open(ADDRESS)
    visit.drag(8)
    expect(page).to_have_url(epsilon_in_address(8))
    copy = page.get_by_role("button", name="Copy link")
    heard = copy.evaluate_handle(HEAR)  # "Copied" stands for two seconds only
    copy.click()
    until(page, lambda: "Copied" in heard.json_value())
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect(page.get_by_test_id("stCode").first).to_contain_text("epsilon=0.04&")
    expect(page.get_by_test_id("stCode").last).to_contain_text("epsilon=0.04)")


def test_the_code_of_the_view(visit: Visit) -> None:
    visit.open(ADDRESS)
    visit.page.get_by_role("button", name="Share").click()
    expect(visit.page.get_by_test_id("stCode").last).to_contain_text("fgsm_direction(model, image")


def test_a_picture_of_ones_own(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    visit.open(ADDRESS.replace("epsilon=0&", "epsilon=0.05&"))
    page.get_by_role("radio", name="Upload").click()
    first = visit.pixels(0)
    photograph = tmp_path / "own.png"
    Image.radial_gradient("L").resize((300, 200)).save(photograph)
    page.locator("input[type=file]").set_input_files(photograph)
    expect(page.locator(".nudge-steps figure")).not_to_have_count(0)
    visit.wait_for_another_picture(first)
    expect(page.locator(".verdict")).to_contain_text(re.compile("Changed|Still the same"))
    shown = visit.pixels(0)
    page.get_by_text("Invert", exact=True).first.click()
    visit.wait_for_picture(near(255 - shown))


def test_pictures_are_crisp_and_fit_the_window(visit: Visit) -> None:
    for address in (ADDRESS, "?dataset=sign&compare=all"):
        visit.open(address)
        canvas = visit.page.locator(".equation canvas").first
        assert canvas.evaluate("e => getComputedStyle(e).imageRendering") == "pixelated"
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        box = visit.stage.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= visit.page.evaluate("window.innerWidth")


@pytest.mark.parametrize(
    "address", ["?dataset=sign&compare=all", "?quiz=1&method=targeted", "?method=pgd"]
)
def test_no_serious_barrier(visit: Visit, address: str) -> None:
    visit.open(address)
    assert barriers(visit.page) == []
    visit.page.get_by_role("button", name=text.share.SHARE).click()
    expect(visit.page.get_by_test_id("stCode").last.locator(".token").first).to_be_visible()
    assert barriers(visit.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["projector", "phone"])
def test_no_serious_barrier_in_any_theme(
    browser: Browser, server: str, size: tuple[int, int], scheme: str
) -> None:
    for visit in visits(browser, server, *size, scheme):  # type: ignore[arg-type]
        visit.open()
        assert barriers(visit.page) == []
