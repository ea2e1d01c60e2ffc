"""One API call inside the sandbox: its inputs, the table of operations, and the shapes of replies. No web framework."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from asana_intel.sandbox.access import Grant
from asana_intel.sandbox.catalogue import Key, catalogue, key_of, key_of_request
from asana_intel.sandbox.fields import compact, full, pick, plan_of, without_list_gaps
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError, invalid, missing, unknown
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.times import from_iso
from asana_intel.sandbox.world import Fields

PAGE_MAX = 100
TOO_LARGE = "The result is too large. You should use pagination (may require specifying a workspace)!"


@dataclass(slots=True)
class Reply:
    """An answer: status, body and extra headers; `content` is sent in place of the body where it is given.

    What `content` is stands in its `Content-Type` header. Status 0 is no answer at all. With `handshake` the answer is
    not known yet: the target that it names must confirm first, unlocked, and its function turns the secret into the
    answer.
    """

    body: Fields
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    is_pretty: bool = False
    handshake: tuple[str, Callable[[str], Reply]] | None = None


@dataclass(slots=True)
class Call:
    """A request, parsed.

    Attributes:
        player: The world it meets.
        method: HTTP method.
        path: Below the base path, e.g. `/goals/12`.
        query: Decoded query parameters.
        data: The body's `data`.
        options: The body's `options`.
        actor: The user who sends it (a user record).
        base_url: For `uri` and `Location`.
        source: Where the change comes from, as its stories tell: `api`, or `web` for a person's edit.
        grant: What the caller's token may do.
    """

    player: Player
    method: str
    path: str
    query: dict[str, str]
    data: Fields
    options: Fields
    actor: Fields
    base_url: str = ""
    source: str = "api"
    grant: Grant = field(default_factory=Grant)

    def required(self, name: str) -> str:
        """Return a query parameter.

        Raises:
            ApiError: 400 `name: Missing input`.
        """
        value = self.query.get(name)
        if not value:
            raise missing(name)
        return value

    def input(self, name: str) -> Any:
        """Return a member of the body's data.

        Raises:
            ApiError: 400 if it is missing.
        """
        if self.data.get(name) is None:
            raise missing(name)
        return self.data[name]

    def listed(self, name: str) -> list[Any]:
        """Return a list of the body's data, from an array or a comma-separated text; empty if it is missing.

        Raises:
            ApiError: 400 if it is something else.
        """
        value = self.data.get(name) or []
        if isinstance(value, str):  # Asana takes a comma-separated text as well
            return [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list):
            raise invalid(name, "Not an array")
        return value

    def reject_unknown(self, allowed: Iterable[str]) -> None:
        """Refuse a body with members that cannot be written (400).

        Members that Asana documents in this operation's body though it decides them itself (`created_at`, say) are
        dropped, so that a client may send back what it has read.
        """
        for name in [name for name in self.data if name not in allowed]:
            key = key_of_request(self.method, self.path)
            if key is None or name not in catalogue()[key].body:
                raise invalid(name, "Cannot write this property")
            del self.data[name]

    def opt_fields(self) -> str | None:
        """Return the requested fields, from the query or the body's options."""
        asked = self.options.get("fields")
        if isinstance(asked, list):
            return ",".join(map(str, asked))
        return self.query.get("opt_fields") or (asked if isinstance(asked, str) else None) or None

    def wants_pretty(self) -> bool:
        """Tell whether the answer is to be indented, as the query or the body's options ask."""
        asked = self.query.get("opt_pretty", self.options.get("pretty", False))
        return str(asked).lower() in ("", "true", "1")

    # -- who

    def user_gid(self, name: str, text: str) -> str:
        """Turn a gid, an e-mail address or `me` into the gid of a user.

        Raises:
            ApiError: 404 if there is no such user.
        """
        player = self.player
        if text == "me" or text in (self.actor["gid"], self.actor.get("email")):
            return self.actor["gid"]
        if text in player.identities:
            return text
        if "@" in text:
            for gid in player.all("users"):
                if player.field(gid, "email") == text:
                    return gid
        elif player.exists(text) and (record := player.record(text)) and record.resource == "users":
            return text
        raise unknown(name, text)

    def existing(self, name: str, resource: str, gid: Any) -> str:
        """Return the gid given as an input, if it names an existing object of that resource.

        Raises:
            ApiError: 404 `name: Unknown object`.
        """
        record = self.player.record(str(gid))
        if record is None or record.resource != resource or not self.player.exists(str(gid)):
            raise unknown(name, gid)
        return str(gid)

    # -- replies

    def one(self, gid: str, status: int = 200) -> Reply:
        """Answer with one object, in full or as opt_fields say; a 201 carries its `Location`."""
        record = self.player.record(gid)
        view = self.player.identities[gid] if record is None else standing(self.player, gid)
        resource = record.resource if record else "users"
        asked = self.opt_fields()
        shown = pick(view, plan_of(asked), self.resolve, self.player.picked) if asked else full(resource, view)
        headers = {"Location": f"{self.base_url}/{resource}/{gid}"} if status == 201 else {}
        return Reply({"data": shown}, status, headers)

    def many(self, resource: str, gids: list[str]) -> Reply:
        """Answer with a page of objects, compact or as opt_fields say."""
        page, extra = self.page(gids)
        return Reply({"data": self._listed(resource, page), **extra})

    def _listed(self, resource: str, page: list[str]) -> list[Fields]:
        views = [standing(self.player, gid) for gid in page]
        asked = self.opt_fields()
        if asked:
            plan = without_list_gaps(resource, plan_of(asked))
            return [pick(view, plan, self.resolve, self.player.picked) for view in views]
        return [compact(resource, view) for view in views]

    def whole(self, resource: str, gids: list[str]) -> Reply:
        """Answer with all objects on one page, whatever `limit` says (endpoints that do not paginate)."""
        end = {"next_page": None} if self.query.get("limit") else {}
        return Reply({"data": self._listed(resource, gids), **end})

    def view(self, resource: str, view: Fields, status: int = 200) -> Reply:
        """Answer with a record that is derived, not kept under its own gid, as `one` would."""
        asked = self.opt_fields()
        shown = pick(view, plan_of(asked), self.resolve, self.player.picked) if asked else full(resource, view)
        headers = {"Location": f"{self.base_url}/{resource}/{view['gid']}"} if status == 201 else {}
        return Reply({"data": shown}, status, headers)

    def views(self, resource: str, views: list[Fields]) -> Reply:
        """Answer with a page of derived records, as `many` would."""
        by_gid = {view["gid"]: view for view in views}
        page, extra = self.page(list(by_gid))
        asked = self.opt_fields()
        if asked:
            plan = plan_of(asked)
            shown = [pick(by_gid[gid], plan, self.resolve, self.player.picked) for gid in page]
        else:
            shown = [compact(resource, by_gid[gid]) for gid in page]
        return Reply({"data": shown, **extra})

    def done(self) -> Reply:
        """Answer an action or a deletion: `{"data": {}}`."""
        return Reply({"data": {}})

    def resolve(self, gid: str) -> Fields | None:
        """Return the full record behind a compact reference, if it may be seen."""
        if self.player.hides(gid):
            return None
        if self.player.record(gid) is None:
            return self.player.identities.get(gid)
        return standing(self.player, gid)

    # -- pages

    def page(self, gids: list[str]) -> tuple[list[str], Fields]:
        """Cut the page that `limit` and `offset` ask for.

        Returns:
            The gids, and `{"next_page": …}` where a limit was sent.

        Raises:
            ApiError: 400 for a bad limit or offset, or an unpaged result that is too large.
        """
        limit = self.limit()
        start = self._start(gids)
        if limit is None:
            if len(gids) - start > self.player.behaviour.unpaged_max:
                raise ApiError(400, TOO_LARGE)
            return gids[start:], {}
        page = gids[start : start + limit]
        end = start + len(page)
        if end >= len(gids):
            return page, {"next_page": None}
        offset = _token(self.player.now, end, gids[end - 1], gids[end])
        rest = {**self.query, "limit": str(limit), "offset": offset}
        path = f"{quote(self.path, safe='/:%@')}?{urlencode(rest, quote_via=quote)}"
        return page, {"next_page": {"offset": offset, "path": path, "uri": self.base_url + path}}

    def limit(self) -> int | None:
        """Return the page size asked for, or None.

        Raises:
            ApiError: 400 unless it is a whole number within 1..100.
        """
        text = self.query.get("limit")
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= PAGE_MAX:
            raise invalid("limit", f"Must be between 1 and {PAGE_MAX}")
        return int(text)

    def _start(self, gids: list[str]) -> int:
        text = self.query.get("offset")
        if text is None:
            return 0
        try:
            given_at, place, last, following = base64.urlsafe_b64decode(text.encode()).decode().split("|")
            index, age = int(place), from_iso(self.player.now) - from_iso(given_at)
        except ValueError as error:
            raise invalid("offset", "Your pagination token is invalid.") from error
        if abs(age.total_seconds()) > self.player.behaviour.offset_lifetime_s:
            raise invalid("offset", "Your pagination token has expired.")
        if 0 < index <= len(gids) and gids[index - 1] == last:
            return index
        if last in gids:
            return gids.index(last) + 1
        if following in gids:  # as a client may delete each page that it has read
            return gids.index(following)
        raise invalid("offset", "Your pagination token has expired.")


def _token(now: str, end: int, last: str, following: str) -> str:
    return base64.urlsafe_b64encode(f"{now}|{end}|{last}|{following}".encode()).decode()


Operation = Callable[..., Reply]
OPERATIONS: dict[Key, Operation] = {}


def operation(method: str, path: str) -> Callable[[Operation], Operation]:
    """Enter a function into the table of operations.

    Args:
        method: HTTP method.
        path: As in Asana's OpenAPI document, e.g. `/goals/{gid}`; the parts in braces become arguments, in order.

    Raises:
        KeyError: Asana documents no such operation.
    """
    key = key_of(method, path)
    catalogue()[key]

    def enter(function: Operation) -> Operation:
        OPERATIONS[key] = function
        return function

    return enter


def run(call: Call) -> Reply:
    """Find the operation of a call and run it, as far as the caller's token goes.

    Raises:
        ApiError: What the token must not do or the operation refuses; 501 for an operation of Asana's that the
            sandbox lacks; 404 for a path that Asana lacks, too.
    """
    key = key_of_request(call.method, call.path)
    if key is None:
        raise ApiError(404, "No matching route for request")
    with call.player.seen_by(call.grant.viewer):
        call.grant.admit(call.player, key, call.path, call.query, call.data)
        found = OPERATIONS.get(key)
        if found is None:
            name = catalogue()[key].operation_id
            raise ApiError(501, f"operation not implemented in the sandbox: {name} ({call.method} {call.path})")
        parts = (call.method, *call.path.strip("/").split("/"))
        reply = found(call, *(part for wanted, part in zip(key, parts, strict=True) if wanted == "*"))
        reply.is_pretty = call.wants_pretty()
        return reply


def read_one(resource: str) -> Operation:
    """Make the operation `GET /<resource>/{gid}`."""

    def get(call: Call, gid: str) -> Reply:
        call.player.get(resource, gid)
        return call.one(gid)

    return get
