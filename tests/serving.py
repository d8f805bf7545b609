"""A web server on this machine that serves a folder, for downloads."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Server:
    """Serves a folder on the loopback interface and remembers what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.requests: list[str] = []
        self.gate = threading.Event()  # nothing is answered before it is open
        self.gate.set()
        requests, gate = self.requests, self.gate

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                gate.wait(30)
                super().do_GET()

            def log_message(self, *args: object) -> None:
                requests.append(self.path)

        handler = partial(Handler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
