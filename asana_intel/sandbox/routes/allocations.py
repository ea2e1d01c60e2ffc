"""Allocations of people and placeholders to projects, and out-of-office entries."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import stated_choice, stated_date
from asana_intel.sandbox.rejections import invalid, missing
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, delete_one

operation("GET", "/allocations/{gid}")(read_one("allocations"))
operation("DELETE", "/allocations/{gid}")(delete_one("allocations"))
operation("GET", "/ooo_entries/{gid}")(read_one("ooo_entries"))
operation("DELETE", "/ooo_entries/{gid}")(delete_one("ooo_entries"))

_ALLOCATION = frozenset({"start_date", "end_date", "effort", "assignee", "parent"})
_DAYS = ("start_date", "end_date")


@operation("GET", "/allocations")
def get_allocations(call: Call) -> Reply:
    """Allocations to a project, of an assignee, or of a workspace."""
    player, query = call.player, call.query
    if query.get("parent"):
        gids = player.related("allocations.parent", call.existing("parent", "projects", query["parent"]))
    elif query.get("assignee"):
        gids = player.related("allocations.assignee", _assignee(call, query["assignee"]))
    else:
        call.existing("workspace", "workspaces", call.required("workspace"))
        gids = player.all("allocations")
    if query.get("parent"):
        gids = [gid for gid in gids if (player.field(gid, "parent") or {}).get("gid") == query["parent"]]
    if query.get("assignee"):
        person = _assignee(call, query["assignee"])
        gids = [gid for gid in gids if (player.field(gid, "assignee") or {}).get("gid") == person]
    return call.many("allocations", gids)


def _assignee(call: Call, gid: str) -> str:
    """Return the gid of a user, or of a placeholder, which stands where no person is chosen yet."""
    record = call.player.record(gid)
    if record and record.resource == "placeholders" and call.player.exists(gid):
        return gid
    return call.user_gid("assignee", gid)


@operation("POST", "/allocations")
def create_allocation(call: Call) -> Reply:
    """Allocate a person to a project over some days; assignee, parent and both dates are required."""
    call.reject_unknown(_ALLOCATION)
    for name in ("assignee", "parent", *_DAYS):
        call.input(name)
    fields = _allocation(call)
    _check_order(fields)
    return call.one(add(call, "allocations", fields, parent=fields["parent"]["gid"]), 201)


@operation("PUT", "/allocations/{allocation}")
def update_allocation(call: Call, allocation: str) -> Reply:
    """Change the days, the effort, the person or the project of an allocation."""
    player = call.player
    player.get("allocations", allocation)
    call.reject_unknown(_ALLOCATION)
    fields = _allocation(call)
    _check_order({**player.fields(allocation), **fields})
    change(call, allocation, fields)
    return call.one(allocation)


def _allocation(call: Call) -> Fields:
    fields = _days(call)
    if "effort" in call.data:
        fields["effort"] = _effort(call.data["effort"])
    if "assignee" in call.data:
        fields["assignee"] = {"gid": _assignee(call, str(call.input("assignee")))}
    if "parent" in call.data:
        fields["parent"] = {"gid": call.existing("parent", "projects", call.input("parent"))}
    return fields


def _effort(effort: Any) -> Fields | None:
    if effort is None:
        return None
    if not isinstance(effort, dict) or set(effort) - {"type", "value"}:
        raise invalid("effort", "Not an object of type and value")
    kind = stated_choice("effort.type", effort.get("type"), ("hours", "percent"))
    value = effort.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise invalid("effort.value", "Must be a number, at least 0")
    return {"type": kind, "value": value}


def _days(call: Call) -> Fields:
    fields: Fields = {}
    for name in _DAYS:
        if name in call.data:
            fields[name] = stated_date(name, call.data[name])
            if fields[name] is None:
                raise missing(name)
    return fields


def _check_order(fields: Fields) -> None:
    if fields["start_date"] > fields["end_date"]:
        raise invalid("start_date", "Start date must be on or before the end date")


# -- out of office


@operation("GET", "/ooo_entries")
def get_ooo_entries(call: Call) -> Reply:
    """Out-of-office entries of a user in a workspace, those that touch `start_date`..`end_date` if given."""
    player = call.player
    user = call.user_gid("user", call.required("user"))
    call.existing("workspace", "workspaces", call.required("workspace"))
    start, end = (stated_date(name, call.query.get(name)) for name in _DAYS)
    gids = [
        gid
        for gid in player.related("ooo.user", user)
        if (not start or player.field(gid, "end_date") >= start) and (not end or player.field(gid, "start_date") <= end)
    ]
    return call.many("ooo_entries", gids)


@operation("POST", "/ooo_entries")
def create_ooo_entry(call: Call) -> Reply:
    """Enter whole days on which a user is out of office."""
    call.reject_unknown({*_DAYS, "user", "workspace"})
    for name in ("user", "workspace", *_DAYS):
        call.input(name)
    call.existing("workspace", "workspaces", call.data["workspace"])
    fields = {**_days(call), "user": {"gid": call.user_gid("user", str(call.data["user"]))}}
    _check_order(fields)
    return call.one(add(call, "ooo_entries", fields, parent=fields["user"]["gid"]), 201)


@operation("PUT", "/ooo_entries/{entry}")
def update_ooo_entry(call: Call, entry: str) -> Reply:
    """Change the days of an out-of-office entry."""
    player = call.player
    player.get("ooo_entries", entry)
    call.reject_unknown(_DAYS)
    _check_order({**player.fields(entry), **_days(call)})
    change(call, entry, _days(call))
    return call.one(entry)
