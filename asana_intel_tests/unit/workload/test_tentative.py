"""Hours promised in allocations count in the state of a week beside tasks, never twice, and change no odds of tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from asana_intel.settings import ForecastSettings
from asana_intel.workload.effort import FINISHED, learn_effort
from asana_intel.workload.load import OPEN_TASKS, Work, forecast_load, plan_work
from asana_intel.workload.promises import ALLOCATIONS, promise_gaps
from asana_intel.workload.tentative import with_promises
from asana_intel.workload.working_time import TEAM_PEOPLE, TIME_OFF, working_time

MONDAY = dt.date(2026, 3, 2)
NOTHING_LEARNED = learn_effort(pl.DataFrame(schema=FINISHED), MONDAY)
Rows = list[dict[str, Any]]


def day(n: int) -> dt.date:
    return MONDAY + dt.timedelta(days=n)


def task(hours: float, project: str | None = "j", gid: str = "1") -> dict[str, Any]:
    due = {"due_on": day(4), "effort_hours": hours, "project_gid": project}
    return dict.fromkeys(OPEN_TASKS) | {"task_gid": gid, "person_gid": "p"} | due


def promise(value: float, project: str | None = "j", kind: str = "hours") -> dict[str, Any]:
    return {"person_gid": "p", "project_gid": project, "start_on": day(-90), "end_on": day(90), "effort_type": kind,
            "effort_value": value}  # fmt: skip


def planned(tasks: Rows, *off: int) -> Work:
    away = pl.DataFrame([("p", day(n), day(n)) for n in off], schema=TIME_OFF, orient="row")
    people, nobody = pl.DataFrame({"person_gid": ["p", "q"]}), pl.DataFrame(schema=TEAM_PEOPLE)
    time = working_time(people, nobody, away, ForecastSettings(), MONDAY, 100)  # pyright: ignore[reportCallIssue]
    return plan_work(pl.DataFrame(tasks, schema=OPEN_TASKS), NOTHING_LEARNED, time, 4)


def judged(tasks: Rows, promises: Rows, *off: int) -> dict[str, Any]:
    """Person p's first week."""
    work = planned(tasks, *off)
    made = with_promises(forecast_load(work), work, pl.DataFrame(promises, schema=ALLOCATIONS))
    return made.filter(pl.col("person_gid") == "p").row(0, named=True)


def test_a_full_week_promised_without_any_task_is_no_room() -> None:
    week = judged([], [promise(40.0)])
    assert (week["state"], week["p_state"], week["assigned_hours"]) == ("At Capacity", 1.0, 0.0)
    assert judged([], [promise(60.0)])["state"] == "Overloaded"
    assert judged([], [promise(20.0)])["state"] == "Underutilized"


def test_hours_on_tasks_of_the_project_are_not_counted_again() -> None:
    assert judged([task(18.0)], [promise(38.0)])["state"] == "At Capacity"
    assert judged([task(18.0, "k")], [promise(38.0)])["state"] == "Overloaded"


def test_tasks_beyond_a_promise_count_whole() -> None:
    bare = judged([task(150.0)], [])
    kept = judged([task(150.0)], [promise(10.0)])
    assert (kept["state"], kept["p_state"]) == (bare["state"], pytest.approx(bare["p_state"], abs=0.01))


def test_two_promises_to_a_project_are_one_and_to_two_projects_add_up() -> None:
    assert judged([task(20.0)], [promise(20.0), promise(20.0)])["state"] == "At Capacity"
    assert judged([], [promise(30.0), promise(30.0, "k")])["state"] == "Overloaded"
    assert judged([task(15.0, None)], [promise(38.0, None)])["state"] == "At Capacity"


def test_time_off_makes_the_same_promise_of_hours_too_much_and_a_share_of_the_time_shrinks_with_it() -> None:
    assert judged([], [promise(40.0)], 2)["state"] == "Overloaded"
    assert judged([], [promise(100.0, kind="percent")], 2)["state"] == "At Capacity"
    assert judged([], [promise(40.0)], *range(5))["state"] is None


def test_the_three_gaps_stay_exact_beside_the_state() -> None:
    work = planned([task(6.0)], 2)
    (gap,) = promise_gaps(work, pl.DataFrame([promise(20.0)], schema=ALLOCATIONS)).head(1).to_dicts()
    week = judged([task(6.0)], [promise(20.0)], 2)
    assert (gap["allocated_hours"], week["time_off_hours"]) == (20, 8)
    assert gap["promised_without_tasks_hours"] == pytest.approx(20 - week["assigned_hours"])
    assert week["state"] == "Underutilized"


promises = st.lists(
    st.builds(promise, st.floats(0, 80), st.sampled_from(["j", "k", None]), st.sampled_from(["hours", "percent"])),
    max_size=4,
)
tasks = st.lists(st.tuples(st.floats(0.5, 60), st.sampled_from(["j", "k", None])), max_size=4).map(
    lambda given: [task(hours, project, str(n)) for n, (hours, project) in enumerate(given)]
)
_ORDER = ["Underutilized", "At Capacity", "Overloaded"]


@settings(max_examples=40, deadline=None)
@given(tasks, promises, st.integers(0, 4))
def test_promises_only_fill_weeks_and_change_nothing_but_the_state(rows, given, off) -> None:
    work = planned(rows, off)
    load = forecast_load(work)
    made = with_promises(load, work, pl.DataFrame(given, schema=ALLOCATIONS))
    state = ["state", "p_state"]
    assert_frame_equal(made.drop(state), load.drop(state))
    assert_frame_equal(made.filter(person_gid="q"), load.filter(person_gid="q"))
    for before, after in zip(load.to_dicts(), made.to_dicts(), strict=True):
        assert _ORDER.index(before["state"]) <= _ORDER.index(after["state"])
        assert 0 <= after["p_state"] <= 1
