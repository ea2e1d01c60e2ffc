"""Exports and their files, the audit log, and lists that have a size of their own."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from asana_intel.sandbox.downloads import download
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.worlds import Api, link, write_world

BORN = "2026-01-01T08:00:00.000Z"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    place = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}, "section": None}]}
    task = {"created_at": BORN, "workspace": {"gid": "1"}}
    return write_world(
        tmp_path,
        users=[
            {"gid": "2", "name": "Ann", "email": "ann@w.example"},
            {"gid": "8", "name": "Bob", "email": "bob@w.example"},
        ],
        teams=[{"gid": "5", "name": "T", "organization": {"gid": "1"}}],
        team_memberships=[{"gid": "51", "team": {"gid": "5"}, "user": {"gid": "2"}}],
        projects=[{"gid": "3", "name": "P", "team": {"gid": "5"}, **task}, {"gid": "4", "name": "Q", **task}],
        portfolios=[{"gid": "6", "name": "All", "created_at": BORN, "workspace": {"gid": "1"}, "items": ["3"]}],
        goals=[{"gid": "20", "name": "G", "workspace": {"gid": "1"}, "x_created_at": BORN}],
        goal_relationships=[link("21", "20", "6", "portfolio", 1.0)],
        tasks=[
            {"gid": "10", "name": "A", "assignee": {"gid": "2"}, **task, **place},
            {"gid": "11", "name": "B", "parent": {"gid": "10"}, **task},
            {"gid": "12", "name": "C", "assignee": {"gid": "8"}, **task},
        ],
        stories=[{"gid": "30", "target": {"gid": "10"}, "text": "Hi", "type": "comment", "created_at": BORN,
                  "created_by": {"gid": "8"}, "resource_subtype": "comment_added"}],
        status_updates=[{"gid": "31", "parent": {"gid": "3"}, "status_type": "on_track", "text": "Fine",
                         "title": "W1", "resource_subtype": "project_status_update", "created_at": BORN}],
    )  # fmt: skip


@pytest.fixture
def small(world: Path) -> Api:
    return Api(Sandbox(world, NOW))


def file_of(api: Api, url: str) -> bytes:
    return gzip.decompress(download(api.sandbox.player, url.partition("/-/downloads/")[2])[0])


def finished(api: Api, job: str) -> dict[str, Any]:
    assert api.get(f"/jobs/{job}")["status"] == "in_progress"
    shown = api.get(f"/jobs/{job}")
    assert shown["status"] == "succeeded"
    return shown


@pytest.mark.parametrize(
    ("parent", "gids"), [("20", ["20", "6", "3", "10", "11"]), ("6", ["6", "3", "10", "11"]), ("5", ["5", "3"])]
)
def test_a_graph_holds_what_is_below_its_parent(small: Api, parent: str, gids: list[str]) -> None:
    job = small.write("POST", "/exports/graph", parent=parent)
    assert (job["resource_type"], job["status"]) == ("job", "not_started")
    assert job["new_graph_export"]["download_url"] is None
    export = finished(small, job["gid"])["new_graph_export"]
    assert export["resource_type"] == "graph_export"
    found = [record["gid"] for record in json.loads(file_of(small, export["download_url"]))["data"]]
    assert found[: len(gids)] == gids
    assert small.refused("POST", "/exports/graph", {"parent": "10"})[0] == 404


def test_a_large_graph_is_kept_for_four_hours(tmp_path: Path) -> None:
    place = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}, "section": None}]}
    task = {"created_at": BORN, "workspace": {"gid": "1"}, **place}
    world = write_world(
        tmp_path,
        projects=[{"gid": "3", "name": "P", "created_at": BORN, "workspace": {"gid": "1"}}],
        tasks=[{"gid": str(gid), "name": "T", **task} for gid in range(10, 1012)],
    )
    api = Api(Sandbox(world, NOW))
    first = api.write("POST", "/exports/graph", parent="3")["new_graph_export"]["gid"]
    api.write("PUT", "/tasks/10", name="Other")
    assert api.write("POST", "/exports/graph", parent="3")["new_graph_export"]["gid"] == first
    api.sandbox.set_clock((NOW + timedelta(hours=5)).isoformat())
    assert api.write("POST", "/exports/graph", parent="3")["new_graph_export"]["gid"] != first


def lines_of(api: Api, *parameters: dict[str, Any]) -> list[dict[str, Any]]:
    job = api.write("POST", "/exports/resource", workspace="1", export_request_parameters=list(parameters))
    export = finished(api, job["gid"])["new_resource_export"]
    assert export["resource_type"] == "export_request"
    return [json.loads(line) for line in file_of(api, export["download_url"]).splitlines()]


def test_exported_tasks_carry_their_stories_and_attachments(small: Api) -> None:
    link_body = {"parent": "10", "resource_subtype": "external", "url": "https://x.example", "name": "L"}
    small.write("POST", "/attachments", **link_body)
    rows = lines_of(small, {"resource_type": "task"})
    assert [row["gid"] for row in rows] == ["10", "11", "12"]
    assert "Hi" in [story["text"] for story in rows[0]["stories"]]
    (attachment,) = rows[0]["attachments"]
    assert attachment["name"] == "L"
    assert not {"download_url", "view_url"} & set(attachment)
    assert "num_subtasks" not in rows[0]


@pytest.mark.parametrize(
    ("filters", "gids"),
    [
        ({"assignee.any": ["2"]}, ["10"]),
        ({"assignee.any": ["2", "8"]}, ["10", "12"]),
        ({"commented_on_by.any": ["8"]}, ["10"]),
        ({"created_at.after": "2026-01-02"}, []),
        ({"modified_at.before": "2026-01-02", "assignee.any": ["8"]}, ["12"]),
        ({"liked_by.any": ["2"]}, []),
    ],
)
def test_exports_are_filtered(small: Api, filters: dict[str, Any], gids: list[str]) -> None:
    rows = lines_of(small, {"resource_type": "task", "filters": filters, "fields": ["name", "assignee.name"]})
    assert [row["gid"] for row in rows] == gids
    assert all(set(row) <= {"gid", "name", "assignee"} for row in rows)


def test_teams_and_messages_are_exported_in_their_own_form(small: Api) -> None:
    team, message = lines_of(small, {"resource_type": "team"}, {"resource_type": "message"})
    assert [user["name"] for user in team["members"]] == ["Ann"]
    assert (message["resource_type"], message["resource_subtype"]) == ("message", "status_update")
    assert (message["parents"][0]["gid"], message["status_type"]) == ("3", "on_track")
    assert "html_notes" not in message


def test_one_resource_export_runs_at_a_time(small: Api) -> None:
    body = {"workspace": "1", "export_request_parameters": [{"resource_type": "team"}]}
    first = small.write("POST", "/exports/resource", **body)
    assert small.refused("POST", "/exports/resource", body)[0] == 403
    finished(small, first["gid"])
    assert small.write("POST", "/exports/resource", **body)["status"] == "not_started"


@pytest.mark.parametrize(
    "parameters",
    [
        [],
        [{"resource_type": "goal"}],
        [{"resource_type": "team", "filters": {"created_by.any": ["2"]}}],
        [{"resource_type": "message", "filters": {"assignee.any": ["2"]}}],
        [{"resource_type": "task", "filters": {"created_at.after": "soon"}}],
        [{"resource_type": "task", "filters": {"assignee.any": "2"}}],
        [{"resource_type": "task", "fields": "name"}],
        ["task"],
    ],
)
def test_a_resource_export_that_makes_no_sense_is_refused(small: Api, parameters: list[Any]) -> None:
    body = {"workspace": "1", "export_request_parameters": parameters}
    assert small.refused("POST", "/exports/resource", body)[0] == 400


def test_an_organization_is_exported_and_its_file_is_served(world: Path) -> None:
    headers = {"Authorization": "Bearer t"}
    with RunningSandbox(world, NOW) as sandbox:
        body = {"data": {"organization": "1"}}
        made = requests.post(f"{sandbox.url}/organization_exports", json=body, headers=headers, timeout=10)
        assert (made.status_code, made.json()["data"]["state"]) == (201, "pending")
        path = f"{sandbox.url}/organization_exports/{made.json()['data']['gid']}"
        states = [requests.get(path, headers=headers, timeout=10).json()["data"] for _ in range(2)]
        assert [shown["state"] for shown in states] == ["started", "finished"]
        assert states[0]["download_url"] is None
        file = requests.get(states[1]["download_url"], timeout=10)
        assert [task["name"] for task in json.loads(gzip.decompress(file.content))["tasks"]] == ["A", "B", "C"]


# -- audit log


def test_the_audit_log_tells_what_asanas_would(small: Api) -> None:
    path = "/workspaces/1/audit_log_events"
    status, nothing = small.call("GET", path)
    assert (status, nothing) == (200, {"data": [], "next_page": None})
    team = small.write("POST", "/teams", name="New", organization="1")["gid"]
    small.write("POST", f"/teams/{team}/addUser", user="2")
    small.write("PUT", "/tasks/10", name="Not of interest")
    small.write("DELETE", "/tasks/12")
    small.write("POST", "/memberships", parent="3", member="8")
    events = small.get(path)
    assert [event["event_type"] for event in events] == [
        "team_created", "team_member_added", "task_deleted", "project_member_added",
    ]  # fmt: skip
    me = small.get("/users/me")
    assert {event["actor"]["gid"] for event in events} == {me["gid"]}
    assert (events[1]["resource"]["resource_type"], events[1]["resource"]["gid"]) == ("team", team)
    assert events[3]["details"] == {"new_value": "8"}
    assert events[2]["resource"]["name"] == "C"
    assert [e["event_type"] for e in small.get(path, event_type="task_deleted")] == ["task_deleted"]
    assert small.get(path, actor_gid="2") == []
    assert small.get(path, start_at=events[2]["created_at"], end_at=events[3]["created_at"]) == [events[2]]
    assert [e["gid"] for e in small.get(path, resource_gid="12")] == [events[2]["gid"]]


def test_the_audit_log_is_followed_by_its_offset(small: Api) -> None:
    path = "/workspaces/1/audit_log_events"
    for name in "abc":
        small.write("POST", "/teams", name=name, organization="1")
    _, first = small.call("GET", path, limit=2)
    _, second = small.call("GET", path, limit=2, offset=first["next_page"]["offset"])
    assert [e["resource"]["name"] for e in first["data"] + second["data"]] == ["a", "b", "c"]
    _, none = small.call("GET", path, offset=second["next_page"]["offset"])
    assert none["data"] == []
    small.write("POST", "/teams", name="d", organization="1")
    _, later = small.call("GET", path, offset=none["next_page"]["offset"])
    assert [e["resource"]["name"] for e in later["data"]] == ["d"]
    _, filtered = small.call("GET", path, limit=2, event_type="team_created")
    assert "event_type=team_created" in filtered["next_page"]["uri"]
    assert small.refused("GET", path, offset="nonsense")[0] == 400
    small.sandbox.set_clock((NOW + timedelta(days=91)).isoformat())
    assert small.get(path) == []


# -- sizes


def test_users_of_a_workspace_come_on_one_page_of_at_most_2000(tmp_path: Path) -> None:
    users = [{"gid": str(gid), "name": f"U{gid}", "email": f"u{gid}@w.example"} for gid in range(100, 2200)]
    api = Api(Sandbox(write_world(tmp_path, users=users), NOW))
    assert len(api.get("/workspaces/1/users", limit=100)) == 2000
    assert len(api.gids("/users", workspace="1")) == 2100
    assert api.refused("GET", "/users", workspace="1")[0] == 400


def test_time_entries_are_found_by_portfolio_and_timesheet(tmp_path: Path) -> None:
    entry = {"task": {"gid": "10"}, "duration_minutes": 5, "created_at": BORN, "created_by": {"gid": "2"}}
    world = write_world(
        tmp_path,
        projects=[{"gid": g, "name": g, "created_at": BORN, "workspace": {"gid": "1"}} for g in ("3", "4")],
        portfolios=[{"gid": "6", "name": "All", "created_at": BORN, "items": ["3"]}],
        tasks=[{"gid": "10", "name": "A", "created_at": BORN, "workspace": {"gid": "1"}}],
        timesheet_approval_statuses=[{"gid": "50", "user": {"gid": "2"}, "workspace": {"gid": "1"},
                                      "start_date": "2026-01-12", "end_date": "2026-01-18", "created_at": BORN}],
        time_tracking_entries=[
            {"gid": "40", "attributable_to": {"gid": "3"}, "entered_on": "2026-01-13", **entry},
            {"gid": "41", "attributable_to": {"gid": "4"}, "entered_on": "2026-01-20", **entry},
        ],
    )  # fmt: skip
    api = Api(Sandbox(world, NOW))
    assert api.gids("/time_tracking_entries", portfolio="6") == ["40"]
    assert api.gids("/time_tracking_entries", timesheet_approval_status="50") == ["40"]
    assert api.refused("GET", "/time_tracking_entries", user="2", entered_on_start_date="soon")[0] == 400
