"""Projects, finished tasks and how complete the workspace is; answers worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

Run = Callable[..., list[dict[str, Any]]]
Day = Callable[[int], date]
At = Callable[..., datetime]
PROJECT = {"project_gid": "20", "name": "Web"}


def placed(*gids: str, project: str = "20") -> list[dict[str, Any]]:
    return [{"task_gid": gid, "project_gid": project} for gid in gids]


def test_cycle_time_runs_from_creation_to_done(run: Run, day: Day, at: At) -> None:
    done = {"is_completed": True}
    rows = run(
        "fct_task_cycle_times",
        tasks=[
            {
                "task_gid": "1",
                "is_completed": True,
                "created_at": at(1, 0),
                "completed_at": at(2, 12),
                "due_on": day(1),
            },
            done | {"task_gid": "2", "created_at": at(5), "completed_at": at(4), "due_on": day(6)},
            {"task_gid": "3", "is_completed": False, "created_at": at(1)},
        ],
    )
    assert [(r["task_gid"], r["cycle_days"], r["days_late"]) for r in rows] == [("1", 1.5, 1.0), ("2", 0.0, -2.0)]
    assert [r["completed_week_on"] for r in rows] == [date(2025, 12, 29), date(2025, 12, 29)]


def test_throughput_counts_each_week_with_any_activity(run: Run, day: Day, at: At) -> None:
    rows = run(
        "fct_project_throughput_weekly",
        tasks=[
            {"task_gid": "1", "created_at": at(5), "is_completed": True, "completed_at": at(19)},
            {"task_gid": "2", "created_at": at(6)},
            {"task_gid": "3", "created_at": at(6)},
        ],
        task_projects=[*placed("1", "2"), *placed("1", project="30")],
        time_entries=[
            {"entry_gid": "9", "person_gid": "70", "project_gid": "20", "entered_on": day(28), "hours": 3.0},
            {"entry_gid": "8", "person_gid": "70", "project_gid": None, "entered_on": day(28), "hours": 3.0},
        ],
    )
    assert [tuple(r.values()) for r in rows] == [
        ("20", day(5), 2, 0, 0.0),
        ("20", day(19), 0, 1, 0.0),
        ("20", day(26), 0, 0, 3.0),
        ("30", day(5), 1, 0, 0.0),
        ("30", day(19), 0, 1, 0.0),
    ]


def health(run: Run, *tasks: dict[str, Any], waits: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    (row,) = run(
        "fct_project_health",
        projects=[PROJECT],
        tasks=list(tasks),
        task_projects=placed(*(t["task_gid"] for t in tasks if t["task_gid"] != "elsewhere")),
        task_dependencies=[{"task_gid": a, "depends_on_gid": b} for a, b in waits],
    )
    return row


def test_overdue_and_unassigned_count_open_tasks_only(run: Run, day: Day, at: At) -> None:
    row = health(
        run,
        {"task_gid": "1", "due_on": day(6), "assignee_gid": "70"},
        {"task_gid": "2", "due_on": day(7)},
        {"task_gid": "3"},
        {"task_gid": "4", "due_on": day(1), "is_completed": True, "completed_at": at(3)},
    )
    assert (row["open_tasks"], row["overdue_tasks"], row["unassigned_tasks"]) == (3, 1, 2)


def test_a_task_is_blocked_while_what_it_waits_for_is_open(run: Run, at: At) -> None:
    done = {"is_completed": True, "completed_at": at(3)}
    row = health(
        run,
        {"task_gid": "1"}, {"task_gid": "2"}, {"task_gid": "3"}, {"task_gid": "4"} | done, {"task_gid": "5"} | done,
        {"task_gid": "elsewhere"},
        waits=(("1", "2"), ("1", "3"), ("2", "4"), ("5", "1"), ("3", "elsewhere"), ("2", "gone")),
    )  # fmt: skip
    assert row["blocked_tasks"] == 2  # 1 waits for two open ones and counts once, 3 for one in another project


def test_the_last_four_weeks_and_the_time_to_clear(run: Run, at: At) -> None:
    old = at(7) - timedelta(days=40)
    closed = [
        {"task_gid": f"d{n}", "is_completed": True, "created_at": old, "completed_at": old + timedelta(days=15 + n)}
        for n in range(4)
    ]
    early = {"task_gid": "early", "is_completed": True, "created_at": old, "completed_at": old + timedelta(days=1)}
    row = health(run, *closed, early, {"task_gid": "o1", "created_at": old}, {"task_gid": "o2"}, {"task_gid": "o3"})
    assert (row["completed_4w"], row["created_4w"], row["open_tasks"]) == (4, 2, 3)
    assert row["median_cycle_days"] == pytest.approx(16)  # of 1, 15, 16, 17 and 18 days
    assert row["weeks_to_clear"] == pytest.approx(3)


def test_a_project_where_nothing_gets_done_has_no_time_to_clear(run: Run) -> None:
    row = health(run, {"task_gid": "1"})
    assert (row["weeks_to_clear"], row["median_cycle_days"]) == (None, None)


def test_an_empty_project_is_a_row_and_an_archived_one_is_none(run: Run) -> None:
    archived = {"project_gid": "21", "is_archived": True}
    (row,) = run("fct_project_health", projects=[PROJECT, archived])
    assert (row["project_gid"], row["open_tasks"], row["blocked_tasks"]) == ("20", 0, 0)
    assert [r["is_archived"] for r in run("dim_project", projects=[PROJECT, archived])] == [False, True]


def test_readiness_says_what_is_there_and_what_it_unlocks(run: Run, day: Day, at: At) -> None:
    old = at(7) - timedelta(days=300)
    rows = run(
        "fct_data_readiness",
        tasks=[
            {"task_gid": "1", "assignee_gid": "70", "due_on": day(9), "effort_hours": 2},
            {"task_gid": "2", "assignee_gid": "70"},
            {"task_gid": "3", "created_at": old},
            {"task_gid": "4", "created_at": old, "modified_at": at(2)},
            {"task_gid": "5", "is_completed": True, "completed_at": at(2)},
        ],
        goals=[
            {"goal_gid": "a", "due_on": day(31), "target_value": 1, "owner_gid": "70"},
            {"goal_gid": "b", "due_on": day(31)},
            {"goal_gid": "c"},
            {"goal_gid": "past", "due_on": day(1)},
            {"goal_gid": "closed", "is_closed": True, "due_on": day(31)},
        ],
        goal_relationships=[
            {"relationship_gid": "1", "goal_gid": "b", "supporting_gid": "20", "supporting_type": "project"}
        ],
        users=[{"person_gid": p} for p in ("70", "71", "72", "73")],
        time_entries=[{"entry_gid": str(n), "person_gid": "70", "entered_on": day(2), "hours": 1} for n in range(3)],
    )
    assert {r["measure"]: (r["covered"], r["total"], r["share"]) for r in rows} == {
        "open goals with a due date": (3, 4, 0.75),
        "open goals with a metric": (1, 2, 0.5),
        "open goals with an owner": (1, 2, 0.5),
        "open goals with supporting work": (1, 2, 0.5),
        "open tasks touched in the last half year": (3, 4, 0.75),
        "open tasks with a due date": (1, 4, 0.25),
        "open tasks with an assignee": (2, 4, 0.5),
        "open tasks with an effort estimate": (1, 4, 0.25),
        "people with logged time": (1, 4, 0.25),
        "supporters of goals that the token sees": (0, 1, 0.0),  # the project is in no list
        "items of portfolios that the token sees": (0, 0, None),
        "tasks waited for that the token sees": (0, 0, None),
    }
    assert all(r["unlocks"] for r in rows)


def test_readiness_of_an_empty_workspace_is_zero_of_zero(run: Run) -> None:
    rows = run("fct_data_readiness")
    assert {(r["covered"], r["total"], r["share"]) for r in rows} == {(0, 0, None)}
