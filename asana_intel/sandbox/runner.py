"""Running API calls on the player, and keeping what they change in ledger and journal. No limits, no faults."""

from __future__ import annotations

from functools import partial

from asana_intel.errors import ConfigError
from asana_intel.sandbox.access import Grant
from asana_intel.sandbox.calls import Call, Reply, run
from asana_intel.sandbox.effects import Cause, Ledger
from asana_intel.sandbox.exchange import Exchange, Incoming
from asana_intel.sandbox.identity import known_identity
from asana_intel.sandbox.journal import Journal, cause_of, entry_of
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.webhooks import Webhook
from asana_intel.sandbox.world import Fields

GAVE_UP = {"gave_up": True}


class Runner:
    """Runs calls one after the other; the caller holds the lock.

    Args:
        player: The world that they meet.
        journal: Where accepted writes are kept.

    Attributes:
        ledger: Which request changed what.
        ends: Length of the player's log after each accepted write, oldest first.
    """

    def __init__(self, player: Player, journal: Journal) -> None:
        self._player = player
        self._journal = journal
        self.ledger = Ledger()
        self.ends: list[int] = []
        player.webhooks.when_given_up = self._end_webhook

    def forget(self) -> None:
        """Begin anew, with an empty journal."""
        self._journal.forget()
        self.ledger.forget()
        self.ends = []

    def perform(self, exchange: Exchange, body: Fields, grant: Grant, marks: Fields) -> Reply:
        """Run a request as far as a token goes, and keep what it changed.

        Args:
            exchange: The request.
            body: Its body, parsed.
            grant: What the token may do.
            marks: For the ledger (see `Cause`).

        Raises:
            ApiError: What the token must not do or the operation refuses.
        """
        token = None if "human" in marks else exchange.entry["token"]
        request, actor = exchange.request, grant.actor
        cause = Cause(exchange.number, token, actor["gid"], request.method, request.path, marks)
        arrived, last_effect = self._player.now, self._player.last_effect
        reply = self._run(request, body, grant, cause)
        if reply.handshake:
            target, enter = reply.handshake
            entry = partial(entry_of, cause, request.query, body, actor=actor, grant=grant.kept())

            def confirmed(secret: str) -> Reply:
                entered_at = self._player.now
                answer = self._entered(enter(secret), cause)
                self._keep({**entry(entered_at), "secret": secret})
                exchange.entry["effects"] = self.ledger.count(exchange.number)
                return answer

            reply.handshake = (target, confirmed)
            return reply
        exchange.entry["effects"] = self.ledger.count(exchange.number)
        if self._player.last_effect != last_effect:
            self._keep(entry_of(cause, request.query, body, arrived, actor, grant.kept()))
        return reply

    def _run(self, request: Incoming, body: Fields, grant: Grant, cause: Cause) -> Reply:
        call = call_of(self._player, request, body, grant)
        call.source = "web" if cause.marks.get("human") else "api"
        reply = run(call)
        return reply if request.method == "GET" or reply.handshake else self._entered(reply, cause)

    def _entered(self, reply: Reply, cause: Cause) -> Reply:
        self._player.events.catch_up()
        self.ledger.enter(self._player, cause)
        return reply

    def _keep(self, entry: Fields) -> None:
        self.ends.append(len(self._player.log))
        self._journal.append(entry)

    def _end_webhook(self, webhook: Webhook) -> None:
        """Delete a webhook whose target failed for too long, as its user might have done."""
        path, player = f"/webhooks/{webhook.gid}", self._player
        cause, grant = Cause(None, None, webhook.actor, "DELETE", path, GAVE_UP), Grant({"gid": webhook.actor})
        at = player.now
        self._run(Incoming("DELETE", path), {}, grant, cause)
        actor = {"gid": webhook.actor, "name": (player.ref(webhook.actor) or {}).get("name")}
        self._keep(entry_of(cause, {}, {}, at, actor, grant.kept()))

    def replay(self) -> int:
        """Run the journal's writes again; returns the highest number of their requests.

        Raises:
            ConfigError: The journal is damaged, or was not written on this world.
        """
        highest = 0
        for entry in self._journal.entries():
            self._player.set_clock(entry["at"])
            actor = known_identity(self._player, entry["actor"]["gid"], entry["actor"]["name"])
            request = Incoming(entry["method"], entry["path"], entry.get("query") or {})
            cause = cause_of(entry)
            try:
                reply = self._run(request, entry["body"] or {}, Grant.again(actor, entry.get("grant")), cause)
                if reply.handshake:
                    self._entered(reply.handshake[1](entry["secret"]), cause)
            except ApiError as error:
                raise ConfigError(
                    f"the journal does not fit this world: {entry['method']} {entry['path']}: {error.message}",
                    fix="start with the world it was written on, or with another state file",
                ) from error
            self.ends.append(len(self._player.log))
            highest = max(highest, entry.get("request") or 0)
        return highest


def call_of(player: Player, request: Incoming, body: Fields, grant: Grant) -> Call:
    """Make the call that a request means.

    Raises:
        ApiError: 400 if the body's `data` or `options` are no objects.
    """
    given = {name: {} if body.get(name) is None else body[name] for name in ("data", "options")}
    for name, value in given.items():
        if not isinstance(value, dict):
            raise invalid(name, "Not an object")
    return Call(
        player,
        request.method,
        request.path,
        dict(request.query),
        dict(given["data"]),
        given["options"],
        grant.actor,
        request.base_url,
        grant=grant,
    )
