"""By how much each open task raises the odds of each goal it serves, if it is done this sprint; no score is made here.

A task serves a goal through a project that supports the goal (directly, or through a sub-goal), in which the task or
the nearest of its parents is, or because it supports the goal itself. What it adds to the goal's metric:

- where the metric counts finished tasks (`unit_per_task` u of `SUPPORTS`): u; a subtask that is in the project only
  through its parent adds u / (open subtasks that are there through that parent);
- otherwise its part of the way that is left: h / H * |target - current|, where h are the hours left on the task and H
  those left on all open tasks that serve the goal.

Where several ways lead to a goal the largest contribution counts. The gain is what `odds_after` makes of it: the odds
if the task is done on top of what the forecast expects, less the odds now.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from asana_intel.insights.priority.backlog import Backlog
from asana_intel.insights.priority.odds import distance, odds_after
from asana_intel.storage.contracts.contract import NUMBER, TEXT

GAINS = {
    "task_gid": TEXT,
    "goal_gid": TEXT,
    "project_gid": TEXT,
    "contribution": NUMBER,
    "p_now": NUMBER,
    "p_done": NUMBER,
    "gain": NUMBER,
}


def goal_gains(backlog: Backlog, hours: pl.DataFrame, as_of: datetime, only: pl.Series | None = None) -> pl.DataFrame:
    """Gains of the tasks, one row per task and assessed goal that it serves.

    Args:
        backlog: Work, places, supports and goals. A goal that is not assessed, closed, or past its due day has no row.
        hours: task_gid, left_hours (> 0) of every open task.
        as_of: Now.
        only: Tasks to tell of; None = all.

    Returns:
        Columns of `GAINS`, by task and goal: project_gid is null where the task supports the goal itself.
    """
    goals = backlog.goals.filter(
        pl.col("status") == "assessed",
        pl.col("p_attain").is_not_null() & pl.col("target_value").is_not_null(),
        (pl.col("due_on") >= as_of.date()).fill_null(value=True),
    )
    paths = goal_paths(backlog, goals["goal_gid"], only)
    if paths.is_empty():
        return pl.DataFrame(schema=GAINS)
    goals = goals.with_columns(way=pl.Series(distance(goals), dtype=NUMBER))
    cases = (
        paths.join(hours, on="task_gid")
        .join(goals, on="goal_gid")
        .sort("goal_gid", "task_gid", "project_gid")
        .with_columns(all_hours=_total_hours())
        .with_columns(
            contribution=pl.coalesce(
                pl.col("unit_per_task") * pl.col("part"), pl.col("left_hours") / pl.col("all_hours") * pl.col("way")
            )
        )
        .sort("task_gid", "goal_gid", "contribution", "project_gid", descending=[False, False, True, False])
        .unique(["task_gid", "goal_gid"], keep="first", maintain_order=True)
    )
    if only is not None:
        cases = cases.filter(pl.col("task_gid").is_in(only.implode()))
    after = pl.Series("p_done", odds_after(cases, cases["contribution"].to_numpy()), dtype=NUMBER)
    return (
        cases.with_columns(after.round(9), p_now="p_attain")
        .with_columns(p_done=pl.max_horizontal("p_done", "p_now"))
        .select(*list(GAINS)[:-1], gain=pl.col("p_done") - pl.col("p_now"))
    )


def goal_paths(backlog: Backlog, goals: pl.Series, only: pl.Series | None = None) -> pl.DataFrame:
    """Every way from an open task to one of these goals.

    Args:
        backlog: Work, places and supports.
        goals: Gids of goals.
        only: Tasks whose goals are wanted, with all tasks that serve those goals; None = all.

    Returns:
        goal_gid, task_gid, project_gid, unit_per_task, part (of a unit that the task counts for, 0..1).
    """
    work = backlog.work.select("task_gid")
    places = backlog.places.join(work, on="task_gid", how="semi")
    own = pl.col("through_gid") == pl.col("task_gid")
    others = pl.len().over("project_gid", "through_gid", own)
    placed = places.with_columns(part=pl.when(own).then(1.0).otherwise(1.0 / others))
    supports = backlog.supports.filter(pl.col("goal_gid").is_in(goals.implode()))
    through = supports.filter(pl.col("project_gid").is_not_null()).drop("task_gid").join(placed, on="project_gid")
    direct = supports.filter(pl.col("task_gid").is_not_null()).join(work, on="task_gid").with_columns(part=pl.lit(1.0))
    names = ("goal_gid", "task_gid", "project_gid", "unit_per_task", "part")
    paths = pl.concat([through.select(names), direct.select(names)])
    if only is not None:
        theirs = paths.filter(pl.col("task_gid").is_in(only.implode())).select("goal_gid")
        paths = paths.join(theirs, on="goal_gid", how="semi")
    return paths.sort("goal_gid", "task_gid", "project_gid")


def _total_hours() -> pl.Expr:
    """Hours left on all tasks that serve the goal, each counted once however many ways lead there."""
    is_first = pl.int_range(pl.len()).over("goal_gid", "task_gid") == 0
    return pl.when(is_first).then(pl.col("left_hours")).otherwise(0.0).sum().over("goal_gid")
