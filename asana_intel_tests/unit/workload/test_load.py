"""The load of people's weeks: time off moves work, the odds behave, and the tasks behind an overload are named."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.settings import ForecastSettings
from asana_intel.workload.effort import FINISHED, learn_effort
from asana_intel.workload.load import OPEN_TASKS, Work, days_to_lay_out, forecast_load, plan_work
from asana_intel.workload.load_causes import explain_load
from asana_intel.workload.promises import ALLOCATIONS, promise_gaps
from asana_intel.workload.working_time import TEAM_PEOPLE, TIME_OFF, working_time

MONDAY = dt.date(2026, 3, 2)
WEEKS = 4
NOTHING_LEARNED = learn_effort(pl.DataFrame(schema=FINISHED), MONDAY)
Rows = list[dict[str, Any]]
Spans = list[tuple[dt.date, dt.date]]


def day(n: int) -> dt.date:
    """The day `n` days after the Monday of the forecast."""
    return MONDAY + dt.timedelta(days=n)


def task(gid: str, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(OPEN_TASKS) | {"task_gid": gid, "person_gid": "p", "effort_hours": 10.0} | values


def work(
    rows: Rows, *, off: Spans | None = None, weekly: float = 40.0, as_of: dt.date = MONDAY, days: int = 100
) -> Work:
    time = working_time(
        pl.DataFrame({"person_gid": ["p", "q"]}),
        pl.DataFrame(schema=TEAM_PEOPLE),
        pl.DataFrame([("p", *span) for span in off or []], schema=TIME_OFF, orient="row"),
        ForecastSettings(default_weekly_hours=weekly),
        as_of,
        days,
    )
    return plan_work(pl.DataFrame(rows, schema=OPEN_TASKS), NOTHING_LEARNED, time, WEEKS)


def shares(rows: Rows, **values: Any) -> list[float]:
    """Shares of the only task's work in the four weeks and beyond."""
    return work(rows, **values).shares[0].tolist()


def load(rows: Rows, **values: Any) -> list[dict[str, Any]]:
    """The weeks of person p."""
    return forecast_load(work(rows, **values)).filter(pl.col("person_gid") == "p").to_dicts()


# -- where work falls


@pytest.mark.parametrize(
    ("dates", "wanted"),
    [
        ({"due_on": day(4)}, [1, 0, 0, 0, 0]),
        ({"due_on": day(11)}, [0.5, 0.5, 0, 0, 0]),
        ({"start_on": day(7), "due_on": day(25)}, [0, 1 / 3, 1 / 3, 1 / 3, 0]),
        ({"start_on": day(-30), "due_on": day(11)}, [0.5, 0.5, 0, 0, 0]),  # begun long ago: from today
        ({}, [0.125, 0.125, 0.125, 0.125, 0.5]),  # undated: eight weeks
        ({"start_on": day(21)}, [0, 0, 0, 0.125, 0.875]),
        ({"due_on": day(-10)}, [1, 0, 0, 0, 0]),  # overdue: within a week
        ({"start_on": day(9), "due_on": day(2)}, [0, 1, 0, 0, 0]),  # due before its start: on its start
        ({"due_on": day(5)}, [1, 0, 0, 0, 0]),
        ({"start_on": day(5), "due_on": day(6)}, [0, 1, 0, 0, 0]),  # a weekend: in the week after
        ({"start_on": day(60), "due_on": day(70)}, [0, 0, 0, 0, 1]),
        ({"start_on": day(5000)}, [0, 0, 0, 0, 1]),
        ({"due_on": day(5000)}, [5 / 72] * 4 + [52 / 72]),  # beyond what is laid out: its last day
    ],
)
def test_work_falls_evenly_between_today_or_its_start_and_its_due_date(dates, wanted) -> None:
    assert shares([task("1", **dates)]) == pytest.approx(wanted)


def test_overdue_work_of_a_thursday_reaches_into_the_next_week() -> None:
    assert shares([task("1", due_on=day(-1))], as_of=day(3)) == pytest.approx([0.4, 0.6, 0, 0, 0])


def test_working_time_is_laid_out_as_far_as_the_work_reaches_but_a_year_at_most() -> None:
    def days(*rows: dict[str, Any]) -> int:
        return days_to_lay_out(pl.DataFrame(list(rows), schema=OPEN_TASKS), MONDAY, WEEKS)

    assert days() == 28
    assert days(task("1", due_on=day(30)), task("2", due_on=day(-30))) == 31
    assert days(task("1", start_on=day(40))) == 40 + 56  # undated work in the future keeps its eight weeks
    assert days(task("1", due_on=day(5000))) == 371


def test_forty_hours_beside_a_leave_stay_forty_hours_on_the_days_that_remain() -> None:
    rows = [task("1", due_on=day(11), effort_hours=40.0)]
    before, after = load(rows), load(rows, off=[(day(0), day(2))])
    total = [sum(week["assigned_hours"] for week in weeks) for weeks in (before, after)]
    assert total[0] == pytest.approx(total[1])
    assert after[0]["time_off_hours"] == 24
    assert after[0]["available_hours"] == 16
    assert after[0]["assigned_hours"] == pytest.approx(total[0] * 2 / 7)
    assert after[1]["assigned_hours"] == pytest.approx(total[0] * 5 / 7)


def test_work_whose_whole_window_is_time_off_is_done_in_the_week_after_it() -> None:
    assert shares([task("1", due_on=day(4))], off=[(day(0), day(8))]) == pytest.approx([0, 0.6, 0.4, 0, 0])
    assert shares([task("1", due_on=day(4))], off=[(day(0), day(300))]) == [0, 0, 0, 0, 1]


def test_a_week_off_has_no_load_and_no_state() -> None:
    week = load([task("1", due_on=day(11))], off=[(day(0), day(4))])[0]
    assert (week["available_hours"], week["assigned_hours"], week["p_over_110"]) == (0, 0, 0)
    assert (week["load_pct"], week["state"], week["p_state"]) == (None, None, None)


def test_logged_hours_are_done_and_the_rest_is_what_tasks_take_that_took_more() -> None:
    fresh, begun, overrun = (load([task("1", due_on=day(4), logged_hours=h)])[0] for h in (None, 6.0, 30.0))
    assert 4 < begun["assigned_hours"] < fresh["assigned_hours"]
    assert 0 < overrun["p10"] < overrun["assigned_hours"] < 30


def test_a_task_of_no_effort_is_no_load() -> None:
    assert load([task("1", effort_hours=0.0)])[0]["open_tasks"] == 0


# -- odds


def test_load_is_declared_estimated_or_inferred() -> None:
    week = load([task("1", due_on=day(4)), task("2", due_on=day(4), effort_hours=None)])[0]
    assert week["estimated_share"] + week["inferred_share"] == pytest.approx(1)
    assert 0.3 < week["inferred_share"] < 0.6
    alone = load([task("1", due_on=day(4))])[0]
    assert (alone["estimated_share"], alone["inferred_share"]) == (1, 0)
    assert load([])[0]["estimated_share"] is None


@pytest.mark.parametrize(("effort", "state"), [(5.0, "Underutilized"), (150.0, "Overloaded"), (None, "Underutilized")])
def test_the_state_is_that_of_the_median_load(effort, state) -> None:
    week = load([task("1", due_on=day(4), effort_hours=effort)])[0]
    assert week["state"] == state
    assert week["p_state"] > 0.5


def test_many_small_tasks_that_fill_the_week_are_at_capacity() -> None:
    rows = [task(str(n), due_on=day(4), effort_hours=0.9) for n in range(40)]
    states = [load(rows, weekly=hours)[0]["state"] for hours in (15, 40, 90)]
    assert states == ["Overloaded", "At Capacity", "Underutilized"]
    middle = load(rows)[0]
    assert 0 < middle["p_state"] < 1 - middle["p_overload"]


def test_a_threshold_of_ones_own_gives_its_own_odds() -> None:
    planned = work([task("1", due_on=day(4), effort_hours=50.0)])
    at = {limit: forecast_load(planned, limit).row(0, named=True) for limit in (0.5, 1.1, 1.2, 3.0)}
    assert at[1.1]["p_overload"] == at[1.1]["p_over_110"]
    assert at[1.2]["p_overload"] == at[1.2]["p_over_120"] < at[1.1]["p_over_110"]
    assert at[3.0]["p_overload"] < at[0.5]["p_overload"]


def test_errors_that_a_person_shares_do_not_cancel_out() -> None:
    week = load([task(str(n), due_on=day(4), effort_hours=0.5) for n in range(80)])[0]
    assert week["p90"] / week["p10"] > 2


dates = st.one_of(st.none(), st.integers(-400, 400).map(day))
hours = st.one_of(st.none(), st.floats(-50, 500))
open_task = st.fixed_dictionaries(
    {"start_on": dates, "due_on": dates, "effort_hours": hours, "logged_hours": hours, "created_on": dates}
)
open_tasks = st.lists(open_task, max_size=8).map(lambda rows: [task(str(n), **row) for n, row in enumerate(rows)])
spans = st.lists(st.tuples(st.integers(-5, 40), st.integers(0, 20)), max_size=3).map(
    lambda pairs: [(day(start), day(start + length)) for start, length in pairs]
)
few = settings(max_examples=40, deadline=None)


@few
@given(open_tasks, spans, st.integers(0, 6), st.sampled_from([0, 1, 10, 100]))
def test_whatever_is_given_all_work_is_somewhere_and_every_figure_is_a_number(rows, off, weekday, days) -> None:
    planned = work(rows, off=off, as_of=day(weekday), days=days)
    assert planned.shares.min(initial=0) >= 0
    assert planned.shares.sum(axis=1) == pytest.approx(np.ones(planned.tasks.height))
    frame = forecast_load(planned)
    assert frame.height == 2 * WEEKS
    for week in frame.to_dicts():
        assert 0 <= week["p10"] <= week["p90"] < float("inf")
        assert 0 <= week["p_over_120"] <= week["p_over_110"] <= 1
    explain_load(planned)


@few
@given(open_tasks, spans)
def test_time_off_moves_work_and_neither_adds_nor_removes_any(rows, off) -> None:
    with_off, without = work(rows, off=off, days=400), work(rows, days=400)
    assert with_off.expected == pytest.approx(without.expected)


@few
@given(open_tasks, st.integers(0, 7), st.floats(1, 5), st.floats(0.1, 200))
def test_more_effort_never_lowers_the_odds(rows, which, factor, more) -> None:
    larger = [
        row | {"effort_hours": row["effort_hours"] * factor}
        if str(which) == row["task_gid"] and (row["effort_hours"] or 0) > 0
        else row
        for row in rows
    ]
    odds = [week["p_over_110"] for week in load(rows)]
    for heavier in (larger, [*rows, task("new", effort_hours=more, due_on=day(12))]):
        assert all(a <= b for a, b in zip(odds, (week["p_over_110"] for week in load(heavier)), strict=True))


@few
@given(open_tasks, spans, st.floats(1, 60), st.floats(0, 60))
def test_more_hours_a_week_never_raise_the_odds(rows, off, weekly, more) -> None:
    less, more_time = load(rows, off=off, weekly=weekly), load(rows, off=off, weekly=weekly + more)
    # A thousandth, where rounding decides about a path that meets the limit.
    assert all(b["p_over_110"] <= a["p_over_110"] + 0.001 for a, b in zip(less, more_time, strict=True))


@few
@given(open_tasks, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_tasks_of_others_change_nothing(rows, random) -> None:
    others = [task(f"q{n}", person_gid="q", effort_hours=100.0) for n in range(3)]
    shuffled = random.sample(rows + others, len(rows) + 3)
    assert load(shuffled) == load(rows)
    assert explain_load(work(shuffled)).filter(pl.col("person_gid") == "p").equals(explain_load(work(rows)))


def test_a_task_created_after_the_day_is_not_known() -> None:
    later = task("2", created_on=day(1), effort_hours=500.0, due_on=day(4))
    assert load([task("1"), later]) == load([task("1")])


def test_tasks_of_nobody_and_twice_the_same_task_count_as_nothing_and_once() -> None:
    assert load([task("1"), task("1"), task("2", person_gid=None), task("3", person_gid="gone")]) == load([task("1")])


def test_a_frame_without_a_column_says_which() -> None:
    time = work([]).time
    with pytest.raises(PermanentError, match="due_on"):
        plan_work(pl.DataFrame(schema=OPEN_TASKS).drop("due_on"), NOTHING_LEARNED, time, WEEKS)


# -- what causes it


HEAVY = [
    task("brand", due_on=day(4), effort_hours=60.0),
    task("small", due_on=day(4), effort_hours=2.0),
    task("guess", due_on=day(11), effort_hours=None),
]


def test_the_task_that_matters_most_comes_first_with_its_hours() -> None:
    rows = explain_load(work(HEAVY)).filter(pl.col("week_on") == MONDAY).to_dicts()
    assert [row["task_gid"] for row in rows] == ["brand", "guess", "small"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert sum(row["share_of_week"] for row in rows) == pytest.approx(1)
    assert sum(row["hours"] for row in rows) == pytest.approx(load(HEAVY)[0]["assigned_hours"])
    assert [row["is_inferred"] for row in rows] == [False, True, False]


def test_removing_the_named_task_gives_exactly_the_odds_that_were_promised() -> None:
    for row in explain_load(work(HEAVY)).to_dicts():
        week = load([t for t in HEAVY if t["task_gid"] != row["task_gid"]])[(row["week_on"] - MONDAY).days // 7]
        assert week["p_over_110"] == pytest.approx(row["p_without"])
        assert row["points"] == pytest.approx(100 * (row["p_over_110"] - row["p_without"]))


def test_moving_the_named_task_by_a_week_gives_exactly_the_odds_that_were_promised() -> None:
    moved = [task("brand", start_on=day(7), due_on=day(11), effort_hours=60.0), *HEAVY[1:]]
    promised = explain_load(work(HEAVY)).row(0, named=True)
    assert load(moved)[0]["p_over_110"] == pytest.approx(promised["p_week_later"])


def test_weeks_that_are_not_likely_too_full_and_far_ones_are_not_explained() -> None:
    assert explain_load(work([task("1", due_on=day(4), effort_hours=5.0)])).is_empty()
    far = [task("1", start_on=day(21), due_on=day(25), effort_hours=200.0)]
    assert explain_load(work(far)).height == 1
    assert explain_load(work(far), weeks=3).is_empty()


def test_at_most_ten_tasks_are_named() -> None:
    assert explain_load(work([task(str(n), due_on=day(4)) for n in range(30)])).height == 10


# -- what was promised


def gaps(rows: Rows, *promises: dict[str, Any], off: Spans | None = None, as_of: dt.date = MONDAY) -> dict[str, Any]:
    """Of person p in the first week."""
    usual = {"person_gid": "p", "project_gid": "j", "start_on": day(-90), "end_on": day(90), "effort_type": "hours"}
    allocations = pl.DataFrame([usual | promise for promise in promises], schema=ALLOCATIONS)
    found = promise_gaps(work(rows, off=off, as_of=as_of), allocations)
    return found.filter(pl.col("person_gid") == "p", pl.col("week_on") == MONDAY).row(0, named=True)


def test_promised_tasked_and_away_hours_show_their_gaps_exactly() -> None:
    rows = [task("1", project_gid="j", due_on=day(4), effort_hours=6.0)]
    tasked = load(rows, off=[(day(2), day(2))])[0]
    week = gaps(rows, {"effort_value": 20.0}, off=[(day(2), day(2))])
    assert week["allocated_hours"] == pytest.approx(20)
    assert week["promised_without_tasks_hours"] == pytest.approx(20 - tasked["assigned_hours"])
    assert week["tasks_without_promise_hours"] == 0
    assert tasked["time_off_hours"] == 8


def test_too_much_in_one_project_does_not_hide_too_little_in_another() -> None:
    rows = [task("1", project_gid="k", due_on=day(4))]
    week = gaps(rows, {"effort_value": 10.0})
    assert week["promised_without_tasks_hours"] == pytest.approx(10)
    assert week["tasks_without_promise_hours"] == pytest.approx(load(rows)[0]["assigned_hours"])


@pytest.mark.parametrize(
    ("promise", "promised"),
    [
        ({"effort_type": "percent", "effort_value": 50.0}, 20),
        ({"effort_value": 20.0, "end_on": day(1)}, 8),
        ({"effort_value": 20.0, "start_on": day(5)}, 0),
        ({"effort_value": -5.0}, 0),
        ({"effort_type": "moons", "effort_value": 5.0}, 0),
        ({"effort_value": None}, 0),
        ({"effort_value": 5.0, "start_on": day(3), "end_on": day(1)}, 0),
    ],
)
def test_a_promise_falls_on_the_working_days_it_is_given_for(promise, promised) -> None:
    week = gaps([task("1")], promise)
    assert week["allocated_hours"] == pytest.approx(promised)


def test_of_a_week_that_has_begun_only_the_rest_is_promised() -> None:
    assert gaps([task("1")], {"effort_value": 20.0}, as_of=day(3))["allocated_hours"] == pytest.approx(8)
