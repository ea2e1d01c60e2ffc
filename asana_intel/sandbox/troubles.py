"""Carrying out what goes wrong beyond one answer: other people's edits, gone objects and tokens, late effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from asana_intel.sandbox.access import Grant
from asana_intel.sandbox.calls import Reply
from asana_intel.sandbox.exchange import Exchange, HumanEdit, Incoming, Postponed
from asana_intel.sandbox.fault_kinds import named_object
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError, unknown
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.times import plus_ms
from asana_intel.sandbox.world import Fields

HUMAN = {"human": True}


class Perform(Protocol):
    """Runs a write as far as a token goes and keeps what it changed, with marks for the ledger."""

    def __call__(self, exchange: Exchange, body: Fields, grant: Grant, marks: Fields) -> Reply:
        """Run it."""
        ...


@dataclass(slots=True)
class _Waiting:
    """A write whose effect comes later."""

    exchange: Exchange
    body: Fields
    grant: Grant
    requests: int | None
    at: str | None


class Troubles:
    """What faults have left behind, and what they still have to do.

    Args:
        player: The world they happen to.
        perform: How a write takes effect.
    """

    def __init__(self, player: Player, perform: Perform) -> None:
        self._player = player
        self._perform = perform
        self._waiting: list[_Waiting] = []
        self.forgive()

    def forgive(self) -> None:
        """Let ended tokens live and hidden objects be seen again; what is on its way stays on its way."""
        self.ended_tokens: set[str] = set()
        self._hidden: set[str] = set()

    # -- other people

    def edit(self, exchange: Exchange, actor: Fields, edit: HumanEdit) -> None:
        """Let another person write to an object before a request is answered; a refusal is noted in the log."""
        gid = edit.gid or named_object(exchange.key, exchange.request.path) or ""
        method = "POST" if edit.action else "PUT"
        self._write(exchange, actor, Incoming(method, self._path(gid, edit.action)), {"data": edit.fields}, edit.user)

    def _path(self, gid: str, action: str | None = None) -> str:
        record = self._player.record(gid)
        resource = record.resource if record else "objects"
        return f"/{resource}/{gid}/{action}" if action else f"/{resource}/{gid}"

    def _write(self, exchange: Exchange, actor: Fields, request: Incoming, body: Fields, user: str | None) -> None:
        write = Exchange(request, exchange.number, None, exchange.token, exchange.entry)
        try:
            self._perform(write, body, Grant(self._another(actor["gid"], user)), HUMAN)
        except ApiError as error:
            exchange.entry["fault_error"] = error.message

    def _another(self, actor: str, wanted: str | None) -> Fields:
        for gid in self._player.all("users"):
            user = standing(self._player, gid)
            if wanted in (gid, user.get("email")) or (wanted is None and gid != actor):
                return user
        raise unknown("user", wanted)

    # -- objects that are gone

    def refuse_hidden(self, exchange: Exchange, actor: Fields) -> None:
        """Let the object of a single read vanish where that is planned, and refuse what has vanished.

        Raises:
            ApiError: 404 if a hidden object is asked for.
        """
        plan, key = exchange.plan, exchange.key
        shown = named_object(key, exchange.request.path)
        if plan.vanishing and shown and key and key[-1] == "*" and plan.vanishing_gid in (None, shown):
            self._vanish(exchange, actor, shown)
        for part in exchange.request.path.split("/"):
            if part in self._hidden:
                record = self._player.record(part)
                raise unknown(record.fields["resource_type"] if record else "object", part)

    def vanish_listed(self, exchange: Exchange, actor: Fields, reply: Reply) -> None:
        """Let an item of a list vanish that was just read."""
        items = reply.body.get("data")
        if isinstance(items, list) and items:
            gid = exchange.plan.vanishing_gid or items[exchange.plan.choice(len(items))]["gid"]
            self._vanish(exchange, actor, gid)

    def _vanish(self, exchange: Exchange, actor: Fields, gid: str) -> None:
        if exchange.plan.vanishing == "hidden":
            self._hidden.add(gid)
        else:
            self._write(exchange, actor, Incoming("DELETE", self._path(gid)), {}, None)

    # -- late effects

    def put_off(self, exchange: Exchange, body: Fields, grant: Grant, until: Postponed) -> None:
        """Keep a write for later."""
        due = None if until.after_s is None else plus_ms(self._player.now, round(until.after_s * 1000))
        requests = None if until.after_requests is None else until.after_requests + 1
        self._waiting.append(_Waiting(exchange, body, grant, requests, due))

    def catch_up(self, request: int) -> None:
        """Give kept writes their effect where it is time, now that a request has been answered."""
        for waiting in list(self._waiting):
            if waiting.requests is not None:
                waiting.requests -= 1
            if waiting.requests == 0 or (waiting.at is not None and waiting.at <= self._player.now):
                self._take_effect(waiting, request)

    def catch_up_with_clock(self, target: str, request: int) -> str:
        """Give kept writes their effect at their moments up to a target; returns the moment of the last."""
        last = ""
        due = [waiting for waiting in self._waiting if waiting.at is not None and waiting.at <= target]
        for waiting in sorted(due, key=lambda waiting: waiting.at or ""):
            self._player.set_clock(max(waiting.at or "", self._player.now))
            self._take_effect(waiting, request)
            last = self._player.now
        return last

    def _take_effect(self, waiting: _Waiting, request: int) -> None:
        self._waiting.remove(waiting)
        marks = {"late": True, "after_request": request}
        try:
            status = self._perform(waiting.exchange, waiting.body, waiting.grant, marks).status
        except ApiError as error:
            status = error.status
        waiting.exchange.entry["late_status"] = status
