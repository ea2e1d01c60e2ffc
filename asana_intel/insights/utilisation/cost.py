"""What a shortage of time costs in goal odds; how full weeks are, and which hours come late, is known from `coming`.

Work that cannot be done in time is late by its team's queue: a share of what falls into the weeks until a goal's due
day is undone on that day. That share of what the team's tasks would have added to the goal's metric is lost; the loss
is what the goal's odds would gain if it were done after all (`insights.priority.odds`). Tasks that fall due later than
the goal lose it nothing, and of goals due after the horizon nothing is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.priority.odds import odds_after
from asana_intel.storage.contracts.contract import NUMBER, TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asana_intel.insights.utilisation.coming import TeamWeeks

LOST: dict[str, pl.DataType] = {"group": TEXT, "goal_gid": TEXT, "contribution": NUMBER}
_LEAST_LOSS = 0.0005
"""Odds below which a goal counts as not touched: they are drawn from a thousand paths."""


def lost_contributions(
    teams: Mapping[str | None, TeamWeeks], tasks: pl.DataFrame, gains: pl.DataFrame, goals: pl.DataFrame
) -> pl.DataFrame:
    """What each team's lateness takes from each goal's metric: columns of `LOST`, by team and goal.

    Args:
        teams: Coming weeks of each group, by its gid (None: in no team).
        tasks: forecasts/task_load, and group of the assignee: task_gid, last_on, group.
        gains: insights/task_goal_gain: task_gid, goal_gid, contribution.
        goals: forecasts/goal_attainment of goals that may be told of: goal_gid, due_on.
    """
    undone = [
        (group, monday, float(share))
        for group, weeks in teams.items()
        for monday, share in zip(weeks.mondays, weeks.share_undone(weeks.waiting()), strict=True)
    ]
    shares = pl.DataFrame(undone, schema={"group": TEXT, "week_on": pl.Date(), "undone": NUMBER}, orient="row")
    due = goals.select("goal_gid", goal_due_on="due_on", week_on=pl.col("due_on").dt.truncate("1w"))
    return (
        tasks.select("task_gid", "last_on", "group")
        .join(gains.select("task_gid", "goal_gid", "contribution"), on="task_gid")
        .join(due, on="goal_gid")
        .filter(pl.col("last_on") <= pl.col("goal_due_on"))
        .join(shares, on=["group", "week_on"], nulls_equal=True)
        .sort("group", "goal_gid", "task_gid")
        .group_by("group", "goal_gid", maintain_order=True)
        .agg(contribution=(pl.col("contribution") * pl.col("undone")).sum())
        .select(*LOST)
    )


def odds_lost(lost: pl.DataFrame, goals: pl.DataFrame) -> pl.DataFrame:
    """What is taken from the odds of each goal: goal_gid, points (0..1), the goal that loses most first.

    Args:
        lost: goal_gid, contribution of one team or of all; those of one goal are added up.
        goals: forecasts/goal_attainment, with odds and a target.
    """
    cases = (
        lost.group_by("goal_gid").agg(pl.col("contribution").sort().sum()).join(goals, on="goal_gid").sort("goal_gid")
    )
    after = odds_after(cases, cases["contribution"].to_numpy())
    return (
        cases.select("goal_gid", points=pl.Series(after, dtype=NUMBER) - pl.col("p_attain"))
        .filter(pl.col("points") >= _LEAST_LOSS)
        .sort("points", "goal_gid", descending=[True, False])
    )
