"""The audit log of a workspace: those effects of writes that Asana's audit log knows, under its names for them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import urlencode

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import stated_choice
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import invalid
from asana_intel.sandbox.times import plus_ms, stated_iso
from asana_intel.sandbox.world import Fields

MOST = 1000
KEPT_MS = 90 * 24 * 3600 * 1000
_FIRST_GID = 10**15
_ACTORS = ("user", "asana", "asana_support", "anonymous", "external_administrator")
# (resource, action) -> event type and category. What is not here, Asana's audit log does not tell of.
_EVENTS: dict[tuple[str, str], tuple[str, str]] = {
    ("teams", "added"): ("team_created", "creation"),
    ("attachments", "added"): ("attachment_uploaded", "creation"),
    ("users", "added"): ("user_invited", "user_updates"),
    ("users", "deleted"): ("user_deprovisioned", "user_updates"),
    ("team_memberships", "added"): ("team_member_added", "access_control"),
    ("team_memberships", "deleted"): ("team_member_removed", "access_control"),
    ("organization_exports", "added"): ("workspace_export_started", "content_export"),
    ("stories", "deleted"): ("comment_deleted", "deletion"),
    **{
        (f"{kind}s" if kind != "status_update" else "status_updates", "deleted"): (f"{kind}_deleted", "deletion")
        for kind in (
            "task", "project", "portfolio", "goal", "custom_field", "team", "attachment", "status_update",
            "task_template", "project_template",
        )
    },
}  # fmt: skip
# (resource, changed field, its action) -> event type; all of them are about access.
_CHANGES: dict[tuple[str, str, str], str] = {
    ("projects", "members", "added"): "project_member_added",
    ("projects", "members", "removed"): "project_member_removed",
    ("projects", "privacy_setting", "changed"): "project_privacy_settings_changed",
    ("teams", "visibility", "changed"): "team_privacy_settings_changed",
}
# Effects on these are told as events of what they belong to.
_TOLD_AS = {"team_memberships": "team", "organization_exports": "organization"}


@operation("GET", "/workspaces/{workspace}/audit_log_events")
def get_audit_log_events(call: Call, workspace: str) -> Reply:
    """Audit log events, oldest first; where any fit, `next_page` is always there, to be asked for later ones."""
    player = call.player
    player.get("workspaces", workspace)
    limit, start = _limit(call), _start(call)
    fitting = [(place, event) for place, event in _events(player) if _fits(call, event)]
    page = [(place, event) for place, event in fitting if place >= start][:limit]
    next_page = None
    if fitting:
        after = page[-1][0] + 1 if page else start
        offset = base64.urlsafe_b64encode(f"audit:{after}".encode()).decode()
        path = f"{call.path}?{urlencode({**call.query, 'limit': limit, 'offset': offset})}"
        next_page = {"offset": offset, "path": path, "uri": call.base_url + path}
    return Reply({"data": [event for _, event in page], "next_page": next_page})


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(MOST))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MOST:
        raise invalid("limit", f"Must be between 1 and {MOST}")
    return int(text)


def _start(call: Call) -> int:
    text = call.query.get("offset")
    if text is None:
        return 0
    try:
        kind, _, place = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
        if kind == "audit":
            return int(place)
    except ValueError:
        pass
    raise invalid("offset", "Your pagination token is invalid.")


def _events(player: Player) -> Iterator[tuple[int, Fields]]:
    earliest = plus_ms(player.now, -KEPT_MS)
    for place, effect in enumerate(player.effects):
        found = _named(player, effect) if effect["at"] >= earliest else None
        if found:
            yield place, {"gid": str(_FIRST_GID + place), **_event(player, effect, *found)}


def _named(player: Player, effect: Fields) -> tuple[str, str] | None:
    record = player.record(effect["resource"])
    if record is None:
        return None
    if effect["action"] == "changed":
        change = effect["change"] or {}
        name = _CHANGES.get((record.resource, change.get("field", ""), change.get("action", "")))
        return (name, "access_control") if name else None
    return _EVENTS.get((record.resource, effect["action"]))


def _event(player: Player, effect: Fields, event_type: str, category: str) -> Fields:
    gid = effect["resource"]
    record = player.record(gid)
    if record and record.resource in _TOLD_AS:
        gid = (player.field(gid, _TOLD_AS[record.resource]) or {"gid": gid})["gid"]
        record = player.record(gid)
    resource: Fields = {"resource_type": record.fields["resource_type"] if record else None, "gid": gid}
    resource["name"] = player.field(gid, "name")
    if subtype := player.field(gid, "resource_subtype"):
        resource["resource_subtype"] = subtype
    return {
        "created_at": effect["at"],
        "event_type": event_type,
        "event_category": category,
        "actor": _actor(player, effect["user"]),
        "resource": resource,
        "details": _details(player, effect),
        "context": {"context_type": "api", "api_authentication_method": "personal_access_token"},
    }


def _actor(player: Player, gid: str | None) -> Fields:
    if gid is None:
        return {"actor_type": "asana"}
    made_up = player.identities.get(gid)
    name, email = (made_up[n] if made_up else player.field(gid, n) for n in ("name", "email"))
    return {"actor_type": "user", "gid": gid, "name": name, "email": email}


def _details(player: Player, effect: Fields) -> Fields:
    change = effect["change"] or {}
    value = change.get("added_value") or change.get("removed_value")
    if value:
        return {"new_value" if "added_value" in change else "old_value": value["gid"]}
    if change.get("field") in ("privacy_setting", "visibility"):
        return {"new_value": player.field(effect["resource"], change["field"])}
    return {}


def _fits(call: Call, event: Fields) -> bool:
    query = call.query
    start, end = (_moment(call, name) for name in ("start_at", "end_at"))
    if query.get("actor_type"):
        stated_choice("actor_type", query["actor_type"], _ACTORS)
    return (
        (not start or event["created_at"] >= start)
        and (not end or event["created_at"] < end)
        and query.get("event_type", event["event_type"]) == event["event_type"]
        and query.get("actor_gid", event["actor"].get("gid")) == event["actor"].get("gid")
        and query.get("actor_type", event["actor"]["actor_type"]) == event["actor"]["actor_type"]
        and query.get("resource_gid", event["resource"]["gid"]) == event["resource"]["gid"]
    )


def _moment(call: Call, name: str) -> str | None:
    text = call.query.get(name)
    if not text:
        return None
    try:
        return stated_iso(text.replace(" ", "+"))
    except ValueError as error:
        raise invalid(name, f"Not a valid date: {text}") from error
