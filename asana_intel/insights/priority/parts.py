"""The six parts of a score, each 0..1 by a fixed curve, and how sure we are of them; nothing is ranked here.

A curve looks at one task alone (a task's score must not move because others come and go), with the goals, waiting
tasks and people it depends on:

| part | 0..1 |
|---|---|
| strategic | G / (G + half_gain), G the sum of its gains over the goals it serves |
| urgency | f / (1 + e^(s/4)), s the slack: working days allowed less working days needed; 0 without any due day |
| dependency | min(1, ln(1 + n) / ln 31), n open tasks that wait for it, directly or not |
| stakeholders | mean of interest, business value and priority; the last two count double, where people set them |
| effort | 8 / (8 + h), h hours left |
| capacity | free share of the hours of the coming two weeks; 0 while it waits for another task |

The working days allowed are those until its due day, or until the day by which it must be finished so that what waits
for it can still be in time, whichever comes first; one is from Monday to Friday, with six hours for tasks. A due day
that passed long ago was not heeded: f is 1, and once the day is 20 working days past halves with every further 60.
Interest is 1 - e^(-(likes + followers / 2 + commenters) / 4). Where nothing tells the effort, four hours are left (one
to sixteen); where nothing tells who would do a task or how much time they have, half of their time is free.
"""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import polars as pl

from asana_intel.insights.priority.backlog import Backlog
from asana_intel.insights.priority.goal_gain import goal_paths
from asana_intel.insights.priority.waiting import waiting_tasks
from asana_intel.storage.contracts.contract import NUMBER
from asana_intel.work_settings import PrioritySettings

PARTS = ("strategic", "urgency", "dependency", "stakeholders", "effort", "capacity")
HOURS_A_DAY = 6.0
_USUAL_HOURS, _USUAL_FACTOR = 4.0, 4.0
_LEAST_HOURS = 0.25
_HALF_EFFORT_HOURS = 8.0
_SLACK_DAYS = 4.0
_HEEDED_DAYS, _FADING_DAYS = 20.0, 60.0
_MANY_WAITING = 30
_MUCH_INTEREST = 4.0
_UNKNOWN_FREE = 0.5
_BAND = 2 * 1.2815515655446004
"""Standard deviations between the 10th and the 90th percentile."""
_UNIFORM = 1 / math.sqrt(12)
"""Standard deviation of what may lie anywhere in 0..1."""
_WITHIN_POINTS = 5.0


def left_hours(backlog: Backlog) -> pl.DataFrame:
    """Work left on every open task: task_gid, left_hours, low_hours, high_hours (80 % band), all above 0.

    From `EFFORT`; without a row there, people's estimate, half to twice; without that four hours, one to sixteen.
    """
    left = pl.coalesce("left_p50_hours", "p50_hours")
    logged = (pl.col("p50_hours") - left).clip(0.0)
    own = pl.coalesce(left, "left_hours", pl.lit(_USUAL_HOURS))
    factor = pl.when(pl.col("left_hours").is_not_null()).then(2.0).otherwise(_USUAL_FACTOR)
    return backlog.work.join(backlog.effort, on="task_gid", how="left").select(
        "task_gid",
        left_hours=own.clip(_LEAST_HOURS),
        low_hours=pl.coalesce(pl.col("p10_hours") - logged, own / factor).clip(_LEAST_HOURS),
        high_hours=pl.coalesce(pl.col("p90_hours") - logged, own * factor).clip(_LEAST_HOURS),
    )


def part_values(
    backlog: Backlog,
    hours: pl.DataFrame,
    gains: pl.DataFrame,
    rubric: PrioritySettings,
    as_of: datetime,
    only: pl.Series | None = None,
) -> pl.DataFrame:
    """The parts of each task, 0..1, and what they were made from.

    Args:
        backlog: All frames.
        hours: From `left_hours`.
        gains: From `goal_gains`; those of the tasks asked for.
        rubric: half_gain.
        as_of: Now.
        only: Tasks to tell of; None = all.

    Returns:
        One row per task, by task_gid: the columns of work and hours, one column per part, confidence, goal_gid,
        goal_gain, goal_share (of the strategic part), blocked_tasks, is_blocked, blocker_gid, urgent_for_gid,
        commenters, followers, set_priority, business_value, has_private_part.
    """
    work = backlog.work.drop("left_hours").join(hours, on="task_gid")
    work = work.with_columns(
        days_left=working_days(work["due_on"], as_of), days_needed=pl.col("left_hours") / HOURS_A_DAY
    )
    waiting = waiting_tasks(backlog.links, work, only)
    if only is not None:
        work = work.filter(pl.col("task_gid").is_in(only.implode()))
    rows = (
        work.join(waiting, on="task_gid", how="left")
        .join(_blockers(backlog), on="task_gid", how="left")
        .join(_goal_parts(gains, backlog.goals), on="task_gid", how="left")
        .join(backlog.signals, on="task_gid", how="left")
        .join(_free_share(backlog, work), on="task_gid", how="left")
        .join(_served_goals(backlog, work["task_gid"]), on="task_gid", how="left")
        .with_columns(
            pl.col("blocked_tasks", "commenters", "followers", "likes").fill_null(0),
            pl.col("goals_gain").fill_null(0.0),
            pl.coalesce("goal_gid", "served_gid"),
            pl.when(pl.col("served_gid").is_not_null()).then(pl.col("goal_gain", "goal_share").fill_null(0.0)),
            pl.col("is_private_goal", "is_private_waiting", "has_unassessed_goal").fill_null(value=False),
            pl.col("set_priority", "business_value").clip(0.0, 1.0),
            days_allowed=pl.min_horizontal("days_left", "days_allowed"),
            is_blocked=pl.col("blocker_gid").is_not_null(),
        )
        .with_columns(has_private_part=pl.col("is_private_goal") | pl.col("is_private_waiting"))
    )
    return _with_confidence(_with_parts(rows, rubric), rubric).sort("task_gid")


def working_days(days: pl.Series, as_of: datetime) -> pl.Series:
    """Working days from `as_of` to each day, both included where both are; below 0 for days gone by; null for null."""
    known = days.is_not_null().to_numpy()
    counted = np.full(len(days), np.nan)
    if known.any():
        until = days.drop_nulls().to_numpy().astype("datetime64[D]") + np.timedelta64(1, "D")
        counted[known] = np.busday_count(np.datetime64(as_of.date(), "D"), until)
    return pl.Series("days_left", counted, dtype=NUMBER, nan_to_null=True).fill_nan(None)


def _blockers(backlog: Backlog) -> pl.DataFrame:
    """The first open task, by gid, that each task waits for."""
    open_ones = backlog.work.select(depends_on_gid="task_gid")
    return (
        backlog.links.filter(pl.col("task_gid") != pl.col("depends_on_gid"))
        .join(open_ones, on="depends_on_gid", how="semi")
        .group_by("task_gid")
        .agg(blocker_gid=pl.col("depends_on_gid").min())
    )


def _goal_parts(gains: pl.DataFrame, goals: pl.DataFrame) -> pl.DataFrame:
    """Sum of the gains of each task, and the goal with most of them."""
    return (
        gains.filter(pl.col("gain") > 0)
        .join(goals.select("goal_gid", goal_is_public="is_public"), on="goal_gid", how="left")
        .sort("task_gid", "gain", "goal_gid", descending=[False, True, False])
        .group_by("task_gid", maintain_order=True)
        .agg(
            goals_gain=pl.col("gain").sum(),
            goal_gid=pl.col("goal_gid").first(),
            goal_gain=pl.col("gain").first(),
            is_private_goal=(~pl.col("goal_is_public").fill_null(value=False)).any(),
        )
        .with_columns(goal_share=pl.col("goal_gain") / pl.col("goals_gain"))
    )


def _served_goals(backlog: Backlog, tasks: pl.Series) -> pl.DataFrame:
    """Tasks with a way to an open goal: task_gid, served_gid (the first by gid), has_unassessed_goal."""
    goals = backlog.goals.filter(pl.col("status") != "closed").select("goal_gid", "status")
    paths = goal_paths(backlog, goals["goal_gid"], tasks).join(goals, on="goal_gid")
    return paths.group_by("task_gid").agg(
        served_gid=pl.col("goal_gid").min(), has_unassessed_goal=(pl.col("status") == "not_assessed").any()
    )


def _free_share(backlog: Backlog, work: pl.DataFrame) -> pl.DataFrame:
    """Free share of the hours of its assignee, else of its team: task_gid, free, owner_is_known."""
    share = (1 - pl.col("assigned_hours") / pl.col("available_hours")).clip(0.0, 1.0)
    free = backlog.load.select(
        "owner_gid", free=pl.when(pl.col("available_hours") > 0).then(share.fill_null(_UNKNOWN_FREE)).otherwise(0.0)
    )
    return (
        work.select("task_gid", owner_gid=pl.coalesce("person_gid", "team_gid"))
        .join(free, on="owner_gid", how="left")
        .select("task_gid", pl.col("free").fill_null(_UNKNOWN_FREE), owner_is_known=pl.col("free").is_not_null())
    )


def _with_parts(rows: pl.DataFrame, rubric: PrioritySettings) -> pl.DataFrame:
    interest = 1 - (-(pl.col("likes") + pl.col("followers") / 2 + pl.col("commenters")) / _MUCH_INTEREST).exp()
    said = [pl.col("business_value"), pl.col("set_priority")]
    weights = [2.0 * value.is_not_null().cast(NUMBER) for value in said]
    worth = sum((w * v.fill_null(0.0) for w, v in zip(weights, said, strict=True)), start=interest)
    return rows.with_columns(
        strategic=pl.col("goals_gain") / (pl.col("goals_gain") + rubric.half_gain),
        urgency=_urgency("left_hours"),
        dependency=((1 + pl.col("blocked_tasks")).log() / math.log(1 + _MANY_WAITING)).clip(0.0, 1.0),
        stakeholders=worth / sum(weights, start=pl.lit(1.0)),
        effort=_smallness("left_hours"),
        capacity=pl.when("is_blocked").then(0.0).otherwise("free"),
    )


def _urgency(hours: str) -> pl.Expr:
    slack = (pl.col("days_allowed") - pl.col(hours) / HOURS_A_DAY).clip(-400.0, 400.0)
    unheeded = (-_HEEDED_DAYS - pl.col("days_allowed")).clip(0.0, 60_000.0)
    return (0.5 ** (unheeded / _FADING_DAYS) / (1 + (slack / _SLACK_DAYS).exp())).fill_null(0.0)


def _smallness(hours: str) -> pl.Expr:
    return _HALF_EFFORT_HOURS / (_HALF_EFFORT_HOURS + pl.col(hours))


def _with_confidence(rows: pl.DataFrame, rubric: PrioritySettings) -> pl.DataFrame:
    """Add `confidence`: odds that the score is within five points of what it were if all that is unknown were known.

    confidence = erf(5 / (sqrt(2) * spread)), the normal probability of +-5 points. The squares of these standard
    deviations, in points of the score, add up to spread^2:

    - effort band: |score at the 90th percentile of the hours - score at the 10th| / 2.563 (effort and urgency move
      against each other);
    - a goal on its way was not assessed: what is missing to all strategic points, evenly: (1 - strategic) / sqrt(12);
    - no due day, nor any of a waiting task: urgency could be 0 to half: 0.5 / sqrt(12);
    - nobody assigned: half of capacity, 0.5 / sqrt(12); nothing known of anybody's time: all of it;
    - neither business value nor priority set: half of stakeholders, 0.5 / sqrt(12).
    """
    points = rubric.weights.points()

    def score_at(hours: str) -> pl.Expr:
        return points["effort"] * _smallness(hours) + points["urgency"] * _urgency(hours)

    def unknown(part: str, share: pl.Expr) -> pl.Expr:
        return (points[part] * _UNIFORM * share) ** 2

    unset = pl.col("set_priority").is_null() & pl.col("business_value").is_null()
    nobody = pl.when(~pl.col("owner_is_known")).then(1.0).when(pl.col("person_gid").is_null()).then(0.5).otherwise(0.0)
    spread = (
        ((score_at("high_hours") - score_at("low_hours")) / _BAND) ** 2
        + unknown("strategic", pl.when("has_unassessed_goal").then(1 - pl.col("strategic")).otherwise(0.0))
        + unknown("urgency", pl.when(pl.col("days_allowed").is_null()).then(0.5).otherwise(0.0))
        + unknown("capacity", nobody)
        + unknown("stakeholders", pl.when(unset).then(0.5).otherwise(0.0))
    ).sqrt()
    from scipy.special import erf

    spreads = np.maximum(rows.select(spread).to_series().to_numpy(), 1e-9)
    return rows.with_columns(confidence=pl.Series(erf(_WITHIN_POINTS / (math.sqrt(2) * spreads)), dtype=NUMBER))
