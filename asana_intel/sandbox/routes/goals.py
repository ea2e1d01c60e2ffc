"""Goals, their metrics and their relationships."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import (
    custom_values,
    default_record,
    stated_choice,
    stated_date,
    stated_precision,
    text_fields,
    user_reference,
)
from asana_intel.sandbox.progress import COMPUTED
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.standing import CLOSED_GOAL, attached_fields
from asana_intel.sandbox.world import Fields

operation("GET", "/goals/{gid}")(read_one("goals"))
operation("GET", "/goal_relationships/{gid}")(read_one("goal_relationships"))

STATUSES = frozenset({"green", "yellow", "red"}) | CLOSED_GOAL
_SUPPORTERS = ("goals", "projects", "tasks", "portfolios")
_PLACE = frozenset(
    {"name", "notes", "html_notes", "owner", "team", "is_workspace_level", "time_period", "start_on", "due_on",
     "liked"}
)  # fmt: skip
_METRIC: dict[str, Any] = {
    "resource_subtype": "number",
    "unit": "none",
    "precision": 0,
    "currency_code": None,
    "initial_number_value": 0,
    "target_number_value": None,
    "current_number_value": None,
    "progress_source": "manual",
    "is_custom_weight": False,
}
_SOURCES = COMPUTED | {"manual", "external"}
_UNITS = frozenset({"none", "currency", "percentage"})


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
    return call.many("goals", gids)


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
    followers = [{"gid": call.user_gid("followers", str(user))} for user in call.listed("followers")]
    call.player.tick()
    record = default_record(
        call, "goals", {**fields, "workspace": {"gid": workspace}, "followers": followers}, authored=False
    )
    gid = call.player.create(record)
    call.player.note(gid, "added", call.actor["gid"])
    return call.one(gid, 201)


@operation("PUT", "/goals/{goal}")
def update_goal(call: Call, goal: str) -> Reply:
    """Change fields, status (with a metric only) and custom-field values of a goal."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown(_PLACE | {"status", "custom_fields"})
    fields = _fields(call)
    if "status" in call.data:
        status = call.data["status"]
        if not player.field(goal, "metric"):
            raise ApiError(400, "status: Cannot set the status of a goal that has no metric")
        fields["status"] = None if status is None else stated_choice("status", status, STATUSES)
    values = custom_values(call, set(attached_fields(player, goal)))
    player.tick()
    player.write(goal, fields, values)
    for name in call.data:
        player.note(goal, "changed", call.actor["gid"], {"field": name, "action": "changed"})
    return call.one(goal)


def _fields(call: Call) -> Fields:
    body = call.data
    fields = text_fields(call, ("name", "notes", "html_notes"))
    fields.update((name, stated_date(name, body[name])) for name in ("start_on", "due_on") if name in body)
    fields.update((name, body[name]) for name in ("is_workspace_level", "liked") if name in body)
    if "owner" in body:
        fields["owner"] = user_reference(call, "owner")
    for name, resource in (("team", "teams"), ("time_period", "time_periods")):
        if name in body:
            given = body[name]
            fields[name] = None if given is None else {"gid": call.existing(name, resource, given)}
    return fields


@operation("DELETE", "/goals/{goal}")
def delete_goal(call: Call, goal: str) -> Reply:
    """Delete a goal."""
    call.player.get("goals", goal)
    call.player.tick()
    call.player.note(goal, "deleted", call.actor["gid"])
    call.player.delete(goal)
    return call.done()


# -- metrics


@operation("POST", "/goals/{goal}/setMetric")
def set_metric(call: Call, goal: str) -> Reply:
    """Create or replace a goal's metric."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown(_METRIC)
    metric = {**_METRIC, **call.data}
    initial, target = metric["initial_number_value"], metric["target_number_value"]
    if not all(_is_number(value) for value in (initial, target)):
        raise missing("target_number_value")
    if initial == target:
        raise invalid("target_number_value", "Must differ from initial_number_value")
    stated_choice("progress_source", metric["progress_source"], _SOURCES)
    stated_choice("unit", metric["unit"], _UNITS)
    stated_precision(metric["precision"])
    if metric["current_number_value"] is None:
        metric["current_number_value"] = initial
    elif not _is_number(metric["current_number_value"]):
        raise invalid("current_number_value", "Not a number")
    at = player.tick()
    metric |= {"gid": player.new_gid(), "resource_type": "goal_metric"}
    metric["can_manage"] = metric["progress_source"] in ("manual", "external")
    player.metric_written[goal] = at
    player.write(goal, {"metric": metric})
    player.note(goal, "changed", call.actor["gid"], {"field": "metric", "action": "changed"})
    return call.one(goal)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@operation("POST", "/goals/{goal}/setMetricCurrentValue")
def set_metric_current_value(call: Call, goal: str) -> Reply:
    """Report the current value of a manual or own external metric."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown({"current_number_value"})
    value, metric = call.data.get("current_number_value"), player.field(goal, "metric")
    if not metric:
        raise ApiError(400, "goal: Goal does not have a metric")
    if not _is_number(value):
        raise missing("current_number_value")
    source = metric["progress_source"]
    if source in COMPUTED or (source == "external" and not metric.get("can_manage")):
        raise ApiError(403, f"metric: The current value of a metric with progress source {source} cannot be set")
    at = player.tick()
    player.metric_written[goal] = at
    player.write(goal, {"metric": {**metric, "current_number_value": value}})
    player.note(goal, "changed", call.actor["gid"], {"field": "metric", "action": "changed"})
    return call.one(goal)


# -- relationships


@operation("GET", "/goal_relationships")
def get_goal_relationships(call: Call) -> Reply:
    """What supports a goal; `supported_goal` is required."""
    goal = call.existing("supported_goal", "goals", call.required("supported_goal"))
    gids = call.player.related("relationships.supported", goal)
    if subtype := call.query.get("resource_subtype"):
        gids = [gid for gid in gids if call.player.field(gid, "resource_subtype") == subtype]
    return call.many("goal_relationships", gids)


@operation("PUT", "/goal_relationships/{relationship}")
def update_goal_relationship(call: Call, relationship: str) -> Reply:
    """Change how much a supporter counts."""
    call.player.get("goal_relationships", relationship)
    call.reject_unknown({"contribution_weight"})
    weight = _weight(call)
    call.player.tick()
    call.player.write(relationship, {"contribution_weight": weight})
    return call.one(relationship)


@operation("POST", "/goals/{goal}/addSupportingRelationship")
def add_supporting_relationship(call: Call, goal: str) -> Reply:
    """Let a goal, project, task or portfolio support a goal; weight 0 (the default) does not count."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown({"supporting_resource", "contribution_weight", "insert_before", "insert_after"})
    other = str(call.input("supporting_resource"))
    supporter = player.record(other)
    if supporter is None or supporter.resource not in _SUPPORTERS or not player.exists(other):
        raise invalid("supporting_resource", f"Unknown object: {other}")
    weight = _weight(call)
    if any(player.field(r, "supporting_resource")["gid"] == other for r in _relationships(call, goal)):
        raise invalid("supporting_resource", "Already supports this goal")
    player.tick()
    record = default_record(
        call,
        "goal_relationships",
        {
            "resource_subtype": "subgoal" if supporter.resource == "goals" else "supporting_work",
            "supporting_resource": {"gid": other},
            "supported_goal": {"gid": goal},
            "contribution_weight": weight,
        },
        authored=False,
    )
    gid = player.create(record)
    player.note(goal, "changed", call.actor["gid"], {"field": "supporting_relationships", "action": "added"})
    return call.one(gid)


@operation("POST", "/goals/{goal}/removeSupportingRelationship")
def remove_supporting_relationship(call: Call, goal: str) -> Reply:
    """Let something no longer support a goal."""
    player = call.player
    player.get("goals", goal)
    other = str(call.input("supporting_resource"))
    found = [r for r in _relationships(call, goal) if player.field(r, "supporting_resource")["gid"] == other]
    if not found:
        raise invalid("supporting_resource", f"Does not support this goal: {other}")
    player.tick()
    player.delete(found[0])
    player.note(goal, "changed", call.actor["gid"], {"field": "supporting_relationships", "action": "removed"})
    return call.done()


def _relationships(call: Call, goal: str) -> list[str]:
    return call.player.related("relationships.supported", goal)


def _weight(call: Call) -> float:
    weight = call.data.get("contribution_weight", 0.0)
    if not _is_number(weight) or not 0 <= weight <= 1:
        raise invalid("contribution_weight", "Must be between 0 and 1")
    return float(weight)
