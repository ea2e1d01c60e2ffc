"""Categories of time entries and the approval of weekly timesheets. The entries themselves are elsewhere."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import stated_choice, stated_date, stated_flag
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, delete_one

for _resource in ("time_tracking_categories", "timesheet_approval_statuses"):
    operation("GET", f"/{_resource}/{{gid}}")(read_one(_resource))
operation("DELETE", "/time_tracking_categories/{gid}")(delete_one("time_tracking_categories"))

_COLORS = (
    "none", "red", "orange", "yellow-orange", "yellow", "yellow-green", "green", "blue-green", "aqua", "blue",
    "indigo", "purple", "magenta", "hot-pink", "pink", "cool-gray",
)  # fmt: skip
# Where a timesheet stands -> where it may go, as the API writes it.
_MOVES = {
    "DRAFT": ("submitted",),
    "SUBMITTED": ("draft", "approved", "rejected"),
    "APPROVED": ("draft", "rejected"),
    "REJECTED": ("draft", "submitted", "approved"),
}
_STATES = ("draft", "submitted", "approved", "rejected")


# -- categories


@operation("GET", "/time_tracking_categories")
def get_time_tracking_categories(call: Call) -> Reply:
    """Categories of a workspace: those in use, or the archived ones if `is_archived` is true."""
    player = call.player
    workspace = call.existing("workspace", "workspaces", call.required("workspace"))
    archived = call.query.get("is_archived", "false").lower() == "true"
    gids = [
        gid
        for gid in player.all("time_tracking_categories")
        if bool(player.field(gid, "is_archived")) == archived and _home(call, gid) in (None, workspace)
    ]
    return call.many("time_tracking_categories", gids)


def _home(call: Call, category: str) -> str | None:
    """Return the workspace of a category, which the API never shows; None where the world leaves it open."""
    record = call.player.record(category)
    return record.extra.get("workspace") if record else None


@operation("POST", "/time_tracking_categories")
def create_time_tracking_category(call: Call) -> Reply:
    """Define a category in a workspace."""
    call.reject_unknown({"name", "color", "workspace"})
    workspace = call.existing("workspace", "workspaces", call.input("workspace"))
    call.input("name")
    fields, extra = _category(call), {"workspace": workspace}
    gid = add(call, "time_tracking_categories", fields, parent=workspace, authored=False, extra=extra)
    return call.one(gid, 201)


@operation("PUT", "/time_tracking_categories/{category}")
def update_time_tracking_category(call: Call, category: str) -> Reply:
    """Rename, colour or archive a category."""
    call.player.get("time_tracking_categories", category)
    call.reject_unknown({"name", "color", "is_archived"})
    change(call, category, _category(call))
    return call.one(category)


def _category(call: Call) -> Fields:
    fields: Fields = {}
    if "name" in call.data:
        if not isinstance(call.data["name"], str) or not call.data["name"].strip():
            raise invalid("name", "Not a string, or empty")
        fields["name"] = call.data["name"]
    if "color" in call.data:
        fields["color"] = stated_choice("color", call.data["color"], _COLORS)
    if "is_archived" in call.data:
        fields["is_archived"] = stated_flag("is_archived", call.data["is_archived"])
    return fields


@operation("GET", "/time_tracking_categories/{category}/time_tracking_entries")
def get_time_tracking_entries_for_category(call: Call, category: str) -> Reply:
    """Time entries of a category, within `start_date`..`end_date` if given."""
    player = call.player
    player.get("time_tracking_categories", category)
    start, end = (stated_date(name, call.query.get(name)) for name in ("start_date", "end_date"))
    gids = [
        gid
        for gid in player.related("entries.category", category)
        if any(item["gid"] == category for item in player.field(gid, "categories") or ())
        and (not start or player.field(gid, "entered_on") >= start)
        and (not end or player.field(gid, "entered_on") <= end)
    ]
    return call.many("time_tracking_entries", gids)


# -- timesheets


@operation("GET", "/timesheet_approval_statuses")
def get_timesheet_approval_statuses(call: Call) -> Reply:
    """Timesheets of a workspace; of a user, that touch `from_date`..`to_date`, or in given states."""
    player, query = call.player, call.query
    workspace = call.existing("workspace", "workspaces", call.required("workspace"))
    gids = [
        gid for gid in player.all("timesheet_approval_statuses") if player.field(gid, "workspace")["gid"] == workspace
    ]
    if query.get("user"):
        user = call.user_gid("user", query["user"])
        gids = [gid for gid in gids if player.field(gid, "user")["gid"] == user]
    start, end = (stated_date(name, query.get(name)) for name in ("from_date", "to_date"))
    if query.get("approval_statuses"):
        asked = [text.strip().lower() for text in query["approval_statuses"].split(",")]
        states = {stated_choice("approval_statuses", text, _STATES).upper() for text in asked}
        gids = [gid for gid in gids if player.field(gid, "approval_status") in states]
    gids = [
        gid
        for gid in gids
        if (not start or player.field(gid, "end_date") >= start) and (not end or player.field(gid, "start_date") <= end)
    ]
    return call.many("timesheet_approval_statuses", gids)


@operation("POST", "/timesheet_approval_statuses")
def create_timesheet_approval_status(call: Call) -> Reply:
    """Open the timesheet of a user's week, Monday to Sunday, as a draft."""
    player = call.player
    call.reject_unknown({"user", "workspace", "start_date", "end_date"})
    user = call.user_gid("user", str(call.input("user")))
    workspace = call.existing("workspace", "workspaces", call.input("workspace"))
    start, end = (_day(name, call.input(name)) for name in ("start_date", "end_date"))
    if start.weekday() != 0:
        raise invalid("start_date", "Must be a Monday")
    if end != start + timedelta(days=6):
        raise invalid("end_date", "Must be the Sunday after start_date")
    for gid in player.related("timesheets.user", user):
        same = player.field(gid, "workspace")["gid"] == workspace
        if same and player.field(gid, "start_date") == start.isoformat():
            raise ApiError(400, f"start_date: A timesheet approval status exists for this week: {gid}")
    fields: Fields = {"user": {"gid": user}, "workspace": {"gid": workspace}}
    fields |= {"start_date": start.isoformat(), "end_date": end.isoformat()}
    gid = add(call, "timesheet_approval_statuses", fields, parent=user, authored=False, dated=True)
    return call.one(gid, 201)


def _day(name: str, value: Any) -> date:
    text = stated_date(name, value)
    if text is None:
        raise missing(name)
    return date.fromisoformat(text)


@operation("PUT", "/timesheet_approval_statuses/{status}")
def update_timesheet_approval_status(call: Call, status: str) -> Reply:
    """Submit, recall, approve or reject a timesheet; the time entries of its week follow."""
    player = call.player
    player.get("timesheet_approval_statuses", status)
    call.reject_unknown({"approval_status", "message"})
    wanted = stated_choice("approval_status", call.input("approval_status"), _STATES)
    now = player.field(status, "approval_status")
    if wanted not in _MOVES[now]:
        raise invalid("approval_status", f"Cannot go from {now.lower()} to {wanted}")
    change(call, status, {"approval_status": wanted.upper()})
    for entry in entries_of_timesheet(call, status):
        player.write(entry, {"approval_status": wanted.upper()})
    return call.one(status)


def entries_of_timesheet(call: Call, status: str) -> list[str]:
    """List the time entries of a timesheet's user in its week."""
    player = call.player
    user = player.field(status, "user")["gid"]
    start, end = player.field(status, "start_date"), player.field(status, "end_date")
    logged = [gid for gid in player.all("time_tracking_entries") if start <= player.field(gid, "entered_on") <= end]
    return [gid for gid in logged if (player.field(gid, "created_by") or {}).get("gid") == user]
