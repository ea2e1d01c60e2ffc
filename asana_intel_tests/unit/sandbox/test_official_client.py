"""The official Python client reads from the sandbox and writes to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.worlds import MID

asana = pytest.importorskip("asana")


@pytest.fixture
def running(company_dir: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(company_dir, MID) as sandbox:
        yield sandbox


@pytest.fixture
def client(running: RunningSandbox) -> Any:
    configuration = asana.Configuration()
    configuration.host = running.url
    configuration.access_token = "client"
    return asana.ApiClient(configuration)


def test_it_lists_everything_page_by_page(running: RunningSandbox, client: Any) -> None:
    workspace = next(iter(asana.WorkspacesApi(client).get_workspaces({})))["gid"]
    fields = "name,owner.name,metric.current_number_value,custom_fields.display_value"
    goals = list(asana.GoalsApi(client).get_goals({"workspace": workspace, "opt_fields": fields}))
    assert len(goals) == running.truth()["counts"]["goals"]
    assert {"name", "gid"} <= set(goals[0]["owner"])
    projects = list(asana.ProjectsApi(client).get_projects({"workspace": workspace}))
    assert len(projects) == running.truth()["counts"]["projects"]
    api = asana.TasksApi(client)
    tasks = [task for project in projects for task in api.get_tasks_for_project(project["gid"], {"opt_fields": "name"})]
    assert len({task["gid"] for task in tasks}) > 50
    assert list(asana.GoalsApi(client).get_parent_goals_for_goal(goals[-1]["gid"], {})) is not None
    assert len(list(asana.UsersApi(client).get_users_for_workspace(workspace, {}))) == 9


def test_it_writes_and_reads_back(client: Any) -> None:
    workspace = next(iter(asana.WorkspacesApi(client).get_workspaces({})))["gid"]
    project = next(iter(asana.ProjectsApi(client).get_projects({"workspace": workspace})))["gid"]
    body = {"data": {"workspace": workspace, "name": "AI Score", "resource_subtype": "number", "precision": 1}}
    field = asana.CustomFieldsApi(client).create_custom_field(body, {})["gid"]
    setting = {"data": {"custom_field": field}}
    asana.ProjectsApi(client).add_custom_field_setting_for_project(setting, project, {})
    task = asana.TasksApi(client).create_task(
        {"data": {"name": "From the client", "projects": [project], "custom_fields": {field: 87.25}}}, {}
    )
    again = asana.TasksApi(client).get_task(task["gid"], {"opt_fields": "name,custom_fields.number_value"})
    values = {entry["gid"]: entry["number_value"] for entry in again["custom_fields"] if "number_value" in entry}
    assert values[field] == 87.2
    goals = list(asana.GoalsApi(client).get_goals({"workspace": workspace, "opt_fields": "metric.progress_source"}))
    manual = next(goal["gid"] for goal in goals if goal["metric"]["progress_source"] == "manual")
    updated = asana.GoalsApi(client).update_goal_metric({"data": {"current_number_value": 7.5}}, manual, {})
    assert updated["metric"]["current_number_value"] == 7.5
    asana.StoriesApi(client).create_story_for_task({"data": {"text": "hello"}}, task["gid"], {})
    texts = [story["text"] for story in asana.StoriesApi(client).get_stories_for_task(task["gid"], {})]
    assert "hello" in texts


def test_it_meets_a_412_and_goes_on_with_the_fresh_token(running: RunningSandbox, client: Any) -> None:
    workspace = next(iter(asana.WorkspacesApi(client).get_workspaces({})))["gid"]
    project = next(iter(asana.ProjectsApi(client).get_projects({"workspace": workspace})))["gid"]
    with pytest.raises(asana.rest.ApiException) as refused:
        asana.EventsApi(client).get_events(project, {}, full_payload=True)
    token = json.loads(refused.value.body)["sync"]
    asana.TasksApi(client).create_task({"data": {"name": "new", "projects": [project]}}, {})
    body = asana.EventsApi(client).get_events(project, {"sync": token}, full_payload=True)
    assert any(event["action"] == "added" for event in body["data"])
    assert running.requests()[-1]["status"] == 200
