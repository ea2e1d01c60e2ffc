"""How an answer leaves through ASGI: whole, cut, dripping, or not at all, with the connection really broken."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any, cast

from starlette.types import Message, Receive, Scope, Send

from asana_intel.sandbox.exchange import Delivery

TRANSPORT = "transport"  # where the server puts a connection's transport in `scope["state"]`
NO_ANSWER = 0  # the status of a write that takes effect later, whatever else was to happen to its answer
HELD_S = 60.0  # an answer that never comes ends then, so that a client without a timeout ends, too


async def deliver(
    delivery: Delivery, status: int, headers: Mapping[str, str], body: bytes, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send an answer as its delivery says.

    Args:
        delivery: What happens to it on the way.
        status: HTTP status.
        headers: Without `Content-Length`.
        body: The whole body.
        scope: The request's ASGI scope.
        receive: ASGI's receive, at the end of the request's body.
        send: ASGI's send.
    """
    if delivery.drop == "held":
        await _wait_until_gone(receive, HELD_S)
    if delivery.drop in ("silent", "held") or status == NO_ANSWER:
        _break(scope)
        return await _wait_until_gone(receive, HELD_S)
    shown = body if delivery.cut_at is None else body[: delivery.cut_at]
    if delivery.drop == "midway":
        shown = shown[: len(body) // 2]
    announced = len(body) if delivery.is_announced_whole else len(shown)
    await send(_start(status, {**headers, "Content-Length": str(announced)}))
    for place in range(0, len(shown), size := delivery.chunk or max(1, len(shown))):
        chunk = shown[place : place + size]
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if delivery.pause_ms:
            await asyncio.sleep(delivery.pause_ms / 1000)
    if len(shown) < announced:
        _transport(scope).close()
        return await _wait_until_gone(receive, HELD_S)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return None


def _start(status: int, headers: Mapping[str, str]) -> Message:
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


def _transport(scope: Scope) -> asyncio.Transport:
    return cast(asyncio.Transport, scope["state"][TRANSPORT])


def _break(scope: Scope) -> None:
    """Reset the connection: unread and unsent bytes are lost, and the client sees it at once."""
    transport = _transport(scope)
    if transport.is_closing():
        return
    held: Any = transport.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _wait_until_gone(receive: Receive, at_most_s: float) -> None:
    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(gone(), at_most_s)
    except TimeoutError:
        return
