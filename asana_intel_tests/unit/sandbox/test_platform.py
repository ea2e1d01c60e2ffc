"""The platform's smaller resources: timesheets, budgets, roles, templates, briefs, attachments, statuses, reactions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.worlds import Api, write_world

BORN = "2026-01-01T08:00:00.000Z"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
BRIEF = "<body><h1>Why</h1><table><tr><td>A</td></tr></table></body>"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    place = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}, "section": None}]}
    return write_world(
        tmp_path,
        users=[
            {"gid": "2", "name": "Ann", "email": "ann@w.example"},
            {"gid": "8", "name": "Bob", "email": "bob@w.example"},
        ],
        teams=[{"gid": "5", "name": "T", "organization": {"gid": "1"}}],
        projects=[
            {"gid": "3", "name": "P", "created_at": BORN, "workspace": {"gid": "1"}},
            {"gid": "4", "name": "Q", "created_at": BORN, "workspace": {"gid": "1"}},
        ],
        tasks=[
            {"gid": "10", "name": "A", "created_at": BORN, "workspace": {"gid": "1"}, "assignee": {"gid": "2"},
             "custom_fields": [{"gid": "30", "type": "number", "number_value": 90}], **place},
            {"gid": "11", "name": "B", "created_at": BORN, "workspace": {"gid": "1"}},
        ],
        custom_fields=[
            {"gid": "30", "name": "Estimate", "resource_subtype": "number", "asana_created_field": "estimated_time",
             "x_projects": ["3"]}
        ],
        time_tracking_categories=[{"gid": "40", "name": "Travel"}],
        time_tracking_entries=[
            {"gid": "41", "task": {"gid": "10"}, "attributable_to": {"gid": "3"}, "created_by": {"gid": "2"},
             "duration_minutes": 120, "entered_on": "2026-01-14", "categories": [{"gid": "40"}],
             "billable_status": "billable", "created_at": BORN},
            {"gid": "42", "task": {"gid": "10"}, "attributable_to": {"gid": "3"}, "created_by": {"gid": "8"},
             "duration_minutes": 60, "entered_on": "2026-01-20", "created_at": BORN},
        ],
        allocations=[
            {"gid": "45", "assignee": {"gid": "2"}, "parent": {"gid": "3"}, "start_date": "2026-02-02",
             "end_date": "2026-02-13", "effort": {"type": "percent", "value": 50}, "x_created_at": BORN}
        ],
        placeholders=[{"gid": "46", "name": "Designer"}],
        agents=[{"gid": "50", "name": "Helper"}],
        custom_types=[{"gid": "51", "name": "Bug", "x_projects": ["3"]}],
        project_templates=[{"gid": "52", "name": "Launch", "team": {"gid": "5"}}],
        task_templates=[{"gid": "53", "name": "Bug", "project": {"gid": "3"}, "created_at": BORN}],
        roles=[{"gid": "54", "name": "Admin", "is_standard_role": True, "workspace": {"gid": "1"}}],
        status_updates=[
            {"gid": "60", "parent": {"gid": "3"}, "status_type": "at_risk", "text": "Hm", "title": "W1",
             "resource_subtype": "project_status_update", "created_at": BORN}
        ],
        reactions=[
            {"gid": "61", "emoji": "👍🏽", "user": {"gid": "2"}, "target": {"gid": "60"}},
            {"gid": "62", "emoji": "🎉", "user": {"gid": "8"}, "target": {"gid": "60"}},
        ],
        rule_triggers=[{"gid": "70", "name": "Triage", "project": {"gid": "3"}}],
    )  # fmt: skip


@pytest.fixture
def small(world: Path) -> Api:
    return Api(Sandbox(world, NOW))


# -- time


def test_categories_are_defined_archived_and_tell_their_entries(small: Api) -> None:
    made = small.write("POST", "/time_tracking_categories", workspace="1", name="Meetings", color="aqua")
    assert (made["color"], made["is_archived"]) == ("aqua", False)
    assert "workspace" not in made
    assert small.gids("/time_tracking_categories", workspace="1") == ["40", made["gid"]]
    small.write("PUT", f"/time_tracking_categories/{made['gid']}", is_archived=True)
    assert small.gids("/time_tracking_categories", workspace="1") == ["40"]
    assert small.gids("/time_tracking_categories", workspace="1", is_archived="true") == [made["gid"]]
    path = "/time_tracking_categories/40/time_tracking_entries"
    assert small.gids(path) == ["41"]
    assert small.gids(path, start_date="2026-01-15") == []
    assert (
        small.refused("POST", "/time_tracking_categories", {"workspace": "1", "name": "X", "color": "puce"})[0] == 400
    )
    small.write("DELETE", "/time_tracking_categories/40")
    assert small.refused("GET", path)[0] == 404


WEEK = {"user": "2", "workspace": "1", "start_date": "2026-01-12", "end_date": "2026-01-18"}


@pytest.mark.parametrize(
    "body",
    [{"start_date": "2026-01-13"}, {"end_date": "2026-01-19"}, {"user": None}, {"workspace": None}],
)
def test_a_timesheet_is_a_week_of_a_user(small: Api, body: dict[str, Any]) -> None:
    assert small.refused("POST", "/timesheet_approval_statuses", {**WEEK, **body})[0] == 400


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from(["draft", "submitted", "approved", "rejected"]), max_size=6))
def test_a_timesheet_moves_as_allowed_and_its_entries_with_it(small: Api, moves: list[str]) -> None:
    small.sandbox.reset()
    path = f"/timesheet_approval_statuses/{small.write('POST', '/timesheet_approval_statuses', **WEEK)['gid']}"
    allowed = {
        "DRAFT": {"submitted"}, "SUBMITTED": {"draft", "approved", "rejected"},
        "APPROVED": {"draft", "rejected"}, "REJECTED": {"draft", "submitted", "approved"},
    }  # fmt: skip
    state = "DRAFT"
    for move in moves:
        status, _ = small.call("PUT", path, {"data": {"approval_status": move}})
        assert status == (200 if move in allowed[state] else 400)
        state = move.upper() if status == 200 else state
        assert small.get(path)["approval_status"] == state
        assert small.get("/time_tracking_entries/41")["approval_status"] == state
        assert small.get("/time_tracking_entries/42")["approval_status"] == "DRAFT"


def test_timesheets_are_found_by_user_dates_and_state(small: Api) -> None:
    made = small.write("POST", "/timesheet_approval_statuses", **WEEK)
    path = "/timesheet_approval_statuses"
    assert small.gids(path, workspace="1", user="2", from_date="2026-01-18") == [made["gid"]]
    assert small.gids(path, workspace="1", from_date="2026-01-19") == []
    assert small.gids(path, workspace="1", approval_statuses="draft,approved") == [made["gid"]]
    assert small.gids(path, workspace="1", approval_statuses="approved") == []
    assert small.refused("POST", path, WEEK)[0] == 400


# -- money


def test_a_budget_counts_minutes_or_money(small: Api) -> None:
    parts = {"estimate": {"source": "tasks", "enabled": True}, "total": {"enabled": True, "value": 600}}
    made = small.write("POST", "/budgets", parent="3", budget_type="time", **parts)
    assert (made["actual"]["value"], made["actual"]["units"]) == (180, "minutes")
    assert (made["estimate"]["value"], made["total"]["value"]) == (90, 600)
    small.write("POST", "/rates", parent="3", resource="2", rate=60)
    path = f"/budgets/{made['gid']}"
    cost = small.write("PUT", path, budget_type="cost", actual={"billable_status_filter": "billable"})
    assert (cost["actual"]["value"], cost["actual"]["units"], cost["estimate"]["value"]) == (120, "USD", 90)
    planned = small.write("PUT", path, budget_type="time", estimate={"source": "capacity_plans"})
    assert planned["estimate"]["value"] == 2 * 20 * 60  # two weeks at half of 40 hours
    off = small.write("PUT", path, estimate={"source": "none", "enabled": False}, total={"enabled": False})
    assert (off["estimate"]["value"], off["total"]["value"], off["total"]["units"]) == (None, None, None)
    assert [b["gid"] for b in small.get("/budgets", parent="3")] == [made["gid"]]
    assert small.refused("POST", "/budgets", {"parent": "3", "budget_type": "time"})[0] == 400
    assert small.refused("PUT", path, {"parent": "4"})[0] == 400
    small.write("DELETE", path)
    assert small.get("/budgets", parent="3") == []


def test_a_rate_stands_for_a_person_or_placeholder_once(small: Api) -> None:
    made = small.write("POST", "/rates", parent="3", resource="46", rate=80.5)
    assert (made["resource"]["name"], made["rate"], made["currency_code"]) == ("Designer", 80.5, "USD")
    assert small.refused("POST", "/rates", {"parent": "3", "resource": "46", "rate": 1})[0] == 400
    assert small.write("PUT", f"/rates/{made['gid']}", rate=90)["rate"] == 90
    assert small.gids("/rates", parent="3", resource="46") == [made["gid"]]
    assert small.refused("POST", "/rates", {"parent": "3", "resource": "2", "rate": "much"})[0] == 400
    assert small.refused("GET", "/rates")[0] == 400


# -- who and what


def test_roles_are_defined_and_standard_ones_stay(small: Api) -> None:
    body = {"workspace": "1", "name": "Lead", "description": "Leads", "base_role_type": "member"}
    made = small.write("POST", "/roles", **body, permissions={"create_team": False})
    assert (made["permissions"]["create_team"], made["permissions"]["create_goal"]) == (False, True)
    changed = small.write("PUT", f"/roles/{made['gid']}", permissions={"task_deletion_policy": "owned"})
    assert (changed["permissions"]["create_team"], changed["permissions"]["task_deletion_policy"]) == (False, "owned")
    assert small.refused("PUT", f"/roles/{made['gid']}", {"permissions": {"fly": True}})[0] == 400
    assert small.gids("/roles", workspace="1") == ["54", made["gid"]]
    assert small.refused("DELETE", "/roles/54")[0] == 403
    small.write("DELETE", f"/roles/{made['gid']}")


def test_agents_types_and_templates_are_read(small: Api) -> None:
    assert small.get("/workspaces/1/agents") == [
        {"gid": "50", "resource_type": "agent", "resource_subtype": "asana_teammate", "name": "Helper"}
    ]
    assert small.get("/agents/50")["workspace"]["gid"] == "1"
    assert [t["name"] for t in small.get("/custom_types", project="3")] == ["Bug"]
    assert small.get("/custom_types", project="4") == []
    for path in ("/project_templates?workspace=1", "/project_templates?team=5", "/teams/5/project_templates"):
        base, _, text = path.partition("?")
        assert small.gids(base, **dict([text.split("=")] if text else [])) == ["52"]
    assert small.gids("/task_templates", project="3") == ["53"]
    small.write("DELETE", "/project_templates/52")
    assert small.refused("GET", "/project_templates/52")[0] == 404


def test_a_project_has_one_brief(small: Api) -> None:
    made = small.write("POST", "/projects/3/project_briefs", title="Why", html_text=BRIEF)
    assert (made["html_text"], "text" in made) == (BRIEF, False)
    assert small.get("/projects/3", opt_fields="project_brief")["project_brief"]["gid"] == made["gid"]
    path = f"/project_briefs/{made['gid']}"
    changed = small.write("PUT", path, text="plain & simple")
    assert changed["html_text"] == "<body>plain &amp; simple</body>"
    assert small.refused("PUT", path, {"text": "a", "html_text": BRIEF})[0] == 400
    assert small.refused("PUT", path, {"html_text": "<p>no body</p>"})[0] == 400
    assert small.refused("POST", "/projects/3/project_briefs", {"text": "second"})[0] == 400
    small.write("DELETE", path)
    assert small.get("/projects/3", opt_fields="project_brief")["project_brief"] is None


def test_a_project_status_is_a_status_update_with_a_colour(small: Api) -> None:
    assert small.get("/project_statuses/60")["color"] == "yellow"
    made = small.write("POST", "/projects/3/project_statuses", text="On hold", color="blue", title="W2")
    assert "html_text" not in made
    assert small.get(f"/status_updates/{made['gid']}")["status_type"] == "on_hold"
    assert small.get("/projects/3")["current_status_update"]["gid"] == made["gid"]
    assert small.gids("/projects/3/project_statuses") == [made["gid"], "60"]
    assert small.refused("POST", "/projects/3/project_statuses", {"text": "x", "color": "pink"})[0] == 400
    small.write("DELETE", f"/project_statuses/{made['gid']}")
    assert small.refused("GET", f"/status_updates/{made['gid']}")[0] == 404


def test_reactions_are_found_by_emoji_without_skin_tone(small: Api) -> None:
    (found,) = small.get("/reactions", target="60", emoji_base="👍")
    assert (found["gid"], found["emoji"], found["user"]["name"]) == ("61", "👍🏽", "Ann")
    summary = small.get("/status_updates/60")["reaction_summary"]
    assert [(item["emoji_base"], item["variant"], item["count"]) for item in summary] == [
        ("👍", "👍🏽", 1), ("🎉", "🎉", 1),
    ]  # fmt: skip
    assert small.refused("GET", "/reactions", target="60")[0] == 400
    assert small.refused("GET", "/reactions", target="3", emoji_base="👍")[0] == 404


def test_a_rule_runs_on_a_task_of_its_project(small: Api) -> None:
    assert small.write("POST", "/rule_triggers/70/run", resource="10", action_data={"a": 1})["message"]
    assert [s["resource_subtype"] for s in small.get("/tasks/10/stories")] == ["rule_triggered"]
    assert small.refused("POST", "/rule_triggers/70/run", {"resource": "11", "action_data": {}})[0] == 400
    assert small.refused("POST", "/rule_triggers/70/run", {"resource": "10", "action_data": []})[0] == 400
    assert small.refused("POST", "/rule_triggers/71/run", {"resource": "10", "action_data": {}})[0] == 404


# -- attachments


def test_a_link_is_attached_listed_and_deleted(small: Api) -> None:
    body = {"parent": "10", "resource_subtype": "external", "url": "https://x.example/a", "name": "A"}
    made = small.write("POST", "/attachments", **body)
    assert (made["host"], made["view_url"], made["parent"]["gid"]) == ("external", "https://x.example/a", "10")
    assert small.gids("/attachments", parent="10") == [made["gid"]]
    assert "attachment_added" in [s["resource_subtype"] for s in small.get("/tasks/10/stories")]
    assert small.refused("POST", "/attachments", {**body, "url": "file:///etc/passwd"})[0] == 400
    assert small.refused("POST", "/attachments", {"parent": "10"})[0] == 400
    assert small.refused("POST", "/attachments", {**body, "parent": "5"})[0] == 404
    small.write("DELETE", f"/attachments/{made['gid']}")
    assert small.get("/attachments", parent="10") == []


def test_a_file_comes_back_as_it_was_sent_and_outlives_the_server(world: Path, tmp_path: Path) -> None:
    content, state = bytes(range(256)) + b"\r\n--boundary\r\n", tmp_path / "journal.jsonl"
    headers = {"Authorization": "Bearer t"}
    for run in range(2):
        with RunningSandbox(world, NOW, state) as sandbox:
            if run == 0:
                files = {"file": ("r%C3%A9sum%C3%A9.bin", content)}
                sent = requests.post(
                    f"{sandbox.url}/attachments", headers=headers, data={"parent": "10"}, files=files, timeout=10
                )
                assert (sent.status_code, sent.json()["data"]["name"]) == (200, "résumé.bin")
            query = {"parent": "10", "opt_fields": "download_url,size"}
            listed = requests.get(f"{sandbox.url}/attachments", headers=headers, params=query, timeout=10).json()
            (shown,) = listed["data"]
            assert shown["size"] == len(content)
            assert requests.get(shown["download_url"], timeout=10).content == content


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_broken_upload_is_refused(world: Path, kind: str) -> None:
    with RunningSandbox(world, NOW) as sandbox:
        headers = {"Authorization": "Bearer t", "Content-Type": kind}
        answer = requests.post(f"{sandbox.url}/attachments", headers=headers, data=b"no parts", timeout=10)
        assert answer.status_code == 400
        assert answer.json()["errors"]
