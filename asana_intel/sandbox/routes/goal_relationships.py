"""What supports a goal: subgoals, projects, tasks and portfolios, and how much each of them counts."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.order import END, asked_rank
from asana_intel.sandbox.rejections import invalid
from asana_intel.sandbox.routes.goal_metrics import is_number
from asana_intel.sandbox.standing import rank_of
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change

operation("GET", "/goal_relationships/{gid}")(read_one("goal_relationships"))

_SUPPORTERS = ("goals", "projects", "tasks", "portfolios")


@operation("GET", "/goal_relationships")
def get_goal_relationships(call: Call) -> Reply:
    """What supports a goal; `supported_goal` is required."""
    goal = call.existing("supported_goal", "goals", call.required("supported_goal"))
    gids = _relationships(call, goal)
    if subtype := call.query.get("resource_subtype"):
        gids = [gid for gid in gids if call.player.field(gid, "resource_subtype") == subtype]
    return call.many("goal_relationships", gids)


def _relationships(call: Call, goal: str) -> list[str]:
    return sorted(call.player.related("relationships.supported", goal), key=lambda gid: rank_of(call.player, gid))


def _supporter(call: Call, relationship: str) -> str:
    return call.player.field(relationship, "supporting_resource")["gid"]


@operation("PUT", "/goal_relationships/{relationship}")
def update_goal_relationship(call: Call, relationship: str) -> Reply:
    """Change how much a supporter counts."""
    call.player.get("goal_relationships", relationship)
    call.reject_unknown({"contribution_weight"})
    change(call, relationship, {"contribution_weight": _weight(call)})
    return call.one(relationship)


def _weight(call: Call) -> float:
    weight = call.data.get("contribution_weight", 0.0)
    if not is_number(weight) or not 0 <= weight <= 1:
        raise invalid("contribution_weight", "Must be between 0 and 1")
    return float(weight)


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
    weight, held = _weight(call), {_supporter(call, gid): gid for gid in _relationships(call, goal)}
    if other in held:
        raise invalid("supporting_resource", "Already supports this goal")
    if other == goal or goal in _goals_below(call, other):
        raise invalid("supporting_resource", "A goal cannot support itself")
    subgoals = [gid for gid in held if (record := player.record(gid)) and record.resource == "goals"]
    fields: Fields = {
        "resource_subtype": "subgoal" if supporter.resource == "goals" else "supporting_work",
        "supporting_resource": {"gid": other},
        "supported_goal": {"gid": goal},
        "contribution_weight": weight,
        "rank": asked_rank(call, subgoals, lambda subgoal: rank_of(player, held[subgoal]), END),
    }
    gid = add(call, "goal_relationships", fields, parent=goal, authored=False)
    _note(call, goal, "added", other)
    return call.one(gid)


def _goals_below(call: Call, gid: str) -> set[str]:
    """Collect every goal that supports a goal, at any depth."""
    found: set[str] = set()
    queue = [gid]
    while queue:
        for relationship in call.player.related("relationships.supported", queue.pop()):
            other = _supporter(call, relationship)
            if other not in found:
                found.add(other)
                queue.append(other)
    return found


def _note(call: Call, goal: str, action: str, other: str) -> None:
    shown = {"field": "supporting_relationships", "action": action, f"{action}_value": call.player.ref(other)}
    call.player.note(goal, "changed", call.actor["gid"], shown)


@operation("POST", "/goals/{goal}/removeSupportingRelationship")
def remove_supporting_relationship(call: Call, goal: str) -> Reply:
    """Let something no longer support a goal."""
    player = call.player
    player.get("goals", goal)
    call.reject_unknown({"supporting_resource"})
    other = str(call.input("supporting_resource"))
    found = [gid for gid in _relationships(call, goal) if _supporter(call, gid) == other]
    if not found:
        raise invalid("supporting_resource", f"Does not support this goal: {other}")
    player.tick()
    player.delete(found[0])
    _note(call, goal, "removed", other)
    return call.done()
