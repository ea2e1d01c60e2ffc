"""A webhook target that shakes hands and takes every delivery. No tests."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(204)
        if secret := self.headers.get("X-Hook-Secret"):
            self.send_header("X-Hook-Secret", secret)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
        """Be silent."""


class Listener:
    """The target, on a free port of this machine.

    Attributes:
        url: Its address, known inside the `with` block.
    """

    url = ""

    def __enter__(self) -> Listener:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
