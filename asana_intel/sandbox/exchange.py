"""One request on its way through the sandbox: what came, what goes wrong with it, how the answer leaves. No effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from asana_intel.sandbox.calls import Reply
from asana_intel.sandbox.catalogue import Key
from asana_intel.sandbox.limits import Ticket
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.world import Fields

SLASH = "%2F"


def decoded_path(raw: str) -> str:
    """Decode a path segment by segment; a slash within one, as an external id may hold, stays encoded."""
    return "/".join(unquote(part).replace("/", SLASH) for part in raw.split("/"))


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it arrives.

    Attributes:
        method: HTTP method.
        path: Below the base path, decoded (see `decoded_path`).
        query: Decoded query parameters.
        raw: Body bytes, may be empty.
        authorization: The `Authorization` header, may be empty.
        base_url: The API's address, for `Location` and `next_page`.
        content_type: The `Content-Type` header, may be empty.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    authorization: str = ""
    base_url: str = ""
    content_type: str = ""


@dataclass(slots=True)
class Delivery:
    """How an answer leaves the server; by default whole and at once.

    Attributes:
        drop: `silent`: the connection breaks before the first byte; `midway`: in the middle of the body;
            `held`: no byte is sent until the client gives up.
        cut_at: Bytes of the body that are sent; None: all.
        is_announced_whole: Whether `Content-Length` is that of the whole body even so.
        chunk: Bytes sent at once; None: all.
        pause_ms: Milliseconds between chunks.
    """

    drop: Literal["silent", "midway", "held"] | None = None
    cut_at: int | None = None
    is_announced_whole: bool = True
    chunk: int | None = None
    pause_ms: float = 0


@dataclass(frozen=True, slots=True)
class Postponed:
    """When the effect of a write comes after its answer: so many requests later, or so many seconds of the clock."""

    after_requests: int | None
    after_s: float | None


@dataclass(frozen=True, slots=True)
class Past:
    """How far behind an answer is: seconds of the clock, or the last so many accepted writes."""

    seconds: float | None
    writes: int | None


@dataclass(frozen=True, slots=True)
class HumanEdit:
    """What another person writes before a request is answered.

    Attributes:
        gid: The object; None is the one in the request's path.
        fields: The body's `data`.
        action: Last segment of the path, e.g. `addProject`; None is a PUT of the object.
        user: Gid, e-mail or None for any other user of the world.
    """

    gid: str | None
    fields: Fields
    action: str | None
    user: str | None


@dataclass(slots=True)
class Plan:
    """What goes wrong with one request. An empty plan: nothing.

    Attributes:
        latency_ms: How long it waits before it is acted upon.
        refusal: It is refused, and nothing is done.
        instead: Answered without anything being done.
        afterwards: Answered in place of the true answer, after everything was done.
        postponed: Its effect comes later.
        past: It is answered as of an earlier state.
        human_edits: Edits by another person, before it is answered.
        edits: Changes of the answer's body, made in place.
        vanishing: An item of the answer is gone afterwards: `hidden` from reads, or really `deleted`.
        vanishing_gid: Which; None: one of the answer's.
        choice: Chooses one of so many items, the same for the same seed.
        ends_token: Its token is not valid from now on.
        delivery: How the answer leaves.
    """

    latency_ms: float = 0
    refusal: ApiError | None = None
    instead: Reply | None = None
    afterwards: Reply | None = None
    postponed: Postponed | None = None
    past: Past | None = None
    human_edits: list[HumanEdit] = field(default_factory=list)
    edits: list[Callable[[Fields], None]] = field(default_factory=list)
    vanishing: Literal["hidden", "deleted"] | None = None
    vanishing_gid: str | None = None
    choice: Callable[[int], int] = field(default=lambda count: 0)
    ends_token: bool = False
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(slots=True)
class Exchange:
    """A request between its arrival and the end of its answer.

    Attributes:
        request: What came.
        number: Its place among all requests, from 1.
        key: The documented operation it means, if any.
        token: Its bearer token; empty if there is none.
        entry: Its entry in the log of requests.
        plan: What goes wrong with it.
        ticket: Its right to be in flight; None if it was refused or is part of a batch.
        refusal: Why the limits refused it.
    """

    request: Incoming
    number: int
    key: Key | None
    token: str
    entry: Fields
    plan: Plan = field(default_factory=Plan)
    ticket: Ticket | None = None
    refusal: ApiError | None = None
