"""The way of one API request through the web server: let in, wait, act, deliver. What is answered is sandbox.py's."""

from __future__ import annotations

import asyncio

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from asana_intel.sandbox.calls import Reply
from asana_intel.sandbox.catalogue import key_of
from asana_intel.sandbox.delivery import deliver
from asana_intel.sandbox.exchange import Exchange, Incoming, decoded_path
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.times import http_date

BASE = "/api/1.0"
_ESTABLISH = key_of("POST", "/webhooks")


class Gateway:
    """The ASGI application below the base path.

    Args:
        sandbox: What answers.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; it is in flight from its admission until its answer is sent."""
        request = Request(scope, receive)
        try:
            incoming = await _incoming(request)
        except ClientDisconnect:
            return  # half a request, whose sender is gone: nothing was asked
        exchange = self._sandbox.arrive(incoming)
        try:
            # Even without latency the others that have arrived are let in before this one is answered.
            await asyncio.sleep(exchange.plan.latency_ms / 1000)
            reply = await self._answer(exchange)
            headers, content = headers_of(self._sandbox, reply), content_of(reply)
            await deliver(exchange.plan.delivery, reply.status, headers, content, scope, receive, send)
        finally:
            self._sandbox.leave(exchange)

    async def _answer(self, exchange: Exchange) -> Reply:
        """Establishing a webhook asks its target, which may ask this server meanwhile; so it leaves the loop free."""
        if exchange.key == _ESTABLISH:
            return await run_in_threadpool(self._sandbox.act, exchange)
        return self._sandbox.act(exchange)


async def _incoming(request: Request) -> Incoming:
    query = request.query_params
    fields = query.getlist("opt_fields")
    return Incoming(
        request.method,
        decoded_path(request.scope["raw_path"].decode("ascii", "replace")).removeprefix(BASE),
        {**query, "opt_fields": ",".join(fields)} if len(fields) > 1 else dict(query),
        await request.body(),
        request.headers.get("authorization", ""),
        f"{request.base_url}".rstrip("/") + BASE,
        request.headers.get("content-type", ""),
    )


def headers_of(sandbox: Sandbox, reply: Reply) -> dict[str, str]:
    """Return the headers of an answer: those that every answer has, and its own."""
    return {
        "Content-Type": "application/json; charset=UTF-8",
        "X-Asana-Api-Version": "1.1",
        "Date": http_date(sandbox.player.now),
        **reply.headers,
    }


def content_of(reply: Reply) -> bytes:
    """Return the bytes of an answer."""
    if reply.content is not None:
        return reply.content
    return orjson.dumps(reply.body, option=orjson.OPT_INDENT_2 if reply.is_pretty else None)
