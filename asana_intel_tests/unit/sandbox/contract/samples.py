"""A sample call for every operation: what its path, query and body name, found in the world or made first. No tests.

Texts such as `<task>` or `<task:2>` stand for the gid of the first or second object of that kind. A kind that the
world lacks is made by the operation in `MADE_BY`. Add to `BODIES` (and `VALUES`) what a new operation needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import key_of
from asana_intel.sandbox.schema import TYPES
from asana_intel_tests.unit.sandbox.contract.document import Document, Documented
from asana_intel_tests.unit.sandbox.worlds import Api, Body

_PLACE = re.compile(r"<([a-z_]+)(?::(\d+))?>")
_RESOURCES = {kind: resource for resource, kind in TYPES.items()}

# Kind -> the operation that makes one, where the world has none or the caller must be its author.
MADE_BY = {
    "access_request": "createAccessRequest",
    "attachment": "createAttachmentForObject",
    "budget": "createBudget",
    "comment": "createStoryForTask",
    "goal_comment": "createStoryForGoal",
    "job": "duplicateTask",
    "membership": "createMembership",
    "organization_export": "createOrganizationExport",
    "own_ooo_entry": "createOooEntry",
    "project_brief": "createProjectBrief",
    "project_status": "createProjectStatusForProject",
    "rate": "createRate",
    "role": "createRole",
    "tag": "createTag",
    "task_in_project": "createTask",
    "time_tracking_category": "createTimeTrackingCategory",
    "timesheet_approval_status": "createTimesheetApprovalStatus",
    "webhook": "createWebhook",
}

# Operation -> the least that its body needs.
BODIES: dict[str, Body] = {
    "createAccessRequest": {"target": "<private_project>"},
    "createAllocation": {
        "start_date": "2025-11-10", "end_date": "2025-11-21", "assignee": "<user>", "parent": "<project>",
    },
    "createAttachmentForObject": {
        "resource_subtype": "external", "parent": "<task>", "url": "https://example.com/a", "name": "A",
    },
    "createBatchRequest": {"actions": [{"relative_path": "/users/me", "method": "get"}]},
    "createBudget": {"parent": "<project>", "budget_type": "time"},
    "createCustomField": {"workspace": "<workspace>", "name": "Contract field", "resource_subtype": "number"},
    "createEnumOptionForCustomField": {"name": "Another option"},
    "insertEnumOptionForCustomField": {"enum_option": "<enum_option>", "after_enum_option": "<enum_option:2>"},
    "createGraphExport": {"parent": "<project>"},
    "createResourceExport": {"workspace": "<workspace>"},
    "addSupportingRelationship": {"supporting_resource": "<free_project>"},
    "removeSupportingRelationship": {"supporting_resource": "<supporter>"},
    "createGoal": {"name": "A goal", "workspace": "<workspace>"},
    "createGoalMetric": {"initial_number_value": 0, "target_number_value": 10, "unit": "none", "precision": 0},
    "updateGoalMetric": {"current_number_value": 3.5},
    "addFollowers": {"followers": ["<user>"]},
    "removeFollowers": {"followers": ["<user>"]},
    "addCustomFieldSettingForGoal": {"custom_field": "<free_custom_field>"},
    "addCustomFieldSettingForPortfolio": {"custom_field": "<free_custom_field>"},
    "addCustomFieldSettingForProject": {"custom_field": "<free_custom_field>"},
    "removeCustomFieldSettingForGoal": {"custom_field": "<field_of_goal>"},
    "removeCustomFieldSettingForPortfolio": {"custom_field": "<field_of_portfolio>"},
    "removeCustomFieldSettingForProject": {"custom_field": "<field_of_project>"},
    "createMembership": {"parent": "<goal>", "member": "<user:2>", "access_level": "editor"},
    "updateMembership": {"access_level": "viewer"},
    "createOooEntry": {
        "start_date": "2025-12-22", "end_date": "2025-12-24", "user": "<user>", "workspace": "<workspace>",
    },
    "createOrganizationExport": {"organization": "<workspace>"},
    "createPortfolio": {"name": "A portfolio", "workspace": "<workspace>", "color": "light-green", "public": False},
    "addItemForPortfolio": {"item": "<free_project>"},
    "removeItemForPortfolio": {"item": "<item_of_portfolio>"},
    "addMembersForPortfolio": {"members": "<user:2>,<user:3>"},
    "removeMembersForPortfolio": {"members": "<user:2>"},
    "duplicatePortfolio": {"name": "A copy"},
    "createProjectBrief": {"title": "Brief", "text": "What we are at."},
    "createProjectStatusForProject": {"text": "All well", "color": "green"},
    "instantiateProject": {"name": "From a template", "requested_dates": [{"gid": "1", "value": "2025-12-01"}]},
    "createProject": {"name": "A project", "workspace": "<workspace>"},
    "createProjectForTeam": {"name": "A project"},
    "createProjectForWorkspace": {"name": "A project"},
    "duplicateProject": {"name": "A copy"},
    "addMembersForProject": {"members": "<user:2>"},
    "removeMembersForProject": {"members": "<user:2>"},
    "addFollowersForProject": {"followers": "<user:2>"},
    "removeFollowersForProject": {"followers": "<user:2>"},
    "projectSaveAsTemplate": {"name": "A template", "public": False, "team": "<team>"},
    "createRate": {"parent": "<project>", "resource": "<user>", "rate": 50},
    "updateRate": {"rate": 60},
    "createRole": {
        "name": "A role", "description": "What it may do.", "base_role_type": "member", "workspace": "<workspace>",
    },
    "triggerRule": {"resource": "<task>", "action_data": {"note": "x"}},
    "updateSection": {"name": "Renamed"},
    "createSectionForProject": {"name": "A section"},
    "addTaskForSection": {"task": "<task>"},
    "insertSectionForProject": {"section": "<section>", "after_section": "<section:2>"},
    "createStatusForObject": {"parent": "<project>", "status_type": "on_track", "text": "All well"},
    "updateStory": {"text": "Better said"},
    "createStoryForTask": {"text": "Said"},
    "createStoryForGoal": {"text": "Said"},
    "createTag": {"name": "A tag", "workspace": "<workspace>"},
    "createTagForWorkspace": {"name": "A tag"},
    "instantiateTask": {"name": "From a template"},
    "createTask": {"name": "A task", "projects": ["<project>"]},
    "duplicateTask": {"name": "A copy"},
    "createSubtaskForTask": {"name": "A subtask"},
    "setParentForTask": {"parent": "<task:2>"},
    "addDependenciesForTask": {"dependencies": ["<task:2>"]},
    "removeDependenciesForTask": {"dependencies": ["<task:2>"]},
    "addDependentsForTask": {"dependents": ["<task:2>"]},
    "removeDependentsForTask": {"dependents": ["<task:2>"]},
    "addProjectForTask": {"project": "<project:2>"},
    "removeProjectForTask": {"project": "<project>"},
    "addTagForTask": {"tag": "<tag>"},
    "removeTagForTask": {"tag": "<tag>"},
    "addFollowersForTask": {"followers": ["<user:2>"]},
    "removeFollowerForTask": {"followers": ["<user:2>"]},
    "createTeam": {"name": "A team", "organization": "<workspace>"},
    "addUserForTeam": {"user": "<user:2>"},
    "removeUserForTeam": {"user": "<user:2>"},
    "createTimeTrackingCategory": {"name": "A category", "workspace": "<workspace>"},
    "createTimeTrackingEntry": {"duration_minutes": 30, "entered_on": "2025-11-03"},
    "updateTimesheetApprovalStatus": {"approval_status": "submitted"},
    "createTimesheetApprovalStatus": {
        "user": "<user>", "workspace": "<workspace>", "start_date": "2025-10-27", "end_date": "2025-11-02",
    },
    "createWebhook": {"resource": "<project>", "target": "<target>"},
    "addUserForWorkspace": {"user": "new.person@example.com"},
    "removeUserForWorkspace": {"user": "<user:2>"},
}  # fmt: skip

# PUTs whose properties may all be left out: one of them is sent, so that there is something to see.
BODIES |= {
    name: {"name": "Renamed"}
    for name in (
        "updateCustomField", "updateEnumOption", "updateGoal", "updatePortfolio", "updateProject", "updateRole",
        "updateTag", "updateTask", "updateTeam", "updateTimeTrackingCategory", "updateUser", "updateUserForWorkspace",
        "updateWorkspace",
    )
}  # fmt: skip
BODIES |= {
    "updateAllocation": {"end_date": "2026-06-26"},
    "updateBudget": {"budget_type": "time"},
    "updateGoalRelationship": {"contribution_weight": 0.5},
    "updateOooEntry": {"end_date": "2026-06-26"},
    "updateProjectBrief": {"title": "Better titled"},
    "updateProjectPortfolioSetting": {"is_access_control_inherited": False},
    "updateRate": {"rate": 60},
    "updateTimeTrackingEntry": {"duration_minutes": 45},
    "updateWebhook": {"filters": [{"resource_type": "task", "action": "added"}]},
}

# Name of a path part, query parameter or body property -> a valid value; `operation.name` goes before `name`.
VALUES: dict[str, Any] = {
    "access_level": "editor",
    "actor_gid": "<user>",
    "approval_statuses": "submitted",
    "archived": False,
    "assignee": "<user>",
    "attributable_to": "<project>",
    "color": "light-green",
    "completed_since": "2025-10-01T00:00:00.000Z",
    "count": 5,
    "created_since": "2025-10-01T00:00:00.000Z",
    "currency_code": "EUR",
    "custom_id": "<custom_id>",
    "description": "What it is.",
    "due_at": "2025-12-01T12:00:00.000Z",
    "due_date": "2025-12-01",
    "due_on": "2025-12-01",
    "duration_minutes": 30,
    "emoji_base": "👍",
    "end_at": "2025-11-03T00:00:00.000Z",
    "end_date": "2026-06-26",
    "end_on": "2025-12-31",
    "entered_on": "2025-11-03",
    "entered_on_end_date": "2025-11-03",
    "entered_on_start_date": "2025-10-01",
    "followers": ["<user>"],
    "from_date": "2025-01-01",
    "html_description": "<body>What it <strong>is</strong>.</body>",
    "html_notes": "<body>What it <strong>is</strong>.</body>",
    "html_text": "<body>What it <strong>is</strong>.</body>",
    "insert_after": "<sibling>",
    "insert_before": "<sibling>",
    "is_archived": False,
    "is_workspace_level": False,
    "member": "<user>",
    "modified_since": "2025-10-01T00:00:00.000Z",
    "name": "A name",
    "notes": "What it is.",
    "organization": "<workspace>",
    "owner": "<user>",
    "parent": "<project>",
    "portfolio": "<portfolio>",
    "project": "<project>",
    "query": "a",
    "resource": "<project>",
    "resource_gid": "<task>",
    "resource_type": "task",
    "section": "<section>",
    "start_at": "2025-10-01T00:00:00.000Z",
    "start_date": "2025-10-01",
    "start_on": "2025-10-01",
    "supported_goal": "<goal>",
    "target": "916",
    "task": "<task>",
    "team": "<team>",
    "time_period": "<time_period>",
    "time_periods": "<time_period>",
    "timesheet_approval_status": "<timesheet_approval_status>",
    "to_date": "2025-12-31",
    "user": "<user>",
    "workspace": "<workspace>",
    # -- where the name alone does not tell
    "getAttachmentsForObject.parent": "<task_with_attachment>",
    "getCustomFieldSettingsForGoal.goal_gid": "<goal_with_field>",
    "getCustomFieldSettingsForPortfolio.portfolio_gid": "<portfolio_with_field>",
    "getCustomFieldSettingsForProject.project_gid": "<project_with_field>",
    "getParentGoalsForGoal.goal_gid": "<goal_with_parent>",
    "getStoriesForGoal.goal_gid": "<goal_with_story>",
    "getStoriesForTask.task_gid": "<task_with_story>",
    "getTagsForTask.task_gid": "<task_with_tag>",
    "getTasksForTag.tag_gid": "<tagged>",
    "getTimeTrackingEntriesForTask.task_gid": "<task_with_entry>",
    "getDependenciesForTask.task_gid": "<waiting_task>",
    "getDependentsForTask.task_gid": "<blocking_task>",
    "getSubtasksForTask.task_gid": "<parent_task>",
    "getBudgets.parent": "<project_with_budget>",
    "getProjectStatusesForProject.project_gid": "<project_with_status>",
    "getPortfolioMembershipsForPortfolio.portfolio_gid": "<portfolio_with_member>",
    "getProjectsForTask.task_gid": "<task_in_project>",
    "getEvents.sync": "<sync>",
    "getWorkspaceEvents.sync": "<workspace_sync>",
    "getGoalRelationships.resource_subtype": "subgoal",
    "getFavoritesForUser.user_gid": "me",
    "getRates.resource": "<user>",
    "getAllocations.parent": "<project>",
    "getPortfolioMemberships.portfolio": "<portfolio>",
    "getAccessRequests.target": "<requested_project>",
    "getTagsForWorkspace.workspace_gid": "<workspace_with_tag>",
    "getWebhooks.workspace": "<workspace_with_webhook>",
    "getTimeTrackingCategories.workspace": "<workspace_with_category>",
    "getTimesheetApprovalStatuses.workspace": "<workspace_with_approval>",
    "deleteSection.section_gid": "<empty_section>",
    "getTimeTrackingEntriesForTimeTrackingCategory.start_date": "2025-10-01",
    "getTimeTrackingEntriesForTimeTrackingCategory.end_date": "2025-12-31",
    "createTask.custom_fields": {"<field_of_project>": 4},
    "updateTask.task_gid": "<task_in_project>",
    "updateTask.custom_fields": {"<field_of_project>": 4},
    "updateGoal.custom_fields": {"<field_of_goal>": 4},
    "updatePortfolio.custom_fields": {"<field_of_portfolio>": 4},
    "updateProject.custom_fields": {"<field_of_project>": 4},
    "updateStory.story_gid": "<comment>",
    "deleteStory.story_gid": "<comment>",
    "updateGoalMetric.goal_gid": "<manual_goal>",
    "removeSupportingRelationship.goal_gid": "<supported_goal>",
    "createEnumOptionForCustomField.custom_field_gid": "<enum_field>",
    "insertEnumOptionForCustomField.custom_field_gid": "<enum_field>",
    "removeProjectForTask.task_gid": "<task_in_project>",
    "setParentForTask.task_gid": "<task_in_project>",
    "updateUser.user_gid": "me",
    "updateUserForWorkspace.user_gid": "me",
    "deleteUserForWorkspace.user_gid": "<user:2>",
    "updateOooEntry.ooo_entry_gid": "<own_ooo_entry>",
    "deleteOooEntry.ooo_entry_gid": "<own_ooo_entry>",
}


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
            query: Query parameters beside the required ones; may hold places such as `<task>`.
            data: Body members beside the required ones; likewise.

        Raises:
            NoSampleError: Nothing here says how to call it.
        """
        told = self.document.operations[name]
        path = re.sub(r"{(\w+)}", lambda part: str(self.filled(self._path_value(told, part[1]))), told.path)
        wanted = {param: self.value(name, param) for param, about in told.query.items() if about.get("required")}
        wanted |= _QUERIES.get(name, {})
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
        return VALUES.get(f"{told.name}.{name}") or VALUES.get(name) or f"<{name.removesuffix('_gid')}>"

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


def _requested_project(stage: Stage) -> str:
    project = _private_project(stage)
    stage.api.write("POST", "/access_requests", target=project)
    return project


_FINDERS = {
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
    "workspace_sync": lambda stage: _sync_after_change(stage, f"/workspaces/{stage.gid('workspace')}/events"),
}

# Query parameters that the document calls optional though one of them must be given.
_QUERIES: dict[str, Body] = {
    "getAllocations": {"workspace": "<workspace>"},
    "getEvents": {"sync": "<sync>"},
    "getGoals": {"workspace": "<workspace>"},
    "getMemberships": {"parent": "<goal_with_member>"},
    "getPortfolioMemberships": {"portfolio": "<portfolio_with_member>"},
    "getPortfolios": {"owner": "me"},
    "getProjectTemplates": {"workspace": "<workspace>"},
    "getProjects": {"workspace": "<workspace>"},
    "getRates": {"parent": "<project_with_rate>"},
    "getRoles": {"workspace": "<workspace>"},
    "getTags": {"workspace": "<workspace_with_tag>"},
    "getTaskTemplates": {"project": "<project>"},
    "getTasks": {"project": "<project>"},
    "getTeamMemberships": {"team": "<team>"},
    "getTimeTrackingEntries": {"task": "<task_with_entry>"},
    "getUsers": {"workspace": "<workspace>"},
    "getWorkspaceEvents": {"sync": "<workspace_sync>"},
}
