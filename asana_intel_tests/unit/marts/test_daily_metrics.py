"""Days: what was open, created, completed, reopened and deleted; by hand, and against counting day by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel_tests.unit.marts.worlds import Rows, at, day, intervals, mart

OPEN, DONE = False, True


def days_of(**staging: Rows) -> dict[date, dict[str, Any]]:
    return {row.pop("date_day"): row for row in mart("asana__daily_metrics", staging)}


def test_ages_count_the_days_since_creation_and_since_the_first_assignment() -> None:
    days = days_of(
        task_lifetimes=[{"task_gid": "1", "valid_from": at(1)}, {"task_gid": "2", "valid_from": at(4)}],
        task_completion_intervals=[
            *intervals("1", "is_completed", (at(1), OPEN)),
            *intervals("2", "is_completed", (at(4), OPEN), (at(6), DONE)),
        ],
        task_assignee_intervals=[
            *intervals("1", "assignee_gid", (at(1), None), (at(3), "ada"), (at(4), None), (at(5), "ben")),
            *intervals("2", "assignee_gid", (at(4), "ada")),
        ],
    )
    ages = {on: (r["avg_days_open"], r["avg_days_open_assigned"]) for on, r in days.items()}
    assert ages == {
        day(1): (0, None),
        day(2): (1, None),
        day(3): (2, 0),
        day(4): (1.5, 0),  # 3 and 0 days old; of 2 alone: nobody had 1 at the end of the day
        day(5): (2.5, 1.5),  # 1 was first assigned two days ago, 2 one day ago
        day(6): (5, 3),
        day(7): (6, 4),
    }
    assert [r["number_of_tasks_open_assigned"] for r in days.values()] == [0, 0, 1, 1, 2, 1, 1]


def test_a_reopened_task_is_open_again_and_completes_again() -> None:
    days = days_of(
        task_lifetimes=[{"task_gid": "1", "valid_from": at(1)}],
        task_completion_intervals=intervals(
            "1", "is_completed", (at(1), OPEN), (at(2), DONE), (at(4), OPEN), (at(6), DONE)
        ),
    )
    assert [r["number_of_tasks_open"] for r in days.values()] == [1, 0, 0, 1, 1, 0, 0]
    assert [r["number_of_tasks_completed"] for r in days.values()] == [0, 1, 0, 0, 0, 1, 0]
    assert [r["number_of_tasks_reopened"] for r in days.values()] == [0, 0, 0, 1, 0, 0, 0]


def test_a_deleted_task_counts_until_it_is_deleted() -> None:
    days = days_of(
        task_lifetimes=[{"task_gid": "1", "valid_from": at(1), "valid_to": at(3)}],
        task_completion_intervals=intervals("1", "is_completed", (at(1), OPEN), until=at(3)),
    )
    assert [r["number_of_tasks_open"] for r in days.values()] == [1, 1, 0, 0, 0, 0, 0]
    assert [r["number_of_open_tasks_deleted"] for r in days.values()] == [0, 0, 1, 0, 0, 0, 0]


def test_a_task_that_was_restored_is_created_again_and_as_old_as_ever() -> None:
    days = days_of(
        task_lifetimes=[
            {"task_gid": gid, "valid_from": start, "valid_to": end}
            for gid in ("open", "done")
            for start, end in ((at(1), at(2)), (at(4), None))
        ],
        task_completion_intervals=[
            *intervals("open", "is_completed", (at(1), DONE), until=at(2)),
            *intervals("open", "is_completed", (at(4), OPEN)),
            *intervals("done", "is_completed", (at(1), OPEN), until=at(2)),
            *intervals("done", "is_completed", (at(4), DONE)),
        ],
    )
    assert [r["number_of_tasks_open"] for r in days.values()] == [1, 0, 0, 1, 1, 1, 1]
    assert [r["number_of_tasks_created"] for r in days.values()] == [2, 0, 0, 2, 0, 0, 0]
    assert [r["number_of_open_tasks_deleted"] for r in days.values()] == [0, 1, 0, 0, 0, 0, 0]
    assert [r["number_of_tasks_reopened"] for r in days.values()] == [0] * 7
    assert days[day(7)]["avg_days_open"] == 6


# Hours since 1 January, at which a task is created, completed, reopened, …; the data end after 150 hours.
lives = st.lists(
    st.tuples(
        st.lists(st.integers(0, 149), min_size=1, max_size=6, unique=True).map(sorted), st.booleans(), st.booleans()
    ),
    min_size=1,
    max_size=6,
)


Life = tuple[list[int], bool, bool]


def histories(lives: list[Life]) -> dict[str, Rows]:
    """Lifetimes and completion intervals of tasks that are open and done in turn; some are deleted in the end."""
    staging: dict[str, Rows] = {"task_lifetimes": [], "task_completion_intervals": []}
    for n, (hours, starts_done, is_deleted) in enumerate(lives):
        steps = [at(1, 0) + timedelta(hours=h) for h in hours]
        end = steps.pop() if is_deleted and len(steps) > 1 else None
        staging["task_lifetimes"].append({"task_gid": str(n), "valid_from": steps[0], "valid_to": end})
        states = [(step, bool(k % 2) ^ starts_done) for k, step in enumerate(steps)]
        staging["task_completion_intervals"] += intervals(str(n), "is_completed", *states, until=end)
    return staging


@given(lives)
@settings(max_examples=15)
def test_each_day_equals_a_count_of_the_tasks_that_are_open_at_its_end(lives: list[Life]) -> None:
    staging = histories(lives)
    completions, days = staging["task_completion_intervals"], days_of(**staging)
    before = 0
    for on, row in days.items():
        midnight = at(1, 0) + timedelta(days=(on - day(1)).days + 1)
        standing = [
            i for i in completions if i["valid_from"] < midnight and not (i["valid_to"] and i["valid_to"] < midnight)
        ]
        assert row["number_of_tasks_open"] == sum(not i["is_completed"] for i in standing), on
        came = row["number_of_tasks_created"] + row["number_of_tasks_reopened"]
        went = row["number_of_tasks_completed"] + row["number_of_open_tasks_deleted"]
        assert row["number_of_tasks_open"] == before + came - went
        before = row["number_of_tasks_open"]
    assert sum(r["number_of_tasks_created"] for r in days.values()) == len(lives)


@given(lives, st.integers(30, 149))
@settings(max_examples=10)
def test_a_past_day_reads_the_same_however_late_it_is_computed(lives: list[Life], hours: int) -> None:
    then = at(1, 0) + timedelta(hours=hours)
    whole = histories(lives)
    known = {
        table: [
            row | {"valid_to": row["valid_to"] if row["valid_to"] and row["valid_to"] <= then else None}
            for row in rows
            if row["valid_from"] <= then
        ]
        for table, rows in whole.items()
    }
    early = mart("asana__daily_metrics", known, as_of=then)
    later = {row["date_day"]: row for row in mart("asana__daily_metrics", whole)}
    assert [row for row in early if row["date_day"] < then.date()] == [
        later[row["date_day"]] for row in early if row["date_day"] < then.date()
    ]
