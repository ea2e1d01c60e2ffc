"""A model's server on this machine that speaks OpenAI's protocol and misbehaves as told; no tests, no product code.

with ModelServer() as server:              # without a script it gives the smallest valid answer to each request
    server.script = [status(429), answer({"claims": ["odds"]})]   # in order; the last one stays
    ModelClient(LlmSettings(model="openai/any", api_base=server.url, api_key="k"), database).ask(request)
    server.received[0].json["messages"]
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol


@dataclass(frozen=True)
class Received:
    """A request as it came off the wire.

    Args:
        method: GET or POST.
        path: With its query.
        headers: By lower-case name.
        body: Bytes.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def schema(self) -> dict[str, Any] | None:
        """The schema of the answer that it asks for, where it stands in OpenAI's place."""
        wanted = self.json.get("response_format") or {}
        return wanted.get("json_schema", {}).get("schema") or wanted.get("schema")

    @property
    def text(self) -> str:
        """All messages as one text."""
        return "\n".join(str(message["content"]) for message in self.json["messages"])


class Wire(Protocol):
    """Where a reply is written."""

    def send(self, content: bytes) -> None:
        """Bytes to the client."""
        ...

    def wait(self, seconds: float) -> bool:
        """Hold the line; True once the server closes."""
        ...

    def reset(self) -> None:
        """Break the connection off."""
        ...


Reply = Callable[[Received, Wire], None]
"""Writes the whole HTTP response, status line included, or part of one."""


def http(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = "application/json"
) -> Reply:
    """A well-formed response with any content."""
    lines = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return lambda _received, wire: wire.send(head.encode() + b"\r\n" + body)


def completion(
    content: Any, finish_reason: str = "stop", usage: tuple[int, int] | None = (100, 11), **more: Any
) -> bytes:
    """The JSON of a chat completion: `content` (dict and list as JSON) and `more` make up its message."""
    said = json.dumps(content) if isinstance(content, dict | list) else content
    message = {"role": "assistant", "content": said, **more}
    whole: dict[str, Any] = {
        "id": "chatcmpl-x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
    }
    if usage is not None:
        whole["usage"] = dict(
            zip(("prompt_tokens", "completion_tokens", "total_tokens"), (*usage, sum(usage)), strict=True)
        )
    return json.dumps(whole).encode()


def answer(content: Any, **options: Any) -> Reply:
    """A chat completion; options as of `completion`."""
    return http(completion(content, **options))


def status(code: int, message: str = "no", error_code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI writes it; `retry_after="3"` becomes the header Retry-After."""
    body = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": error_code}}).encode()
    return http(body, code, {name.replace("_", "-").title(): value for name, value in headers.items()})


def raw(content: bytes) -> Reply:
    """Any bytes, then the end of the connection."""
    return lambda _received, wire: wire.send(content)


def hang(_received: Received, wire: Wire) -> None:
    """No word at all."""
    wire.wait(60)


def reset(_received: Received, wire: Wire) -> None:
    """A broken connection."""
    wire.reset()


def trickle(start: bytes, drop: bytes = b" ", end: bytes = b"", drops: int = 250, every_s: float = 0.02) -> Reply:
    """A start, then one drop after another (five seconds), then the end; less if the client leaves."""

    def reply(_received: Received, wire: Wire) -> None:
        wire.send(start)
        for _ in range(drops):
            if wire.wait(every_s):
                return
            wire.send(drop)
        wire.send(end)

    return reply


def smallest(schema: Mapping[str, Any]) -> Any:
    """The smallest valid value of a schema: first values of enums, fewest items."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: smallest(of) for name, of in schema.get("properties", {}).items()}
    if kind == "array":
        options = schema["items"].get("enum") or [smallest(schema["items"])]
        return [options[n % len(options)] for n in range(schema.get("minItems", 0))]
    return {"string": "text", "integer": 0, "number": 0, "boolean": False}[kind or "string"]


def obliging(received: Received, wire: Wire) -> None:
    """The smallest valid answer to the request's schema; an empty object where it names none."""
    answer(smallest(received.schema) if received.schema else {})(received, wire)


class ModelServer:
    """The server, on a free port.

    Args:
        script: Replies in order; the last one stays.

    Attributes:
        script: May be set anew at any time.
        received: Requests so far, in order of arrival.
        url: What `api_base` must be for OpenAI's protocol.
    """

    def __init__(self, *script: Reply) -> None:
        self._script, self._told = script or (obliging,), 0
        self.received: list[Received] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()

    @property
    def script(self) -> Sequence[Reply]:
        """Replies in order."""
        return self._script

    @script.setter
    def script(self, replies: Sequence[Reply]) -> None:
        self._script, self._told = tuple(replies), 0

    def next(self, received: Received) -> Reply:
        """Note a request, and say what to do about it."""
        with self._lock:
            self.received.append(received)
            reply = self._script[min(self._told, len(self._script) - 1)]
            self._told += 1
            return reply

    def __enter__(self) -> ModelServer:
        self._server = _Server(("127.0.0.1", 0), _Line)
        self._server.model = self
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.root}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    model: ModelServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no news."""


class _Line(BaseHTTPRequestHandler):
    """One connection, one request: it is closed after each reply, so that a script is read in order."""

    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, body)
        self.close_connection = True
        self.server.model.next(received)(received, self)

    do_GET = do_POST  # noqa: N815 - the base class says so

    def send(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def wait(self, seconds: float) -> bool:
        return self.server.model.closing.wait(seconds)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class says so
        """Be silent."""
