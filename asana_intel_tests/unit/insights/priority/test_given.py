"""The score from a frame of tasks and whatever else somebody has, without a word of ours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.effort import estimate_effort
from asana_intel.insights.priority import Backlog, score_tasks, task_goal_gains
from asana_intel.work_settings import PrioritySettings, PriorityWeights

AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)
TASKS = pl.DataFrame({"task_gid": [1, 2, 3], "project_gid": [10, 10, 20], "estimate": [2.0, 6.0, 1.0]})
GOALS = pl.DataFrame({"goal_gid": ["g", "h"], "p_attain": [0.4, 0.7]})
SUPPORTS = pl.DataFrame({"goal_gid": ["g", "h"], "project_gid": [10, 30]})


def scored(tasks: pl.DataFrame = TASKS, **frames: Any) -> dict[str, dict[str, Any]]:
    told = score_tasks(tasks, **({"as_of": AS_OF} | frames))
    return {row["task_gid"]: row for row in told.iter_rows(named=True)}


def test_a_frame_of_tasks_and_an_instant_are_enough() -> None:
    told = score_tasks(TASKS.select("task_gid"), as_of=AS_OF)
    assert told["rank"].to_list() == [1, 2, 3]
    assert (told["strategic"] == 0).all()
    assert told.equals(score_tasks(Backlog(TASKS.select("task_gid")), pl.DataFrame(), PrioritySettings(), AS_OF))


def test_a_goal_of_which_only_the_odds_are_known_gives_points_to_its_tasks_and_to_no_others() -> None:
    told = scored(goals=GOALS, supports=SUPPORTS)
    assert 0 < told["1"]["goal_gain"] < told["2"]["goal_gain"] < 0.6
    assert told["1"]["goal_gid"] == told["2"]["goal_gid"] == "g"
    assert (told["3"]["strategic"], told["3"]["goal_gid"], told["3"]["goal_gain"]) == (0.0, None, None)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=2),
    st.lists(st.floats(0.25, 80), min_size=3, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            name: st.floats(-50, 150)
            for name in ("target_value", "current_value", "initial_value", "value_p10", "value_p50", "value_p90")
        },
    ),
)
def test_gains_from_bare_odds_are_sane(odds: list[float], hours: list[float], known: dict[str, float]) -> None:
    goals = pl.DataFrame([{"goal_gid": gid, "p_attain": p} | known for gid, p in zip("gh", odds, strict=True)])
    tasks = TASKS.drop("estimate").with_columns(left_hours=pl.Series(hours))
    gains = task_goal_gains(Backlog(tasks, goals=goals, supports=SUPPORTS), AS_OF)
    assert set(gains.select("task_gid", "goal_gid").iter_rows()) == {("1", "g"), ("2", "g")}
    assert gains["gain"].is_between(0, 1 - odds[0]).all()
    by_hours = gains.join(tasks.select(pl.col("task_gid").cast(pl.String), "left_hours"), on="task_gid")
    assert by_hours.sort("left_hours", "gain")["gain"].is_sorted()
    if not known and 0.01 < odds[0] < 0.99:
        assert (gains["gain"] > 0).all()


def test_half_of_the_work_of_an_even_goal_does_not_decide_it() -> None:
    even = TASKS.with_columns(estimate=pl.lit(4.0))
    told = scored(even, goals=GOALS.with_columns(p_attain=pl.lit(0.5)), supports=SUPPORTS)
    assert told["1"]["goal_gain"] == told["2"]["goal_gain"] == pytest.approx(0.4, abs=0.01)


def test_only_tasks_that_were_open_then_are_scored_and_later_ones_change_nothing() -> None:
    now = scored(goals=GOALS, supports=SUPPORTS)
    later = pl.DataFrame(
        {
            "task_gid": [4, 5, 1, 2, 3],
            "project_gid": [10, 10, 10, 10, 20],
            "estimate": [50.0, 50.0, 2.0, 6.0, 1.0],
            "created_at": ["2026-03-05", "2026-01-01", "2026-01-01", "2026-01-01", None],
            "completed_at": [None, "2026-03-01T10:00:00Z", "2026-03-05", None, None],
        }
    )
    assert scored(later, goals=GOALS, supports=SUPPORTS) == now


def test_what_effort_gives_is_taken_as_it_is_and_people_go_by_their_gid() -> None:
    history = pl.DataFrame({"task_gid": range(100, 150), "actual": [3.0] * 50})
    hours = estimate_effort(TASKS.drop("estimate"), history, AS_OF)
    people = pl.DataFrame({"person_gid": [7], "available_hours": [40], "assigned_hours": [40]})
    told = scored(TASKS.with_columns(person_gid=pl.lit(7)), effort=hours, load=people)
    assert told["1"]["left_hours"] == pytest.approx(3.0, rel=0.2)
    assert told["1"]["capacity"] == 0


@pytest.mark.parametrize("hour", [0, 9, 15, 23])
@pytest.mark.parametrize("offset", [-11, 0, 9, 14])
def test_today_is_the_day_in_utc_whatever_zone_the_instant_is_given_in(hour: int, offset: int) -> None:
    instant = datetime(2026, 3, 4, hour, tzinfo=UTC)
    due = TASKS.with_columns(due_on=pl.lit(date(2026, 3, 4)))
    goals = GOALS.with_columns(due_on=pl.lit(date(2026, 3, 4)))
    told = [
        score_tasks(due, goals=goals, supports=SUPPORTS, as_of=at)
        for at in (instant, instant.astimezone(timezone(timedelta(hours=offset))), instant.replace(tzinfo=None))
    ]
    assert told[0].equals(told[1])
    assert told[0].equals(told[2])


@pytest.mark.parametrize(
    ("given_up", "says", "mend"),
    [
        ({"as_of": None}, "as_of is missing", "as_of="),
        ({"before": AS_OF}, "before is datetime", "as_of="),
        ({"before": GOALS}, "before: insights/task_priority: column(s) missing", "goals="),
        ({"rubric": {"strategic": 5}}, "rubric is dict", "PrioritySettings"),
        ({"people": GOALS}, "no frame is called 'people'", "load"),
        ({"goals": GOALS.rename({"goal_gid": "gid"})}, "goals: column(s) missing: goal_gid", "p_attain"),
        ({"goals": GOALS.with_columns(p_attain=pl.lit(87.0))}, "p_attain of g is 87.0", "0 to 1"),
        ({"goals": GOALS.with_columns(status=pl.lit("green"))}, "status of g is 'green'", "assessed"),
        ({"goals": GOALS.lazy()}, "goals is a polars.LazyFrame", "polars.DataFrame"),
        ({"tasks": TASKS.to_dicts()}, "tasks is a builtins.list", "polars.DataFrame"),
        ({"tasks": Backlog(TASKS), "goals": GOALS}, "goals: handed in beside a Backlog", "part of the Backlog"),
        ({"tasks": TASKS.with_columns(estimate=pl.lit(timedelta(1)))}, "'left_hours' holds Duration", "number"),
        ({"tasks": TASKS.with_columns(project_gid=pl.lit(0.5))}, "'project_gid' is 0.5, no gid", "text"),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(given_up: dict[str, Any], says: str, mend: str) -> None:
    with pytest.raises(PermanentError) as told:
        score_tasks(**({"tasks": TASKS, "as_of": AS_OF} | given_up))
    assert says in str(told.value)
    assert mend in (told.value.fix or "")


def test_a_rubric_of_ones_own_counts() -> None:
    rubric = PrioritySettings(weights=PriorityWeights(urgency=0, stakeholders=0, effort=0, capacity=0, dependency=0))
    assert {row["score"] for row in scored(rubric=rubric).values()} == {0.0}
