"""What doing a task does for the odds of goals: those it serves gain, nobody else's move."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.insights.priority import task_goal_gains
from asana_intel.insights.priority.odds import odds_after
from asana_intel_tests.unit.insights.priority.worlds import (
    AS_OF,
    GOAL,
    TODAY,
    backlog,
    built,
    effort,
    goal_rows,
    worlds,
)

SUPPORT = {"goal_gid": "g1", "project_gid": "p1", "unit_per_task": 1.0}


def gain_of(goal: dict[str, Any], contribution: float) -> float:
    frame = pl.DataFrame([GOAL | goal])
    return float(odds_after(frame, np.array([contribution]))[0]) - frame["p_attain"][0]


def gains(*tasks: dict[str, Any], **frames: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
    told = task_goal_gains(backlog(*tasks, **{"goals": [GOAL], "supports": [SUPPORT]} | frames), AS_OF)
    return {(row["task_gid"], row["goal_gid"]): row["gain"] for row in told.iter_rows(named=True)}


def test_one_task_more_is_what_the_forecast_says_of_a_target_lower_by_one() -> None:
    # Normal with median 40 and p10 30: one task of a spread of 7.8 is .128 standard deviations, .051 at the middle.
    assert gain_of({}, 1.0) == pytest.approx(0.051, abs=0.001)
    assert gain_of({}, 10.0) == pytest.approx(0.4)


def test_a_goal_that_hangs_by_a_thread_gains_more_than_one_that_is_safe_or_lost() -> None:
    safe = gain_of({"p_attain": 0.99, "value_p10": 45.0, "value_p50": 55.0, "value_p90": 65.0}, 1.0)
    lost = gain_of({"p_attain": 0.01, "value_p10": 10.0, "value_p50": 20.0, "value_p90": 30.0}, 1.0)
    assert gain_of({}, 1.0) > 5 * max(safe, lost) > 0


def test_a_target_below_the_start_is_reached_from_above() -> None:
    down = {"initial_value": 60.0, "target_value": 40.0, "current_value": 50.0}
    assert gain_of(down, 10.0) == pytest.approx(0.4)


def test_a_forecast_without_spread_does_not_make_one_task_decide_a_goal_that_is_far_away() -> None:
    stuck = {"p_attain": 0.001, "value_p10": 0.0, "value_p50": 0.0, "value_p90": 0.0, "current_value": 0.0}
    assert 0 < gain_of(stuck, 1.0) < 0.001


@settings(max_examples=60, deadline=None)
@given(goal_rows(), st.lists(st.floats(0, 60), min_size=2, max_size=6))
def test_odds_never_fall_never_leave_their_range_and_rise_with_the_contribution(
    goal: dict[str, Any], contributions: list[float]
) -> None:
    given_up = sorted(contributions)
    frame = pl.DataFrame([{"goal_gid": "g1"} | goal] * len(given_up), infer_schema_length=None)
    frame = frame.with_columns(pl.col("current_value").cast(pl.Float64))
    after = odds_after(frame, np.array(given_up)) - goal["p_attain"]
    assert (after >= 0).all()
    assert (after <= 1 - goal["p_attain"] + 1e-12).all()
    assert (np.diff(after) >= -1e-9).all()


def test_a_task_serves_a_goal_through_its_project_or_the_project_of_its_parent_and_not_else() -> None:
    told = gains(
        {"task_gid": "in", "project_gid": "p1"},
        {"task_gid": "sub"},
        {"task_gid": "elsewhere", "project_gid": "p2"},
        {"task_gid": "nowhere"},
        places=[
            {"task_gid": "in", "project_gid": "p1", "through_gid": "in"},
            {"task_gid": "sub", "project_gid": "p1", "through_gid": "in"},
            {"task_gid": "elsewhere", "project_gid": "p2", "through_gid": "elsewhere"},
        ],
    )
    assert set(told) == {("in", "g1"), ("sub", "g1")}


def test_a_task_may_support_a_goal_itself() -> None:
    told = gains({"task_gid": "own"}, supports=[{"goal_gid": "g1", "task_gid": "own", "unit_per_task": 1.0}])
    assert told == {("own", "g1"): pytest.approx(0.051, abs=0.001)}


def test_two_subtasks_share_the_unit_of_their_parent() -> None:
    places = [{"task_gid": gid, "project_gid": "p1", "through_gid": "top"} for gid in ("top", "a", "b")]
    told = task_goal_gains(
        backlog(*({"task_gid": gid} for gid in ("top", "a", "b")), places=places, goals=[GOAL], supports=[SUPPORT]),
        AS_OF,
    )
    assert dict(told.select("task_gid", "contribution").iter_rows()) == {"top": 1.0, "a": 0.5, "b": 0.5}


def test_where_the_metric_counts_no_tasks_a_task_adds_its_part_of_the_work_that_is_left() -> None:
    told = task_goal_gains(
        backlog(
            {"task_gid": "small", "project_gid": "p1"},
            {"task_gid": "large", "project_gid": "p1"},
            {"task_gid": "other", "project_gid": "p2"},
            goals=[GOAL],
            supports=[{"goal_gid": "g1", "project_gid": "p1"}],
            effort=[effort("small", 1, 2, 4), effort("large", 3, 6, 12, 4), effort("other", 50, 90, 99)],
        ),
        AS_OF,
    )
    # 18 of 40 are left, and six hours of work, two of them on the small task
    assert dict(told.select("task_gid", "contribution").iter_rows()) == {"small": 6.0, "large": 12.0}


@pytest.mark.parametrize(
    "goal",
    [{"status": "not_assessed", "p_attain": None}, {"status": "closed"}, {"due_on": TODAY.replace(day=1)}],
    ids=["not assessed", "closed", "past its due day"],
)
def test_a_goal_that_is_not_assessed_or_over_gives_nothing(goal: dict[str, Any]) -> None:
    assert gains({"task_gid": "a", "project_gid": "p1"}, goals=[GOAL | goal]) == {}


def test_of_several_ways_to_a_goal_the_largest_counts_once() -> None:
    told = gains(
        {"task_gid": "a", "project_gid": "p1"},
        places=[{"task_gid": "a", "project_gid": p, "through_gid": "a"} for p in ("p1", "p2")],
        supports=[SUPPORT, SUPPORT | {"project_gid": "p2", "unit_per_task": 10.0}],
    )
    assert told == {("a", "g1"): pytest.approx(0.4)}


@settings(max_examples=20, deadline=None)
@given(worlds())
def test_doing_a_supporting_task_raises_its_goals_odds_and_nobody_elses(world: dict[str, Any]) -> None:
    frames = built(world)
    told = task_goal_gains(frames, AS_OF)
    placed = set(frames.places.select("task_gid", "project_gid").iter_rows())
    for task in world["tasks"]:
        for goal, row in world["goals"].items():
            serves = (
                any(g == goal and (by == task or (task, by) in placed) for g, by, _ in world["supports"])
                and row["status"] == "assessed"
            )
            mine = told.filter(pl.col("task_gid") == task, pl.col("goal_gid") == goal)
            assert mine.height == serves
            if serves:
                assert mine["gain"][0] == pytest.approx(mine["p_done"][0] - row["p_attain"])
                is_certain = row["p_attain"] > 0.99 or row["p_attain"] < 0.001
                assert is_certain or mine["contribution"][0] < 1e-3 or mine["gain"][0] > 0
