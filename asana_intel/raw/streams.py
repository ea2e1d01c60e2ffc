"""The lists that a sync reads: endpoint, fields and raw table of each. A table of facts; crawl.py walks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from asana_intel.asana import fields

# Asana demands a start for time entries of a workspace; none of its customers has an earlier one.
FIRST_DAY = "1970-01-01"


@dataclass(frozen=True)
class Stream:
    """One list endpoint, read once per parent.

    Args:
        label: Name in progress and reports.
        resource: Raw table that its records go to.
        path: With `{}` where the parent's gid belongs, or without, where `param` carries it.
        fields: `opt_fields`.
        param: Query parameter that carries the parent's gid.
        params: Further query parameters; the value `{workspace}` stands for the workspace's gid.
        parents: Raw tables that the parents come from: without all of them, the listing is not complete.
        owner: Field of the record that refers to the parent, filled in where the list leaves it out, and its type.
        is_search: It is a search of tasks, which not every plan has, and which is some seconds behind: that it shows
            nothing says nothing.
    """

    label: str
    resource: str
    path: str
    fields: str
    param: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    owner: tuple[str, str] | None = None
    is_search: bool = False


def _root(resource: str, path: str, opt_fields: str, param: str | None = None, **params: str) -> Stream:
    return Stream(resource, resource, path, opt_fields, param, params)


ROOTS = (
    _root("users", "/users", fields.USERS, "workspace"),
    _root("teams", "/workspaces/{}/teams", fields.TEAMS),
    _root("projects", "/projects", fields.PROJECTS, "workspace"),
    _root("portfolios", "/portfolios", fields.PORTFOLIOS, "workspace"),
    _root("goals", "/goals", fields.GOALS, "workspace"),
    _root("tags", "/workspaces/{}/tags", fields.TAGS),
    _root("custom_fields", "/workspaces/{}/custom_fields", fields.CUSTOM_FIELDS),
    _root("time_periods", "/time_periods", fields.TIME_PERIODS, "workspace"),
    _root("workspace_memberships", "/workspaces/{}/workspace_memberships", fields.WORKSPACE_MEMBERSHIPS),
    _root("allocations", "/allocations", fields.ALLOCATIONS, "workspace"),
    _root(
        "time_tracking_entries",
        "/time_tracking_entries",
        fields.TIME_TRACKING_ENTRIES,
        "workspace",
        entered_on_start_date=FIRST_DAY,
    ),
)
# Only a service account may list everybody's portfolios; anybody may list their own.
OWN_PORTFOLIOS = _root("portfolios", "/portfolios", fields.PORTFOLIOS, "workspace", owner="me")
# Where the workspace's allocations cannot be listed in one go.
PROJECT_ALLOCATIONS = Stream(
    "allocations", "allocations", "/allocations", fields.ALLOCATIONS, "parent", {}, ("projects",), ("parent", "project")
)

TEAM_MEMBERSHIPS = Stream(
    "team_memberships",
    "team_memberships",
    "/team_memberships",
    fields.TEAM_MEMBERSHIPS,
    "team",
    {},
    ("teams",),
    ("team", "team"),
)
SECTIONS = Stream(
    "sections",
    "sections",
    "/projects/{}/sections",
    fields.SECTIONS,
    parents=("projects",),
    owner=("project", "project"),
)
PROJECT_MEMBERSHIPS = Stream(
    "project_memberships",
    "project_memberships",
    "/projects/{}/project_memberships",
    fields.PROJECT_MEMBERSHIPS,
    parents=("projects",),
    owner=("parent", "project"),
)
PORTFOLIO_ITEMS = Stream(
    "portfolio_items",
    "portfolio_items",
    "/portfolios/{}/items",
    fields.PORTFOLIO_ITEMS,
    parents=("portfolios",),
)
GOAL_RELATIONSHIPS = Stream(
    "goal_relationships",
    "goal_relationships",
    "/goal_relationships",
    fields.GOAL_RELATIONSHIPS,
    "supported_goal",
    {},
    ("goals",),
    ("supported_goal", "goal"),
)
OOO_ENTRIES = Stream(
    "ooo_entries",
    "ooo_entries",
    "/ooo_entries",
    fields.OOO_ENTRIES,
    "user",
    {"workspace": "{workspace}"},
    ("users",),
    ("user", "user"),
)

# Kinds of object that hold custom fields and status updates, by the raw table they are in.
CONTAINERS = {"projects": "project", "portfolios": "portfolio", "goals": "goal"}


def table_of(container: Mapping[str, Any]) -> str:
    """The raw table of a project, portfolio or goal."""
    return f"{container['resource_type']}s"


def _of_container(resource: str, path: str, opt_fields: str, param: str | None) -> dict[str, Stream]:
    return {
        table: Stream(
            resource, resource, path.replace("{container}", table), opt_fields, param, {}, (table,), ("parent", kind)
        )
        for table, kind in CONTAINERS.items()
    }


STATUS_UPDATES = _of_container("status_updates", "/status_updates", fields.STATUS_UPDATES, "parent")
# Only for servers that do not give the settings inside their parent's record.
CUSTOM_FIELD_SETTINGS = _of_container(
    "custom_field_settings", "/{container}/{}/custom_field_settings", fields.CUSTOM_FIELD_SETTINGS, None
)

# Objects that are asked for alone before they are called gone: the path where it is not `/<table>/<gid>`, and the
# fields of those that are read on from.
SINGLE_PATHS = {"users": "/workspaces/{workspace}/users/{}"}
SINGLE_FIELDS = {
    "projects": fields.PROJECTS,
    "portfolios": fields.PORTFOLIOS,
    "goals": fields.GOALS,
    "tasks": fields.TASKS,
}

PROJECT_TASKS = Stream("tasks", "tasks", "/tasks", fields.TASKS, "project", {}, ("projects",))
ASSIGNED_TASKS = Stream(
    "assigned_tasks", "tasks", "/tasks", fields.TASKS, "assignee", {"workspace": "{workspace}"}, ("users",)
)
# A task of nobody in no project stands in no list.
LOOSE_TASKS = Stream(
    "loose_tasks",
    "tasks",
    "/workspaces/{}/tasks/search",
    fields.TASKS,
    params={"assignee.any": "null", "projects.any": "null", "is_subtask": "false"},
    is_search=True,
)
# The same lists, by what tells whether a task changed since it was read: TaskMarks compares it.
LIGHT_PROJECT_TASKS = replace(PROJECT_TASKS, fields=fields.TASK_MARKS)
LIGHT_ASSIGNED_TASKS = replace(ASSIGNED_TASKS, fields=fields.TASK_MARKS)
LIGHT_LOOSE_TASKS = replace(LOOSE_TASKS, fields=fields.TASK_MARKS)
SUBTASKS = Stream("subtasks", "tasks", "/tasks/{}/subtasks", fields.TASKS, owner=("parent", "task"))
LIGHT_SUBTASKS = replace(SUBTASKS, fields=fields.TASK_MARKS)
TASK_STORIES = Stream("stories", "stories", "/tasks/{}/stories", fields.STORIES, owner=("target", "task"))
GOAL_STORIES = Stream("goal_stories", "stories", "/goals/{}/stories", fields.STORIES, owner=("target", "goal"))
