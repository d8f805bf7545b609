"""Real nginx servers, with the project's configuration and in front of it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.measuring.browsing import Served
from tests.conftest import CHECKOUT, unavailable

_PARTS = ("replicas.conf", "proxy.conf")
# Those who are not root may not write where nginx would.
_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
TEMPORARY = "\n".join(f"{kind}_temp_path temp-{kind};" for kind in _KINDS)


def configured(name: str, folder: Path, changes: Mapping[str, str]) -> Path:
    """A copy of a configuration of deploy/ with its parts; each change is made exactly once."""
    deploy = CHECKOUT / "deploy"
    parts = {part: (deploy / part).read_text("utf-8") for part in (name, *_PARTS)}
    for old, new in {**changes, "http {": f"http {{\n{TEMPORARY}"}.items():
        (holder,) = [part for part in parts if old in parts[part]]
        assert parts[holder].count(old) == 1, old
        parts[holder] = parts[holder].replace(old, new)
    for part, content in parts.items():
        (folder / part).write_text(content, "utf-8")
    return folder / name


def replacing(replicas: Sequence[Served]) -> dict[str, str]:
    """The changes that put running replicas in the place of those at 8501 and 8502."""
    places = [replica.url.split("/")[2] for replica in replicas]
    return {
        f"server 127.0.0.1:{8501 + number} ": f"server {place} "
        for number, place in enumerate(places)
    }


@contextmanager
def nginx(file: Path, port: int) -> Iterator[None]:
    """An nginx with that configuration, until it listens at the port."""
    command = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(command).is_file():
        unavailable("no nginx on this machine: apt-get install nginx-light")
    start = [command, "-c", str(file), "-p", str(file.parent), "-e", "error.log"]
    subprocess.run([*start, "-t"], check=True)
    process = subprocess.Popen([*start, "-g", "daemon off; pid nginx.pid;"])
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate that nobody vouches for, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        unavailable("no openssl on this machine: apt-get install openssl")
    files = folder / "nudge.pem", folder / "nudge.key"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *(
                "-nodes",
                "-days",
                "2",
                "-subj",
                f"/CN={host}",
                "-addext",
                f"subjectAltName=DNS:{host}",
            ),
            *("-out", str(files[0]), "-keyout", str(files[1])),
        ],
        check=True,
        capture_output=True,
    )
    return files


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.02)
