"""One week's forecasts as tables: they keep their contracts and know nothing of later weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from asana_intel.forecasts import weekly
from asana_intel.settings import ForecastSettings, WorkWeek
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

WEEK_ON = dt.date(2026, 3, 2)
AS_OF = dt.datetime(2026, 3, 4, 6, tzinfo=dt.UTC)
START = dt.date(2026, 1, 5)
SETTINGS = ForecastSettings(prophet_goals=0)
Read = Callable[[str], pl.DataFrame]


def tables(**rows: list[dict[str, Any]]) -> Read:
    """A reader of tables by key, `marts__dim_goal` for marts/dim_goal; the others are empty."""
    frames = {}
    for name, given in rows.items():
        contract = CONTRACTS[name.replace("__", "/")]
        frames[contract.key] = pl.DataFrame(
            [dict.fromkeys(contract.schema) | row for row in given], schema=contract.schema
        )
    return lambda key: frames.get(key, empty_frame(CONTRACTS[key]))


def goal(gid: str = "g", **values: Any) -> dict[str, Any]:
    base = {"goal_gid": gid, "is_closed": False, "start_on": START, "due_on": dt.date(2026, 4, 5)}
    return base | {"initial_value": 0.0, "target_value": 40.0} | values


def values(*pairs: tuple[int, float], gid: str = "g") -> list[dict[str, Any]]:
    """Snapshots, days after the start."""
    days = [(START + dt.timedelta(days=d), v) for d, v in pairs]
    return [
        {"goal_gid": gid, "snapshot_on": on, "snapshot_at": dt.datetime.combine(on, dt.time(5), dt.UTC), "value": v}
        for on, v in days
    ]


STEADY = [(7 * n, 5.0 * n) for n in range(1, 9)]


def attainment(read: Read, *, pace: pl.DataFrame | None = None, before: pl.DataFrame | None = None) -> pl.DataFrame:
    evidence = weekly.goal_evidence(read, WEEK_ON, AS_OF)
    nothing = empty_frame(CONTRACTS["forecasts/goal_attainment"])
    frame = weekly.goal_attainment(
        evidence,
        read("marts/bridge_goal_project"),
        read("forecasts/project_pace") if pace is None else pace,
        nothing if before is None else before,
    )
    return conform(CONTRACTS["forecasts/goal_attainment"], frame)


def test_a_goal_on_its_way_gets_odds_a_band_a_baseline_and_its_share_of_the_time() -> None:
    (row,) = attainment(tables(marts__dim_goal=[goal()], staging__goal_snapshots=values(*STEADY))).to_dicts()
    assert row["status"] == "assessed"
    assert 0.8 < row["p_attain"] <= 1
    assert row["value_p10"] <= row["value_p50"] <= row["value_p90"]
    assert row["baseline_p"] == 0.9
    assert row["current_value"] == 40.0
    assert row["elapsed_pct"] == pytest.approx(58 / 90)
    assert row["as_of_on"] == WEEK_ON
    assert row["as_of_at"] == AS_OF
    assert row["p_attain_change"] is None


def test_the_change_is_against_the_week_before() -> None:
    read = tables(marts__dim_goal=[goal()], staging__goal_snapshots=values(*STEADY[:4]))
    now = attainment(read)
    before = now.with_columns(p_attain=pl.col("p_attain") - 0.125)
    assert attainment(read, before=before)["p_attain_change"].item() == pytest.approx(0.125)


def test_what_moved_the_odds_adds_up_and_three_levers_stand_beside_it() -> None:
    read = tables(marts__dim_goal=[goal()], staging__goal_snapshots=values(*STEADY[:4], (56, 21.0)))
    now = weekly.goal_evidence(read, WEEK_ON, AS_OF)
    then = weekly.goal_evidence(read, WEEK_ON - dt.timedelta(weeks=1), AS_OF - dt.timedelta(weeks=1))
    odds, before = (weekly.goal_attainment(e, *[read("marts/bridge_goal_project"), read("forecasts/project_pace"),
                    empty_frame(CONTRACTS["forecasts/goal_attainment"])]) for e in (now, then))  # fmt: skip
    drivers = conform(CONTRACTS["forecasts/goal_drivers"], weekly.goal_drivers(now, then, odds))
    change = 100 * (odds["p_attain"].item() - before["p_attain"].item())
    assert drivers.filter(role="moved")["points"].sum() == pytest.approx(change)
    assert drivers.filter(role="lever")["rank"].sort().to_list() == [1, 2, 3]
    assert drivers.filter(role="moved", driver="definition")["points"].item() == pytest.approx(0)


def test_odds_that_the_model_did_not_give_are_not_explained_by_it() -> None:
    read = tables(marts__dim_goal=[goal()], staging__goal_snapshots=values(*STEADY[:4]))
    now = weekly.goal_evidence(read, WEEK_ON, AS_OF)
    computed = attainment(read).with_columns(p_attain=pl.lit(0.42))
    assert weekly.goal_drivers(now, now, computed).is_empty()


def test_a_goal_that_stands_still_and_is_called_green_is_found() -> None:
    quiet = [{**row, "status": "green"} for row in values((7, 4.0), (14, 8.0), (21, 12.0), (28, 12.0), (35, 12.0),
             (42, 12.0), (49, 12.0), (56, 12.0))]  # fmt: skip
    read = tables(marts__dim_goal=[goal(target_value=80.0)], staging__goal_snapshots=quiet)
    evidence = weekly.goal_evidence(read, WEEK_ON, AS_OF)
    found = conform(
        CONTRACTS["forecasts/goal_anomalies"], weekly.goal_anomalies(evidence, read("staging/goal_snapshots"))
    )
    assert set(found["anomaly"]) == {"stalled", "green_but_red"}


def test_a_goal_without_evidence_says_what_is_missing_and_has_no_number() -> None:
    (row,) = attainment(tables(marts__dim_goal=[goal(target_value=None)])).to_dicts()
    assert row["status"] == "not_assessed"
    assert row["reason"] == "It has no target value; give it one."
    assert [row[name] for name in ("p_attain", "value_p50", "predicted_on", "baseline_p")] == [None] * 4


def test_a_goal_of_one_day_has_a_share_of_the_time_that_is_a_number() -> None:
    today = goal(start_on=AS_OF.date(), due_on=AS_OF.date())
    (row,) = attainment(tables(marts__dim_goal=[today], staging__goal_snapshots=values((58, 3.0)))).to_dicts()
    assert row["elapsed_pct"] == 1.0


def test_the_project_furthest_below_its_own_past_is_named() -> None:
    stamp = {"as_of_on": WEEK_ON, "as_of_at": AS_OF, "last_week": 0.0}
    read = tables(
        marts__dim_goal=[goal(), goal("h")],
        marts__bridge_goal_project=[{"goal_gid": "g", "project_gid": p, "depth": 0} for p in ("20", "21", "22", "23")]
        + [{"goal_gid": "h", "project_gid": "22", "depth": 0}],
        forecasts__project_pace=[
            stamp | {"project_gid": "20", "recent": 4.0, "usual": 5.0},
            stamp | {"project_gid": "21", "recent": 1.0, "usual": 5.0},
            stamp | {"project_gid": "22", "recent": 9.0, "usual": 5.0},
        ],
    )
    named = dict(attainment(read).select("goal_gid", "top_blocking_project_gid").iter_rows())
    assert named == {"g": "21", "h": None}


def test_nothing_after_as_of_changes_the_odds() -> None:
    future = values((60, 1.0), (70, 400.0), (200, -5.0))
    read = tables(marts__dim_goal=[goal()], staging__goal_snapshots=values(*STEADY))
    knowing = tables(marts__dim_goal=[goal()], staging__goal_snapshots=[*values(*STEADY), *future])
    assert attainment(knowing).equals(attainment(read))


def test_a_fan_reaches_from_today_to_the_due_date() -> None:
    read = tables(marts__dim_goal=[goal()], staging__goal_snapshots=values(*STEADY[:5]))
    fan = weekly.goal_trajectory(weekly.goal_evidence(read, WEEK_ON, AS_OF), SETTINGS, attainment(read))
    fan = conform(CONTRACTS["forecasts/goal_trajectory"], fan)
    assert fan["on"].max() == dt.date(2026, 4, 5)
    assert fan.filter((pl.col("p10") > pl.col("p50")) | (pl.col("p50") > pl.col("p90"))).is_empty()


@pytest.mark.parametrize("said", [(20.0, 30.0, 38.0), (None, 33.0, None)], ids=["computed", "pace rule"])
def test_the_picture_of_a_goal_ends_where_its_odds_do(said: tuple[float | None, float, float | None]) -> None:
    read = tables(marts__dim_goal=[goal()], staging__goal_snapshots=values(*STEADY[:5]))
    evidence = weekly.goal_evidence(read, WEEK_ON, AS_OF)
    own = weekly.goal_trajectory(evidence, SETTINGS, attainment(read))
    columns = ("value_p10", "value_p50", "value_p90")
    other = attainment(read).with_columns(
        pl.lit(value, pl.Float64).alias(c) for c, value in zip(columns, said, strict=True)
    )
    fan = weekly.goal_trajectory(evidence, SETTINGS, other)
    assert own["method"].unique().to_list() == ["closed_form"]
    assert fan.select("p10", "p50", "p90").row(-1) == pytest.approx(said)
    assert fan["p50"][0] == pytest.approx(own["p50"][0])
    assert fan["method"].unique().to_list() == ["straight line"]


def week(n: int, hours: float, person: str = "p") -> dict[str, Any]:
    """A person's week, `n` weeks before the running one."""
    on = WEEK_ON - dt.timedelta(weeks=n)
    return {"person_gid": person, "week_on": on, "hours_logged": hours, "tasks_completed": 0}


def task(gid: str = "1", *, created: int = 10, **values: Any) -> dict[str, list[dict[str, Any]]]:
    """The tables an open task of person p leaves traces in; `created` so many days before the forecast."""
    since = AS_OF - dt.timedelta(days=created)
    key = {"task_gid": gid, "valid_from": since, "source": "record"}
    record = {
        "is_completed": False,
        "created_at": since,
        "effort_hours": 20.0,
        "due_on": WEEK_ON + dt.timedelta(days=4),
    }
    record |= {"task_gid": gid, "assignee_gid": "p"} | values
    return {
        "staging__tasks": [record],
        "staging__task_lifetimes": [{"task_gid": gid, "valid_from": since}],
        "staging__task_completion_intervals": [key | {"is_completed": False}],
        "staging__task_assignee_intervals": [key | {"assignee_gid": record["assignee_gid"]}],
        "staging__task_date_intervals": [key | {"due_on": record["due_on"]}],
    }


def together(*tasks: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {key: [row for rows in tasks for row in rows[key]] for key in tasks[0]}


def loads(settings: ForecastSettings = SETTINGS, **rows: list[dict[str, Any]]) -> pl.DataFrame:
    frame, *_ = weekly.person_load(tables(**rows), WEEK_ON, AS_OF, settings)
    return conform(CONTRACTS["forecasts/person_load"], frame)


def causes(**rows: list[dict[str, Any]]) -> pl.DataFrame:
    _, frame, *_ = weekly.person_load(tables(**rows), WEEK_ON, AS_OF, SETTINGS)
    return conform(CONTRACTS["forecasts/load_causes"], frame)


def capacity(**rows: list[dict[str, Any]]) -> pl.DataFrame:
    frame = weekly.person_capacity(tables(**rows), WEEK_ON, AS_OF, SETTINGS, loads(**rows))
    return conform(CONTRACTS["forecasts/person_capacity"], frame)


HISTORY = [week(n, 20.0 + n % 3) for n in range(1, 20)]
AWAY = {"entry_gid": "1", "person_gid": "p", "start_on": WEEK_ON, "end_on": WEEK_ON + dt.timedelta(days=8)}


def test_a_person_gets_eight_weeks_and_a_total_with_load_against_availability() -> None:
    rows = capacity(marts__fct_person_load_weekly=HISTORY, **task(effort_hours=60.0)).to_dicts()
    assert [row["week_on"] for row in rows] == [*(WEEK_ON + dt.timedelta(weeks=n) for n in range(8)), None]
    assert rows[0]["available_hours"] == 24.0  # it is Wednesday
    assert rows[0]["load_pct"] == pytest.approx(rows[0]["assigned_hours"] / 24)
    assert rows[0]["p_overload"] > 0.7
    assert (rows[1]["assigned_hours"], rows[1]["available_hours"], rows[1]["p_overload"]) == (0, 40, 0)
    assert rows[8]["p_overload"] is None
    assert 18 < rows[0]["p50"] < 24


def test_time_off_takes_hours_away_and_moves_work() -> None:
    rows = capacity(marts__fct_person_load_weekly=HISTORY, staging__time_off=[AWAY], **task()).to_dicts()
    assert [row["available_hours"] for row in rows[:3]] == pytest.approx([0, 24, 40])
    assert rows[0]["load_pct"] is None  # no hour is available to divide by
    assert rows[0]["p_overload"] == 0.0
    assert rows[1]["load_pct"] > 0.3  # all of it after the time off
    assert rows[0]["p50"] == 0.0


def test_people_with_tasks_or_allocations_have_a_load_before_they_did_anything() -> None:
    promise = {"allocation_gid": "7", "person_gid": "q", "start_on": WEEK_ON, "end_on": WEEK_ON + dt.timedelta(days=30),
               "effort_type": "percent", "effort_value": 50.0}  # fmt: skip
    rows = loads(staging__allocations=[promise], **task())
    assert rows["person_gid"].unique(maintain_order=True).to_list() == ["p", "q"]
    last = rows.filter(pl.col("person_gid") == "q").row(1, named=True)
    assert (last["allocated_hours"], last["promised_without_tasks_hours"], last["state"]) == (20, 20, "Underutilized")


def test_part_time_of_the_settings_halves_the_hours() -> None:
    settings = ForecastSettings(people={"p": WorkWeek(weekly_hours=20)})
    assert loads(settings, **task())["available_hours"].to_list()[:2] == [12, 20]


def test_a_task_due_in_years_is_still_a_load() -> None:
    assert loads(**task(due_on=dt.date(2040, 1, 1), effort_hours=2000.0))["assigned_hours"].min() > 0


def test_the_task_behind_an_overload_is_named() -> None:
    rows = causes(**together(task("1", effort_hours=90.0), task("2", effort_hours=1.0))).to_dicts()
    assert [row["task_gid"] for row in rows] == ["1", "2"]
    assert rows[0]["p_without"] < 0.05 < rows[0]["p_over_110"]


def test_a_replay_of_a_past_week_sees_neither_later_tasks_nor_later_owners_dates_and_completions() -> None:
    """Today the task is done, someone else's and due next year; then it was open, p's and due on Friday."""
    then, later = task(), AS_OF + dt.timedelta(days=20)
    now = task(is_completed=True, completed_at=later, assignee_gid="q", due_on=dt.date(2027, 1, 1))
    changed = {
        "staging__task_completion_intervals": {"is_completed": True},
        "staging__task_assignee_intervals": {"assignee_gid": "q"},
        "staging__task_date_intervals": {"due_on": dt.date(2027, 1, 1)},
    }
    for key, value in changed.items():
        (row,) = then[key]
        now[key] = [row | {"valid_to": later}, row | value | {"valid_from": later}]
    assert loads(**now).equals(loads(**then))
    assert loads(**together(then, task("new", created=-3))).equals(loads(**then))


def test_pace_is_the_mean_of_four_whole_weeks_against_the_22_before() -> None:
    counts = {0: 50, 1: 4, 2: 0, 4: 8, 5: 11, 26: 11, 27: 500}  # the running week is not whole yet
    rows = [
        {"project_gid": "20", "week_on": WEEK_ON - dt.timedelta(weeks=n), "tasks_created": 0, "tasks_completed": k,
         "hours_logged": 0.0}
        for n, k in counts.items()
    ]  # fmt: skip
    read = tables(marts__fct_project_throughput_weekly=rows)
    (row,) = conform(CONTRACTS["forecasts/project_pace"], weekly.project_pace(read, WEEK_ON, AS_OF)).to_dicts()
    assert (row["recent"], row["usual"], row["last_week"]) == (3.0, 1.0, 4.0)


def test_empty_tables_give_empty_forecasts_of_the_right_shape() -> None:
    read = tables()
    evidence = weekly.goal_evidence(read, WEEK_ON, AS_OF)
    assert attainment(read).is_empty()
    assert capacity().is_empty()
    assert causes().is_empty()
    for key, frame in {
        "forecasts/goal_trajectory": weekly.goal_trajectory(evidence, SETTINGS, attainment(read)),
        "forecasts/project_pace": weekly.project_pace(read, WEEK_ON, AS_OF),
    }.items():
        assert conform(CONTRACTS[key], frame).is_empty()
