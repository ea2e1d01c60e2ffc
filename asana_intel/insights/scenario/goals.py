"""What a change of ends does to the odds of goals: which tasks now end in time for a goal, and which no longer do.

A task counts for a goal as `priority.goal_gain` says, if it can be expected to end by the goal's due day. What is won
and lost by the tasks whose end crossed that day, or that are new or not done at all, moves the goal's own forecast;
all else stays as forecast. Losing c is the mirror image of gaining it: both are read from the same distribution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.priority.goal_gain import goal_gains
from asana_intel.insights.priority.odds import odds_after, odds_without
from asana_intel.insights.priority.parts import left_hours

if TYPE_CHECKING:
    from asana_intel.insights.priority import Backlog
    from asana_intel.insights.scenario.base import Base

GOALS: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "p_before": pl.Float64(),
    "p_after": pl.Float64(),
    "contribution": pl.Float64(),
    "won_tasks": pl.Int64(),
    "lost_tasks": pl.Int64(),
}
_DIGITS = 9
_VALUES = ("value_p10", "value_p50", "value_p90")


def goal_odds(base: Base, backlog: Backlog, ends: pl.DataFrame) -> pl.DataFrame:
    """Odds of the goals that a change touches.

    Args:
        base: The world before.
        backlog: Work, places, supports and effort after the changes.
        ends: task_gid, finish_before, finish_after of tasks whose end is not as it was; null: never, or not there.

    Returns:
        Columns of `GOALS`, one row a goal that a task was won or lost for, by goal. contribution: what is won less what
        is lost, in the metric's unit, towards the target.
    """
    due = base.backlog.goals.select("goal_gid", "due_on")
    parts = []
    for frames, here, there, sign in (
        (base.backlog, "finish_before", "finish_after", -1.0),
        (backlog, "finish_after", "finish_before", 1.0),
    ):
        only = ends.filter(pl.col(here).is_not_null())["task_gid"]
        gains = goal_gains(frames, left_hours(frames).select("task_gid", "left_hours"), base.as_of, only)
        cases = gains.join(due, on="goal_gid").join(ends, on="task_gid")
        parts.append(
            cases.filter(_in_time(here), ~_in_time(there)).select(
                "goal_gid", "task_gid", contribution=sign * pl.col("contribution"), sign=pl.lit(sign)
            )
        )
    moved = (
        pl.concat(parts)
        .sort("goal_gid", "task_gid")
        .group_by("goal_gid", maintain_order=True)
        .agg(
            pl.col("contribution").sum(),
            won_tasks=(pl.col("sign") > 0).sum().cast(pl.Int64),
            lost_tasks=(pl.col("sign") < 0).sum().cast(pl.Int64),
        )
        .join(base.backlog.goals, on="goal_gid", maintain_order="left")
    )
    if moved.is_empty():
        return pl.DataFrame(schema=GOALS)
    amount = moved["contribution"].to_numpy()
    after = np.where(amount >= 0, odds_after(moved, amount), odds_without(moved, -amount))
    return moved.with_columns(p_before="p_attain", p_after=pl.Series(after).round(_DIGITS)).select(list(GOALS))


def goals_after(base: Base, odds: pl.DataFrame) -> pl.DataFrame:
    """The goals of the backlog, their forecasts moved by what was won or lost."""
    goals = base.backlog.goals.join(odds.select("goal_gid", "p_after", "contribution"), on="goal_gid", how="left")
    start = pl.coalesce("initial_value", "current_value", "target_value")
    by = pl.when(pl.col("target_value") < start).then(-pl.col("contribution")).otherwise("contribution").fill_null(0.0)
    return goals.with_columns(
        pl.coalesce("p_after", "p_attain").alias("p_attain"), *(pl.col(name) + by for name in _VALUES)
    ).drop("p_after", "contribution")


def _in_time(end: str) -> pl.Expr:
    """Whether an end lies on or before the due day of the goal; any end does for a goal without one."""
    return pl.col(end).is_not_null() & (pl.col(end) <= pl.col("due_on")).fill_null(value=True)
