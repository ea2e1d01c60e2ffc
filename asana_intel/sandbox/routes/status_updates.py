"""Status updates on goals, projects and portfolios: created and deleted, never edited."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import default_record, stated_choice, text_fields
from asana_intel.sandbox.rejections import invalid, missing, unknown
from asana_intel.sandbox.times import stated_iso

operation("GET", "/status_updates/{gid}")(read_one("status_updates"))

_OPEN = frozenset({"on_track", "at_risk", "off_track"})
_VALID = {
    "goals": _OPEN | {"achieved", "partial", "missed", "dropped"},
    "projects": _OPEN | {"on_hold", "complete", "dropped"},
    "portfolios": _OPEN | {"on_hold", "complete", "dropped"},
}


@operation("GET", "/status_updates")
def get_status_updates(call: Call) -> Reply:
    """Status updates of a parent, newest first; `parent` is required."""
    player, parent = call.player, call.required("parent")
    _kind(call, parent)
    gids = player.related("status_updates.parent", parent)
    if since := call.query.get("created_since"):
        try:
            moment = stated_iso(since.replace(" ", "+"))
        except ValueError as error:
            raise invalid("created_since", f"Not a valid date: {since}") from error
        gids = [gid for gid in gids if player.field(gid, "created_at") >= moment]
    return call.many("status_updates", sorted(gids, key=lambda gid: player.field(gid, "created_at"), reverse=True))


def _kind(call: Call, parent: str) -> str:
    record = call.player.record(parent)
    if record is None or record.resource not in _VALID or not call.player.exists(parent):
        raise unknown("parent", parent)
    return record.resource


@operation("POST", "/status_updates")
def create_status_update(call: Call) -> Reply:
    """Post a status update; it becomes the parent's current one."""
    call.reject_unknown({"parent", "status_type", "text", "html_text", "title"})
    parent, status_type = str(call.input("parent")), call.input("status_type")
    kind = _kind(call, parent)
    stated_choice("status_type", status_type, _VALID[kind])
    if not (call.data.get("text") or call.data.get("html_text")):
        raise missing("text")
    fields = text_fields(call, ("text", "html_text", "title"))
    at = call.player.tick()
    fields |= {
        "status_type": status_type,
        "resource_subtype": f"{kind.removesuffix('s')}_status_update",
        "parent": {"gid": parent},
        "author": {"gid": call.actor["gid"]},
        "created_at": at,
        "modified_at": at,
    }
    gid = call.player.create(default_record(call, "status_updates", {"title": "", **fields}))
    change = {"field": "current_status_update", "action": "changed"}
    call.player.note(parent, "changed", call.actor["gid"], change)
    return call.one(gid, 201)


@operation("DELETE", "/status_updates/{update}")
def delete_status_update(call: Call, update: str) -> Reply:
    """Delete a status update."""
    call.player.get("status_updates", update)
    call.player.tick()
    call.player.delete(update)
    return call.done()
