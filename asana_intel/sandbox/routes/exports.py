"""Exports: of a graph, of tasks, teams or messages, of a whole organization. Their files are served beside the API."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.downloads import addressed, with_export
from asana_intel.sandbox.edits import stated_choice
from asana_intel.sandbox.exported import (
    EXPORTED,
    graph_of,
    packed_json,
    packed_lines,
    rows_of,
    shown_in_full,
    stated_filters,
)
from asana_intel.sandbox.jobs import job_status, start_job
from asana_intel.sandbox.rejections import ApiError, invalid, missing, unknown
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.times import plus_ms
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add

_PARENTS = ("goals", "projects", "portfolios", "teams")
_CACHED_FROM = 1000
_CACHED_MS = 4 * 3600 * 1000
_GRAPH, _RESOURCES = "graph_export_request", "export_request"
_WHOLE = (
    "users", "teams", "projects", "sections", "portfolios", "goals", "goal_relationships", "custom_fields", "tags",
    "tasks", "stories", "status_updates", "attachments", "time_tracking_entries",
)  # fmt: skip
_STATES = ("pending", "started", "finished")


@operation("POST", "/exports/graph")
def create_graph_export(call: Call) -> Reply:
    """Export a goal, project, portfolio or team with all below it; large ones are kept for four hours."""
    player = call.player
    call.reject_unknown({"parent"})
    parent = str(call.input("parent"))
    record = player.record(parent)
    if record is None or record.resource not in _PARENTS or not player.exists(parent):
        raise unknown("parent", parent)
    gid = _kept(call, parent) or _graph(call, parent)
    return _job(call, _GRAPH, "new_graph_export", gid)


def _kept(call: Call, parent: str) -> str | None:
    player = call.player
    for gid in reversed(player.all("exports")):
        record = player.record(gid)
        if record and record.extra.get("kept_for") == parent and player.now <= plus_ms(record.born, _CACHED_MS):
            player.tick()
            return gid
    return None


def _graph(call: Call, parent: str) -> str:
    player = call.player
    found = graph_of(player, parent)
    tasks = sum(1 for gid in found if (record := player.record(gid)) and record.resource == "tasks")
    content = packed_json({"data": [shown_in_full(player, gid) for gid in found]})
    extra = {"content": content, "kept_for": parent if tasks > _CACHED_FROM else None}
    fields = {"resource_type": "graph_export"}
    return add(call, "exports", fields, parent=parent, authored=False, dated=True, extra=extra)


def _job(call: Call, subtype: str, member: str, gid: str) -> Reply:
    reply = start_job(call, subtype, **{member: gid})
    job = reply.body["data"]
    job.pop("new_task", None)
    reply.body["data"] = with_export(call, job)
    return reply


@operation("POST", "/exports/resource")
def create_resource_export(call: Call) -> Reply:
    """Export tasks with their stories, teams or messages as JSON Lines; one at a time."""
    player = call.player
    call.reject_unknown({"workspace", "export_request_parameters"})
    workspace = call.existing("workspace", "workspaces", call.input("workspace"))
    wanted = [_parameter(item) for item in call.listed("export_request_parameters")]
    if not wanted:
        raise missing("export_request_parameters")
    running = [job for job in player.all("jobs") if player.field(job, "resource_subtype") == _RESOURCES]
    if any(job_status(player, job) != "succeeded" for job in running):
        raise ApiError(403, "An export request is already in progress for this workspace")
    content = packed_lines(row for item in wanted for row in rows_of(call, item))
    fields, extra = {"resource_type": "export_request"}, {"content": content}
    gid = add(call, "exports", fields, parent=workspace, authored=False, dated=True, extra=extra)
    return _job(call, _RESOURCES, "new_resource_export", gid)


def _parameter(given: Any) -> Fields:
    if not isinstance(given, dict) or set(given) - {"resource_type", "filters", "fields"}:
        raise invalid("export_request_parameters", "Not an array of {resource_type, filters, fields}")
    kind = stated_choice("resource_type", given.get("resource_type"), EXPORTED)
    if not isinstance(given.get("fields") or [], list):
        raise invalid("fields", "Not an array")
    return {**given, "filters": stated_filters(kind, given.get("filters") or {})}


# -- organizations


@operation("POST", "/organization_exports")
def create_organization_export(call: Call) -> Reply:
    """Ask for everything in a workspace as one JSON document."""
    player = call.player
    call.reject_unknown({"organization"})
    organization = call.existing("organization", "workspaces", call.input("organization"))
    everything = {resource: [shown_in_full(player, gid) for gid in player.all(resource)] for resource in _WHOLE}
    fields, extra = {"organization": {"gid": organization}}, {"content": packed_json(everything), "looks": 0}
    gid = add(call, "organization_exports", fields, parent=organization, authored=False, dated=True, extra=extra)
    return call.one(gid, 201)


@operation("GET", "/organization_exports/{export}")
def get_organization_export(call: Call, export: str) -> Reply:
    """How far an export is: every look brings it on, and so does a minute of the clock; then where the file is."""
    record = call.player.get("organization_exports", export)
    record.extra["looks"] += 1
    is_late = call.player.now >= plus_ms(record.born, 60_000)
    state = _STATES[-1] if is_late else _STATES[min(record.extra["looks"], len(_STATES) - 1)]
    path = f"/-/downloads/organization_exports/{export}/export.json.gz" if state == _STATES[-1] else None
    return addressed(
        call,
        call.view(
            "organization_exports",
            {
                **standing(call.player, export),
                "state": state,
                "download_url": path,
            },
        ),
    )
