"""Duplicates, templates, and the jobs that tell how far they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from asana_intel_tests.unit.sandbox.board import board
from asana_intel_tests.unit.sandbox.worlds import Api


@pytest.fixture
def small(tmp_path: Path) -> Api:
    return board(tmp_path)


def finished(api: Api, job: dict[str, Any]) -> dict[str, Any]:
    seen = [job["status"]]
    while seen[-1] != "succeeded":
        job = api.get(f"/jobs/{job['gid']}")
        seen.append(job["status"])
    assert seen == ["not_started", "in_progress", "succeeded"]
    return job


def test_a_job_is_over_at_the_second_look_or_after_a_minute_and_only_its_creator_sees_it(small: Api) -> None:
    status, body = small.call("POST", "/tasks/10/duplicate", {"data": {"name": "Copy"}})
    job = body["data"]
    assert (status, job["status"], job["resource_subtype"]) == (201, "not_started", "duplicate_task")
    assert small.headers["Location"].endswith(f"/jobs/{job['gid']}")
    assert Api(small.sandbox, token="someone else").refused("GET", f"/jobs/{job['gid']}")[0] == 403
    assert finished(small, job)["new_task"]["name"] == "Copy"
    later = small.write("POST", "/tasks/10/duplicate", name="Again")
    small.sandbox.set_clock("2026-02-01T00:02:00Z")
    assert small.get(f"/jobs/{later['gid']}")["status"] == "succeeded"


def test_a_duplicate_of_a_task_takes_over_what_is_asked_for(small: Api) -> None:
    child = small.write("POST", "/tasks/10/subtasks", name="child")["gid"]
    small.write("POST", "/tasks/10/addTag", tag="70")
    small.write("POST", "/tasks/10/addDependencies", dependencies=["11"])
    bare = finished(small, small.write("POST", "/tasks/10/duplicate", name="bare"))["new_task"]["gid"]
    fields = "notes,assignee,tags,projects,num_subtasks,dependencies"
    shown = small.get(f"/tasks/{bare}", opt_fields=fields)
    assert (shown["notes"], shown["assignee"], shown["tags"], shown["projects"]) == ("", None, [], [])
    include = "notes,assignee,subtasks,tags,projects,dependencies"
    full = finished(small, small.write("POST", "/tasks/10/duplicate", name="full", include=include))["new_task"]["gid"]
    shown = small.get(f"/tasks/{full}", opt_fields=fields)
    assert (shown["notes"], shown["num_subtasks"]) == ("Fix the export", 1)
    assert [item["gid"] for name in ("tags", "projects", "dependencies") for item in shown[name]] == ["70", "3", "11"]
    assert small.gids(f"/tasks/{full}/subtasks") != [child]
    story = small.get(f"/tasks/{full}/stories", opt_fields="resource_subtype,duplicated_from.name")
    assert {"duplicated": "T10"}.items() <= {
        s["resource_subtype"]: (s.get("duplicated_from") or {}).get("name") for s in story
    }.items()
    assert small.refused("POST", "/tasks/10/duplicate", {"include": "everything"})[0] == 400


def test_a_duplicate_of_a_project_has_its_sections_tasks_and_fields_with_dates_moved(small: Api) -> None:
    field = small.write("POST", "/custom_fields", workspace="1", name="F", resource_subtype="text")["gid"]
    small.write("POST", "/projects/3/addCustomFieldSetting", custom_field=field)
    small.write("PUT", "/tasks/10", custom_fields={field: "kept"}, due_on="2026-02-13")
    body = {
        "name": "P again",
        "include": "task_notes,task_dates,task_assignee",
        "schedule_dates": {"due_on": "2026-02-28", "should_skip_weekends": True},
    }
    copy = finished(small, small.write("POST", "/projects/3/duplicate", **body))["new_project"]["gid"]
    assert [section["name"] for section in small.get(f"/projects/{copy}/sections")] == ["To do", "Done"]
    tasks = small.get(
        f"/projects/{copy}/tasks", opt_fields="name,due_on,completed,assignee.name,custom_fields.text_value"
    )
    assert [(task["name"], task["due_on"]) for task in tasks] == [
        ("T10", "2026-02-23"), ("T11", "2026-03-02"), ("T12", None), ("T13", None)
    ]  # fmt: skip
    assert tasks[0]["assignee"]["name"] == "Ann"
    assert tasks[0]["custom_fields"] == [{"gid": field, "text_value": "kept"}]
    assert small.refused("POST", "/projects/3/duplicate", {"include": "task_notes"})[0] == 400
    assert (
        small.refused("POST", "/projects/3/duplicate", {"name": "x", "schedule_dates": {"due_on": "2026-03-01"}})[0]
        == 400
    )


def test_a_project_saved_as_a_template_can_be_made_again(small: Api) -> None:
    small.write("PUT", "/tasks/10", due_on="2026-02-10")
    small.write("POST", "/tasks/10/subtasks", name="step")
    job = small.write("POST", "/projects/3/saveAsTemplate", name="Pattern", public=True, team="9")
    template = finished(small, job)["new_project_template"]["gid"]
    strict = {"name": "New", "is_strict": True}
    assert small.refused("POST", f"/project_templates/{template}/instantiateProject", strict)[0] == 422
    dates = [{"gid": "1", "value": "2026-06-01"}]
    path = f"/project_templates/{template}/instantiateProject"
    made = finished(small, small.write("POST", path, name="New", requested_dates=dates))["new_project"]["gid"]
    tasks = small.get(
        f"/projects/{made}/tasks", opt_fields="name,due_on,completed,num_subtasks,memberships.section.name"
    )
    assert [(task["name"], task["due_on"]) for task in tasks][:2] == [("T10", "2026-06-01"), ("T11", "2026-06-11")]
    assert (tasks[0]["num_subtasks"], tasks[3]["completed"]) == (1, False)
    assert tasks[3]["memberships"][0]["section"]["name"] == "Done"
    shown = small.get(f"/projects/{made}", opt_fields="created_from_template.name,team.gid")
    assert (shown["created_from_template"]["name"], shown["team"]["gid"]) == ("Pattern", "9")


def test_a_duplicate_of_a_portfolio_holds_copies_of_its_projects_if_asked_for(small: Api) -> None:
    portfolio = small.write("POST", "/portfolios", name="All", workspace="1")["gid"]
    small.write("POST", f"/portfolios/{portfolio}/addItem", item="3")
    path = f"/portfolios/{portfolio}/duplicate"
    empty = finished(small, small.write("POST", path, name="Empty"))["new_portfolio"]["gid"]
    assert small.get(f"/portfolios/{empty}/items") == []
    full = finished(small, small.write("POST", path, name="Full", include="child_projects"))["new_portfolio"]["gid"]
    (item,) = small.get(f"/portfolios/{full}/items")
    assert (item["name"], item["gid"] != "3") == ("P", True)
    assert len(small.get(f"/projects/{item['gid']}/tasks")) == 4
