"""Worlds written by hand: what a line may leave out, and how what it must not leave out is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from asana_intel.errors import ConfigError
from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.schema import FILES
from asana_intel_tests.unit.sandbox.worlds import Api, Body, write_world

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def play(folder: Path, **resources: list[Body]) -> Api:
    return Api(Sandbox(write_world(folder, **resources), NOW))


def fault_of(folder: Path, **resources: list[Body]) -> str:
    with pytest.raises(ConfigError) as caught:
        play(folder, **resources)
    assert caught.value.fix
    return caught.value.message


@pytest.mark.parametrize("named", [{"name": "n"}, {}])
def test_a_record_of_hardly_anything_is_shown_with_defaults_or_refused_by_line_and_field(
    tmp_path: Path, named: Body
) -> None:
    kept: dict[str, list[Body]] = {}
    for place, resource in enumerate(FILES):
        folder = tmp_path / resource
        folder.mkdir()
        rows: list[Body] = [{"gid": str(100 + place), **named}]
        try:
            play(folder, **{resource: rows})
            kept[resource] = rows
        except ConfigError as error:
            assert f"{resource}.jsonl, line 1, field " in error.message  # noqa: PT017
    assert {"workspaces", "users", "teams", "projects", "portfolios", "tasks", "goals", "tags"} <= set(kept)
    folder = tmp_path / "all"
    folder.mkdir()
    api = play(folder, **kept)
    gids = {resource: rows[0]["gid"] for resource, rows in kept.items()}
    read = 0
    for key in (key for key in OPERATIONS if key[0] == "GET"):
        path = "/" + "/".join(gids.get(before, "1") if part == "*" else part for before, part in pairwise(key))
        for query in ({}, {"workspace": gids["workspaces"], "opt_fields": "name,owner.name,created_at,modified_at"}):
            read += api.call("GET", path, None, **query)[0] == 200
    assert read > 60


def test_what_is_left_out_reads_as_asana_would_show_it(tmp_path: Path) -> None:
    api = play(
        tmp_path,
        projects=[{"gid": "3", "name": "P"}],
        tasks=[{"gid": "10"}, {"gid": "11", "completed": True}, {"gid": "12", "created_at": None}],
    )
    project = api.get("/projects/3")
    assert project["created_at"] == project["modified_at"] == "2010-01-01T00:00:00.000Z"
    task = api.get("/tasks/10")
    assert (task["name"], task["created_at"], task["completed"]) == ("", "2010-01-01T00:00:00.000Z", False)
    done = api.get("/tasks/11")
    assert (done["completed"], done["completed_at"]) == (True, "2010-01-01T00:00:00.000Z")
    assert api.get("/tasks/12")["created_at"] == "2010-01-01T00:00:00.000Z"
    assert api.get("/workspaces/1")["email_domains"] == []


def test_a_metric_needs_only_its_target_and_keeps_its_value_where_there_are_no_readings(tmp_path: Path) -> None:
    metrics = {"5": {"target_number_value": 10}, "6": {"target_number_value": 10, "current_number_value": 4}}
    goals = [{"gid": gid, "name": "G", "metric": metric} for gid, metric in metrics.items()]
    readings: list[Body] = [{"goal": "6", "at": "2026-03-01T00:00:00.000Z", "current_number_value": 4}]
    api = play(tmp_path, goals=goals)
    shown = {gid: api.get(f"/goals/{gid}")["metric"]["current_number_value"] for gid in metrics}
    assert shown == {"5": 0, "6": 4}
    write_world(tmp_path, goals=goals, goal_metric_history=readings)
    later = Api(Sandbox(tmp_path, NOW))
    assert later.get("/goals/6")["metric"]["current_number_value"] == 0  # the reading is still to come
    assert "field metric.target_number_value" in fault_of(tmp_path, goals=[{"gid": "5", "metric": {"unit": "none"}}])


def test_values_of_custom_fields_may_stand_as_a_put_would_write_them(tmp_path: Path) -> None:
    fields: list[Body] = [
        {"gid": "70", "name": "Hours", "type": "number", "precision": 1, "x_projects": ["3"]},
        {"gid": "71", "name": "Day", "resource_subtype": "date", "x_projects": ["3"]},
    ]
    home = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}}]}
    day = {"gid": "71", "resource_subtype": "date", "date_value": {"date": "2026-02-01"}}
    tasks: list[Body] = [
        {"gid": "10", "name": "T", **home, "custom_fields": {"70": 2.5, "71": {"date": "2026-02-01"}}},
        {"gid": "11", "name": "T", **home, "custom_fields": [day]},
    ]
    api = play(tmp_path, custom_fields=fields, projects=[{"gid": "3", "name": "P"}], tasks=tasks)
    hours, date = api.get("/tasks/10")["custom_fields"]
    assert (hours["number_value"], hours["display_value"], date["display_value"]) == (2.5, "2.5", "2026-02-01")
    assert api.get("/tasks/11")["custom_fields"][1]["date_value"] == {"date": "2026-02-01", "date_time": None}


@pytest.mark.parametrize(
    ("resource", "row", "told"),
    [
        ("tasks", {"gid": "10", "assignee": "2"}, "tasks.jsonl, line 1, field assignee: '2' is not a reference"),
        ("tasks", {"gid": "10", "projects": ["3"]}, "tasks.jsonl, line 1, field projects: '3' is not a reference"),
        ("tasks", {"gid": "10", "projects": {"gid": "3"}}, "tasks.jsonl, line 1, field projects: not a list"),
        ("tasks", {"gid": "10", "created_at": "yesterday"}, "line 1, field created_at: 'yesterday' is not a moment"),
        ("projects", {"gid": "10", "created_at": 5}, "projects.jsonl, line 1, field created_at: 5 is not a moment"),
        ("projects", {"gid": "10", "x_created_at": 5}, "line 1, field x_created_at: 5 is not a moment"),
        ("custom_fields", {"gid": "10", "name": "F"}, "custom_fields.jsonl, line 1, field resource_subtype: missing"),
        ("sections", {"gid": "10", "project": None}, "sections.jsonl, line 1, field project: missing"),
    ],
)
def test_what_cannot_be_taken_is_named_by_file_line_and_field(
    tmp_path: Path, resource: str, row: Any, told: str
) -> None:
    assert told in fault_of(tmp_path, **{resource: [row]})


@pytest.mark.parametrize("parents", [{"10": "10"}, {"10": "11", "11": "10"}, {"9": "10", "10": "11", "11": "10"}])
def test_a_task_above_itself_is_refused(tmp_path: Path, parents: dict[str, str]) -> None:
    tasks: list[Body] = [{"gid": gid, "parent": {"gid": parent}} for gid, parent in parents.items()]
    assert "is a subtask of itself" in fault_of(tmp_path, tasks=tasks)


def test_broken_files_of_tokens_and_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (write_world(tmp_path) / "tokens.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tokens\.json: not JSON"):
        Sandbox(tmp_path, NOW)
    (tmp_path / "tokens.json").unlink()
    (tmp_path / "goals.jsonl").mkdir()
    with pytest.raises(ConfigError, match=r"goals\.jsonl cannot be read"):
        Sandbox(tmp_path, NOW)
