"""The camera of the explorer: offered where a browser lends one, and nowhere else."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from scripts.measuring.browsing import CHROMIUM_OPTIONS, find_chromium
from tests.browser.conftest import Visit
from tests.browser.servers import Server
from tests.conftest import CHECKOUT
from views import text
from views.session.secure_context import is_secure

HOST = "classroom.example"  # nobody's: the browser is told that it is this computer
OPTIONS = (
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)

ADDRESSES = [
    "http://localhost:8501/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://a.localhost/",
    "http://127.0.0.1:8501/?image=17",
    "http://127.200.3.4/",
    "http://127.1/",
    "http://[::1]:8501/",
    "https://classroom.example/",
    "https://192.168.1.20/lab/nudge/",
    "http://classroom.example:8501/",
    "http://192.168.1.20:8501/?image=17",
    "http://10.0.0.7/",
    "http://0.0.0.0:8501/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[::ffff:192.168.1.20]/",
    "http://nudge/",
    "http://nudge.local/",
    "http://localhost.classroom.example/",
    "http://notlocalhost/",
    "http://localhost@classroom.example/",
]


@pytest.fixture(scope="module")
def lending(browser: Browser) -> Iterator[Browser]:
    """One with a camera, which shows a moving test picture, and leave to use it."""
    opened = browser.browser_type.launch(
        executable_path=find_chromium(), args=[*CHROMIUM_OPTIONS, *OPTIONS]
    )
    yield opened
    opened.close()


@contextmanager
def visiting(browser: Browser, url: str, width: int = 1280) -> Iterator[Visit]:
    """A visit of the explorer, of which nothing may go wrong."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, ignore_https_errors=True
    )
    visit = Visit(context.new_page(), url)
    visit.open("?architecture=fcnn")
    yield visit
    context.close()
    # Where nobody vouches for a certificate, Chromium begins each of its first connections again,
    # and on a busy machine gives some of them up before it has learnt that we do not mind.
    assert [c for c in visit.complaints if "ERR_TOO_MANY_RETRIES" not in c] == []


def sources(page: Page) -> list[str]:
    """The places that a picture may come from, as they are offered."""
    expect(page.get_by_role("radiogroup", name=text.picture_input.SOURCE)).to_be_visible()
    return (
        page.get_by_role("radiogroup", name=text.picture_input.SOURCE)
        .get_by_role("radio")
        .all_inner_texts()
    )


def elsewhere(url: str) -> str:
    """The same server by a name that is not the browser's own computer's."""
    return url.replace("127.0.0.1", HOST)


@pytest.mark.parametrize("address", ADDRESSES)
def test_we_judge_as_the_browser_does(browser: Browser, address: str) -> None:
    context = browser.new_context()
    context.route("**/*", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    page = context.new_page()
    page.goto(address)
    secure = page.evaluate("isSecureContext")
    assert is_secure(page.url) == secure, page.url
    assert (page.evaluate("navigator.mediaDevices !== undefined")) == secure
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_no_dead_camera_over_plain_http(
    lending: Browser, server: str, width: int, tmp_path: Path
) -> None:
    with visiting(lending, elsewhere(server), width) as visit:
        page = visit.page
        assert not page.evaluate("isSecureContext")
        assert sources(page) == [
            text.picture_input.SOURCES["test"],
            text.picture_input.SOURCES["upload"],
        ]
        expect(page.get_by_text(text.picture_input.NO_CAMERA)).to_be_visible()
        page.get_by_role("radio", name=text.picture_input.SOURCES["upload"]).click()
        expect(page.get_by_text(text.picture_input.NO_CAMERA)).to_be_visible()
        before = visit.pixels(0)
        photograph = tmp_path / "IMG_0001.jpg"
        Image.radial_gradient("L").resize((300, 200)).save(photograph)
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(photograph)
        visit.wait_for_another_picture(before)


def test_a_photograph_on_the_same_computer(lending: Browser, server: str) -> None:
    for url in (server, server.replace("127.0.0.1", "localhost")):
        with visiting(lending, url) as visit:
            take_photograph(visit)


def test_a_photograph_over_https(
    lending: Browser, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the certificate and the options that docs/deploy.md names."""
    manual = (CHECKOUT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (certify,) = re.findall(r"^openssl req (?:.*\\\n)*.*$", manual, re.MULTILINE)
    certify = certify.replace("IP:192.168.1.20", "IP:127.0.0.1")
    assert HOST in certify
    subprocess.run(certify, shell=True, cwd=tmp_path, check=True, capture_output=True)
    (options,) = re.findall(r"^\S+/streamlit run app.py (--server.ssl.*)$", manual, re.MULTILINE)
    served = Server(data_dir, tmp_path / "server.log")
    for option, name in (("CERT", "cert.pem"), ("KEY", "key.pem")):
        assert f"--server.ssl{option.capitalize()}File {name}" in options
        served.environment[f"STREAMLIT_SERVER_SSL_{option}_FILE"] = str(tmp_path / name)
    served.url = served.url.replace("http", "https")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))  # so that we believe it
    try:
        served.start()
        with visiting(lending, elsewhere(served.url)) as visit:
            take_photograph(visit)
    finally:
        served.kill()


def take_photograph(visit: Visit) -> None:
    page = visit.page
    assert page.evaluate("isSecureContext")
    assert text.picture_input.SOURCES["camera"] in sources(page)
    expect(page.get_by_text(text.picture_input.NO_CAMERA)).to_have_count(0)
    before = visit.pixels(0)
    page.get_by_role("radio", name=text.picture_input.SOURCES["camera"]).click()
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")  # there is a picture
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(".nudge-steps figure").first).to_be_visible()
    visit.wait_for_another_picture(before)
    expect(page.locator(".verdict")).to_contain_text(re.compile("Changed|Still the same"))
