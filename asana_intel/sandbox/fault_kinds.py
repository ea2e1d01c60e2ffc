"""Everything that can go wrong with a request, by kind. When it does is faults.py's, carrying it out sandbox.py's."""

from __future__ import annotations

import math
from copy import deepcopy
from http import HTTPStatus
from statistics import NormalDist
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from asana_intel.sandbox.calls import Reply
from asana_intel.sandbox.catalogue import Key
from asana_intel.sandbox.dice import Dice
from asana_intel.sandbox.exchange import HumanEdit, Incoming, Past, Plan, Postponed
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.world import Fields

When = Literal["before", "after"]
LONGEST_MS = 3_600_000  # what nobody waits for; longer times are more than timers take
HeaderText = Annotated[str, Field(pattern=r"^[\t\x20-\x7e\x80-\xff]*$")]  # what HTTP can send at all
_NEVER_LATE = {("POST", "/batch"), ("POST", "/webhooks")}
_FOREIGN = "9999999999999999"
_PAGE = (
    "<html><head><title>{status} {phrase}</title></head><body><center><h1>{status} {phrase}</h1></center></body></html>"
)


def is_list(key: Key | None) -> bool:
    """Tell whether a documented operation answers with a list, as far as its path tells."""
    return key is not None and key[0] == "GET" and key[-1] != "*"


def named_object(key: Key | None, path: str) -> str | None:
    """Return the gid of the object that a path names: its second segment, where that is one."""
    parts = path.strip("/").split("/")
    return parts[1] if key is not None and len(key) > 2 and key[2] == "*" else None


class _Kind(BaseModel):
    """One thing that can go wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """Tell whether it can happen to such a request."""
        return True

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Enter into the plan of a request that it happens."""
        raise NotImplementedError


class Latency(_Kind):
    """The request waits, in flight, before it is acted upon."""

    kind: Literal["latency"]
    distribution: Literal["fixed", "uniform", "lognormal"] = "fixed"
    ms: float | None = Field(default=None, ge=0)
    low_ms: float | None = Field(default=None, ge=0)
    high_ms: float | None = Field(default=None, ge=0)
    median_ms: float | None = Field(default=None, gt=0)
    sigma: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _has_its_members(self) -> Latency:
        wanted = {"fixed": {"ms"}, "uniform": {"low_ms", "high_ms"}, "lognormal": {"median_ms", "sigma"}}
        given = {name for name in ("ms", "low_ms", "high_ms", "median_ms", "sigma") if getattr(self, name) is not None}
        if given != wanted[self.distribution]:
            raise ValueError(f"{self.distribution} takes {' and '.join(sorted(wanted[self.distribution]))}")
        return self

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Add the time drawn."""
        plan.latency_ms = min(plan.latency_ms + self._drawn(dice.number("latency")), LONGEST_MS)

    def _drawn(self, number: float) -> float:
        if self.distribution == "uniform":
            low, high = self.low_ms or 0, self.high_ms or 0
            return low + number * (high - low)
        if self.distribution == "lognormal":
            spread = NormalDist().inv_cdf(min(max(number, 1e-12), 1 - 1e-12))
            return (self.median_ms or 0) * math.exp(min((self.sigma or 0) * spread, 700))
        return self.ms or 0


class _Answer(_Kind):
    """Another answer than the true one, before or after the effect."""

    when: When = "before"

    def reply(self) -> Reply:
        """Make the answer."""
        raise NotImplementedError

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Put the answer in place of the true one."""
        if self.when == "before":
            plan.instead = self.reply()
        else:
            plan.afterwards = self.reply()


class Status(_Answer):
    """An error status with Asana's body."""

    kind: Literal["status"]
    status: int = Field(ge=400, le=599)
    message: str | None = None

    def reply(self) -> Reply:
        """Make the error."""
        message = self.message or {500: "Server Error", 401: "Not Authorized"}.get(self.status) or _phrase(self.status)
        headers = {"Retry-After": "1"} if self.status == 429 else {}
        return Reply(ApiError(self.status, message).body(), self.status, headers)


class RetryAfter(_Answer):
    """A 429 with any text in `Retry-After`, or without the header."""

    kind: Literal["retry_after"]
    value: HeaderText | None

    def reply(self) -> Reply:
        """Make the refusal."""
        error = ApiError(429, "You have made too many requests recently. Please, be chill.")
        return Reply(error.body(), 429, {} if self.value is None else {"Retry-After": self.value})


class Html(_Answer):
    """A page of a proxy, with any status."""

    kind: Literal["html"]
    status: int = Field(default=502, ge=200, le=599)

    def reply(self) -> Reply:
        """Make the page."""
        page = _PAGE.format(status=self.status, phrase=_phrase(self.status))
        return Reply({}, self.status, {"Content-Type": "text/html; charset=UTF-8"}, page.encode())


class Redirect(_Answer):
    """A redirect to another host."""

    kind: Literal["redirect"]
    to: HeaderText = "https://elsewhere.example/api/1.0/"
    status: Literal[301, 302, 303, 307, 308] = 302

    def reply(self) -> Reply:
        """Make the redirect."""
        return Reply({}, self.status, {"Location": self.to})


class Drop(_Kind):
    """The connection breaks."""

    kind: Literal["drop"]
    when: Literal["before", "during", "after"] = "before"

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Break it: before anything is done, in the middle of the answer, or just before the answer's first byte."""
        plan.delivery.drop = "midway" if self.when == "during" else "silent"
        if self.when == "before":
            plan.instead = Reply({}, 0)


class Truncate(_Kind):
    """Only the first bytes of the body are sent."""

    kind: Literal["truncate"]
    bytes: int = Field(ge=0)
    length: Literal["whole", "cut"] = "whole"

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Cut the body; `Content-Length` tells the whole length, or that of what is sent."""
        plan.delivery.cut_at = self.bytes
        plan.delivery.is_announced_whole = self.length == "whole"


class SlowBody(_Kind):
    """The body drips."""

    kind: Literal["slow_body"]
    bytes: int = Field(default=64, ge=1)
    pause_ms: float = Field(default=20, ge=0)

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Cut the body into chunks."""
        plan.delivery.chunk, plan.delivery.pause_ms = self.bytes, self.pause_ms


class Late(_Kind):
    """A write is answered with a failure now and takes effect later."""

    kind: Literal["late"]
    after_requests: int | None = Field(default=None, ge=1)
    after_s: float | None = Field(default=None, ge=0)
    answer: Annotated[int, Field(ge=500, le=599)] | Literal["timeout"] = 504

    @model_validator(mode="after")
    def _says_when(self) -> Late:
        if (self.after_requests is None) == (self.after_s is None):
            raise ValueError("late takes one of after_requests and after_s")
        return self

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """Only writes have an effect; those of a batch one by one; a new webhook must wait for its target."""
        return request.method != "GET" and (request.method, request.path) not in _NEVER_LATE

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Put the effect off."""
        plan.postponed = Postponed(self.after_requests, self.after_s)
        if self.answer == "timeout":
            plan.delivery.drop, plan.afterwards = "held", Reply({}, 0)
        else:
            plan.afterwards = Reply(ApiError(self.answer, _phrase(self.answer)).body(), self.answer)


class Stale(_Kind):
    """A read is answered as of some time, or some writes, ago."""

    kind: Literal["stale"]
    seconds: float | None = Field(default=None, ge=0)
    writes: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _says_how_far(self) -> Stale:
        if (self.seconds is None) == (self.writes is None):
            raise ValueError("stale takes one of seconds and writes")
        return self

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """Only reads show a state; events are a stream, which loses but is never behind."""
        return request.method == "GET" and not request.path.endswith("/events")

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Answer from the past."""
        plan.past = Past(self.seconds, self.writes)


class LoseEvents(_Kind):
    """Some events of an answer are left out and never come again."""

    kind: Literal["lose_events"]
    rate: float = Field(default=1.0, ge=0, le=1)

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """Only a read of events with a sync token has any."""
        return request.method == "GET" and request.path.endswith("/events") and "sync" in request.query

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Leave events out."""
        plan.edits.append(lambda body: self._lose(body, dice))

    def _lose(self, body: Fields, dice: Dice) -> None:
        events = body.get("data") or []
        body["data"] = [event for place, event in enumerate(events) if dice.number("event", place) >= self.rate]


class ExpireToken(_Kind):
    """The request's token is refused from now on, with 401."""

    kind: Literal["expire_token"]

    def enter(self, plan: Plan, dice: Dice) -> None:
        """End the token's life."""
        plan.ends_token = True


class ExpireOffset(_Kind):
    """A pagination offset has expired."""

    kind: Literal["expire_offset"]

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """Only a next page has an offset."""
        return "offset" in request.query

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Refuse the offset."""
        plan.refusal = ApiError(400, "offset: Your pagination token has expired.")


class Vanish(_Kind):
    """An object is gone between the list and the read."""

    kind: Literal["vanish"]
    how: Literal["hidden", "deleted"] = "hidden"
    gid: str | None = None

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """Only reads show an object."""
        return request.method == "GET"

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Let it vanish: an item of the list after it was shown, or the object before it is read."""
        plan.vanishing, plan.vanishing_gid, plan.choice = self.how, self.gid, dice.place


class Edit(_Kind):
    """Another person writes to the object just before the request is answered."""

    kind: Literal["human_edit"]
    fields: dict[str, Any]
    gid: str | None = None
    action: str | None = None
    user: str | None = None

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """There must be an object."""
        return self.gid is not None or named_object(key, request.path) is not None

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Let the person write."""
        plan.human_edits.append(HumanEdit(self.gid, self.fields, self.action, self.user))


class _ListEdit(_Kind):
    """A list shows what it should not."""

    def fits(self, request: Incoming, key: Key | None) -> bool:
        """Only lists have items."""
        return request.method == "GET" and is_list(key)

    def enter(self, plan: Plan, dice: Dice) -> None:
        """Change a list that has items."""

        def change(body: Fields) -> None:
            items = body.get("data")
            if isinstance(items, list) and items:
                self.change(items, dice.place(len(items)))

        plan.edits.append(change)

    def change(self, items: list[Fields], place: int) -> None:
        """Change the items at a place."""
        raise NotImplementedError


class Duplicate(_ListEdit):
    """An item stands twice in a list."""

    kind: Literal["duplicate"]

    def change(self, items: list[Fields], place: int) -> None:
        """Show it again right after."""
        items.insert(place + 1, items[place])


class WrongWorkspace(_ListEdit):
    """An object of another workspace stands in a list."""

    kind: Literal["wrong_workspace"]

    def change(self, items: list[Fields], place: int) -> None:
        """Show a copy with another gid, and with another workspace wherever one is shown."""
        foreign = deepcopy(items[place])
        foreign["gid"] = f"{_FOREIGN}{place}"
        for holder in [foreign, *(value for value in foreign.values() if isinstance(value, dict))]:
            if isinstance(holder.get("workspace"), dict):
                holder["workspace"] = {**holder["workspace"], "gid": _FOREIGN, "name": "Elsewhere"}
        items.insert(place + 1, foreign)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Error {status}"


Kind = Annotated[
    Latency | Status | RetryAfter | Html | Redirect | Drop | Truncate | SlowBody | Late | Stale | LoseEvents
    | ExpireToken | ExpireOffset | Vanish | Edit | Duplicate | WrongWorkspace,
    Field(discriminator="kind"),
]  # fmt: skip
# What needs a connection of its own cannot happen to one action of a batch.
OF_CONNECTIONS: tuple[type[BaseModel], ...] = (Html, Redirect, Drop, Truncate, SlowBody)
