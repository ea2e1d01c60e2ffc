"""A server whose every answer is scripted, and a clock that only moves when somebody sleeps."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from asana_intel.asana.session import AsanaSession

CANARY = "canary-9f3b2c-token"


@dataclass
class Call:
    """One request that reached the server."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """What the server sends back."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"data": {}})
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False
    silent: bool = False


Script = Callable[[Call], Answer]


class Stub:
    """A server on a free port; `script` decides each answer, `calls` remembers each request."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.script: Script = lambda _: Answer()
        self._closing = threading.Event()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                stub._answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answers(self, *answers: Answer) -> None:
        """Send these answers one after the other, and then the last one for ever."""
        rest = list(answers)
        self.script = lambda _: rest.pop(0) if len(rest) > 1 else rest[0]

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        text = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in handler.headers.items()}
        call = Call(handler.command, parts.path, query, headers, _parsed(text, headers.get("content-type", "")))
        self.calls.append(call)
        answer = self.script(call)
        if answer.silent:
            self._closing.wait()
        if answer.reset or answer.silent:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            handler.close_connection = True
            return
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        handler.send_response_only(answer.status)
        for name, value in {"Date": "Tue, 01 Jan 2008 00:00:00 GMT", **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


def _parsed(text: bytes, content_type: str) -> Any:
    if not text:
        return None
    if "form" in content_type:
        return {name: values[0] for name, values in parse_qs(text.decode()).items()}
    return json.loads(text)


class FakeTime:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


@pytest.fixture
def stub() -> Iterator[Stub]:
    server = Stub()
    yield server
    server.close()


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def session(stub: Stub, fake_time: FakeTime) -> Iterator[AsanaSession]:
    connection = AsanaSession(
        stub.url, SecretStr(CANARY), timeout_s=0.5, may_write=True, sleep=fake_time.sleep, clock=fake_time.clock
    )
    yield connection
    connection.close()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer
