"""The sandbox as one object: world, player, journal and log of requests behind a lock. No web framework."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime
from pathlib import Path

import orjson

from asana_intel.errors import ConfigError
from asana_intel.sandbox import routes
from asana_intel.sandbox.access import Access
from asana_intel.sandbox.calls import Call, Reply, run
from asana_intel.sandbox.catalogue import key_of_request
from asana_intel.sandbox.events import EventLog
from asana_intel.sandbox.identity import fingerprint, known_identity, token_of
from asana_intel.sandbox.journal import Journal
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.times import normal_iso, to_iso
from asana_intel.sandbox.truth import truth
from asana_intel.sandbox.world import Fields, load_world

MAX_LOGGED = 100_000
OPERATION_MODULES = routes.__all__


class Sandbox:
    """A running company.

    Args:
        world_dir: The world's folder.
        at: The clock at the start; a journal that ends later moves it there.
        state_file: Journal of writes; None keeps them in memory only.

    Raises:
        ConfigError: If the world or the journal cannot be read.
    """

    def __init__(self, world_dir: Path, at: datetime, state_file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.journal = Journal(state_file)
        self.requests: deque[Fields] = deque(maxlen=MAX_LOGGED)
        self.player = Player(load_world(world_dir), to_iso(at))
        self.player.events = EventLog(self.player)
        self.access = Access(self.player)
        self._replay(to_iso(at))

    def _replay(self, at: str) -> None:
        for entry in self.journal.entries():
            self.player.set_clock(entry["at"])
            actor = known_identity(self.player, entry["actor"]["gid"], entry["actor"]["name"])
            body = entry["body"] or {}
            try:
                run(self._call(entry["method"], entry["path"], {}, body, actor, ""))
                self.player.events.catch_up()
            except ApiError as error:
                raise ConfigError(
                    f"the journal does not fit this world: {entry['method']} {entry['path']}: {error.message}",
                    fix="start with the world it was written on, or with another state file",
                ) from error
        self.player.set_clock(max(at, self.player.last_effect or at))

    # -- the API

    def answer(
        self, method: str, path: str, query: dict[str, str], raw: bytes, authorization: str, base_url: str
    ) -> Reply:
        """Answer one API request; refusals become replies.

        Args:
            method: HTTP method.
            path: Below the base path.
            query: Decoded query parameters.
            raw: Body bytes (JSON), may be empty.
            authorization: The `Authorization` header, may be empty.
            base_url: The API's address, for `Location` and `next_page`.
        """
        with self.lock:
            token, actor = "", None
            arrived, last_effect = self.player.now, self.player.last_effect
            try:
                token = token_of(authorization)
                grant = self.access.grant(token)
                actor = grant.actor
                grant.require(key_of_request(method, path))
                body = _parsed(raw)
                reply = run(self._call(method, path, dict(query), body, actor, base_url))
                self.player.events.catch_up()
                if self.player.last_effect != last_effect:
                    entry = {"method": method, "path": path, "body": body, "at": arrived}
                    self.journal.append({**entry, "actor": {"gid": actor["gid"], "name": actor["name"]}})
            except ApiError as error:
                reply = Reply(error.body(), error.status, error.headers)
            self.requests.append(
                {
                    "method": method,
                    "path": path,
                    "query": query,
                    "status": reply.status,
                    "token": fingerprint(token) if token else None,
                    "actor": actor["gid"] if actor else None,
                    "at": self.player.now,
                }
            )
            return reply

    def _call(self, method: str, path: str, query: dict[str, str], body: Fields, actor: Fields, base_url: str) -> Call:
        data, options = body.get("data") or {}, body.get("options") or {}
        if not isinstance(data, dict) or not isinstance(options, dict):
            raise invalid("data", "Not an object")
        return Call(self.player, method, path, query, dict(data), options, actor, base_url)

    # -- the controls

    def set_clock(self, moment: str, *, reset: bool = False) -> str:
        """Move the clock to an ISO moment; returns where it stands.

        Raises:
            ApiError: 400 for a text that is no moment; 409 behind the last write unless `reset`.
        """
        try:
            target = normal_iso(str(moment))
        except ValueError as error:
            raise invalid("at", f"Not a valid date: {moment}") from error
        with self.lock:
            self.player.set_clock(target, reset=reset)
            if reset:
                self.journal.forget()
            return self.player.now

    def reset(self) -> str:
        """Forget all writes and the journal; the clock stays."""
        with self.lock:
            self.player.forget_effects()
            self.journal.forget()
            return self.player.now

    def truth(self) -> Fields:
        """Count what stands at the clock, per resource."""
        with self.lock:
            return truth(self.player)

    def logged(self) -> list[Fields]:
        """Return the requests answered since the log was cleared."""
        with self.lock:
            return list(self.requests)


def _parsed(raw: bytes) -> Fields:
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "Could not parse request data, invalid JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Could not parse request data, expected an object")
    return body
