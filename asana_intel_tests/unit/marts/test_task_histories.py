"""Tasks through time: open and reopened, from section to section, from date to date; answers worked by hand."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel_tests.unit.marts.worlds import Rows, at, day, intervals, mart, marts_of

OPEN, DONE = False, True


def values(rows: Rows, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


def task(gid: str = "1", *, created: datetime, done: datetime | None = None, **others: Any) -> dict[str, Any]:
    return {"task_gid": gid, "created_at": created, "is_completed": done is not None, "completed_at": done} | others


def completion(gid: str, *steps: tuple[datetime, bool], until: datetime | None = None) -> Rows:
    return intervals(gid, "is_completed", *steps, until=until)


def test_a_task_that_was_reopened_counts_both_intervals() -> None:
    history = completion("1", (at(1), OPEN), (at(2), DONE), (at(4), OPEN), (at(5, 0), DONE))
    marts = marts_of(
        ["fct_task_open_intervals", "fct_task_lifecycle"],
        tasks=[task(created=at(1), done=at(5, 0))], task_completion_intervals=history,
    )  # fmt: skip
    assert values(
        marts["fct_task_open_intervals"], "opened_at", "closed_at", "is_reopening", "ended_by", "open_hours"
    ) == [
        (at(1), at(2), False, "completed", 24),
        (at(4), at(5, 0), True, "completed", 12),
    ]
    (life,) = marts["fct_task_lifecycle"]
    assert (life["open_hours"], life["lifetime_hours"]) == (36, 84)
    assert (life["times_completed"], life["times_reopened"]) == (2, 1)
    assert (life["first_completed_at"], life["completed_at"]) == (at(2), at(5, 0))


def test_a_task_that_is_open_again_runs_to_the_last_sync() -> None:
    history = completion("1", (at(1), OPEN), (at(2), DONE), (at(6, 6), OPEN))
    marts = marts_of(
        ["fct_task_lifecycle", "asana__task"], tasks=[task(created=at(1))], task_completion_intervals=history
    )
    (life,), (row,) = marts["fct_task_lifecycle"], marts["asana__task"]
    assert (life["open_hours"], life["lifetime_hours"], life["open_until"]) == (48, 138, at(7, 6))
    assert (life["completed_at"], life["first_completed_at"], life["times_completed"]) == (None, at(2), 1)
    assert (row["hours_open"], row["net_hours_open"], row["times_reopened"], row["days_open"]) == (138, 48, 1, 6)


def test_a_task_that_came_done_was_never_open_and_can_be_reopened() -> None:
    marts = marts_of(
        ["fct_task_open_intervals", "fct_task_lifecycle"],
        tasks=[task("1", created=at(1), done=at(1)), task("2", created=at(1))],
        task_completion_intervals=[*completion("1", (at(1), DONE)), *completion("2", (at(1), DONE), (at(6, 6), OPEN))],
    )
    assert values(marts["fct_task_lifecycle"], "times_completed", "times_reopened", "open_hours") == [
        (1, 0, 0),
        (0, 1, 24),
    ]
    assert values(marts["fct_task_open_intervals"], "task_gid", "is_reopening", "ended_by") == [("2", True, None)]


def test_an_open_task_ends_with_its_deletion() -> None:
    history = [
        *completion("1", (at(1), OPEN), until=at(2)),
        *completion("2", (at(1), OPEN), (at(2), DONE), until=at(3)),
    ]
    rows = mart("fct_task_open_intervals", task_completion_intervals=history)
    assert values(rows, "task_gid", "ended_by", "open_hours") == [("1", "deleted", 24), ("2", "completed", 24)]


def test_a_task_without_a_history_is_open_from_its_creation_on() -> None:
    rows = mart("fct_task_lifecycle", tasks=[task(created=at(1), done=at(3))])
    columns = ("open_hours", "lifetime_hours", "times_completed", "times_reopened", "times_assigned")
    assert values(rows, *columns) == [(48, 48, 1, 0, 0)]


def test_assignments_are_counted_and_so_are_the_people() -> None:
    held = intervals("1", "assignee_gid", (at(1), "ada"), (at(2), "ben"), (at(3), None), (at(4), "ada"))
    rows = mart("fct_task_lifecycle", tasks=[task(created=at(1))], task_assignee_intervals=held)
    assert values(rows, "times_assigned", "people_assigned", "first_assigned_at", "last_assigned_at") == [
        (3, 2, at(1), at(4))
    ]


# Sections of project P: a task waits in "todo" from 1 to 3 January noon, is in "doing" from then on, done on the 5th.

BOARD: dict[str, Rows] = {
    "tasks": [task("1", created=at(1), done=at(5)), task("2", created=at(4))],
    "sections": [{"section_gid": gid, "project_gid": "P", "name": gid.title()} for gid in ("todo", "doing")],
    "task_completion_intervals": [
        *completion("1", (at(1), OPEN), (at(2), DONE), (at(2, 18), OPEN), (at(5), DONE)),
        *completion("2", (at(4), OPEN)),
    ],
    "task_section_intervals": [
        *intervals("1", "section_gid", (at(1), "todo"), (at(3), "doing"), project_gid="P"),
        *intervals("2", "section_gid", (at(4), "todo"), (at(6), "doing"), (at(6, 18), "todo"), project_gid="P"),
        *intervals("2", "section_gid", (at(5), None), project_gid="Q"),
    ],
}


def test_time_in_a_section_counts_while_the_task_is_open() -> None:
    rows = mart("fct_task_section_stays", BOARD)
    assert values(rows, "task_gid", "project_gid", "section_name", "is_over", "stay_hours", "open_hours") == [
        ("1", "P", "Todo", True, 48, 42),  # six hours of them it was done
        ("1", "P", "Doing", True, 90, 48),  # to the last sync; to the completion
        ("2", "P", "Todo", True, 48, 48),
        ("2", "P", "Doing", True, 6, 6),
        ("2", "P", "Todo", False, 12, 12),
        ("2", "Q", None, False, 42, 42),
    ]


def test_sections_show_how_long_tasks_stay_in_them() -> None:
    rows = mart("fct_section_times", BOARD)
    columns = ("project_gid", "section_name", "open_tasks", "stays", "avg_open_hours", "median_open_hours")
    assert sorted(values(rows, *columns), key=str) == [
        ("P", "Doing", 0, 2, 27, 27),  # 48 and 6 hours
        ("P", "Todo", 1, 2, 45, 45),  # 42 and 48 hours
        ("Q", None, 1, 0, None, None),
    ]
    p85 = {row["section_name"]: row["p85_open_hours"] for row in rows}
    assert p85 == {"Doing": pytest.approx(6 + 0.85 * 42), "Todo": pytest.approx(42 + 0.85 * 6), None: None}


def test_a_task_that_was_moved_when_it_was_done_is_no_stay() -> None:
    (row,) = mart(
        "fct_section_times",
        tasks=[task("1", created=at(1), done=at(2))],
        task_completion_intervals=completion("1", (at(1), OPEN), (at(2), DONE)),
        task_section_intervals=intervals("1", "section_gid", (at(3), "done"), project_gid="P"),
    )
    assert (row["stays"], row["open_tasks"], row["avg_open_hours"]) == (0, 0, None)


def test_cumulative_flow_shows_each_week_from_the_first_task_on() -> None:
    rows = mart(
        "fct_cumulative_flow_weekly",
        # Weeks begin on 15, 22 and 29 December and on 5 January.
        task_completion_intervals=[
            *completion("1", (at(-15), OPEN), (at(5), DONE)),
            *completion("2", (at(-2), OPEN), (at(-1), DONE)),
            *completion("gone", (at(-15), OPEN), until=at(-5)),
        ],
        task_section_intervals=[
            *intervals("1", "section_gid", (at(-15), "a"), (at(1), "b"), project_gid="P"),
            *intervals("2", "section_gid", (at(-2), "b"), project_gid="P"),
            *intervals("gone", "section_gid", (at(-15), "a"), project_gid="P", until=at(-5)),
            *intervals("1", "section_gid", (at(6), None), project_gid="Q"),
        ],
    )
    assert [tuple(row.values()) for row in rows] == [
        ("P", "a", day(-16), 2, 0),
        ("P", "a", day(-9), 1, 0),  # one was deleted on 26 December
        ("P", "a", day(-2), 0, 0),
        ("P", "a", day(5), 0, 0),
        ("P", "b", day(-2), 1, 1),
        ("P", "b", day(5), 0, 2),
        ("Q", None, day(5), 0, 1),
    ]


hours = st.lists(st.integers(0, 400), min_size=1, max_size=5, unique=True).map(sorted)  # since 22 December


@given(st.lists(st.tuples(hours, hours), min_size=1, max_size=4))
@settings(max_examples=12)
def test_each_week_of_the_flow_equals_a_count_at_its_end(lives: list[tuple[list[int], list[int]]]) -> None:
    start = at(-9, 0)
    completions, stays = [], []
    for n, (turns, moves) in enumerate(lives):
        created = start + timedelta(hours=min(turns[0], moves[0]))
        done = [(created, OPEN), *((start + timedelta(hours=h), bool(k % 2)) for k, h in enumerate(turns[1:], 1))]
        moved = [(created, "s0"), *((start + timedelta(hours=h), f"s{k % 3}") for k, h in enumerate(moves[1:], 1))]
        completions += completion(str(n), *done)
        stays += intervals(str(n), "section_gid", *moved, project_gid="P")
    rows = mart("fct_cumulative_flow_weekly", task_completion_intervals=completions, task_section_intervals=stays)
    for row in rows:
        end = at(1, 0) + (row["week_on"] - day(1)) + timedelta(days=7)
        standing = {table: [i for i in spans if i["valid_from"] < end and (i["valid_to"] or end) >= end]
                    for table, spans in (("done", completions), ("in", stays))}  # fmt: skip
        here = {i["task_gid"] for i in standing["in"] if i["section_gid"] == row["section_gid"]}
        is_done = {i["task_gid"]: i["is_completed"] for i in standing["done"]}
        counted = (sum(not is_done[gid] for gid in here), sum(is_done[gid] for gid in here))
        assert (row["open_tasks"], row["completed_tasks"]) == counted


# Due dates. A slip is a move to a later day.


def dates(gid: str, *steps: tuple[datetime, date | None]) -> Rows:
    return intervals(gid, "due_on", *steps)


SLIPS: dict[str, Rows] = {
    "tasks": [
        task("moved", created=at(1), done=at(6)),
        task("kept", created=at(1), done=at(4)),
        task("overdue", created=at(1)),
        task("ahead", created=at(1)),
        task("never", created=at(1)),
    ],
    "task_date_intervals": [
        # 3 January, then the 8th, taken away, the 5th: five days later, three days earlier.
        *dates("moved", (at(1), day(3)), (at(2), day(8)), (at(3), None), (at(4), day(5))),
        *dates("kept", (at(1), None), (at(2), day(4))),
        *dates("overdue", (at(1), day(2)), (at(2), day(3)), (at(2, 18), day(5))),
        *dates("ahead", (at(1), day(9)), (at(2), None)),
        {"task_gid": "ahead", "start_on": day(8), "due_on": day(9), "valid_from": at(3), "source": "story"},
        *dates("never", (at(1), None)),
    ],
    "task_projects": [
        *({"task_gid": gid, "project_gid": "P"} for gid in ("moved", "kept", "overdue", "ahead", "never")),
        {"task_gid": "ahead", "project_gid": "Q"},
    ],
}  # fmt: skip


def test_a_due_date_slips_by_the_days_it_moves() -> None:
    rows = {row["task_gid"]: row for row in mart("fct_task_due_slips", SLIPS)}
    told = (
        "first_due_on",
        "last_due_on",
        "times_slipped",
        "times_pulled_in",
        "days_slipped",
        "days_pulled_in",
        "net_slip_days",
    )
    assert {gid: tuple(row[column] for column in told) for gid, row in rows.items()} == {
        "moved": (day(3), day(5), 1, 1, 5, 3, 2),
        "kept": (day(4), day(4), 0, 0, 0, 0, 0),
        "overdue": (day(2), day(5), 2, 0, 3, 0, 3),
        "ahead": (day(9), day(9), 0, 0, 0, 0, 0),  # taken away and set again to the same day
    }
    assert rows["kept"]["first_due_set_at"] == at(2)


def test_a_task_is_late_against_its_last_and_against_its_first_date() -> None:
    rows = mart("fct_task_due_slips", SLIPS)
    assert values(rows, "task_gid", "days_late", "days_late_at_first") == [
        ("ahead", None, None),
        ("kept", 0, 0),
        ("moved", 1, 3),
        ("overdue", 2, 5),  # still open on the 7th
    ]


def test_a_project_shows_how_far_its_dates_moved() -> None:
    rows = mart("fct_project_due_slips", SLIPS)
    assert [row["project_gid"] for row in rows] == ["P", "Q"]
    (p, q) = rows
    assert (p["tasks_with_due_date"], p["tasks_slipped"], p["slipped_share"]) == (4, 2, 0.5)
    assert (p["times_slipped"], p["days_slipped"]) == (3, 8)
    assert p["median_net_slip_days"] == 1  # of 0, 0, 2 and 3
    assert p["p85_net_slip_days"] == pytest.approx(2 + 0.55)  # 0.85 of the way through three steps: 2.55
    assert (p["tasks_completed"], p["on_time_share"], p["on_first_date_share"]) == (2, 0.5, 0.5)
    assert (q["tasks_completed"], q["on_time_share"], q["slipped_share"]) == (0, None, 0)


@given(st.lists(st.one_of(st.none(), st.integers(1, 60)), min_size=1, max_size=8))
@settings(max_examples=12)
def test_slips_less_pull_ins_are_the_way_from_the_first_to_the_last_date(days: list[int | None]) -> None:
    steps = [(at(1, n), None if n_day is None else day(n_day)) for n, n_day in enumerate(days)]
    rows = mart("fct_task_due_slips", tasks=[task(created=at(1, 0))], task_date_intervals=dates("1", *steps)
    )  # fmt: skip
    known = [n for n in days if n is not None]
    assert len(rows) == bool(known)
    for row in rows:
        assert row["net_slip_days"] == row["days_slipped"] - row["days_pulled_in"] == known[-1] - known[0]
        assert row["times_slipped"] == sum(a < b for a, b in itertools.pairwise(known))
