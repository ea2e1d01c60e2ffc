"""Time periods and the reading of time entries. Allocations and absences are allocations.py's."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import stated_date
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.routes.time_tracking import entries_of_timesheet
from asana_intel.sandbox.standing import portfolio_items

for _resource in ("time_periods", "time_tracking_entries"):
    operation("GET", f"/{_resource}/{{gid}}")(read_one(_resource))

_TIMESHEET = "timesheet_approval_status"


@operation("GET", "/time_periods")
def get_time_periods(call: Call) -> Reply:
    """Time periods of a workspace, those within `start_on`..`end_on` if given."""
    player = call.player
    call.existing("workspace", "workspaces", call.required("workspace"))
    start, end = (stated_date(name, call.query.get(name)) for name in ("start_on", "end_on"))
    gids = [
        gid
        for gid in player.all("time_periods")
        if (not start or player.field(gid, "end_on") >= start) and (not end or player.field(gid, "start_on") <= end)
    ]
    return call.many("time_periods", gids)


@operation("GET", "/time_tracking_entries")
def get_time_tracking_entries(call: Call) -> Reply:
    """Time entries of a task, of a project, or of a workspace within dates; lists do not tell the task."""
    player, query = call.player, call.query
    start, end = (stated_date(name, query.get(name)) for name in ("entered_on_start_date", "entered_on_end_date"))
    if query.get("task"):
        gids = player.related("entries.task", task_gid(call, query["task"]))
    elif query.get("attributable_to"):
        project = call.existing("attributable_to", "projects", query["attributable_to"])
        gids = player.related("entries.attributable", project)
    elif query.get("portfolio"):
        items = portfolio_items(player, call.existing("portfolio", "portfolios", query["portfolio"]))
        gids = [gid for item in items for gid in player.related("entries.attributable", item)]
    elif query.get(_TIMESHEET):
        status = call.existing(_TIMESHEET, "timesheet_approval_statuses", query[_TIMESHEET])
        gids = entries_of_timesheet(call, status)
    elif query.get("workspace"):
        call.existing("workspace", "workspaces", query["workspace"])
        if not (start or end):
            raise ApiError(400, "workspace: Must also specify entered_on_start_date or entered_on_end_date")
        gids = player.all("time_tracking_entries")
    elif query.get("user"):
        gids = player.all("time_tracking_entries")
    else:
        raise ApiError(400, "Must specify one of task, attributable_to, portfolio, user, or workspace with dates")
    if query.get("user"):
        user = call.user_gid("user", query["user"])
        gids = [gid for gid in gids if (player.field(gid, "created_by") or {}).get("gid") == user]
    gids = [
        gid
        for gid in gids
        if (not start or player.field(gid, "entered_on") >= start)
        and (not end or player.field(gid, "entered_on") <= end)
    ]
    return call.many("time_tracking_entries", gids)


@operation("GET", "/tasks/{task}/time_tracking_entries")
def get_time_tracking_entries_for_task(call: Call, task: str) -> Reply:
    """Time entries of a task."""
    gids = call.player.related("entries.task", task_gid(call, task))
    return call.many("time_tracking_entries", gids)
