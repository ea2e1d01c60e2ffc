"""What the forecasts are made from: nothing later than as_of, nothing that does not fit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.inputs import goal_history, goals_as_of, person_history
from asana_intel.storage.contracts import CONTRACTS

MONDAY = dt.date(2026, 3, 2)
AS_OF = dt.datetime(2026, 3, 4, 6, tzinfo=dt.UTC)
START = dt.date(2026, 1, 5)  # a Monday


def frame(key, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def goal(gid="g", **values):
    base = {"goal_gid": gid, "is_closed": False, "start_on": START, "due_on": dt.date(2026, 4, 5)}
    return base | {"initial_value": 0.0, "target_value": 40.0} | values


def goals(*rows):
    return frame("marts/dim_goal", *(rows or (goal(),)))


def snapshot(on: dt.date, value: float | None, gid="g", hour=5):
    at = dt.datetime.combine(on, dt.time(hour), dt.UTC)
    return {"goal_gid": gid, "snapshot_on": on, "snapshot_at": at, "value": value}


def snapshots(*rows):
    return frame("staging/goal_snapshots", *rows)


def finished(*days: dt.date, project="20"):
    """Tasks finished on those days, and where they stand."""
    at = [dt.datetime.combine(day, dt.time(12), dt.UTC) for day in days]
    cycle = frame(
        "marts/fct_task_cycle_times",
        *({"task_gid": f"{project}-{n}", "completed_at": moment} for n, moment in enumerate(at)),
    )
    places = frame(
        "staging/task_projects", *({"task_gid": f"{project}-{n}", "project_gid": project} for n in range(len(at)))
    )
    return cycle, places


BRIDGE = frame("marts/bridge_goal_project", {"goal_gid": "g", "project_gid": "20", "depth": 0})


def history(goal_rows, seen, work=None, bridge=BRIDGE, as_of=AS_OF):
    cycle, places = work or finished()
    open_goals = goals_as_of(goal_rows, seen, as_of)
    rows = goal_history(open_goals, seen, cycle, places, bridge, as_of)
    return {row[1]: row[2] for row in rows.iter_rows()}


def test_closed_overdue_and_unborn_goals_are_left_out():
    rows = goals(
        goal("open"),
        goal("closed", is_closed=True),
        goal("over", due_on=dt.date(2026, 3, 3)),
        goal("due today", due_on=dt.date(2026, 3, 4)),
        goal("later", start_on=dt.date(2026, 3, 5)),
        goal("starts today", start_on=dt.date(2026, 3, 4)),
        goal("undated", start_on=None, due_on=None),
    )
    found = goals_as_of(rows, snapshots(), AS_OF)["goal_gid"].to_list()
    assert found == ["due today", "open", "starts today", "undated"]


def test_the_current_value_is_the_last_one_known_then():
    seen = snapshots(
        snapshot(dt.date(2026, 3, 2), 10), snapshot(dt.date(2026, 3, 4), 12), snapshot(dt.date(2026, 3, 4), 99, hour=7)
    )
    assert goals_as_of(goals(), seen, AS_OF)["current_value"].to_list() == [12.0]
    assert goals_as_of(goals(), snapshots(), AS_OF)["current_value"].to_list() == [None]
    silent = snapshots(snapshot(dt.date(2026, 3, 2), 10), snapshot(dt.date(2026, 3, 3), None))
    assert goals_as_of(goals(), silent, AS_OF)["current_value"].to_list() == [10.0]


def test_the_history_begins_with_the_initial_value_on_the_eve_of_the_start():
    seen = snapshots(snapshot(dt.date(2026, 1, 1), 77), snapshot(dt.date(2026, 2, 1), 9))
    assert history(goals(), seen) == {dt.date(2026, 1, 4): 0.0, dt.date(2026, 2, 1): 9.0}


def test_work_before_the_start_is_the_past_where_a_task_is_worth_a_steady_amount():
    before = [START - dt.timedelta(days=d) for d in (1, 2, 8, 22)]  # weeks 0, 0, 1 and 3 before the start
    during = [START + dt.timedelta(days=d) for d in range(10)]
    seen = snapshots(snapshot(dt.date(2026, 3, 1), 20))  # ten tasks since the start brought twenty: two each
    past = history(goals(), seen, finished(*before, *during))
    assert {day: value for day, value in past.items() if day < dt.date(2026, 1, 4)} == {
        dt.date(2025, 12, 28): -4.0,
        dt.date(2025, 12, 21): -6.0,
        dt.date(2025, 12, 14): -6.0,
        dt.date(2025, 12, 7): -8.0,
    }


@pytest.mark.parametrize(
    ("target", "gained", "tasks", "has_past"),
    [
        (40.0, 20.0, 10, True),
        (40.0, 1.0, 10, False),  # a tenth of a unit a task: the work does not explain the metric
        (400.0, 90.0, 10, False),  # nine units a task
        (40.0, 0.0, 10, False),
        (40.0, 0.0, 0, True),  # too young: a whole-number target counts one unit a task
        (0.4, 0.0, 0, False),
        (5.0, 0.0, 0, False),
        (40.5, 0.0, 0, False),
        (-40.0, -20.0, 10, False),  # what must fall is not made of finished tasks
    ],
)
def test_work_speaks_only_where_its_units_fit(target, gained, tasks, has_past):
    before = [START - dt.timedelta(days=d) for d in range(1, 29)]
    during = [START + dt.timedelta(days=d) for d in range(tasks)]
    seen = snapshots(snapshot(dt.date(2026, 3, 1), gained))
    past = history(goals(goal(target_value=target)), seen, finished(*before, *during))
    assert any(day < dt.date(2026, 1, 4) for day in past) is has_past


def test_work_in_projects_of_other_goals_is_no_past():
    before = [START - dt.timedelta(days=d) for d in range(1, 29)]
    other = frame("marts/bridge_goal_project", {"goal_gid": "x", "project_gid": "20", "depth": 0})
    assert set(history(goals(), snapshots(), finished(*before), bridge=other)) == {dt.date(2026, 1, 4)}


def test_a_task_in_two_supporting_projects_counts_once():
    before = [START - dt.timedelta(days=1)]
    cycle, places = finished(*before)
    twice = pl.concat([places, places.with_columns(project_gid=pl.lit("30"))])
    bridge = pl.concat([BRIDGE, BRIDGE.with_columns(project_gid=pl.lit("30"))])
    assert history(goals(), snapshots(), (cycle, twice), bridge)[dt.date(2025, 12, 28)] == -1.0


def test_goals_without_a_start_or_a_value_have_no_invented_history():
    assert history(goals(goal(start_on=None)), snapshots(snapshot(dt.date(2026, 2, 1), 9))) == {}
    assert history(goals(goal(initial_value=None)), snapshots()) == {}


later = st.integers(1, 400).map(lambda days: AS_OF + dt.timedelta(days=days))


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.tuples(st.integers(-100, 57), st.floats(-100, 100)), max_size=8, unique_by=lambda v: v[0]),
    done=st.lists(st.integers(-100, 57), max_size=12),
    future_values=st.lists(st.tuples(later, st.floats(-100, 100)), max_size=4, unique_by=lambda v: v[0]),
    future_done=st.lists(later, max_size=6),
)
def test_nothing_that_happened_after_as_of_changes_anything(values, done, future_values, future_done):
    known = [snapshot(START + dt.timedelta(days=d), v) for d, v in values]
    unknown = [snapshot(at.date(), v, hour=at.hour) for at, v in future_values]
    days = [START + dt.timedelta(days=d) for d in done]
    with_future = [*days, *(at.date() for at in future_done)]
    assert history(goals(), snapshots(*known), finished(*days)) == history(
        goals(), snapshots(*known, *unknown), finished(*with_future)
    )


def week(on: dt.date, hours=0.0, tasks=0, person="p"):
    return {"person_gid": person, "week_on": on, "hours_logged": hours, "tasks_completed": tasks}


def load(*rows):
    return frame("marts/fct_person_load_weekly", *rows)


def back(n: int) -> dt.date:
    return MONDAY - dt.timedelta(weeks=n)


def test_a_persons_history_ends_with_the_last_whole_week_and_silence_counts():
    rows = person_history(load(week(back(5), 10), week(back(3), 20), week(MONDAY, 99)), AS_OF)
    assert rows.rows() == [
        ("p", back(5), 10.0), ("p", back(3), 20.0), ("p", back(2), 0.0), ("p", back(1), 0.0),
    ]  # fmt: skip


def test_where_nobody_logs_time_a_finished_task_counts_four_hours():
    assert person_history(load(week(back(1), 0, 3)), AS_OF)["value"].to_list() == [12.0]
    logged = person_history(load(week(back(1), 0, 3), week(back(1), 5, 9, "q")), AS_OF)
    assert logged.select("person_gid", "value").rows() == [("p", 0.0), ("q", 5.0)]


def test_people_who_did_nothing_for_half_a_year_are_left_out():
    assert person_history(load(week(back(27), 10)), AS_OF).is_empty()
    assert person_history(load(week(back(26), 10)), AS_OF)["person_gid"].unique().to_list() == ["p"]
    assert person_history(load(week(back(27), 10), week(back(2), 0)), AS_OF).is_empty()


def test_weeks_after_as_of_change_no_history():
    known = load(week(back(2), 10), week(back(1), 5))
    future = load(week(MONDAY, 0, 7), week(MONDAY + dt.timedelta(weeks=2), 80), week(back(-3), 9, 0, "new"))
    assert person_history(pl.concat([known, future]), AS_OF).equals(person_history(known, AS_OF))


def test_empty_tables_give_empty_frames():
    assert goals_as_of(goals().clear(), snapshots(), AS_OF).is_empty()
    assert history(goals().clear(), snapshots()) == {}
    assert person_history(load(), AS_OF).is_empty()


def test_a_goal_that_was_closed_later_was_still_open_then():
    """A past week rebuilt after the quarter must hold the goals it was about, whatever became of them."""
    seen = snapshots(
        snapshot(dt.date(2026, 3, 2), 10.0) | {"status": "green"},
        snapshot(dt.date(2026, 4, 6), 41.0) | {"status": "achieved"},
    )
    rows = goals(goal(is_closed=True, status="achieved"))
    assert goals_as_of(rows, seen, AS_OF)["current_value"].to_list() == [10.0]
    assert goals_as_of(rows, seen, dt.datetime(2026, 4, 5, 6, tzinfo=dt.UTC)).height == 1


def test_a_goal_that_was_closed_then_is_left_out():
    seen = snapshots(snapshot(dt.date(2026, 3, 2), 10.0) | {"status": "dropped"})
    assert goals_as_of(goals(), seen, AS_OF).is_empty()
