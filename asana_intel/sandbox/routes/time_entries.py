"""Writing time entries: who worked how long on what. Reading them is planning.py's."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import stated_choice, stated_date
from asana_intel.sandbox.rejections import invalid, missing
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, remove

_BODY = frozenset({"duration_minutes", "entered_on", "attributable_to", "billable_status", "description", "categories"})
_BILLABLE = frozenset({"billable", "nonBillable", "notApplicable"})


@operation("POST", "/tasks/{task}/time_tracking_entries")
def create_time_tracking_entry(call: Call, task: str) -> Reply:
    """Log time on a task, by the caller, today unless the body says when."""
    player, gid = call.player, task_gid(call, task)
    call.reject_unknown(_BODY)
    if call.data.get("duration_minutes") is None:
        raise missing("duration_minutes")
    fields = {"entered_on": player.now[:10], **_fields(call, gid)}
    if "attributable_to" not in fields:
        projects = player.field(gid, "projects") or []
        fields["attributable_to"] = projects[0] if len(projects) == 1 else None
    head: Fields = {"task": {"gid": gid}, "created_at": player.now}
    return call.one(add(call, "time_tracking_entries", {**fields, **head}, parent=gid), 201)


@operation("PUT", "/time_tracking_entries/{entry}")
def update_time_tracking_entry(call: Call, entry: str) -> Reply:
    """Change an entry; its task counts it anew."""
    player = call.player
    player.get("time_tracking_entries", entry)
    call.reject_unknown(_BODY)
    fields = _fields(call, player.field(entry, "task")["gid"])
    changed = {name: value for name, value in fields.items() if value != player.field(entry, name)}
    if changed:
        change(call, entry, changed)
        player.touch(player.field(entry, "task")["gid"])
    return call.one(entry)


@operation("DELETE", "/time_tracking_entries/{entry}")
def delete_time_tracking_entry(call: Call, entry: str) -> Reply:
    """Delete an entry."""
    call.player.get("time_tracking_entries", entry)
    task = call.player.field(entry, "task")["gid"]
    remove(call, entry, parent=task)
    call.player.touch(task)
    return call.done()


def _fields(call: Call, task: str) -> Fields:
    """Read what an entry says; the project that it counts for must be one of its task's."""
    player, body = call.player, call.data
    fields: Fields = {}
    if "duration_minutes" in body:
        fields["duration_minutes"] = _minutes(body["duration_minutes"])
    if "entered_on" in body:
        fields["entered_on"] = stated_date("entered_on", body["entered_on"]) or player.now[:10]
    if "attributable_to" in body:
        project = body["attributable_to"]
        known = [item["gid"] for item in player.field(task, "projects") or ()]
        if project is not None and call.existing("attributable_to", "projects", project) not in known:
            raise invalid("attributable_to", f"The task is not in project {project}")
        fields["attributable_to"] = None if project is None else {"gid": str(project)}
    if "billable_status" in body:
        fields["billable_status"] = stated_choice("billable_status", body["billable_status"], _BILLABLE)
    if "description" in body:
        if not isinstance(body["description"], str):
            raise invalid("description", "Not a string")
        fields["description"] = body["description"]
    if "categories" in body:
        named = [call.existing("categories", "time_tracking_categories", item) for item in call.listed("categories")]
        if len(named) > 1:
            raise invalid("categories", "At most one category can be given")
        fields["categories"] = [{"gid": gid} for gid in named]
    return fields


def _minutes(value: Any) -> int:
    minutes = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else value
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 < minutes < 10**9:
        raise invalid("duration_minutes", "Must be a whole number greater than 0")
    return minutes
