"""Goals: reading, making and changing them. Their metrics and what supports them are in modules of their own."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import (
    custom_values,
    default_record,
    stated_choice,
    stated_date,
    stated_flag,
    text_fields,
    user_reference,
)
from asana_intel.sandbox.members import join_named, leave_named
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.standing import CLOSED_GOAL, attached_fields
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import change, delete_one

operation("DELETE", "/goals/{gid}")(delete_one("goals"))

STATUSES = frozenset({"green", "yellow", "red"}) | CLOSED_GOAL
_PLACE = frozenset(
    {"name", "notes", "html_notes", "owner", "team", "is_workspace_level", "time_period", "start_on", "due_on",
     "liked"}
)  # fmt: skip


@operation("GET", "/goals")
def get_goals(call: Call) -> Reply:
    """Goals of a workspace, team, portfolio, project or task."""
    player, query = call.player, call.query
    for name, resource in (("portfolio", "portfolios"), ("project", "projects"), ("task", "tasks")):
        if query.get(name):
            gids = _supported_goals(call, call.existing(name, resource, query[name]))
            break
    else:
        gids = player.all("goals")
        if not (query.get("workspace") or query.get("team")):
            raise missing("workspace")
        if query.get("workspace"):
            workspace = call.existing("workspace", "workspaces", query["workspace"])
            gids = [gid for gid in gids if (player.field(gid, "workspace") or {}).get("gid") == workspace]
        if query.get("team"):
            team = call.existing("team", "teams", query["team"])
            gids = [gid for gid in gids if (player.field(gid, "team") or {}).get("gid") == team]
    if "is_workspace_level" in query:
        call.required("workspace")
        wanted = query["is_workspace_level"].lower() == "true"
        gids = [gid for gid in gids if bool(player.field(gid, "is_workspace_level")) == wanted]
    if query.get("time_periods"):
        periods = query["time_periods"].split(",")
        gids = [gid for gid in gids if (player.field(gid, "time_period") or {}).get("gid") in periods]
    return goal_reply(call, call.many("goals", gids))


@operation("GET", "/goals/{goal}")
def get_goal(call: Call, goal: str) -> Reply:
    """One goal."""
    call.player.get("goals", goal)
    return goal_reply(call, call.one(goal))


def _supported_goals(call: Call, gid: str) -> list[str]:
    relationships = call.player.related("relationships.supporting", gid)
    return list(dict.fromkeys(call.player.field(r, "supported_goal")["gid"] for r in relationships))


@operation("GET", "/goals/{goal}/parentGoals")
def get_parent_goals(call: Call, goal: str) -> Reply:
    """Goals that a goal supports, on one page."""
    call.player.get("goals", goal)
    return call.whole("goals", _supported_goals(call, goal))


@operation("POST", "/goals")
def create_goal(call: Call) -> Reply:
    """Create a goal; its metric, status and custom fields come later."""
    call.reject_unknown(_PLACE | {"workspace", "followers"})
    call.input("name")
    workspace = call.existing("workspace", "workspaces", call.input("workspace"))
    fields = _fields(call)
    _check_dates(fields)
    followers = [{"gid": call.user_gid("followers", str(user))} for user in call.listed("followers")]
    call.player.tick()
    record = default_record(
        call, "goals", {**fields, "workspace": {"gid": workspace}, "followers": followers}, authored=False
    )
    gid = call.player.create(record)
    call.player.note(gid, "added", call.actor["gid"], parent=call.player.ref(workspace))
    return call.one(gid, 201)


@operation("PUT", "/goals/{goal}")
def update_goal(call: Call, goal: str) -> Reply:
    """Change fields, status (with a metric only) and custom-field values of a goal."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown(_PLACE | {"status", "custom_fields", "workspace"})
    own = player.field(goal, "workspace")
    if own and str(call.data.get("workspace", own["gid"])) != own["gid"]:
        raise invalid("workspace", "The workspace of a goal cannot be changed")
    fields = _fields(call)
    _check_dates({**player.fields(goal), **fields})
    if "status" in call.data:
        status = call.data["status"]
        if not player.field(goal, "metric"):
            raise ApiError(400, "status: Cannot set the status of a goal that has no metric")
        fields["status"] = None if status is None else stated_choice("status", status, STATUSES)
    values = custom_values(call, set(attached_fields(player, goal)))
    change(call, goal, fields, values)
    return goal_reply(call, call.one(goal))


def _check_dates(fields: Fields) -> None:
    if fields.get("start_on") and fields.get("due_on") and fields["start_on"] > fields["due_on"]:
        raise invalid("start_on", "Start date must be on or before the due date")


def _fields(call: Call) -> Fields:
    body = call.data
    fields = text_fields(call, ("name", "notes", "html_notes"))
    fields.update((name, stated_date(name, body[name])) for name in ("start_on", "due_on") if name in body)
    fields.update((name, stated_flag(name, body[name])) for name in ("is_workspace_level", "liked") if name in body)
    if "owner" in body:
        fields["owner"] = user_reference(call, "owner")
    for name, resource in (("team", "teams"), ("time_period", "time_periods")):
        if name in body:
            given = body[name]
            fields[name] = None if given is None else {"gid": call.existing(name, resource, given)}
    return fields


def goal_reply(call: Call, reply: Reply) -> Reply:
    """Say of external metrics whether this caller made them, and so may report their values (`can_manage`)."""
    shown = reply.body["data"]
    own, mine = call.actor["gid"], []
    for goal in shown if isinstance(shown, list) else [shown]:
        creator = (call.player.field(goal["gid"], "metric") or {}).get("creator")
        metric = goal.get("metric")
        if creator and creator != own and metric and "can_manage" in metric:
            goal = {**goal, "metric": {**metric, "can_manage": False}}
        mine.append(goal)
    reply.body["data"] = mine if isinstance(shown, list) else mine[0]
    return reply


# -- followers


@operation("POST", "/goals/{goal}/addFollowers")
def add_followers(call: Call, goal: str) -> Reply:
    """Let users follow a goal; they are its members then."""
    call.player.get("goals", goal)
    join_named(call, goal, "followers")
    return goal_reply(call, call.one(goal))


@operation("POST", "/goals/{goal}/removeFollowers")
def remove_followers(call: Call, goal: str) -> Reply:
    """Let users no longer follow a goal."""
    call.player.get("goals", goal)
    leave_named(call, goal, "followers")
    return goal_reply(call, call.one(goal))
