"""Kept work says the same as the work it was made of, and a changed one what it would have said at once."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.workload.kept import kept_days, kept_tasks, restored_time, restored_work
from asana_intel.workload.load import Work, forecast_load
from asana_intel.workload.load_causes import explain_load
from asana_intel_tests.unit.workload.test_load import WEEKS, Rows, day, few, task, work

tasks_of_two = st.lists(
    st.builds(
        lambda person, due, effort, logged: {
            "person_gid": person, "due_on": day(due), "effort_hours": effort, "logged_hours": logged
        },
        st.sampled_from("pq"),
        st.integers(-20, 60),
        st.none() | st.floats(0.5, 60),
        st.none() | st.floats(0, 40),
    ),
    max_size=6,
)  # fmt: skip


def numbered(rows: Rows) -> Rows:
    return [task(f"t{n}", **row) for n, row in enumerate(rows)]


def restored(tasks: pl.DataFrame, days: pl.DataFrame) -> Work:
    return restored_work(tasks, restored_time(days), WEEKS)


@few
@given(tasks_of_two)
def test_what_is_kept_tells_the_same_load_and_the_same_causes(rows) -> None:
    before = work(numbered(rows), off=[(day(2), day(4))])
    after = restored(kept_tasks(before), kept_days(before.time))
    assert forecast_load(after).equals(forecast_load(before))
    assert explain_load(after).equals(explain_load(before))


@few
@given(tasks_of_two)
def test_a_kept_task_given_to_another_loads_as_if_it_had_been_theirs(rows) -> None:
    before = work(numbered(rows))
    moved = kept_tasks(before).with_columns(person_gid=pl.lit("q"))
    wanted = work([row | {"person_gid": "q"} for row in numbered(rows)])
    assert forecast_load(restored(moved, kept_days(before.time))).equals(forecast_load(wanted))


def test_kept_tasks_say_when_they_are_done_and_how_much_is_left() -> None:
    before = work([task("a", start_on=day(3), due_on=day(9), effort_hours=10.0, logged_hours=4.0)])
    (row,) = kept_tasks(before).to_dicts()
    assert (row["first_on"], row["last_on"]) == (day(3), day(9))
    assert row["left_hours"] == pytest.approx(before.expected[0])


def test_a_day_that_somebody_lacks_is_an_error_that_says_so() -> None:
    days = kept_days(work([task("a")]).time)
    with pytest.raises(PermanentError, match="lacks a day"):
        restored_time(days.tail(-1))
