"""The backlog as the tables told it at an instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from asana_intel.insights.priority import score_tasks, task_goal_gains
from asana_intel.insights.priority.inputs import READS, gather
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.work_settings import PrioritySettings
from asana_intel_tests.unit.insights.priority.worlds import AS_OF, GOAL, NO_ROWS

WEEK_ON = date(2026, 3, 2)
STAMPS = {"as_of_on": WEEK_ON, "as_of_at": AS_OF}
CREATED = datetime(2026, 2, 2, tzinfo=UTC)
RUBRIC = PrioritySettings()
World = dict[str, list[dict[str, Any]]]


def frame(key: str, given: list[dict[str, Any]]) -> pl.DataFrame:
    if key not in CONTRACTS:  # a table of another part, not there yet
        return pl.DataFrame(given)
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in given], schema=schema)


def reader(world: World) -> Callable[..., pl.DataFrame]:
    def read(key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        assert key in READS
        rows = frame(key, world.get(key, []))
        return rows if partition is None or not rows.width else rows.filter(pl.col("as_of_on") == partition)

    return read


def add_task(world: World, gid: str, project: str | None = None, **more: Any) -> None:
    due_on, done_at = more.pop("due_on", None), more.pop("done_at", None)
    created_at = more.setdefault("created_at", CREATED)
    span = {"task_gid": gid, "valid_from": created_at}
    told = span | {"source": "story"}
    for key, row in {
        "staging/tasks": {"task_gid": gid, "is_completed": done_at is not None, "like_count": 0} | more,
        "staging/task_lifetimes": span,
        "staging/task_completion_intervals": told | {"is_completed": False, "valid_to": done_at},
        "staging/task_assignee_intervals": told | {"assignee_gid": more.get("assignee_gid")},
        "staging/task_date_intervals": told | {"due_on": due_on},
    }.items():
        world.setdefault(key, []).append(row)
    if done_at:
        done = told | {"is_completed": True, "valid_from": done_at}
        world["staging/task_completion_intervals"].append(done)
    if project:
        world.setdefault("staging/task_projects", []).append({"task_gid": gid, "project_gid": project})


@pytest.fixture
def world() -> World:
    """A goal, its public project p1 with two tasks and a subtask, and a private project p2."""
    told: World = {
        "staging/projects": [
            {"project_gid": "p1", "team_gid": "team", "privacy_setting": "public_to_workspace"},
            {"project_gid": "p2", "team_gid": "team", "privacy_setting": "private"},
        ],
        "forecasts/goal_attainment": [STAMPS | {k: v for k, v in GOAL.items() if k != "is_public"}],
        "staging/goals": [{"goal_gid": "g1", "privacy_setting": "public_to_workspace"}],
        "marts/dim_goal": [
            {"goal_gid": "g1", "name": "Complete 40 tasks", "progress_source": "manual", "unit": "none"}
        ],
        "marts/bridge_goal_project": [{"goal_gid": "g1", "project_gid": "p1", "depth": 0}],
    }
    add_task(told, "a", "p1", assignee_gid="u1", effort_hours=6.0)
    add_task(told, "b", "p1", done_at=datetime(2026, 3, 3, tzinfo=UTC))
    add_task(told, "sub", parent_gid="b")
    add_task(told, "secret", "p2")
    told["staging/task_dependencies"] = [{"task_gid": "a", "depends_on_gid": "b"}]
    return told


def test_open_tasks_with_their_projects_and_who_may_read_them(world: World) -> None:
    told = gather(reader(world), WEEK_ON, AS_OF, RUBRIC)
    assert dict(told.work.select("task_gid", "is_public").iter_rows()) == {"a": True, "sub": True, "secret": False}
    assert ("sub", "p1", "b") in told.places.rows(), "a subtask of a finished task is where that is"
    assert dict(told.work.select("task_gid", "left_hours").iter_rows())["a"] == 6.0
    assert told.links.row(0, named=True)["done_at"] == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_subtask_of_a_finished_task_still_serves_the_goal(world: World) -> None:
    gains = task_goal_gains(gather(reader(world), WEEK_ON, AS_OF, RUBRIC), AS_OF)
    assert gains.select("task_gid", "project_gid", "contribution").rows() == [("a", "p1", 1.0), ("sub", "p1", 1.0)]


def test_a_circle_of_parents_ends(world: World) -> None:
    add_task(world, "x", parent_gid="y")
    add_task(world, "y", "p1", parent_gid="x")
    told = gather(reader(world), WEEK_ON, AS_OF, RUBRIC)
    assert {("x", "p1", "y"), ("y", "p1", "y")} <= set(told.places.rows())


def test_nothing_later_is_known(world: World) -> None:
    def rows(world: World) -> pl.DataFrame:
        return score_tasks(gather(reader(world), WEEK_ON, AS_OF, RUBRIC), NO_ROWS, RUBRIC, AS_OF)

    before = rows(world)
    later = AS_OF + timedelta(hours=1)
    add_task(world, "new", "p1", created_at=later, due_on=AS_OF.date())
    world["staging/task_completion_intervals"] = [
        row | ({"valid_to": later} if row["task_gid"] == "a" else {})
        for row in world["staging/task_completion_intervals"]
    ] + [{"task_gid": "a", "is_completed": True, "valid_from": later, "source": "story"}]
    world["staging/stories"] = [
        {"story_gid": "1", "target_gid": "a", "author_gid": "u2", "created_at": later, "subtype": "comment_added"}
    ]
    world["forecasts/goal_attainment"].append(
        world["forecasts/goal_attainment"][0] | {"as_of_on": WEEK_ON + timedelta(weeks=1), "p_attain": 0.9}
    )
    logged = {"actual_hours": 5.0, "modified_at": later}
    world["staging/tasks"] = [row | (logged if row["task_gid"] == "a" else {}) for row in world["staging/tasks"]]
    assert rows(world).equals(before)


def test_interest_is_that_of_the_last_four_weeks_and_of_people(world: World) -> None:
    def said(n: int, author: str, days: int, text: str = "Soon?") -> dict[str, Any]:
        at = AS_OF - timedelta(days=days)
        row = {"story_gid": str(n), "target_gid": "a", "author_gid": author, "created_at": at, "text": text}
        return row | {"subtype": "comment_added"}

    world["staging/stories"] = [
        said(1, "u1", 1),
        said(2, "u1", 2),
        said(3, "u2", 3),
        said(4, "u3", 40),
        said(5, "u4", 1, "Ranked 1. AIW-ABCDEFGHIJKL"),
    ]
    world["staging/task_followers"] = [{"task_gid": "a", "person_gid": p} for p in ("u1", "u2", "u3")]
    told = gather(reader(world), WEEK_ON, AS_OF, RUBRIC).signals.filter(pl.col("task_gid") == "a")
    assert told.select("commenters", "followers").rows() == [(2, 3)]


def test_our_own_review_tasks_are_nobodys_backlog(world: World) -> None:
    add_task(world, "review", "p1", notes="Please look at this. ref AIW-ABCDEFGHIJKL")
    assert "review" not in gather(reader(world), WEEK_ON, AS_OF, RUBRIC).work["task_gid"]


@pytest.mark.parametrize(
    ("field", "value", "level"),
    [
        ("Priority", {"option_gid": "7"}, 0.75),
        ("priority", {"text_value": "Lowest "}, 0.0),
        ("Priority (1 is highest)", {"number_value": 2.0}, 0.75),
        ("Priority", {"number_value": 9.0}, 0.0),
        ("Priority", {"text_value": "whenever"}, None),
        ("Severity", {"number_value": 1.0}, None),
    ],
)
def test_priorities_that_people_set_are_read(
    world: World, field: str, value: dict[str, Any], level: float | None
) -> None:
    row = {"task_gid": "a", "field_gid": "f", "field_name": field, "valid_from": CREATED, "source": "story"}
    world["staging/task_field_intervals"] = [row | value]
    world["staging/custom_field_values"] = [
        {"object_gid": "z", "object_type": "task", "field_gid": "f", "option_gid": "7", "display_value": "High"}
    ]
    told = gather(reader(world), WEEK_ON, AS_OF, RUBRIC).signals.filter(pl.col("task_gid") == "a")
    assert told["set_priority"].to_list() == [level]


def test_business_value_is_a_part_of_the_most_there_is(world: World) -> None:
    row = {"task_gid": "a", "field_gid": "f", "field_name": "Value", "valid_from": CREATED, "source": "story"}
    world["staging/task_field_intervals"] = [row | {"number_value": 8.0}]
    rubric = PrioritySettings(business_value_field="Value", business_value_top=10)
    told = gather(reader(world), WEEK_ON, AS_OF, rubric).signals.filter(pl.col("task_gid") == "a")
    assert told["business_value"].to_list() == [0.8]


def test_load_is_that_of_two_weeks_and_the_teams_that_of_its_people(world: World) -> None:
    world["forecasts/person_load"] = [
        STAMPS
        | {
            "person_gid": who,
            "week_on": WEEK_ON + timedelta(weeks=n),
            "available_hours": 40.0,
            "assigned_hours": 10.0 * (n + 1),
        }
        for who in ("u1", "u2")
        for n in range(4)
    ]
    world["staging/team_memberships"] = [{"team_gid": "team", "person_gid": who} for who in ("u1", "u2", "u3")]
    told = gather(reader(world), WEEK_ON, AS_OF, RUBRIC).load
    assert told.rows() == [("team", 160.0, 60.0), ("u1", 80.0, 30.0), ("u2", 80.0, 30.0)]


@pytest.mark.parametrize(
    ("goal", "unit"),
    [
        ({"name": "Close 60 issues", "unit": "none"}, 1.0),
        ({"name": "Win 40 shops", "unit": "none"}, None),
        ({"name": "Tasks worth it", "unit": "currency"}, None),
        ({"progress_source": "project_task_completion", "unit": "percentage"}, 0.25),
        ({"progress_source": "project_milestone_completion", "unit": "percentage"}, None),
        ({"progress_source": "subgoal_progress", "unit": "percentage"}, None),
    ],
)
def test_what_a_finished_task_adds_depends_on_what_the_metric_counts(
    world: World, goal: dict[str, Any], unit: float | None
) -> None:
    world["marts/dim_goal"] = [world["marts/dim_goal"][0] | goal]
    world["marts/bridge_goal_support"] = [
        {"goal_gid": "g1", "supporting_gid": "p1", "supporting_type": "project", "depth": 0, "effective_weight": 0.5}
    ]
    told = gather(reader(world), WEEK_ON, AS_OF, RUBRIC).supports
    assert told.rows() == [("g1", "p1", None, unit)]
