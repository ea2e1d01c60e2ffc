"""The sandbox on a port: the web application, the blocking server, and one that runs inside a test. No command line."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from asana_intel.errors import ConfigError
from asana_intel.sandbox.calls import Reply
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.controls import run_control
from asana_intel.sandbox.delivery import TRANSPORT
from asana_intel.sandbox.downloads import download
from asana_intel.sandbox.gateway import BASE, Gateway, content_of, headers_of
from asana_intel.sandbox.oauth_pages import oauth_routes
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.sandbox import Sandbox


def create_app(
    world_dir: Path, at: datetime, state_file: Path | None = None, conditions: Conditions | None = None
) -> Starlette:
    """Build the web application that plays a world.

    Args:
        world_dir: The world's folder (see docs/sandbox.md).
        at: The clock at the start (UTC); it stands still until moved.
        state_file: Journal of writes; None keeps them in memory only.
        conditions: Limits, faults and behaviour at the start.

    Raises:
        ConfigError: If the world or the journal cannot be read.
    """
    return _app(Sandbox(world_dir, at, state_file, conditions))


def _app(sandbox: Sandbox) -> Starlette:
    async def control(request: Request) -> Response:
        name, query = request.path_params["name"], dict(request.query_params)
        asked = (sandbox, request.method, name, await request.body(), query)
        # Targets of webhooks may ask this server before they answer.
        is_slow = name.startswith("webhooks/")
        return _response(sandbox, await run_in_threadpool(run_control, *asked) if is_slow else run_control(*asked))

    async def served_file(request: Request) -> Response:
        try:
            with sandbox.lock:
                content, media = download(sandbox.player, request.path_params["path"])
        except ApiError as error:
            return _response(sandbox, Reply(error.body(), error.status))
        return Response(content, media_type=media)

    async def failure(request: Request, error: Exception) -> Response:
        refusal = ApiError(500, f"Server Error ({type(error).__name__} in {request.method} {request.url.path})")
        return _response(sandbox, Reply(refusal.body(), refusal.status))

    async def nowhere(request: Request, error: Exception) -> Response:
        refusal = ApiError(404, "No matching route for request")
        return _response(sandbox, Reply(refusal.body(), refusal.status))

    app = Starlette(
        routes=[
            Route("/_sandbox/{name:path}", control, methods=["GET", "POST", "PUT", "DELETE"]),
            Route(f"{BASE}/{{path:path}}", Gateway(sandbox)),
            Route("/-/downloads/{path:path}", served_file, methods=["GET"]),
            *oauth_routes(sandbox),
        ],
        exception_handlers={404: nowhere, 405: nowhere, Exception: failure},
    )
    app.router.redirect_slashes = False  # nor does Asana send clients elsewhere
    app.state.sandbox = sandbox
    return app


def _response(sandbox: Sandbox, reply: Reply) -> Response:
    return Response(content_of(reply), status_code=reply.status, headers=headers_of(sandbox, reply))


def serve(
    world_dir: Path,
    at: datetime,
    port: int,
    state_file: Path | None = None,
    host: str = "127.0.0.1",
    on_ready: Callable[[str], None] | None = None,
    conditions: Conditions | None = None,
) -> None:
    """Play a world on a port until interrupted.

    Args:
        world_dir: The world's folder.
        at: The clock at the start (UTC).
        port: TCP port; 0 takes a free one.
        state_file: Journal of writes.
        host: Address to listen on.
        on_ready: Called with the API's address once requests are answered.
        conditions: Limits, faults and behaviour at the start.

    Raises:
        ConfigError: If the world or the journal cannot be read, or the port is taken.
    """
    app = create_app(world_dir, at, state_file, conditions)
    gc.freeze()  # the world never becomes garbage; searching it costs a third of every request
    server, listener = _server(app, host, port, on_ready)
    with listener:
        server.run(sockets=[listener])


class _Connection(AutoHTTPProtocol):  # pyright: ignore[reportGeneralTypeIssues]
    """A connection whose requests know its transport, so that it can be broken."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Announcing(uvicorn.Server):
    """A server that tells its address when it listens."""

    on_ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.on_ready()


def _server(
    app: Starlette, host: str, port: int, on_ready: Callable[[str], None] | None
) -> tuple[_Announcing, socket.socket]:
    try:
        listener = socket.create_server((host, port), backlog=256)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"the sandbox cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}",
            fix="stop what listens there, or choose another port; 0 takes a free one",
        ) from error
    address = f"http://{host}:{listener.getsockname()[1]}{BASE}"
    config = uvicorn.Config(
        app,
        http=_Connection,
        timeout_graceful_shutdown=3,
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
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
        conditions: Limits, faults and behaviour at the start.

    Attributes:
        url: The API's address, with `/api/1.0`; known inside the `with` block.
    """

    def __init__(
        self, world_dir: Path, at: datetime, state_file: Path | None = None, conditions: Conditions | None = None
    ) -> None:
        self._app = create_app(world_dir, at, state_file, conditions)
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
        self._sandbox.deliverer.close()
        self._listener.close()

    def set_clock(self, moment: datetime, *, reset: bool = False) -> None:
        """Move the clock (UTC); `reset` forgets what was written.

        Raises:
            ApiError: 409 behind the last write unless `reset`.
        """
        self._sandbox.set_clock(moment.isoformat(), reset=reset)

    def truth(self, token: str | None = None) -> dict[str, Any]:
        """Count what stands at the clock, with a token what it may see: `{"at", "counts": {resource: n}}`."""
        return self._sandbox.truth(token)

    def set_tokens(self, settings: dict[str, Any]) -> None:
        """Say what tokens may do (see `Access`), on top of what is said already.

        Raises:
            ApiError: 400 that names what cannot be read.
        """
        self._sandbox.set_tokens(settings)

    def effects(self) -> list[dict[str, Any]]:
        """Return which request changed what, oldest first (see docs/sandbox.md)."""
        return list(self._sandbox.ledger.rows)

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests answered so far, oldest first."""
        return self._sandbox.logged()
