"""The events stream of a task, project or goal."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.events import Position, read_events
from asana_intel.sandbox.fields import pick, plan_of
from asana_intel.sandbox.rejections import ApiError, unknown

_WATCHABLE = ("tasks", "projects", "goals")


@operation("GET", "/events")
def get_events(call: Call) -> Reply:
    """Changes since a sync token; 412 with a fresh token where there is none, or it is too old or unknown."""
    resource, player = call.required("resource"), call.player
    record = player.record(resource)
    if record is None or record.resource not in _WATCHABLE or not player.exists(resource):
        raise unknown("resource", resource)
    position = Position.read(call.query.get("sync", ""))
    if position is None or position.resource != resource or not position.is_fresh(player.now):
        message = (
            "Sync token invalid or too old. If you are attempting to keep resources in sync, "
            "you must fetch the full dataset for this query now and use the new sync token for the next sync."
        )
        raise ApiError(412, message, {"sync": Position(resource, player.now).token()})
    events, after, has_more = read_events(player, position)
    if asked := call.opt_fields():
        events = pick(events, plan_of(asked), call.resolve, {})
    return Reply({"data": events, "sync": after.token(), "has_more": has_more})
