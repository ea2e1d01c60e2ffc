"""The events streams: of a task, project or goal, and of a workspace."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.events import PAGE, WORKSPACE_PAGE, Position
from asana_intel.sandbox.fields import pick, plan_of
from asana_intel.sandbox.rejections import ApiError, invalid, unknown

_WATCHABLE = ("tasks", "projects", "goals")


@operation("GET", "/events")
def get_events(call: Call) -> Reply:
    """Changes since a sync token; 412 with a fresh token where there is none, or it is too old or unknown."""
    resource, player = call.required("resource"), call.player
    record = player.record(resource)
    if record is None or not player.exists(resource):
        raise unknown("resource", resource)
    if record.resource not in _WATCHABLE:
        raise invalid("resource", "Not a task, project or goal")
    return _stream(call, resource, PAGE)


@operation("GET", "/workspaces/{workspace_gid}/events")
def get_workspace_events(call: Call, gid: str) -> Reply:
    """All changes in a workspace since a sync token."""
    call.player.get("workspaces", gid)
    return _stream(call, gid, WORKSPACE_PAGE)


def _stream(call: Call, resource: str, limit: int) -> Reply:
    log = call.player.events
    log.note_poll(resource, call.actor["gid"])
    position = Position.read(call.query.get("sync", ""))
    if position is None or position.resource != resource or not position.is_fresh(call.player.now):
        message = (
            "Sync token invalid or too old. If you are attempting to keep resources in sync, "
            "you must fetch the full dataset for this query now and use the new sync token for the next sync."
        )
        raise ApiError(412, message, {"sync": log.first(resource)})
    page = log.read(position, limit)
    events = page.events
    if asked := call.opt_fields():
        events = pick(events, plan_of(asked), call.resolve, {})
    return Reply({"data": events, "sync": page.sync, "has_more": page.has_more})
