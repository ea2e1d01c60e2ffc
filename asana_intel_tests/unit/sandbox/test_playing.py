"""What a world shows at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.errors import ConfigError
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.times import to_iso
from asana_intel_tests.unit.sandbox.worlds import MID, Api, crawl, first_project, link, write_world

START = datetime(2025, 7, 1, tzinfo=UTC)


def moments(value: Any, key: str = "") -> Iterator[str]:
    """Yield every timestamp in a body."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from moments(member, name)
    elif isinstance(value, list):
        for item in value:
            yield from moments(item, key)
    elif key.endswith("_at") and isinstance(value, str):
        yield value


def references(value: Any) -> Iterator[str]:
    """Yield the gid of every object named in a body."""
    if isinstance(value, dict):
        if "gid" in value and value.get("resource_type") not in ("enum_option", "goal_metric"):
            yield value["gid"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.integers(min_value=-24, max_value=37 * 7 * 24))
def test_nothing_from_the_future_is_ever_visible(company_dir: Path, hours: int) -> None:
    now = START + timedelta(hours=hours)
    sandbox = Sandbox(company_dir, now)
    api = Api(sandbox)
    crawl(api)
    assert [moment for moment in moments(api.seen) if moment > to_iso(now)] == []
    assert not any(key.startswith("x_") for item in api.seen for key in item)
    dangling = {gid for gid in references(api.seen) if sandbox.player.record(gid) and not sandbox.player.exists(gid)}
    assert dangling == set()


@pytest.mark.parametrize("at", [MID, datetime(2026, 3, 10, tzinfo=UTC)])
def test_truth_counts_what_a_full_listing_gives(company_dir: Path, at: datetime) -> None:
    sandbox = Sandbox(company_dir, at)
    listed = {resource: len(gids) for resource, gids in crawl(Api(sandbox)).items()}
    assert listed == sandbox.truth()["counts"]


def test_truth_counts_what_a_full_listing_of_a_recorded_company_gives(sip_dir: Path) -> None:
    sandbox = Sandbox(sip_dir, datetime(2005, 3, 1, tzinfo=UTC))
    listed = {resource: len(gids) for resource, gids in crawl(Api(sandbox)).items()}
    assert listed == sandbox.truth()["counts"]
    assert listed["tasks"] > 100


def test_a_task_is_open_until_it_was_completed(api: Api) -> None:
    api.sandbox.set_clock("2026-03-10")
    tasks = api.pages("/tasks", project=first_project(api), opt_fields="completed_at")
    done = next(task for task in tasks if task["completed_at"])
    before = datetime.fromisoformat(done["completed_at"]) - timedelta(minutes=1)
    api.sandbox.set_clock(before.isoformat())
    task = api.get(f"/tasks/{done['gid']}")
    assert (task["completed"], task["completed_at"], task["completed_by"]) == (False, None, None)
    assert task["modified_at"] < done["completed_at"]
    api.sandbox.set_clock(done["completed_at"])
    assert api.get(f"/tasks/{done['gid']}")["completed"] is True


def test_an_earlier_state_stands_until_its_moment(tmp_path: Path) -> None:
    world = write_world(
        tmp_path,
        tasks=[
            {
                "gid": "10",
                "name": "A",
                "created_at": "2026-01-01T08:00:00.000Z",
                "due_on": "2026-02-20",
                "assignee": {"gid": "2"},
                "x_changes": [
                    {"until": "2026-01-10T00:00:00.000Z", "fields": {"due_on": "2026-02-01"}},
                    {"until": "2026-01-20T00:00:00.000Z", "fields": {"due_on": "2026-02-10", "assignee": None}},
                ],
            }
        ],
    )
    seen = []
    for day in ("2026-01-05", "2026-01-15", "2026-01-25"):
        task = Api(Sandbox(world, datetime.fromisoformat(day))).get("/tasks/10")
        seen.append((task["due_on"], task["assignee"] and task["assignee"]["name"], task["modified_at"][:10]))
    assert seen == [
        ("2026-02-01", None, "2026-01-01"),
        ("2026-02-10", None, "2026-01-10"),
        ("2026-02-20", "Ann", "2026-01-20"),
    ]


def test_actual_hours_are_known_only_from_time_entries_before_completion(tmp_path: Path) -> None:
    field = {"gid": "5", "name": "Actual Hours", "resource_subtype": "number", "precision": 2, "x_projects": ["3"]}
    world = write_world(
        tmp_path,
        custom_fields=[field],
        projects=[{"gid": "3", "name": "P", "created_at": "2026-01-09T00:00:00.000Z", "workspace": {"gid": "1"}}],
        tasks=[
            {
                "gid": "10",
                "name": "A",
                "created_at": "2026-01-01T08:00:00.000Z",
                "completed": True,
                "completed_at": "2026-01-20T08:00:00.000Z",
                "projects": [{"gid": "3"}],
                "memberships": [{"project": {"gid": "3"}, "section": None}],
                "custom_fields": [{"gid": "5", "type": "number", "number_value": 7.0}],
            }
        ],
        time_tracking_entries=[
            {"gid": "11", "task": {"gid": "10"}, "duration_minutes": 90, "entered_on": "2026-01-05",
             "created_at": "2026-01-05T17:00:00.000Z"},
        ],
    )  # fmt: skip
    seen = []
    for day in ("2026-01-03", "2026-01-10", "2026-01-21"):
        task = Api(Sandbox(world, datetime.fromisoformat(day))).get("/tasks/10")
        seen.append((task["actual_time_minutes"], task["custom_fields"][0]["display_value"]))
    assert seen == [(None, None), (90, "1.50"), (90, "7.00")]


def test_a_project_is_visible_from_its_earliest_task_on(sip_dir: Path) -> None:
    api = Api(Sandbox(sip_dir, datetime(2005, 3, 1, tzinfo=UTC)))
    for project in api.gids("/projects", workspace=api.get("/workspaces")[0]["gid"]):
        created = api.get(f"/projects/{project}")["created_at"]
        tasks = list(api.pages("/tasks", project=project, opt_fields="created_at"))
        assert all(created <= task["created_at"] for task in tasks)


def test_a_goal_reads_its_last_recorded_value_and_closes_after_its_due_date(sip_dir: Path) -> None:
    world = sip_dir
    api = Api(Sandbox(world, datetime(2007, 5, 5, tzinfo=UTC)))
    workspace = api.get("/workspaces")[0]["gid"]
    fields = "name,due_on,metric.current_number_value,metric.current_display_value"
    goals = [g for g in api.pages("/goals", workspace=workspace, opt_fields=fields) if g["due_on"] == "2007-06-30"]
    early = {goal["gid"]: goal["metric"]["current_number_value"] for goal in goals}
    api.sandbox.set_clock("2007-06-29T20:00:00Z")
    late = {gid: api.get(f"/goals/{gid}")["metric"]["current_number_value"] for gid in early}
    assert all(late[gid] >= early[gid] for gid in early)
    assert sum(late.values()) > sum(early.values()) > 0


def test_a_closed_status_is_not_told_before_the_due_date(api: Api) -> None:
    workspace = api.get("/workspaces")[0]["gid"]
    closed = {"achieved", "partial", "missed", "dropped"}
    goals = list(api.pages("/goals", workspace=workspace, opt_fields="status,due_on"))
    today = to_iso(MID)[:10]
    assert any(goal["status"] in closed for goal in goals if goal["due_on"] < today)
    assert not any(goal["status"] in closed for goal in goals if goal["due_on"] >= today)


def test_computed_metrics_follow_the_work_below_them(tmp_path: Path) -> None:
    def metric(gid: str, source: str) -> dict[str, Any]:
        return {
            "gid": gid, "unit": "percentage", "precision": 0, "initial_number_value": 0, "target_number_value": 1,
            "current_number_value": 0, "progress_source": source, "is_custom_weight": True,
        }  # fmt: skip

    born = "2026-01-01T00:00:00.000Z"
    place = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}, "section": None}]}
    done = {"completed": True, "completed_at": "2026-01-10T00:00:00.000Z"}
    world = write_world(
        tmp_path,
        projects=[{"gid": "3", "name": "P", "created_at": born, "workspace": {"gid": "1"}}],
        tasks=[
            {"gid": "10", "name": "A", "created_at": born, **done, **place},
            {"gid": "11", "name": "B", "created_at": born, **place},
            {"gid": "12", "name": "C", "created_at": born, **place},
            {"gid": "13", "name": "D", "created_at": born, "resource_subtype": "milestone", **done, **place},
        ],
        goals=[
            {"gid": str(gid), "name": source, "workspace": {"gid": "1"}, "x_created_at": born,
             "metric": metric(str(gid + 50), source)}
            for gid, source in enumerate(
                ("project_task_completion", "project_milestone_completion", "task_completion", "subgoal_progress"), 20
            )
        ],
        goal_relationships=[
            link("30", "20", "3", "project", 1.0),
            link("31", "21", "3", "project", 1.0),
            link("32", "22", "10", "task", 1.0),
            link("33", "22", "11", "task", 0.5),
            link("34", "23", "20", "goal", 1.0),
            link("35", "23", "21", "goal", 0.25),
            link("36", "23", "22", "goal", 0.0),
        ],
    )  # fmt: skip
    api = Api(Sandbox(world, datetime(2026, 1, 15, tzinfo=UTC)))
    values = [api.get(f"/goals/{gid}")["metric"]["current_number_value"] for gid in range(20, 24)]
    assert values == [0.5, 1.0, pytest.approx(1 / 1.5), pytest.approx((0.5 + 0.25) / 1.25)]
    api.sandbox.set_clock("2026-01-09")
    assert [api.get(f"/goals/{gid}")["metric"]["current_number_value"] for gid in range(20, 24)] == [0, 0, 0, 0]


def test_a_folder_without_a_world_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a world"):
        Sandbox(tmp_path, MID)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "users.jsonl").write_text('{"gid": "1", "name": "A"}\n{"gid": \n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"users.jsonl, line 2"):
        Sandbox(tmp_path, MID)
