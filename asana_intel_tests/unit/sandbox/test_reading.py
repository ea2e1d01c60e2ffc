"""How the API answers reads: pages, fields, errors, headers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.sandbox.fields import pick, plan_of
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.worlds import MID, Api, first_project, write_world


def test_pages_give_every_task_once_whatever_the_page_size(api: Api) -> None:
    project = first_project(api)
    whole = api.gids("/tasks", project=project)
    assert len(whole) > 20
    assert [api.gids("/tasks", limit=limit, project=project) for limit in (1, 7, len(whole))] == [whole] * 3


def test_next_page_comes_only_with_a_limit(api: Api) -> None:
    _, unpaged = api.call("GET", "/workspaces")
    _, paged = api.call("GET", "/workspaces", limit=10)
    assert "next_page" not in unpaged
    assert paged["next_page"] is None


@pytest.mark.parametrize("limit", ["0", "101", "ten", "-1", ""])
def test_a_limit_outside_1_to_100_is_refused(api: Api, limit: str) -> None:
    assert api.refused("GET", "/workspaces", limit=limit)[0] == 400


@pytest.mark.parametrize("offset", ["x", "MTI6", "OTk5OjEyMw=="])
def test_an_offset_that_is_not_ours_is_refused(api: Api, offset: str) -> None:
    status, message = api.refused("GET", "/tasks", project=first_project(api), limit=2, offset=offset)
    assert status == 400
    assert message.startswith("offset:")


def test_more_than_a_thousand_without_a_limit_is_too_large(tmp_path: Path) -> None:
    users = [{"gid": str(gid), "name": f"U{gid}"} for gid in range(100, 1200)]
    api = Api(Sandbox(write_world(tmp_path, users=users), MID))
    status, message = api.refused("GET", "/users", workspace=1)
    assert (status, message.startswith("The result is too large.")) == (400, True)
    assert len(api.gids("/users", workspace=1)) == 1100


def test_lists_are_compact_and_single_reads_are_full_without_opt_in_fields(api: Api) -> None:
    project = first_project(api)
    item = api.get("/tasks", project=project, limit=1)[0]
    assert set(item) == {"gid", "resource_type", "name", "resource_subtype"}
    task = api.get(f"/tasks/{item['gid']}")
    assert {"notes", "assignee", "custom_fields", "memberships", "actual_time_minutes"} <= set(task)
    assert not {"num_subtasks", "dependencies", "dependents", "html_notes", "created_by", "external"} & set(task)


def test_opt_fields_replace_the_default_set_and_reach_into_references(api: Api) -> None:
    project = first_project(api)
    fields = "name,assignee.email,memberships.section.name,num_subtasks,custom_fields.display_value,projects"
    for task in api.pages("/tasks", project=project, opt_fields=fields):
        assert set(task) == {"gid", "name", "assignee", "memberships", "num_subtasks", "custom_fields", "projects"}
        assert task["assignee"] is None or set(task["assignee"]) == {"gid", "email"}
        assert set(task["memberships"][0]["section"]) == {"gid", "name"}
        assert {"gid": project, "resource_type": "project"} in task["projects"]
        assert all(set(entry) == {"gid", "display_value"} for entry in task["custom_fields"])


def test_bare_memberships_are_empty_objects_as_in_asana(api: Api) -> None:
    task = api.get("/tasks", project=first_project(api), limit=1, opt_fields="memberships")[0]
    assert task["memberships"] == [{}]


def test_groups_and_this_in_opt_fields_are_understood() -> None:
    assert plan_of("this.(name|due_on),assignee.(name|email)") == {
        "name": {},
        "due_on": {},
        "assignee": {"name": {}, "email": {}},
    }


@given(st.lists(st.sampled_from(["name", "a.name", "a.b.c", "list.x", "nothing"]), min_size=1))
def test_a_picked_record_has_its_gid_and_only_what_was_asked(paths: list[str]) -> None:
    record = {"gid": "1", "name": "n", "secret": 1, "a": {"gid": "2", "name": "m", "b": {"c": 1}}, "list": [{"x": 1}]}
    shown = pick(record, plan_of(",".join(paths)), lambda gid: None, {})
    assert shown["gid"] == "1"
    assert set(shown) <= {"gid"} | {path.split(".")[0] for path in paths}


def test_lists_of_time_entries_do_not_tell_the_task(api: Api) -> None:
    workspace = api.get("/workspaces")[0]["gid"]
    entries = api.get(
        "/time_tracking_entries",
        workspace=workspace,
        entered_on_start_date="2025-07-01",
        limit=5,
        opt_fields="duration_minutes,task.name",
    )
    assert all(set(entry) == {"gid", "duration_minutes"} for entry in entries)
    assert api.get(f"/time_tracking_entries/{entries[0]['gid']}")["task"]["name"]


@pytest.mark.parametrize(
    ("path", "query", "status", "message"),
    [
        ("/tasks", {}, 400, "Must specify exactly one of project, tag, section"),
        ("/tasks/42", {}, 404, "task: Unknown object: 42"),
        ("/goals/42", {}, 404, "goal: Unknown object: 42"),
        ("/goals", {}, 400, "workspace: Missing input"),
        ("/goal_relationships", {}, 400, "supported_goal: Missing input"),
        ("/status_updates", {}, 400, "parent: Missing input"),
        ("/ooo_entries", {}, 400, "user: Missing input"),
        ("/nonsense", {}, 404, "No matching route for request"),
    ],
)
def test_refusals_speak_as_asana_does(api: Api, path: str, query: dict, status: int, message: str) -> None:
    code, text = api.refused("GET", path, **query)
    assert (code, text.startswith(message)) == (status, True)


def test_completed_since_now_gives_the_open_tasks(api: Api) -> None:
    project = first_project(api)
    tasks = list(api.pages("/tasks", project=project, opt_fields="completed"))
    still_open = api.gids("/tasks", project=project, completed_since="now")
    assert still_open == [task["gid"] for task in tasks if not task["completed"]]
    assert 0 < len(still_open) < len(tasks)


def test_modified_since_gives_what_changed_after(api: Api) -> None:
    project, since = first_project(api), "2025-10-20T00:00:00Z"
    recent = set(api.gids("/tasks", project=project, modified_since=since))
    tasks = list(api.pages("/tasks", project=project, opt_fields="modified_at"))
    assert {task["gid"] for task in tasks if task["modified_at"] >= "2025-10-20"} <= recent
    assert len(recent) < len(tasks)


def test_every_token_is_somebody_and_none_is_nobody(api: Api) -> None:
    first, second = api.get("/users/me"), Api(api.sandbox, token="other").get("/users/me")
    assert first["gid"] != second["gid"]
    reply = api.sandbox.answer("GET", "/users/me", {}, b"", "", "")
    assert (reply.status, reply.body["errors"][0]["message"]) == (401, "Not Authorized")
    assert first["gid"] not in api.gids("/users", workspace=api.get("/workspaces")[0]["gid"])


def test_a_configured_token_acts_as_its_user(tmp_path: Path) -> None:
    world = write_world(tmp_path)
    (world / "tokens.json").write_text('{"ann-token": "2"}')
    assert Api(Sandbox(world, MID), token="ann-token").get("/users/me")["name"] == "Ann"


def test_requests_are_logged_without_their_token(api: Api) -> None:
    api.get("/workspaces", limit=5)
    entry = api.sandbox.logged()[-1]
    shown = {"method": "GET", "path": "/workspaces", "status": 200, "query": {"limit": "5"}}
    assert {name: entry[name] for name in shown} == shown
    assert api.token not in str(entry)


def test_responses_carry_the_sandboxs_date_and_asanas_headers(company_dir: Path) -> None:
    with RunningSandbox(company_dir, MID) as running:
        headers = {"Authorization": "Bearer t"}
        answer = requests.get(f"{running.url}/workspaces", headers=headers, timeout=10)
        assert answer.headers["Date"] == "Mon, 03 Nov 2025 09:00:00 GMT"
        assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
        assert answer.headers["X-Asana-Api-Version"] == "1.1"
        running.set_clock(datetime(2025, 11, 4, 10, 30, tzinfo=UTC))
        answer = requests.get(f"{running.url}/workspaces?limit=1", headers=headers, timeout=10)
        assert answer.headers["Date"] == "Tue, 04 Nov 2025 10:30:00 GMT"
        control = running.url.replace("/api/1.0", "/_sandbox")
        truth = requests.get(f"{control}/truth", timeout=10).json()
        assert truth == running.truth()
        assert (
            requests.post(f"{control}/clock", json={"at": "2025-11-05"}, timeout=10).json()["at"][:10] == "2025-11-05"
        )
        assert requests.post(f"{control}/clock", json={"at": "soon"}, timeout=10).status_code == 400
        assert [entry["path"] for entry in running.requests()] == ["/workspaces", "/workspaces"]
        requests.delete(f"{control}/requests", timeout=10)
        assert running.requests() == []
