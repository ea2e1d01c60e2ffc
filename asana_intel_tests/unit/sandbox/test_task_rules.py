"""What Asana lets a task be: dates, places, links, likes; and in which forms a request may come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from asana_intel.sandbox.gateway import content_of
from asana_intel_tests.unit.sandbox.board import board
from asana_intel_tests.unit.sandbox.worlds import Api

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.fixture
def small(tmp_path: Path) -> Api:
    return board(tmp_path)


def send_form(api: Api, method: str, path: str, form: str) -> tuple[int, Any]:
    reply = api.sandbox.answer(method, path, {}, form.encode(), "Bearer reader", "", FORM)
    return reply.status, orjson.loads(orjson.dumps(reply.body))


@pytest.mark.parametrize(
    "body",
    [
        {"due_on": "2026-02-10", "due_at": "2026-02-10T10:00:00Z"},
        {"start_on": "2026-02-01", "start_at": "2026-02-01T10:00:00Z", "due_at": "2026-02-10T10:00:00Z"},
        {"start_on": None},
        {"start_at": "2026-02-01T10:00:00Z", "due_on": "2026-02-10"},
        {"start_on": "2026-02-11", "due_on": "2026-02-10"},
        {"start_on": "2026-02-01", "due_on": None},
        {"start_on": "2026-02-01", "due_on": "2026-02-10", "resource_subtype": "milestone"},
        {"resource_subtype": "section"},
        {"approval_status": "approved"},
        {"resource_subtype": "approval", "approval_status": "pending", "completed": True},
        {"custom_type": "1"},
        {"external": {"gid": "x" * 1025}},
        {"external": {"name": "x"}},
        {"liked": 1},
        {"assignee_section": "4"},
    ],
)
def test_fields_that_exclude_each_other_are_refused_and_change_nothing(small: Api, body: dict[str, Any]) -> None:
    before = small.get("/tasks/10")
    assert small.refused("PUT", "/tasks/10", body)[0] == 400
    assert small.get("/tasks/10") == before


def test_a_time_of_day_gives_the_day_and_a_day_drops_the_time(small: Api) -> None:
    both = small.write("PUT", "/tasks/10", start_at="2026-02-09T08:00:00Z", due_at="2026-02-10T10:00:00Z")
    assert (both["start_on"], both["due_on"]) == ("2026-02-09", "2026-02-10")
    assert both["due_at"] == "2026-02-10T10:00:00.000Z"
    day = small.write("PUT", "/tasks/10", due_on="2026-02-11")
    assert (day["due_on"], day["due_at"], day["start_on"]) == ("2026-02-11", None, "2026-02-09")
    none = small.write("PUT", "/tasks/10", due_on=None)
    assert (none["due_on"], none["start_on"], none["start_at"]) == (None, None, None)


def test_subtasks_go_five_levels_deep(small: Api) -> None:
    parent = "10"
    for _ in range(5):
        parent = small.write("POST", f"/tasks/{parent}/subtasks", name="deeper")["gid"]
    assert small.refused("POST", f"/tasks/{parent}/subtasks", {"name": "too deep"})[0] == 400
    assert small.refused("POST", "/tasks/10/setParent", {"parent": "11"})[0] == 400
    assert small.write("POST", "/tasks/12/setParent", parent="11")["parent"]["gid"] == "11"
    assert small.write("POST", "/tasks/12/setParent", parent=None)["parent"] is None


def test_a_task_is_in_twenty_projects_at_most(small: Api) -> None:
    projects = [small.write("POST", "/projects", workspace="1", name=str(n))["gid"] for n in range(20)]
    for project in projects[:-1]:
        small.write("POST", "/tasks/10/addProject", project=project)
    assert small.refused("POST", "/tasks/10/addProject", {"project": projects[-1]})[0] == 400
    assert small.refused("POST", "/tasks", {"name": "x", "projects": [*projects, "3"]})[0] == 400


def test_a_task_has_thirty_links_at_most_and_no_circle(small: Api) -> None:
    others = [small.write("POST", "/tasks", workspace="1", name=str(n))["gid"] for n in range(30)]
    small.write("POST", "/tasks/10/addDependencies", dependencies=others[:15])
    small.write("POST", "/tasks/10/addDependents", dependents=others[15:])
    assert small.refused("POST", "/tasks/10/addDependencies", {"dependencies": ["11"]})[0] == 400
    assert small.refused("POST", f"/tasks/{others[0]}/addDependencies", {"dependencies": ["10"]})[0] == 400
    small.write("POST", "/tasks/10/addDependencies", dependencies=[others[0]])
    assert len(small.get("/tasks/10/dependencies")) == 15


def test_a_deleted_task_is_not_found_any_more(small: Api) -> None:
    child = small.write("POST", "/tasks/10/subtasks", name="child")["gid"]
    small.write("DELETE", "/tasks/10")
    for path in ("/tasks/10", f"/tasks/{child}", "/tasks/10/stories"):
        assert small.refused("GET", path)[0] == 404


def test_likes_are_counted_by_person(small: Api) -> None:
    small.write("PUT", "/tasks/10", liked=True)
    other = Api(small.sandbox, token="someone else")
    assert other.write("PUT", "/tasks/10", liked=True)["num_likes"] == 2
    assert small.write("PUT", "/tasks/10", liked=False)["num_likes"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"workspace": "1"},
        {"assignee": "2"},
        {"project": "3", "section": "4"},
        {"project": "3", "assignee": "2", "workspace": "1"},
        {"tag": "70"},
    ],
)
def test_a_list_of_tasks_needs_exactly_one_place(small: Api, query: dict[str, str]) -> None:
    status, message = small.refused("GET", "/tasks", None, **query)
    assert (status, message.startswith("Must specify exactly one of")) == (400, True)


def test_open_tasks_are_those_completed_since_now(small: Api) -> None:
    assert small.gids("/projects/3/tasks", completed_since="now") == ["10", "11", "12"]
    assert small.gids("/tasks", assignee="ann@w.example", workspace="1") == ["10"]


def test_a_form_is_as_good_as_json(small: Api) -> None:
    form = "name=From+a+form&projects=3,30&completed=false&notes=caf%C3%A9&opt_fields=name,completed,projects.name"
    status, body = send_form(small, "POST", "/tasks", form)
    assert status == 201
    task = body["data"]
    assert {name: task[name] for name in ("name", "completed")} == {"name": "From a form", "completed": False}
    assert [project["name"] for project in task["projects"]] == ["P", "Q"]
    assert (
        send_form(small, "PUT", f"/tasks/{task['gid']}", "completed=true&assignee=me")[1]["data"]["completed"] is True
    )
    assert send_form(small, "PUT", f"/tasks/{task['gid']}", "assignee=null")[1]["data"]["assignee"] is None
    field = small.write("POST", "/custom_fields", workspace="1", name="F", resource_subtype="text")["gid"]
    small.write("POST", "/projects/3/addCustomFieldSetting", custom_field=field)
    shown = send_form(small, "PUT", "/tasks/10", f"custom_fields[{field}]=hello")[1]["data"]
    assert shown["custom_fields"][0]["text_value"] == "hello"


@pytest.mark.parametrize("form", ["no-equals", "a=%ff", "a[b[c]]=1", "a[b]=1&a=2&a[c]=3"])
def test_a_form_that_cannot_be_read_is_refused(small: Api, form: str) -> None:
    assert send_form(small, "PUT", "/tasks/10", form)[0] == 400


def test_options_may_stand_in_the_body_and_answers_may_be_pretty(small: Api) -> None:
    _, body = small.call("PUT", "/tasks/10", {"data": {"name": "X"}, "options": {"fields": ["name"]}})
    assert body["data"] == {"gid": "10", "name": "X"}
    plain = small.sandbox.answer("GET", "/tasks/10", {}, b"", "Bearer reader", "")
    pretty = small.sandbox.answer("GET", "/tasks/10", {"opt_pretty": "true"}, b"", "Bearer reader", "")
    assert content_of(plain).count(b"\n") == 0
    assert content_of(pretty).count(b"\n") > 10
    assert orjson.loads(content_of(pretty)) == orjson.loads(content_of(plain))
