"""The server that Asana pushes to: it shakes hands when we opened a window, checks signatures, fills the inbox.

It answers within seconds whatever happens: 503 makes Asana come again, so nothing is lost while the database is away.
What follows from the deliveries is decided by the sensor, never here.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from asana_intel.errors import AsanaIntelError
from asana_intel.raw import inbox
from asana_intel.raw.sealing import Sealer
from asana_intel.storage.postgres import Database

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

MOST_BYTES = 1_000_000
# Asana waits ten seconds.
ANSWER_S = 8.0
_SECRET = re.compile(r"\A[\x21-\x7e]{8,256}\Z")
_SIGNATURE = re.compile(r"\A[0-9a-f]{64}\Z")

Answer = tuple[int, dict[str, str]]


class Receiver:
    """What is done with one request, without the web framework; blocking.

    Args:
        database: The product's schema.
        sealer: Keeps the secrets.
        now: Gives the present (UTC).
    """

    def __init__(self, database: Database, sealer: Sealer, now: Callable[[], datetime]) -> None:
        self._database = database
        self._sealer = sealer
        self._now = now

    def shake_hands(self, token: str, secret: str) -> Answer:
        """Accept a secret where we opened the path for it: 200 with its echo, 404 unknown path, 403 not expected."""
        endpoint = inbox.find_endpoint(self._database, inbox.endpoint_id_of(token))
        if endpoint is None:
            return 404, {}
        if not _SECRET.match(secret):
            return 400, {}
        sealed = self._sealer.seal(secret, endpoint.endpoint_id)
        if not inbox.accept_handshake(self._database, endpoint.endpoint_id, sealed, self._now()):
            return 403, {}
        return 200, {"X-Hook-Secret": secret}

    def receive(self, token: str, signature: str, body: bytes) -> Answer:
        """Keep a delivery: 200, also if it came before; 401 wrong signature; 404 unknown path; 400 not events."""
        endpoint = inbox.find_endpoint(self._database, inbox.endpoint_id_of(token))
        if endpoint is None:
            return 404, {}
        if not self._is_signed(endpoint, signature, body):
            inbox.count_refusal(self._database, endpoint.endpoint_id)
            return 401, {}
        events = _events_in(body)
        if events is None:
            return 400, {}
        inbox.put(self._database, endpoint.endpoint_id, body, events, self._now())
        return 200, {}

    def _is_signed(self, endpoint: inbox.Endpoint, signature: str, body: bytes) -> bool:
        if endpoint.sealed_secret is None or not _SIGNATURE.match(signature):
            return False
        secret = self._sealer.open(endpoint.sealed_secret, endpoint.endpoint_id)
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, signature)


def _events_in(body: bytes) -> list[dict[str, Any]] | None:
    try:
        delivery = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    events = delivery.get("events") if isinstance(delivery, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        return None
    return events


def build_app(receiver: Receiver, *, most_bytes: int = MOST_BYTES, answer_s: float = ANSWER_S) -> Starlette:
    """Build the web application; its only path is `/webhooks/{token}`.

    Args:
        receiver: What it does.
        most_bytes: Larger bodies are refused with 413.
        answer_s: Seconds after which it answers 503, whatever it waits for.
    """
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def webhook(request: Request) -> Response:
        try:
            status, headers = await asyncio.wait_for(_answered(receiver, request, most_bytes), answer_s)
        except TimeoutError:
            status, headers = 503, {}
        return Response(status_code=status, headers=headers)

    return Starlette(routes=[Route("/webhooks/{token}", webhook, methods=["POST"])])


async def _answered(receiver: Receiver, request: Request, most_bytes: int) -> Answer:
    token = request.path_params["token"]
    secret, signature = request.headers.get("x-hook-secret"), request.headers.get("x-hook-signature", "")
    body = await _read(request, most_bytes)
    if body is None:
        return 413, {}
    try:
        if secret is not None:
            return await asyncio.to_thread(receiver.shake_hands, token, secret)
        return await asyncio.to_thread(receiver.receive, token, signature, body)
    except (AsanaIntelError, *_database_errors()):
        return 503, {}  # Asana comes again


async def _read(request: Request, most_bytes: int) -> bytes | None:
    """Read the body; None where it is too large, of which no more than allowed is ever held."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most_bytes:
        return None
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _database_errors() -> tuple[type[Exception], ...]:
    import psycopg2

    return (psycopg2.Error,)
