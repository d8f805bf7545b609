"""Servers that are killed, have nowhere to write, or are asked for what is nobody's business."""

import io
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE, Visit
from tests.browser.servers import Server, can_unshare, read_only, watched
from tests.conftest import CHECKOUT, unavailable
from views import text

SECRET = "only-for-my-class"  # stands in the name of a file and in its bytes


@pytest.fixture
def own_server(data_dir: Path, tmp_path: Path) -> Iterator[Server]:
    """One of the test's own, which it may kill."""
    server = Server(data_dir, tmp_path / "server.log")
    yield server
    if server.process is not None:
        server.kill()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE * 1000)
    yield opened
    context.close()


def photograph() -> bytes:
    """Noise, 1000 x 1000: three megabytes of PNG, with a text inside."""
    from PIL import PngImagePlugin

    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
    information = PngImagePlugin.PngInfo()
    information.add_text("Comment", SECRET)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG", pnginfo=information)
    return file.getvalue()


def upload(page: Page, content: bytes, name: str = f"{SECRET}.png") -> None:
    page.get_by_role("radio", name=text.picture_input.SOURCES["upload"]).click()
    place = page.get_by_test_id("stFileUploaderDropzoneInput")
    place.set_input_files({"name": name, "mimeType": "image/png", "buffer": content})


def test_after_a_restart_every_page_is_where_it_was(
    own_server: Server, browser: Browser, page: Page
) -> None:
    """The server is killed and started again under four open browsers."""
    own_server.start()
    visit = Visit(page, own_server.url)
    visit.open("?dataset=sign&architecture=fcnn&pixels=scrambled&epsilon=0.04&image=17")
    visit.drag(10, 24)  # beyond what the address was opened at
    expect(page).to_have_url(re.compile("epsilon=0.12"))
    before = visit.verdict()
    context = browser.new_context()
    others = []
    for address, ready in (
        ("curves?variants=sign-cnn,fashion-cnn&epsilon=0.1", text.curves.COMPUTE_HERE),
        ("classes?dataset=sign&architecture=cnn&epsilon=0.025", text.classes.BY_CLASS),
        ("lesson?dataset=sign", text.lesson.FAQ),
    ):
        other = context.new_page()
        Visit(other, own_server.url).open_page(address, ready)
        others.append((other, other.url, ready))
    own_server.kill()
    for opened in (page, *(other for other, _, _ in others)):
        expect(opened.get_by_test_id("stConnectionStatus")).to_be_visible()
    own_server.start()
    for opened in (page, *(other for other, _, _ in others)):
        expect(opened.get_by_test_id("stConnectionStatus")).to_have_count(0)
        expect(opened.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
    assert visit.step == 24
    assert visit.verdict() == before
    assert "epsilon=0.12" in page.url
    assert "image=17" in page.url
    # And it is no picture of a page: what is asked of it now, it does.
    # A click on what stood there before the new server's first run ended is lost.
    deadline = time.monotonic() + PATIENCE
    while "image=17" in page.url:
        assert time.monotonic() < deadline
        page.get_by_role("button", name=text.explorer_component.NEXT).click()
        page.wait_for_timeout(2000)
    assert re.search("image=(18|19)", page.url)
    assert "epsilon=0.12" in page.url
    for other, url, ready in others:
        assert other.url == url
        expect(other.get_by_text(ready).first).to_be_visible()
    context.close()


def test_nowhere_to_write(own_server: Server, page: Page, tmp_path: Path) -> None:
    """A read-only checkout and data folder, no home, a full disk for all that is temporary."""
    if not can_unshare():
        unavailable("this machine lets no process have mounts of its own")
    full = tmp_path / "full"
    full.mkdir()
    own_server.environment |= {"HOME": "/nonexistent", "TMPDIR": str(full)}
    own_server.start(within=read_only([CHECKOUT], full))
    visit = Visit(page, own_server.url)
    visit.open("?dataset=fashion&architecture=fcnn")
    upload(page, photograph())
    expect(page.locator(".nudge-steps figure").first).to_be_visible()
    page.goto(f"{own_server.url}/tradeoff")
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert not visit.complaints
    assert "Traceback" not in own_server.log.read_text()


def test_an_upload_stays_with_its_owner(
    own_server: Server, page: Page, browser: Browser, tmp_path: Path
) -> None:
    """No file of it, no line in the log, nothing at another's; and the server talks to nobody."""
    with watched(own_server, tmp_path) as notes:
        own_server.start()
        visit = Visit(page, own_server.url)
        visit.open("?architecture=fcnn")
        upload(page, photograph())
        expect(page.locator(".nudge-steps figure").first).to_be_visible()
        expect(visit.stage).to_be_visible()
        others = browser.new_context()
        other = Visit(others.new_page(), own_server.url)
        other.open("?architecture=fcnn")
        visit.wait_for_another_picture(other.pixels(0))
        others.close()
        _asks_as_another_site(own_server)
        seen = notes.read_text().splitlines()
    assert [line for line in seen if line.startswith("write") and "notes.txt" not in line] == []
    places = {line for line in seen if line.startswith(("talk", "look"))}
    # The way to a place that is kept for documentation, and Streamlit's to a public one, are only
    # looked up to learn the own address: connecting a datagram socket sends nothing.
    silent = {"talk ('192.0.2.1', 9)", "talk ('8.8.8.8', 1)"}
    assert {place for place in places - silent if "127.0.0.1" not in place} == set()
    assert SECRET not in own_server.log.read_text()
    assert not visit.complaints
    assert not other.complaints


def _asks_as_another_site(server: Server) -> None:
    """Opens a websocket as a page of another site would; it is refused, and nobody is asked."""
    request = (
        "GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://a.example\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request.encode())
        assert b" 403 " in connection.recv(1000).splitlines()[0]


def test_markup_never_runs(server: str, page: Page) -> None:
    """In addresses of every page, and in the name of a file."""
    visit = Visit(page, server)
    page.on("dialog", lambda dialog: visit.complaints.append(f"a dialog: {dialog.message}"))
    markup = "<img src=x onerror=\"alert(1);document.title='run'\">"
    for name in text.common.PAGES:
        path = "" if name == "explorer" else name
        page.goto(f"{visit.server}/{path}?architecture=fcnn&dataset={markup}&image={markup}")
        expect(page.get_by_text("The address was adjusted")).to_be_visible()
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
    visit.open("?architecture=fcnn")
    upload(page, b"no picture", name=f"{markup.replace('/', '')}.png")
    expect(page.get_by_text("not a picture that can be read")).to_be_visible()
    assert page.title() == "Nudge"
    assert page.locator("img[src=x]").count() == 0
    assert visit.complaints == []
