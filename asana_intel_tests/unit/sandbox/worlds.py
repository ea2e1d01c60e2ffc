"""A small client for the sandbox, and worlds written by hand. No fixtures, no tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from asana_intel.sandbox.sandbox import Sandbox

MID = datetime(2025, 11, 3, 9, tzinfo=UTC)
Body = dict[str, Any]


@dataclass
class Api:
    """Speaks to a sandbox without a socket."""

    sandbox: Sandbox
    token: str = "reader"
    seen: list[Any] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Body | None = None, **query: Any) -> tuple[int, Body]:
        raw = orjson.dumps(body) if body is not None else b""
        texts = {name: str(value) for name, value in query.items()}
        reply = self.sandbox.answer(method, path, texts, raw, f"Bearer {self.token}", "http://sandbox/api/1.0")
        self.headers = reply.headers
        return reply.status, orjson.loads(orjson.dumps(reply.body))

    def get(self, path: str, **query: Any) -> Any:
        status, body = self.call("GET", path, **query)
        assert status == 200, (path, query, body)
        return body["data"]

    def write(self, method: str, path: str, **data: Any) -> Any:
        status, body = self.call(method, path, {"data": data})
        assert status in (200, 201), (path, data, body)
        return body["data"]

    def refused(self, method: str, path: str, data: Body | None = None, **query: Any) -> tuple[int, str]:
        status, body = self.call(method, path, {"data": data} if data is not None else None, **query)
        assert status >= 400, body
        return status, body["errors"][0]["message"]

    def pages(self, path: str, limit: int = 100, **query: Any) -> Iterator[Body]:
        offset: Body = {}
        while True:
            status, body = self.call("GET", path, limit=limit, **query, **offset)
            assert status == 200, (path, query, body)
            self.seen += body["data"]
            yield from body["data"]
            if not body["next_page"]:
                return
            offset = {"offset": body["next_page"]["offset"]}

    def gids(self, path: str, **query: Any) -> list[str]:
        return [item["gid"] for item in self.pages(path, **query)]


TASK_FIELDS = (
    "name,created_at,modified_at,completed,completed_at,completed_by,assignee,due_on,parent,num_subtasks,dependencies,"
    "dependents,memberships.project,memberships.section,projects,actual_time_minutes,custom_fields.display_value"
)
GOAL_FIELDS = "name,status,owner,due_on,time_period,metric.current_number_value,current_status_update.title"


def crawl(api: Api) -> dict[str, set[str]]:
    """Read everything that the API shows, as a full sync would; records read stay in `api.seen`."""
    found: dict[str, set[str]] = {}

    def enter(resource: str, gids: list[str]) -> list[str]:
        found.setdefault(resource, set()).update(gids)
        return gids

    (workspace,) = enter("workspaces", api.gids("/workspaces"))
    users = enter("users", api.gids("/users", workspace=workspace))
    teams = enter("teams", api.gids(f"/workspaces/{workspace}/teams"))
    for team in teams:
        enter("team_memberships", api.gids("/team_memberships", team=team))
    enter("workspace_memberships", api.gids(f"/workspaces/{workspace}/workspace_memberships"))
    projects = enter("projects", api.gids("/projects", workspace=workspace))
    portfolios = enter("portfolios", api.gids("/portfolios", workspace=workspace))
    goals = enter("goals", api.gids("/goals", workspace=workspace, opt_fields=GOAL_FIELDS))
    enter("tags", api.gids(f"/workspaces/{workspace}/tags"))
    enter("custom_fields", api.gids(f"/workspaces/{workspace}/custom_fields"))
    enter("time_periods", api.gids("/time_periods", workspace=workspace))
    enter("allocations", api.gids("/allocations", workspace=workspace))
    for user in users:
        enter("ooo_entries", api.gids("/ooo_entries", user=user, workspace=workspace))
        enter("tasks", api.gids("/tasks", assignee=user, workspace=workspace, opt_fields=TASK_FIELDS))
    for project in projects:
        enter("sections", api.gids(f"/projects/{project}/sections", opt_fields="name,created_at,project"))
        enter("project_memberships", api.gids(f"/projects/{project}/project_memberships"))
        enter("tasks", api.gids("/tasks", project=project, opt_fields=TASK_FIELDS))
    for portfolio in portfolios:
        items = api.gids(f"/portfolios/{portfolio}/items")
        enter("portfolio_items", [f"{portfolio}/{item}" for item in items])
    for kind, gids in (("projects", projects), ("portfolios", portfolios), ("goals", goals)):
        for gid in gids:
            enter("custom_field_settings", api.gids(f"/{kind}/{gid}/custom_field_settings"))
            enter("status_updates", api.gids("/status_updates", parent=gid, opt_fields="created_at,author,parent"))
    for goal in goals:
        enter("goal_relationships", api.gids("/goal_relationships", supported_goal=goal))
        enter("stories", api.gids(f"/goals/{goal}/stories"))
    queue = list(found["tasks"])
    while queue:
        task = queue.pop()
        enter("stories", api.gids(f"/tasks/{task}/stories"))
        enter("time_tracking_entries", api.gids(f"/tasks/{task}/time_tracking_entries"))
        enter("task_dependencies", [f"{task}/{other}" for other in api.gids(f"/tasks/{task}/dependencies")])
        children = api.gids(f"/tasks/{task}/subtasks", opt_fields=TASK_FIELDS)
        queue += [child for child in children if child not in found["tasks"]]
        enter("tasks", children)
    return found


def first_project(api: Api) -> str:
    """Return a project that is there."""
    workspace = api.get("/workspaces")[0]["gid"]
    return api.get("/projects", workspace=workspace)[0]["gid"]


def link(gid: str, goal: str, supporter: str, kind: str, weight: float) -> dict[str, Any]:
    return {
        "gid": gid,
        "resource_subtype": "subgoal" if kind == "goal" else "supporting_work",
        "supported_goal": {"gid": goal},
        "supporting_resource": {"gid": supporter, "resource_type": kind},
        "contribution_weight": weight,
    }


def write_world(folder: Path, **resources: list[dict[str, Any]]) -> Path:
    """Write a world by hand: a workspace, a user, and what is given."""
    given_resources = {
        "workspaces": [{"gid": "1", "name": "W"}],
        "users": [{"gid": "2", "name": "Ann", "email": "ann@w.example"}],
        **resources,
    }
    for resource, records in given_resources.items():
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{resource}.jsonl").write_text(lines, encoding="utf-8")
    return folder
