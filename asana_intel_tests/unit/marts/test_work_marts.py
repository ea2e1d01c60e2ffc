"""Estimates and capacity; answers worked by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from asana_intel_tests.unit.marts.worlds import AS_OF, Rows, at, day, mart


def done(gid: str, **others: Any) -> dict[str, Any]:
    return {"task_gid": gid, "created_at": at(1), "is_completed": True, "completed_at": at(3)} | others


ESTIMATES: dict[str, Rows] = {
    "tasks": [
        done("1", assignee_gid="ada", effort_hours=4, actual_hours=6),  # 1.5
        done("2", assignee_gid="ada", effort_hours=8, actual_hours=4),  # 0.5
        done("3", assignee_gid="ben", effort_hours=2, actual_hours=2, subtype="approval"),  # 1
        done("4", effort_hours=5, actual_hours=0),
        done("5", effort_hours=None, actual_hours=3),
        {"task_gid": "6", "effort_hours": 1, "actual_hours": 9},
    ],
    "task_projects": [
        {"task_gid": gid, "project_gid": project} for gid, project in (("1", "P"), ("1", "Q"), ("3", "P"))
    ],
}


def test_estimates_are_judged_on_finished_tasks_with_time_logged() -> None:
    rows = mart("fct_task_estimates", ESTIMATES)
    told = [(r["task_gid"], r["kind"], r["error_hours"], r["actual_to_estimate"]) for r in rows]
    assert told == [("1", "default_task", 2, 1.5), ("2", "default_task", -4, 0.5), ("3", "approval", 0, 1)]


def test_estimates_are_judged_by_person_kind_and_project() -> None:
    rows = mart("fct_estimate_accuracy", ESTIMATES)
    columns = (
        "tasks",
        "estimated_hours",
        "actual_hours",
        "actual_to_estimate",
        "median_actual_to_estimate",
        "overrun_share",
    )
    told = {(r["judged_by"], r["judged_gid"]): tuple(r[column] for column in columns) for r in rows}
    assert told == {
        ("all", "all"): (3, 14, 12, pytest.approx(12 / 14), 1, pytest.approx(1 / 3)),
        ("person", "ada"): (2, 12, 10, pytest.approx(10 / 12), 1, 0.5),  # the median of 1.5 and 0.5
        ("person", "ben"): (1, 2, 2, 1, 1, 0),
        ("kind", "default_task"): (2, 12, 10, pytest.approx(10 / 12), 1, 0.5),
        ("kind", "approval"): (1, 2, 2, 1, 1, 0),
        ("project", "P"): (2, 6, 8, pytest.approx(8 / 6), 1.25, 0.5),
        ("project", "Q"): (1, 4, 6, 1.5, 1.5, 1),
    }
    p85 = next(r["p85_actual_to_estimate"] for r in rows if r["judged_gid"] == "ada")
    assert p85 == pytest.approx(0.5 + 0.85)


# The data end on Wednesday 7 January 2026; the running week has Wednesday, Thursday and Friday left: 24 hours.


def capacity(**staging: Rows) -> Rows:
    rows = mart("fct_person_capacity_weekly", {"users": [{"person_gid": "ada"}], **staging})
    assert [row["week_on"] for row in rows] == [day(5) + timedelta(weeks=n) for n in range(8)]
    return rows


def allocated(*allocations: dict[str, Any]) -> list[float]:
    people = {"person_gid": "ada", "project_gid": "P"}
    rows = capacity(allocations=[{"allocation_gid": str(n)} | people | row for n, row in enumerate(allocations)])
    return [row["allocated_hours"] for row in rows[:3]]


def test_a_week_has_five_days_of_eight_hours_less_those_off() -> None:
    spans = [(day(1), day(7)), (day(9), day(13)), (day(13), day(13)), (day(24), day(25))]
    away = [{"entry_gid": str(n), "person_gid": "ada", "start_on": a, "end_on": b} for n, (a, b) in enumerate(spans)]
    rows = capacity(time_off=away)
    hours = [(r["working_hours"], r["off_hours"], r["available_hours"]) for r in rows[:3]]
    # Wednesday and Friday of the running week, Monday and Tuesday of the next; a weekend is no time off.
    assert hours == [(24, 16, 8), (40, 16, 24), (40, 0, 40)]


def test_hours_of_an_allocation_are_hours_a_week() -> None:
    assert allocated({"start_on": day(5), "end_on": day(14), "effort_type": "hours", "effort_value": 10}) == [6, 6, 0]


def test_percent_of_an_allocation_are_a_part_of_the_working_day() -> None:
    half = {"effort_type": "percent", "effort_value": 50}
    assert allocated({"start_on": day(9), "end_on": day(18)} | half) == [4, 20, 0]


def test_allocations_add_up_and_those_without_an_effort_promise_nothing() -> None:
    span = {"start_on": day(12), "end_on": day(16)}
    hours = {"effort_type": "hours", "effort_value": 30}
    assert allocated(span | hours, span | hours, span | {"effort_type": None, "effort_value": None}) == [0, 60, 0]


def test_gaps_show_what_is_not_promised_what_no_task_stands_for_and_what_is_free() -> None:
    rows = capacity(
        tasks=[{"task_gid": "1", "assignee_gid": "ada", "effort_hours": 60, "start_on": day(12), "due_on": day(16)}],
        allocations=[{"allocation_gid": "1", "person_gid": "ada", "start_on": day(5), "end_on": day(16),
                      "effort_type": "hours", "effort_value": 20}],
        time_off=[{"entry_gid": "1", "person_gid": "ada", "start_on": day(19), "end_on": day(23)}],
    )  # fmt: skip
    columns = ("available_hours", "allocated_hours", "assigned_hours", "unallocated_hours",
               "allocated_without_tasks_hours", "free_hours", "allocated_pct", "assigned_pct")  # fmt: skip
    assert [tuple(row[column] for column in columns) for row in rows[:3]] == [
        (24, 12, 0, 12, 12, 24, 0.5, 0),
        (40, 20, 60, 20, -40, -20, 0.5, 1.5),
        (0, 0, 0, 0, 0, 0, None, None),
    ]


def test_on_a_weekend_nothing_is_left_of_the_week() -> None:
    saturday = AS_OF + timedelta(days=3)
    rows = mart("fct_person_capacity_weekly", as_of=saturday, users=[{"person_gid": "ada"}])
    assert [row["working_hours"] for row in rows] == [0, *[40] * 7]
