"""Search: what parameters find, in which order, and how late."""

from __future__ import annotations

from pathlib import Path

import pytest

from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.board import board
from asana_intel_tests.unit.sandbox.worlds import MID, Api, first_project

TASKS = "/workspaces/1/tasks/search"


@pytest.fixture
def small(tmp_path: Path) -> Api:
    return board(tmp_path)


def found(api: Api, **query: str) -> list[str]:
    names = {name.replace("__", "."): value for name, value in query.items()}
    return sorted(task["gid"] for task in api.get(TASKS, **names))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["10", "11", "12", "13"]),
        ({"text": "EXPORT fix"}, ["10"]),
        ({"completed": "true"}, ["13"]),
        ({"assignee.any": "ann@w.example,22"}, ["10"]),
        ({"assignee.any": "null"}, ["11", "12", "13"]),
        ({"assignee.not": "2"}, ["11", "12", "13"]),
        ({"sections.any": "5"}, ["13"]),
        ({"sections.not": "4"}, ["13"]),
        ({"projects.any": "30"}, []),
        ({"projects.any": "30", "sections.any": "5"}, ["13"]),
        ({"projects.all": "3,30"}, []),
        ({"tags.any": "70,79"}, ["11", "12"]),
        ({"tags.not": "70"}, ["10", "12", "13"]),
        ({"teams.any": "9"}, ["10", "11", "12", "13"]),
        ({"due_on": "2026-02-20"}, ["11"]),
        ({"due_on": "null"}, ["10", "12", "13"]),
        ({"due_on.before": "2026-02-21"}, ["11"]),
        ({"due_on.after": "2026-02-20"}, []),
        ({"completed_on.after": "2026-01-19"}, ["13"]),
        ({"completed_at.before": "2026-01-20T07:00:00Z"}, []),
        ({"created_on": "2026-01-01", "is_subtask": "false"}, ["10", "11", "12", "13"]),
        ({"modified_at.after": "2026-01-10T00:00:00Z"}, ["13"]),
        ({"is_subtask": "true"}, []),
        ({"has_attachment": "true"}, []),
        ({"resource_subtype": "milestone"}, []),
    ],
)
def test_each_parameter_finds_what_it_says(small: Api, query: dict[str, str], expected: list[str]) -> None:
    assert found(small, **query) == expected


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"completed": "perhaps"}, 400),
        ({"due_on": "soon"}, 400),
        ({"sort_by": "name"}, 400),
        ({"assignee.any": "nobody@w.example"}, 404),
        ({"custom_fields.99.value": "1"}, 404),
        ({"limit": "101"}, 400),
        ({"custom_types.1.custom_type_status_option.gid": "2"}, 400),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(small: Api, query: dict[str, str], status: int) -> None:
    assert small.refused("GET", TASKS, None, **query)[0] == status


def test_custom_fields_can_be_asked_what_their_type_allows(small: Api) -> None:
    fields = {}
    for kind in ("text", "number", "date"):
        made = small.write("POST", "/custom_fields", workspace="1", name=kind, resource_subtype=kind)["gid"]
        small.write("POST", "/projects/3/addCustomFieldSetting", custom_field=made)
        fields[kind] = f"custom_fields.{made}"
    gids = {kind: name.removeprefix("custom_fields.") for kind, name in fields.items()}
    values = {gids["text"]: "Blue whale", gids["number"]: 5, gids["date"]: {"date": "2026-03-01"}}
    small.write("PUT", "/tasks/10", custom_fields=values)
    small.write("PUT", "/tasks/11", custom_fields={gids["number"]: 7})
    small.sandbox.set_clock("2026-02-02")
    text, number, day = fields["text"], fields["number"], fields["date"]
    asked = {
        f"{text}.value": ("Blue whale", ["10"]),
        f"{text}.starts_with": ("blue", ["10"]),
        f"{text}.ends_with": ("WHALE", ["10"]),
        f"{text}.contains": ("e w", ["10"]),
        f"{number}.greater_than": ("5", ["11"]),
        f"{number}.less_than": ("7", ["10"]),
        f"{number}.is_set": ("false", ["12", "13"]),
        f"{day}.before": ("2026-03-02", ["10"]),
        f"{day}.after": ("2026-03-01", []),
    }
    assert {name: found(small, **{name: value}) for name, (value, _) in asked.items()} == {
        name: expected for name, (_, expected) in asked.items()
    }
    assert small.refused("GET", TASKS, None, **{f"{number}.contains": "5"})[0] == 400


def test_blocked_and_blocking_tasks_are_found(small: Api) -> None:
    small.write("POST", "/tasks/10/addDependencies", dependencies=["11", "13"])
    small.sandbox.set_clock("2026-02-02")
    assert (found(small, is_blocked="true"), found(small, is_blocking="true")) == (["10"], ["11"])


def test_search_sees_writes_only_after_a_while(small: Api) -> None:
    new = small.write("POST", "/tasks", projects=["3"], name="brand new")["gid"]
    small.write("PUT", "/tasks/10", completed=True)
    assert found(small, text="brand") == []
    assert found(small, completed="true") == ["13"]
    stale = small.get(TASKS, completed="false", opt_fields="completed")
    assert {"gid": "10", "completed": True} in stale
    small.sandbox.set_clock("2026-02-01T00:01:00Z")
    assert found(small, text="brand") == [new]
    assert found(small, completed="true") == ["10", "13"]
    small.write("DELETE", f"/tasks/{new}")
    assert found(small, text="brand") == []


def test_search_forgets_what_a_reset_forgets(small: Api) -> None:
    small.write("PUT", "/tasks/10", name="renamed")
    small.sandbox.set_clock("2026-02-02")
    assert found(small, text="renamed") == ["10"]
    small.sandbox.reset()
    assert found(small, text="renamed") == []


def test_search_has_one_page_of_a_hundred_in_the_order_asked_for(company_dir: Path) -> None:
    api = Api(Sandbox(company_dir, MID))
    workspace = api.get("/workspaces")[0]["gid"]
    path = f"/workspaces/{workspace}/tasks/search"
    status, body = api.call("GET", path, limit=5, sort_by="created_at", sort_ascending="true", opt_fields="created_at")
    assert (status, set(body), len(body["data"])) == (200, {"data"}, 5)
    moments = [task["created_at"] for task in body["data"]]
    assert moments == sorted(moments)
    seen: list[str] = []
    after = "2000-01-01T00:00:00.000Z"
    while page := api.get(
        path, sort_by="created_at", sort_ascending="true", opt_fields="created_at", **{"created_at.after": after}
    ):
        assert len(page) <= 100
        seen += [task["gid"] for task in page]
        after = page[-1]["created_at"]
    assert len(seen) == len(set(seen)) > 20
    project = first_project(api)
    assert set(api.gids(f"/projects/{project}/tasks")) >= {
        task["gid"] for task in api.get(path, **{"projects.any": project})
    }


def test_projects_are_searched_by_name_owner_members_and_dates(small: Api) -> None:
    made = small.write("POST", "/projects", workspace="1", name="Rocket launch", owner="2", due_on="2026-05-01")["gid"]
    small.write("POST", f"/projects/{made}/addMembers", members="22,ann@w.example")
    small.sandbox.set_clock("2026-02-02")

    def projects(**query: str) -> list[str]:
        return [project["gid"] for project in small.get("/workspaces/1/projects/search", **query)]

    assert projects(text="launch") == [made]
    assert projects(**{"owner.any": "2"}) == [made]
    assert projects(**{"members.any": "22", "completed": "false"}) == [made]
    assert made not in projects(**{"members.not": "22"})
    assert projects(**{"due_on.after": "2026-04-30"}) == [made]
    assert projects(**{"teams.any": "9"}) == ["3"]


def test_a_custom_id_leads_to_its_task(small: Api) -> None:
    field = small.write("POST", "/custom_fields", workspace="1", name="ID", resource_subtype="text")["gid"]
    small.write("POST", "/projects/3/addCustomFieldSetting", custom_field=field)
    small.write("PUT", "/tasks/10", custom_fields={field: "BUG-12"})
    assert small.refused("GET", "/workspaces/1/tasks/custom_id/BUG-12")[0] == 404
    small.sandbox.player.write(field, {"representation_type": "custom_id"})
    assert small.get("/workspaces/1/tasks/custom_id/bug-12")["gid"] == "10"
