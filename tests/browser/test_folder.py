"""Every page below a path: on the server itself, and behind proxies with TLS in front."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, Response, expect

from models import Dataset
from nudge.findings.lesson import findings
from scripts.measuring import browsing
from scripts.measuring.browsing import Served, free_port
from tests.browser.conftest import Visit, visits
from tests.browser.following import (
    NAVIGATION,
    VIEW,
    follow_in_a_new_tab,
    open_page,
    path_of,
    stand,
    target,
)
from tests.deploy.proxies import TEMPORARY, certificate, configured, nginx, replacing
from views import text
from views.parts import share
from views.parts.lesson_steps import steps

FOLDER = "lab/nudge"
HOST = "demo.example"  # which only the browser below knows

# Somebody else's proxy, which has the certificate. It may keep the host for itself.
FRONT = """
events {{}}
http {{
  {temporary}
  map $http_upgrade $keep {{ default upgrade; "" ""; }}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    location {folder} {{
      proxy_pass {to};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $keep;
      proxy_set_header Host {host};
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Port {port};
      proxy_set_header X-Forwarded-Prefix {folder};
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Iterator[Browser]:
    """One that finds the invented host here, and does not ask who vouches for its certificate."""
    rules = f"--host-resolver-rules=MAP {HOST} 127.0.0.1"
    opened = browser.browser_type.launch(
        executable_path=browsing.find_chromium(),
        args=[*browsing.CHROMIUM_OPTIONS, rules, "--ignore-certificate-errors"],
    )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def below(data_dir: Path) -> Iterator[Served]:
    """A server whose pages lie in the folder."""
    with browsing.serving(data_dir, FOLDER) as served:
        yield served


@pytest.fixture(scope="module")
def by_https(below: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The project's own configuration for a folder and TLS."""
    folder, port, plain = tmp_path_factory.mktemp("https"), free_port(), free_port()
    public, key = certificate(folder, HOST)
    changes = replacing([below, below]) | {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/certs/nudge.pem": str(public),
        "/etc/ssl/private/nudge.key": str(key),
    }
    with nginx(configured("nginx-tls.conf", folder, changes), port):
        yield f"https://{HOST}:{port}/{FOLDER}"


@pytest.fixture(scope="module")
def behind_another(below: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The project's plain configuration behind a proxy that has TLS and changes the host."""
    folder, port = tmp_path_factory.mktemp("inner"), free_port()
    changes = replacing([below, below]) | {"listen 80;": f"listen 127.0.0.1:{port};"}
    with nginx(configured("nginx.conf", folder, changes), port):
        to = f"http://127.0.0.1:{port}"
        yield from front(tmp_path_factory.mktemp("outer"), f"/{FOLDER}/", to, "inner.example")


@pytest.fixture(scope="module")
def shortened(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A proxy that takes the folder off, so that the server knows nothing of it."""
    yield from front(
        tmp_path_factory.mktemp("front"), "/user/ada/proxy/", f"{server}/", "$http_host"
    )


def front(here: Path, folder: str, to: str, host: str) -> Iterator[str]:
    port = free_port()
    public, key = certificate(here, HOST)
    (here / "nginx.conf").write_text(
        FRONT.format(
            temporary=TEMPORARY,
            port=port,
            certificate=public,
            key=key,
            folder=folder,
            to=to,
            host=host,
        )
    )
    with nginx(here / "nginx.conf", port):
        yield f"https://{HOST}:{port}{folder.rstrip('/')}"


OURS = ("below", "by_https", "behind_another")


@pytest.fixture(params=[*OURS, "shortened"])
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    place = request.getfixturevalue(request.param)
    url = place.url if isinstance(place, Served) else place
    for visit in visits(browser, url, 1280, 800, "light"):
        visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield visit


def for_others(address: str) -> str:
    """An address as this test's browser has it, as others write it."""
    return address.replace("//127.0.0.1:", f"//{share.own_address() or '127.0.0.1'}:")


def test_every_page_stands_and_its_navigation_stays_below(visit: Visit) -> None:
    refused: list[str] = []

    def note(response: Response) -> None:
        refused.extend([response.url] if response.status >= 400 else [])

    visit.page.on("response", note)
    for name in text.common.PAGES:
        open_page(visit, name)
        assert visit.page.url == f"{visit.server}/{path_of(name)}?{VIEW}"
        for other, link in zip(
            text.common.PAGES, visit.page.locator(NAVIGATION).all(), strict=True
        ):
            expect(link).to_have_attribute("href", f"{visit.server}/{path_of(other)}?{VIEW}")
        # Streamlit asks for its server below the page's own path first, and then one folder up.
        own = f"{visit.server}/{name}/_stcore/"
        assert {url.removeprefix(own) for url in refused} <= {"health", "host-config"}
        refused.clear()


def test_what_is_taken_along_from_the_explorer(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    open_page(visit, "explorer")
    expected = for_others(page.url)
    assert expected.endswith(f"/?{VIEW}")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == expected
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    with Image.open(download.value.path()) as saved:
        assert saved.width == 1200
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_test_id("stCode").first).to_have_text(expected)
    code = segno.make(expected, error="m").svg_data_uri(scale=6, border=3, light="white")
    expect(page.get_by_role("img", name="QR code")).to_have_attribute("src", code)


def test_the_lesson_and_its_sheet(visit: Visit) -> None:
    page = visit.page
    open_page(visit, "lesson")
    with page.expect_download() as download:
        page.get_by_role("button", name=text.lesson.WORKSHEET).click()
    sheet = Path(download.value.path()).read_text("utf-8")
    meant = [
        f"{for_others(visit.server)}/{step.path}?{urlencode(step.view.to_query())}"
        for step in steps(findings(Dataset.SIGN))
    ]
    assert [unescape(found) for found in re.findall('href="([^"]+)"', sheet)] == meant
    link = page.get_by_role("link", name="Open Explorer").first
    assert target(link).startswith(f"{visit.server}/?")
    assert "quiz=1" in target(link)
    follow_in_a_new_tab(visit, target(link))


def test_a_picture_of_ones_own_comes_through(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    open_page(visit, "explorer")
    page.get_by_role("radio", name="Upload").click()
    photograph = tmp_path / "own.png"
    Image.radial_gradient("L").resize((300, 200)).save(photograph)
    page.locator("input[type=file]").set_input_files(photograph)
    expect(page.locator(".nudge-steps figure")).not_to_have_count(0)


@pytest.mark.parametrize("visit", OURS, indirect=True)
@pytest.mark.parametrize(
    ("typed", "name"), [("", "explorer"), ("/classes/", "classes"), ("/no-such-page", "explorer")]
)
def test_addresses_as_people_type_them(visit: Visit, typed: str, name: str) -> None:
    """Without the last slash, with one too many, and with a mistake."""
    page = visit.page
    page.goto(f"{visit.server}{typed}?{VIEW}")
    stand(page, name)
    if typed == "/no-such-page":
        (told,) = visit.complaints  # by Streamlit, to the console and in a dialog
        assert "does not seem to exist" in told
        visit.complaints.clear()
    assert page.url == f"{visit.server}/{path_of(name)}?{VIEW}"
