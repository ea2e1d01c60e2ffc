"""A sample call for every operation: what its path, query and body name, found in the world or made first. No tests.

Texts such as `$task` or `$task:2` stand for the gid of the first or second object of that kind. A kind that the
world lacks is made by the operation in `MADE_BY`. Add to `BODIES` (and `VALUES`) in sample_tables.py what a new
operation needs, and to `_FINDERS` here an object that is neither in the world nor made by one call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import key_of
from asana_intel.sandbox.schema import TYPES
from asana_intel_tests.unit.sandbox.contract.document import Document, Documented
from asana_intel_tests.unit.sandbox.contract.sample_tables import BODIES, MADE_BY, QUERIES, VALUES
from asana_intel_tests.unit.sandbox.worlds import Api, Body

_PLACE = re.compile(r"\$([a-z_]+)(?::(\d+))?")
_RESOURCES = {kind: resource for resource, kind in TYPES.items()}


class NoSampleError(LookupError):
    """An operation has no sample call, or a kind of object is neither in the world nor made."""


@dataclass
class Sample:
    """One request, ready to send."""

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    data: Body | None = None


class Stage:
    """A world on which sample calls are played.

    Args:
        api: The client of a sandbox that nobody else writes to.
        document: Asana's document.
        target: Where webhooks are delivered.
    """

    def __init__(self, api: Api, document: Document, target: str = "https://example.com/hook") -> None:
        self.api = api
        self.document = document
        self.target = target
        self._made: dict[str, str] = {}

    def sample(self, name: str, *, query: Body | None = None, data: Body | None = None) -> Sample:
        """Build the sample call of an operation.

        Args:
            name: Its operationId.
            query: Query parameters beside the required ones; may hold places such as `$task`.
            data: Body members beside the required ones; likewise.

        Raises:
            NoSampleError: Nothing here says how to call it.
        """
        told = self.document.operations[name]
        path = re.sub(r"{(\w+)}", lambda part: str(self.filled(self._path_value(told, part[1]))), told.path)
        wanted = {param: self.value(name, param) for param, about in told.query.items() if about.get("required")}
        wanted |= QUERIES.get(name, {})
        body = None
        if told.body is not None:
            if name not in BODIES:
                raise NoSampleError(f"{name}: no body in samples.BODIES")
            body = self.filled({**BODIES[name], **(data or {})})
        elif told.method in ("POST", "PUT"):
            body = {}
        return Sample(told.method, path, self.filled({**wanted, **(query or {})}), body)

    def send(self, sample: Sample) -> tuple[int, Body]:
        """Send a sample call; returns status and body."""
        body = {"data": sample.data} if sample.data is not None else None
        return self.api.call(sample.method, sample.path, body, **sample.query)

    def value(self, operation: str, name: str) -> Any:
        """Return a valid value of a parameter or property, places unfilled.

        Raises:
            NoSampleError: Nothing here says one.
        """
        for key in (f"{operation}.{name}", name):
            if key in VALUES:
                return VALUES[key]
        raise NoSampleError(f"{operation}: no value for {name} in samples.VALUES")

    def _path_value(self, told: Documented, name: str) -> Any:
        return VALUES.get(f"{told.name}.{name}") or VALUES.get(name) or f"${name.removesuffix('_gid')}"

    # -- objects

    def filled(self, value: Any) -> Any:
        """Put gids where places stand, in keys and values."""
        if isinstance(value, str):
            return _PLACE.sub(lambda place: self.gid(place[1], int(place[2] or 1)), value)
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, dict):
            return {self.filled(name): self.filled(item) for name, item in value.items()}
        return value

    def gid(self, kind: str, place: int = 1) -> str:
        """Return the gid of an object of a kind, made first if need be.

        Raises:
            NoSampleError: There is none, and nothing here makes one.
        """
        finder = _FINDERS.get(kind)
        if kind == "enum_option":
            return _enum_option(self, place)
        if finder:
            return finder(self)
        if kind in self._made:
            return self._made[kind]
        player = self.api.sandbox.player
        gids = player.all(_RESOURCES[kind]) if kind in _RESOURCES else []
        if len(gids) >= place:
            return gids[place - 1]
        if kind in MADE_BY and self._has(MADE_BY[kind]):
            status, body = self.send(self.sample(MADE_BY[kind]))
            assert status in (200, 201), (MADE_BY[kind], status, body)
            self._made[kind] = body["data"]["gid"]
            return self._made[kind]
        raise NoSampleError(f"no {kind} number {place} in the world, and nothing in samples.MADE_BY makes one")

    def _has(self, name: str) -> bool:
        told = self.document.operations[name]
        return key_of(told.method, told.path) in OPERATIONS

    def first(self, resource: str, **fields: Any) -> str:
        """Return the first existing record whose raw fields are as given."""
        player = self.api.sandbox.player
        for gid in player.all(resource):
            if all(player.field(gid, name) == value for name, value in fields.items()):
                return gid
        raise NoSampleError(f"no {resource} with {fields}")


def _custom_field(stage: Stage, kind: str, parent: str | None = None, **more: Any) -> str:
    name = f"Contract {kind} {parent or ''}"
    player = stage.api.sandbox.player
    for gid in player.all("custom_fields"):
        if player.field(gid, "name") == name:
            return gid
    workspace = stage.gid("workspace")
    made = stage.api.write("POST", "/custom_fields", workspace=workspace, name=name, resource_subtype=kind, **more)
    if parent:
        stage.api.write("POST", f"/{parent}/addCustomFieldSetting", custom_field=made["gid"])
    return made["gid"]


def _enum_option(stage: Stage, place: int = 1) -> str:
    return stage.api.get(f"/custom_fields/{_enum_field(stage)}")["enum_options"][place - 1]["gid"]


def _enum_field(stage: Stage) -> str:
    return _custom_field(stage, "enum", enum_options=[{"name": "A"}, {"name": "B"}, {"name": "C"}])


def _manual_goal(stage: Stage) -> str:
    goal = stage.gid("goal")
    stage.api.write("POST", f"/goals/{goal}/setMetric", target_number_value=10)
    return goal


def _supporter(stage: Stage) -> str:
    relationship = stage.gid("goal_relationship")
    return stage.api.sandbox.player.field(relationship, "supporting_resource")["gid"]


def _supported_goal(stage: Stage) -> str:
    return stage.api.sandbox.player.field(stage.gid("goal_relationship"), "supported_goal")["gid"]


def _free_project(stage: Stage) -> str:
    made = stage.api.write("POST", "/projects", workspace=stage.gid("workspace"), name="Free")
    return made["gid"]


def _item_of_portfolio(stage: Stage) -> str:
    return stage.api.get(f"/portfolios/{stage.gid('portfolio')}/items")[0]["gid"]


def _private_project(stage: Stage) -> str:
    workspace = stage.gid("workspace")
    made = stage.api.write("POST", "/projects", workspace=workspace, name="Private", privacy_setting="private")
    return made["gid"]


def _portfolio_membership(stage: Stage) -> str:
    portfolio = stage.gid("portfolio")
    stage.api.write("POST", f"/portfolios/{portfolio}/addMembers", members=stage.gid("user", 2))
    return stage.api.get("/portfolio_memberships", portfolio=portfolio)[0]["gid"]


def _linked_task(stage: Stage, way: str) -> str:
    task, other = stage.gid("task"), stage.gid("task", 2)
    stage.api.write("POST", f"/tasks/{task}/{way}", **{way.removeprefix("add").lower(): [other]})
    return task


def _parent_task(stage: Stage) -> str:
    task = stage.gid("task")
    stage.api.write("POST", f"/tasks/{task}/subtasks", name="A subtask")
    return task


def _with_setting(stage: Stage, resource: str) -> str:
    gid = stage.gid(resource.removesuffix("s"))
    _custom_field(stage, "number", f"{resource}/{gid}")
    return gid


def _goal_with_parent(stage: Stage) -> str:
    goal, parent = stage.gid("goal"), stage.api.write("POST", "/goals", name="P", workspace=stage.gid("workspace"))
    stage.api.write("POST", f"/goals/{parent['gid']}/addSupportingRelationship", supporting_resource=goal)
    return goal


def _sync_after_change(stage: Stage, path: str, **query: str) -> str:
    token = stage.api.call("GET", path, **query)[1]["sync"]
    stage.api.write("POST", "/tasks", name="A change", projects=[stage.gid("project")])
    stage.api.write("PUT", f"/projects/{stage.gid('project')}", name="Another name")
    return token


def _parent_of(stage: Stage, maker: str, parent: str) -> str:
    stage.send(stage.sample(maker))
    return stage.gid(parent)


def _webhook(stage: Stage) -> str:
    if not stage.api.sandbox.player.webhooks.all():
        stage.send(stage.sample("createWebhook"))
    return stage.api.sandbox.player.webhooks.all()[0].gid


def _requested_project(stage: Stage) -> str:
    project = _private_project(stage)
    stage.api.write("POST", "/access_requests", target=project)
    return project


def _goal_with_subgoal(stage: Stage) -> str:
    goal, below = (_new_goal(stage, name) for name in ("Above", "Below"))
    stage.api.write("POST", f"/goals/{goal}/addSupportingRelationship", supporting_resource=below)
    return goal


def _new_goal(stage: Stage, name: str) -> str:
    return stage.api.write("POST", "/goals", name=name, workspace=stage.gid("workspace"))["gid"]


def _subgoal(stage: Stage) -> str:
    player = stage.api.sandbox.player
    below = [gid for gid in player.all("goals") if player.field(gid, "name") == "Below"]
    return below[-1]


def _sibling(stage: Stage) -> str:
    parent = stage.gid("task", 2)
    return stage.api.write("POST", f"/tasks/{parent}/subtasks", name="A sibling")["gid"]


def _setting_of(stage: Stage, resource: str) -> str:
    path = f"/{resource}/{_with_setting(stage, resource)}/custom_field_settings"
    return stage.api.get(path)[0]["gid"]


_FINDERS = {
    "goal_with_subgoal": _goal_with_subgoal,
    "subgoal": _subgoal,
    "free_goal": lambda stage: _new_goal(stage, "Free"),
    "sibling": _sibling,
    "setting_of_goal": lambda stage: _setting_of(stage, "goals"),
    "setting_of_portfolio": lambda stage: _setting_of(stage, "portfolios"),
    "setting_of_project": lambda stage: _setting_of(stage, "projects"),
    "section_of_second_project": lambda stage: stage.api.get(f"/projects/{stage.gid('project', 2)}/sections")[0]["gid"],
    "task_of_second_project": lambda stage: stage.api.get(f"/projects/{stage.gid('project', 2)}/tasks")[0]["gid"],
    "task_of_section": lambda stage: stage.api.get(f"/sections/{stage.gid('section')}/tasks")[-1]["gid"],
    "custom_id": lambda _: "BUG-7",
    "portfolio_membership": _portfolio_membership,
    "waiting_task": lambda stage: _linked_task(stage, "addDependencies"),
    "blocking_task": lambda stage: _linked_task(stage, "addDependents"),
    "parent_task": _parent_task,
    "goal_with_field": lambda stage: _with_setting(stage, "goals"),
    "portfolio_with_field": lambda stage: _with_setting(stage, "portfolios"),
    "project_with_field": lambda stage: _with_setting(stage, "projects"),
    "goal_with_parent": _goal_with_parent,
    "goal_with_story": lambda stage: _parent_of(stage, "createStoryForGoal", "goal"),
    "goal_with_member": lambda stage: _parent_of(stage, "createMembership", "goal"),
    "task_with_story": lambda stage: _parent_of(stage, "createStoryForTask", "task"),
    "task_with_tag": lambda stage: _parent_of(stage, "addTagForTask", "task"),
    "task_with_entry": lambda stage: _parent_of(stage, "createTimeTrackingEntry", "task"),
    "task_with_attachment": lambda stage: _parent_of(stage, "createAttachmentForObject", "task"),
    "portfolio_with_member": lambda stage: _parent_of(stage, "addMembersForPortfolio", "portfolio"),
    "project_with_budget": lambda stage: _parent_of(stage, "createBudget", "project"),
    "project_with_rate": lambda stage: _parent_of(stage, "createRate", "project"),
    "project_with_status": lambda stage: _parent_of(stage, "createProjectStatusForProject", "project"),
    "workspace_with_tag": lambda stage: _parent_of(stage, "createTag", "workspace"),
    "workspace_with_guest": lambda stage: _parent_of(stage, "addUserForWorkspace", "workspace"),
    "workspace_with_webhook": lambda stage: _parent_of(stage, "createWebhook", "workspace"),
    "workspace_with_category": lambda stage: _parent_of(stage, "createTimeTrackingCategory", "workspace"),
    "workspace_with_approval": lambda stage: _parent_of(stage, "createTimesheetApprovalStatus", "workspace"),
    "requested_project": _requested_project,
    "empty_section": lambda stage: stage.send(stage.sample("createSectionForProject"))[1]["data"]["gid"],
    "tagged": lambda stage: _parent_of(stage, "addTagForTask", "tag"),
    "enum_field": _enum_field,
    "field_of_goal": lambda stage: _custom_field(stage, "number", f"goals/{stage.gid('goal')}"),
    "field_of_portfolio": lambda stage: _custom_field(stage, "number", f"portfolios/{stage.gid('portfolio')}"),
    "field_of_project": lambda stage: _custom_field(stage, "number", f"projects/{stage.gid('project')}"),
    "free_custom_field": lambda stage: _custom_field(stage, "text"),
    "free_project": _free_project,
    "item_of_portfolio": _item_of_portfolio,
    "manual_goal": _manual_goal,
    "private_project": _private_project,
    "supported_goal": _supported_goal,
    "supporter": _supporter,
    "sync": lambda stage: _sync_after_change(stage, "/events", resource=stage.gid("project")),
    "target": lambda stage: stage.target,
    "webhook": _webhook,
    "workspace_sync": lambda stage: _sync_after_change(stage, f"/workspaces/{stage.gid('workspace')}/events"),
}
