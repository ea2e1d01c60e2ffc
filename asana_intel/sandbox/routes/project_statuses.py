"""The deprecated form of a project's status updates: the same posts with a colour, under the same gids."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import default_record, stated_choice, text_fields
from asana_intel.sandbox.rejections import missing, unknown
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import remove

_COLOR = {
    "on_track": "green",
    "at_risk": "yellow",
    "off_track": "red",
    "on_hold": "blue",
    "complete": "complete",
    "dropped": "red",
}
_TYPE = {"green": "on_track", "yellow": "at_risk", "red": "off_track", "blue": "on_hold", "complete": "complete"}
_SHARED = ("title", "text", "html_text", "author", "created_at", "created_by", "modified_at")


def _view(call: Call, gid: str) -> Fields:
    update = standing(call.player, gid)
    view = {"gid": gid, "resource_type": "project_status", "color": _COLOR.get(update["status_type"], "green")}
    return view | {name: update[name] for name in _SHARED if name in update}


def _existing(call: Call, gid: str) -> str:
    player = call.player
    record = player.record(gid)
    if record is None or record.resource != "status_updates" or not player.exists(gid):
        raise unknown("project_status", gid)
    parent = player.record((player.field(gid, "parent") or {}).get("gid", ""))
    if parent is None or parent.resource != "projects":
        raise unknown("project_status", gid)
    return gid


@operation("GET", "/project_statuses/{status}")
def get_project_status(call: Call, status: str) -> Reply:
    """One status of a project."""
    return call.view("project_statuses", _view(call, _existing(call, status)))


@operation("GET", "/projects/{project}/project_statuses")
def get_project_statuses(call: Call, project: str) -> Reply:
    """Statuses of a project, newest first."""
    player = call.player
    player.get("projects", project)
    gids = player.related("status_updates.parent", project)
    newest = sorted(gids, key=lambda gid: player.field(gid, "created_at"), reverse=True)
    return call.views("project_statuses", [_view(call, gid) for gid in newest])


@operation("POST", "/projects/{project}/project_statuses")
def create_project_status(call: Call, project: str) -> Reply:
    """Post a status of a project; it is a status update, too."""
    player = call.player
    player.get("projects", project)
    call.reject_unknown({"title", "text", "html_text", "color"})
    color = stated_choice("color", call.input("color"), _TYPE)
    if not (call.data.get("text") or call.data.get("html_text")):
        raise missing("text")
    fields = text_fields(call, ("title", "text", "html_text"))
    at = player.tick()
    fields |= {
        "status_type": _TYPE[color],
        "resource_subtype": "project_status_update",
        "parent": {"gid": project},
        "author": {"gid": call.actor["gid"]},
        "created_at": at,
        "modified_at": at,
    }
    gid = player.create(default_record(call, "status_updates", fields))
    player.note(project, "changed", call.actor["gid"], {"field": "current_status_update", "action": "changed"})
    return call.view("project_statuses", _view(call, gid), 201)


@operation("DELETE", "/project_statuses/{status}")
def delete_project_status(call: Call, status: str) -> Reply:
    """Delete a status of a project."""
    remove(call, _existing(call, status), parent=call.player.field(status, "parent")["gid"])
    return call.done()
