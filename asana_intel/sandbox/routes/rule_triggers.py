"""Rules that start on an incoming web request. Rules themselves are built in Asana's interface, here in the world."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.history import story
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.routes.tasks import task_gid


@operation("POST", "/rule_triggers/{trigger}/run")
def trigger_rule(call: Call, trigger: str) -> Reply:
    """Run a rule on a task of its project; the task's stories tell that it ran."""
    player = call.player
    player.get("rule_triggers", trigger)
    call.reject_unknown({"resource", "action_data"})
    task = task_gid(call, str(call.input("resource")))
    if not isinstance(call.input("action_data"), dict):
        raise invalid("action_data", "Not an object")
    project = (player.field(trigger, "project") or {}).get("gid")
    if project and project not in [home["gid"] for home in player.field(task, "projects") or ()]:
        raise ApiError(400, f"resource: Task {task} is not in the project of the rule")
    player.tick()
    name = player.field(trigger, "name") or trigger
    story(call, task, "rule_triggered", f"ran the rule {name}")
    player.touch(task)
    return Reply({"data": {"message": "Rule trigger request accepted"}})
