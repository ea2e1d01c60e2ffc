"""The sandbox on a port: the web application, the blocking server, and one that runs inside a test. No command line."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from asana_intel.sandbox.calls import Reply
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.times import http_date

BASE = "/api/1.0"


def create_app(world_dir: Path, at: datetime, state_file: Path | None = None) -> Starlette:
    """Build the web application that plays a world.

    Args:
        world_dir: The world's folder (see docs/sandbox.md).
        at: The clock at the start (UTC); it stands still until moved.
        state_file: Journal of writes; None keeps them in memory only.

    Raises:
        ConfigError: If the world or the journal cannot be read.
    """
    return _app(Sandbox(world_dir, at, state_file))


def _app(sandbox: Sandbox) -> Starlette:
    async def api(request: Request) -> Response:
        reply = sandbox.answer(
            request.method,
            request.url.path.removeprefix(BASE),
            dict(request.query_params),
            await request.body(),
            request.headers.get("authorization", ""),
            f"{request.base_url}".rstrip("/") + BASE,
        )
        return _response(sandbox, reply)

    async def control(request: Request) -> Response:
        try:
            reply = _control(sandbox, request.method, request.path_params["name"], await request.body())
        except ApiError as error:
            reply = Reply(error.body(), error.status)
        return _response(sandbox, reply)

    async def failure(request: Request, error: Exception) -> Response:
        refusal = ApiError(500, f"Server Error ({type(error).__name__} in {request.method} {request.url.path})")
        return _response(sandbox, Reply(refusal.body(), refusal.status))

    methods = ["GET", "POST", "PUT", "DELETE"]
    app = Starlette(
        routes=[
            Route("/_sandbox/{name}", control, methods=methods),
            Route(f"{BASE}/{{path:path}}", api, methods=methods),
        ],
        exception_handlers={Exception: failure},
    )
    app.state.sandbox = sandbox
    return app


def _response(sandbox: Sandbox, reply: Reply) -> Response:
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "X-Asana-Api-Version": "1.1",
        "Date": http_date(sandbox.player.now),
        **reply.headers,
    }
    return Response(orjson.dumps(reply.body), status_code=reply.status, headers=headers)


def _control(sandbox: Sandbox, method: str, name: str, raw: bytes) -> Reply:
    match method, name:
        case "GET", "clock":
            return Reply({"at": sandbox.player.now})
        case "POST", "clock":
            body = _json(raw)
            return Reply({"at": sandbox.set_clock(body.get("at", ""), reset=bool(body.get("reset")))})
        case "GET", "requests":
            return Reply({"requests": sandbox.logged()})
        case "DELETE", "requests":
            sandbox.requests.clear()
            return Reply({"requests": []})
        case "GET", "truth":
            return Reply(sandbox.truth())
        case "POST", "reset":
            return Reply({"at": sandbox.reset()})
        case "POST", "faults":
            raise ApiError(501, "faults are not implemented in the sandbox")
    raise ApiError(404, "No matching route for request")


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, 'Could not parse request data; expected {"at": "2026-03-01T06:00:00Z"}') from error
    return body if isinstance(body, dict) else {}


def serve(
    world_dir: Path,
    at: datetime,
    port: int,
    state_file: Path | None = None,
    host: str = "127.0.0.1",
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Play a world on a port until interrupted.

    Args:
        world_dir: The world's folder.
        at: The clock at the start (UTC).
        port: TCP port; 0 takes a free one.
        state_file: Journal of writes.
        host: Address to listen on.
        on_ready: Called with the API's address once requests are answered.

    Raises:
        ConfigError: If the world or the journal cannot be read.
        OSError: If the port is taken.
    """
    app = create_app(world_dir, at, state_file)
    gc.freeze()  # the world never becomes garbage; searching it costs a third of every request
    server, listener = _server(app, host, port, on_ready)
    with listener:
        server.run(sockets=[listener])


class _Announcing(uvicorn.Server):
    """A server that tells its address when it listens."""

    on_ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.on_ready()


def _server(
    app: Starlette, host: str, port: int, on_ready: Callable[[str], None] | None
) -> tuple[_Announcing, socket.socket]:
    listener = socket.create_server((host, port), backlog=256)
    address = f"http://{host}:{listener.getsockname()[1]}{BASE}"
    config = uvicorn.Config(
        app, log_config=None, access_log=False, date_header=False, server_header=False, lifespan="off"
    )
    server = _Announcing(config)
    server.on_ready = lambda: on_ready(address) if on_ready else None
    return server, listener


class RunningSandbox:
    """A sandbox in a thread of this process, on a free port, for tests and the demo.

    Args:
        world_dir: The world's folder.
        at: The clock at the start (UTC).
        state_file: Journal of writes.

    Attributes:
        url: The API's address, with `/api/1.0`; known inside the `with` block.
    """

    def __init__(self, world_dir: Path, at: datetime, state_file: Path | None = None) -> None:
        self._app = create_app(world_dir, at, state_file)
        self._sandbox: Sandbox = self._app.state.sandbox
        self._ready = threading.Event()
        self.url = ""

    def __enter__(self) -> RunningSandbox:
        self._server, self._listener = _server(self._app, "127.0.0.1", 0, self._announce)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True, name="sandbox"
        )
        self._thread.start()
        if not self._ready.wait(timeout=30):
            raise ApiError(500, "the sandbox did not start within 30 s")
        return self

    def _announce(self, url: str) -> None:
        self.url = url
        self._ready.set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()

    def set_clock(self, moment: datetime, *, reset: bool = False) -> None:
        """Move the clock (UTC); `reset` forgets what was written.

        Raises:
            ApiError: 409 behind the last write unless `reset`.
        """
        self._sandbox.set_clock(moment.isoformat(), reset=reset)

    def truth(self) -> dict[str, Any]:
        """Count what stands at the clock: `{"at", "counts": {resource: n}}`."""
        return self._sandbox.truth()

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests answered so far, oldest first."""
        return self._sandbox.logged()
