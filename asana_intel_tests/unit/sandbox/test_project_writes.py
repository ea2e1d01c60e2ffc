"""Projects and time entries: making, changing, sharing, counting, deleting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from asana_intel_tests.unit.sandbox.board import board
from asana_intel_tests.unit.sandbox.worlds import Api


@pytest.fixture
def small(tmp_path: Path) -> Api:
    return board(tmp_path)


def test_a_project_takes_every_documented_field(small: Api) -> None:
    body = {
        "name": "R", "html_notes": "<body><h1>Why</h1></body>", "color": "light-teal", "icon": "rocket",
        "default_view": "board", "due_date": "2026-05-01", "public": False, "owner": "ann@w.example",
        "default_access_level": "commenter", "minimum_access_level_for_sharing": "admin", "followers": "22,2",
    }  # fmt: skip
    project = small.write("POST", "/workspaces/1/projects", **body)
    assert (project["due_on"], project["privacy_setting"], project["notes"]) == ("2026-05-01", "private", "Why")
    assert (project["owner"]["name"], project["icon"]) == ("Ann", "rocket")
    assert {user["gid"] for user in project["members"]} >= {"2", "22"}
    done = small.write("PUT", f"/projects/{project['gid']}", completed=True, archived=True)
    assert done["completed_by"]["gid"] == small.get("/users/me")["gid"]
    assert small.write("POST", "/teams/9/projects", name="T")["team"]["gid"] == "9"


@pytest.mark.parametrize(
    "body",
    [
        {"start_on": "2026-02-01"},
        {"start_on": "2026-02-01", "due_on": "2026-02-01"},
        {"color": "beige"},
        {"privacy_setting": "secret"},
        {"archived": "never"},
        {"workspace": "1"},
    ],
)
def test_a_project_refuses_what_it_cannot_be(small: Api, body: dict[str, Any]) -> None:
    before = small.get("/projects/3")
    assert small.refused("PUT", "/projects/3", body)[0] == 400
    assert small.get("/projects/3") == before


def test_giving_a_team_is_answered_with_a_notice_of_its_deprecation(small: Api) -> None:
    small.write("POST", "/projects", workspace="1", name="A", team="9")
    assert "affected=true" in small.headers["Asana-Change"]
    small.write("PUT", "/projects/30", team="9")
    assert "affected=true" in small.headers["Asana-Change"]
    small.write("PUT", "/projects/30", name="B")
    assert "Asana-Change" not in small.headers


def test_followers_are_members_and_members_need_not_follow(small: Api) -> None:
    followed = small.write("POST", "/projects/3/addFollowers", followers="22")
    assert [[user["gid"] for user in followed[name]] for name in ("members", "followers")] == [["22"], ["22"]]
    small.write("POST", "/projects/3/addMembers", members="2")
    assert [m["member"]["gid"] for m in small.get("/projects/3/project_memberships")] == ["22", "2"]
    unfollowed = small.write("POST", "/projects/3/removeFollowers", followers="22")
    assert ([user["gid"] for user in unfollowed["members"]], unfollowed["followers"]) == (["22", "2"], [])
    left = small.write("POST", "/projects/3/removeMembers", members="22,2")
    assert left["members"] == small.get("/projects/3/project_memberships") == []


def test_counts_are_given_only_when_asked_for(small: Api) -> None:
    assert small.get("/projects/3/task_counts") == {}
    small.write("PUT", "/tasks/12", resource_subtype="milestone")
    fields = "num_tasks,num_incomplete_tasks,num_completed_tasks,num_milestones,num_completed_milestones"
    assert small.get("/projects/3/task_counts", opt_fields=fields) == {
        "num_tasks": 4, "num_incomplete_tasks": 3, "num_completed_tasks": 1, "num_milestones": 1,
        "num_completed_milestones": 0,
    }  # fmt: skip


def test_a_deleted_project_takes_the_tasks_along_that_are_nowhere_else(small: Api) -> None:
    small.write("POST", "/tasks/10/addProject", project="30")
    small.write("DELETE", "/projects/3")
    assert small.refused("GET", "/projects/3")[0] == 404
    assert [project["gid"] for project in small.get("/tasks/10")["projects"]] == ["30"]
    assert small.refused("GET", "/tasks/11")[0] == 404
    assert small.refused("GET", "/sections/4")[0] == 404


def test_time_entries_add_up_on_their_task(small: Api) -> None:
    entry = small.write("POST", "/tasks/10/time_tracking_entries", duration_minutes=30, description="call")
    assert (entry["entered_on"], entry["attributable_to"]["gid"], entry["task"]["gid"]) == ("2026-02-01", "3", "10")
    small.write("POST", "/tasks/10/time_tracking_entries", duration_minutes=15, entered_on="2026-01-31")
    assert small.get("/tasks/10")["actual_time_minutes"] == 45
    small.write("PUT", f"/time_tracking_entries/{entry['gid']}", duration_minutes=60, billable_status="billable")
    assert small.get("/tasks/10")["actual_time_minutes"] == 75
    listed = small.get("/tasks/10/time_tracking_entries", opt_fields="duration_minutes,task,description")
    assert all(set(item) == {"gid", "duration_minutes"} for item in listed)
    small.write("DELETE", f"/time_tracking_entries/{entry['gid']}")
    assert small.get("/tasks/10")["actual_time_minutes"] == 15


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"duration_minutes": 0},
        {"duration_minutes": 1.5},
        {"duration_minutes": True},
        {"duration_minutes": 5, "attributable_to": "30"},
        {"duration_minutes": 5, "billable_status": "maybe"},
        {"duration_minutes": 5, "entered_on": "today"},
    ],
)
def test_a_time_entry_that_is_none_is_refused(small: Api, body: dict[str, Any]) -> None:
    assert small.refused("POST", "/tasks/10/time_tracking_entries", body)[0] == 400
    assert small.get("/tasks/10")["actual_time_minutes"] is None
