"""The sandbox as one object: world, player, journal, limits, faults and log of requests, locked. No web framework."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import orjson

from asana_intel.errors import ConfigError
from asana_intel.sandbox import batch, routes
from asana_intel.sandbox.access import Access
from asana_intel.sandbox.bodies import parsed_body
from asana_intel.sandbox.calls import Reply, run
from asana_intel.sandbox.catalogue import key_of_request
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.deliveries import Deliverer
from asana_intel.sandbox.events import EventLog
from asana_intel.sandbox.exchange import Exchange, Incoming
from asana_intel.sandbox.faults import Faults
from asana_intel.sandbox.identity import fingerprint, token_of
from asana_intel.sandbox.jobs import unfinished_jobs
from asana_intel.sandbox.journal import Journal
from asana_intel.sandbox.limits import Demand, Limiter
from asana_intel.sandbox.oauth import OAuthServer
from asana_intel.sandbox.past import Follower
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.runner import Runner, call_of
from asana_intel.sandbox.times import stated_iso, to_iso
from asana_intel.sandbox.troubles import Troubles
from asana_intel.sandbox.truth import truth
from asana_intel.sandbox.webhooks import Webhooks
from asana_intel.sandbox.world import Fields, load_world

MAX_LOGGED = 100_000
OPERATION_MODULES = routes.__all__


class Sandbox:
    """A running company.

    Args:
        world_dir: The world's folder.
        at: The clock at the start; a journal that ends later moves it there.
        state_file: Journal of writes; None keeps them in memory only.
        conditions: Limits, faults and behaviour at the start.

    Raises:
        ConfigError: If the world or the journal cannot be read.
    """

    def __init__(
        self, world_dir: Path, at: datetime, state_file: Path | None = None, conditions: Conditions | None = None
    ) -> None:
        conditions = conditions or Conditions()
        self.lock = threading.RLock()
        self.limiter = Limiter(conditions.limits, conditions.clock)
        self.faults = Faults(conditions.faults)
        self.requests: deque[Fields] = deque(maxlen=MAX_LOGGED)
        self.player = Player(load_world(world_dir), to_iso(at))
        self.player.behaviour = conditions.behaviour
        self.player.events = EventLog(self.player)
        self.player.webhooks = Webhooks(self.player)
        self.deliverer = Deliverer(self.player.webhooks, self.player, self.lock)
        self.access = Access(self.player, conditions.tokens)
        self.oauth = OAuthServer(self.access, self.player)
        self._runner = Runner(self.player, Journal(state_file))
        self.ledger = self._runner.ledger
        self._begin()
        self._number = self._runner.replay()
        self.player.set_clock(max(to_iso(at), self.player.last_effect or ""))
        self.player.webhooks.resume()

    def _begin(self) -> None:
        self._troubles = Troubles(self.player, self._runner.perform)
        self._follower = Follower(self.player)

    # -- the API

    def answer(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        raw: bytes,
        authorization: str,
        base_url: str,
        content_type: str = "",
    ) -> Reply:
        """Answer one API request at once; refusals become replies. Latency and broken connections are the server's.

        Args:
            method: HTTP method.
            path: Below the base path.
            query: Decoded query parameters.
            raw: Body bytes, may be empty.
            authorization: The `Authorization` header, may be empty.
            base_url: The API's address, for `Location` and `next_page`.
            content_type: The `Content-Type` header, may be empty.
        """
        exchange = self.arrive(Incoming(method, path, query, raw, authorization, base_url, content_type))
        try:
            return self.act(exchange)
        finally:
            self.leave(exchange)

    def arrive(self, request: Incoming) -> Exchange:
        """Let a request in: number it, hold it against the limits, decide what goes wrong with it."""
        with self.lock:
            exchange = self._enter(request)
            demands = self._demands(exchange)
            try:
                account = fingerprint(exchange.token) if exchange.token else "none"
                exchange.ticket = self.limiter.admit(account, demands, lambda: self._unfinished_jobs(exchange))
            except ApiError as refusal:
                exchange.refusal = refusal
                return exchange
            self._draw(exchange)
            return exchange

    def _enter(self, request: Incoming, **marks: object) -> Exchange:
        self._number += 1
        try:
            token = token_of(request.authorization)
        except ApiError:
            token = ""
        entry: Fields = {
            "number": self._number,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "status": None,
            "token": fingerprint(token) if token else None,
            "actor": None,
            "at": self.player.now,
            "effects": 0,
            "latency_ms": 0,
            "fault": [],
            **marks,
        }
        self.requests.append(entry)
        return Exchange(request, self._number, key_of_request(request.method, request.path), token, entry)

    def _draw(self, exchange: Exchange, *, in_batch: bool = False) -> None:
        plan, names = self.faults.draw(exchange.request, exchange.key, exchange.token, in_batch=in_batch)
        exchange.plan = plan
        exchange.entry |= {"fault": names, "latency_ms": plan.latency_ms}
        if plan.ends_token:
            self._troubles.ended_tokens.add(exchange.token)

    def _demands(self, exchange: Exchange) -> Sequence[Demand]:
        """A batch asks for as much as its actions, any other request for itself."""
        if exchange.key == batch.KEY:
            try:
                actions = batch.actions_of(exchange.request, parsed_body(exchange.request.raw, ""))
            except ApiError:
                actions = []
            if actions:
                return [Demand.of(action.method, key_of_request(action.method, action.path)) for action in actions]
        return [Demand.of(exchange.request.method, exchange.key)]

    def _unfinished_jobs(self, exchange: Exchange) -> int:
        try:
            return unfinished_jobs(self.player, self.access.grant(exchange.token).actor["gid"])
        except ApiError:  # which is refused for its token later
            return 0

    def leave(self, exchange: Exchange) -> None:
        """Take a request out of flight, once its answer is sent."""
        if exchange.ticket:
            with self.lock:
                self.limiter.release(exchange.ticket)
                exchange.ticket = None

    def act(self, exchange: Exchange) -> Reply:
        """Do what a request asks, as far as nothing goes wrong, and answer it."""
        with self.lock:
            reply = self._answered(exchange)
            if self.limiter.limits.cost_per_minute and exchange.ticket:
                self.limiter.charge(exchange.ticket.token, cost_of(reply))
            self._troubles.catch_up(exchange.number)
        reply = self._shaken(exchange, reply)
        self.deliverer.wake()
        return reply

    def _shaken(self, exchange: Exchange, reply: Reply) -> Reply:
        """Finish an answer that waits for a webhook's target; the lock is free meanwhile."""
        if reply.handshake is None:
            return reply
        target, finish = reply.handshake
        try:
            secret = self.deliverer.shake_hands(target)
            with self.lock:
                reply = finish(secret)
        except ApiError as error:
            reply = Reply(error.body(), error.status, error.headers)
        reply = exchange.plan.afterwards or reply
        exchange.entry["status"] = reply.status or None
        return reply

    def _answered(self, exchange: Exchange) -> Reply:
        entry, plan = exchange.entry, exchange.plan
        try:
            reply = self._outcome(exchange)
        except ApiError as error:
            reply = Reply(error.body(), error.status, error.headers)
        except Exception:
            entry["status"] = 500
            raise
        if plan.edits and reply.status == 200:
            reply.body = orjson.loads(orjson.dumps(reply.body))
            for edit in plan.edits:
                edit(reply.body)
        if plan.afterwards and not reply.handshake:
            reply = plan.afterwards
        entry |= {"status": reply.status or None, "at": self.player.now}
        return reply

    def _outcome(self, exchange: Exchange) -> Reply:
        request, plan = exchange.request, exchange.plan
        if exchange.refusal:
            raise exchange.refusal
        if plan.instead:
            return plan.instead
        if exchange.token in self._troubles.ended_tokens:
            raise ApiError(401, "Not Authorized")
        grant = self.access.grant(token_of(request.authorization))
        exchange.entry["actor"] = grant.actor["gid"]
        if plan.refusal:
            raise plan.refusal
        grant.require(exchange.key)
        body = parsed_body(request.raw, request.content_type)
        for edit in plan.human_edits:
            self._troubles.edit(exchange, grant.actor, edit)
        self._troubles.refuse_hidden(exchange, grant.actor)
        if exchange.key == batch.KEY and "batch" not in exchange.entry:
            return self._batch(exchange, body)
        if plan.postponed:
            self._troubles.put_off(exchange, body, grant, plan.postponed)
            return Reply({}, 0)
        if plan.past:
            past = self._follower.as_of(plan.past, self._runner.ends)
            return run(call_of(past, request, body, grant))
        reply = self._runner.perform(exchange, body, grant, {})
        if plan.vanishing:
            self._troubles.vanish_listed(exchange, grant.actor, reply)
        return reply

    def _batch(self, exchange: Exchange, body: Fields) -> Reply:
        results = []
        for action in batch.actions_of(exchange.request, body):
            one = self._enter(action, batch=exchange.number)
            try:
                batch.refuse_unbatchable(action)
            except ApiError as error:
                one.refusal = error
            else:
                self._draw(one, in_batch=True)
            results.append(batch.result(action, self._answered(one)))
        return Reply({"data": results})

    # -- the controls

    def set_clock(self, moment: str, *, reset: bool = False) -> str:
        """Move the clock to an ISO moment; returns where it stands.

        Raises:
            ApiError: 400 for a text that is no moment; 409 behind the last write unless `reset`.
        """
        try:
            target = stated_iso(str(moment))
        except ValueError as error:
            raise invalid("at", f"Not a valid date: {moment}") from error
        with self.lock:
            if reset:
                self._forget_writes()
            else:
                target = max(target, self._troubles.catch_up_with_clock(target, self._number))
            self.player.set_clock(target, reset=reset)
            moved = self.player.now
        self.deliverer.wake()
        return moved

    def reset(self) -> str:
        """Forget all writes and the journal; the clock stays."""
        with self.lock:
            self.player.forget_effects()
            self._forget_writes()
            return self.player.now

    def _forget_writes(self) -> None:
        self._runner.forget()
        self._begin()

    def set_faults(self, faults: Faults) -> Fields:
        """Put other rules in force; ended tokens and hidden objects are back. Returns the rules."""
        with self.lock:
            self.faults = faults
            self._troubles.forgive()
            return faults.listed()

    def truth(self, token: str | None = None) -> Fields:
        """Count what stands at the clock, per resource; with a token, what that token may see.

        Raises:
            ApiError: 401 for a token that is not valid.
        """
        with self.lock, self.player.seen_by(self.access.grant(token).viewer if token else None):
            return truth(self.player)

    def set_tokens(self, settings: Fields | None) -> Fields:
        """Lay settings of tokens over those there are; None returns to those of the start. Returns them.

        Raises:
            ApiError: 400 that names the member that cannot be read.
        """
        with self.lock:
            try:
                self.access.forget() if settings is None else self.access.configure(settings)
            except ConfigError as error:
                raise ApiError(400, error.message) from error
            return self.access.shown()

    def logged(self) -> list[Fields]:
        """Return the requests answered since the log was cleared."""
        with self.lock:
            return list(self.requests)


def cost_of(reply: Reply) -> int:
    """Tell what an answer costs: the objects in it, nested ones included, and at least 1."""
    return max(1, orjson.dumps(reply.body).count(b'"gid":'))
