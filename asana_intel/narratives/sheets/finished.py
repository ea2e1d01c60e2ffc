"""The finished work that a sheet may count, in whole weeks before the week told of; no fact is made here.

Only weeks that were over when the narrated week began count, as in forecasts/project_pace, so that a week narrated
later says the same. A task in two projects stands once for each; whoever counts across projects counts tasks.
"""

from collections.abc import Collection
from datetime import date, timedelta

import polars as pl

RECENT_WEEKS = 4
BEFORE_WEEKS = 22
"""Weeks before the recent ones: the two windows of forecasts/project_pace."""


def finished_tasks(cycle_times: pl.DataFrame, task_projects: pl.DataFrame, projects: Collection[str]) -> pl.DataFrame:
    """One row per project and finished task: project_gid, task_gid, done_on.

    Args:
        cycle_times: marts/fct_task_cycle_times.
        task_projects: staging/task_projects.
        projects: Gids of the projects that count.
    """
    return (
        task_projects.filter(pl.col("project_gid").is_in(list(projects)))
        .join(cycle_times.filter(pl.col("completed_at").is_not_null()), on="task_gid")
        .select("project_gid", "task_gid", done_on=pl.col("completed_at").dt.date())
    )


def of_weeks(finished: pl.DataFrame, week_on: date, first: int, last: int = 1) -> pl.DataFrame:
    """Rows of the whole weeks from `first` to `last` weeks before `week_on`, both included.

    Args:
        finished: From `finished_tasks`.
        week_on: Monday of the week told of.
        first: Weeks before it at which the window opens.
        last: Weeks before it of the window's last week; 1 is the week just over.
    """
    on = pl.col("done_on")
    return finished.filter(on >= week_on - timedelta(weeks=first), on < week_on - timedelta(weeks=last - 1))


def recent(finished: pl.DataFrame, week_on: date) -> pl.DataFrame:
    """Rows of the last four whole weeks."""
    return of_weeks(finished, week_on, RECENT_WEEKS)


def before(finished: pl.DataFrame, week_on: date) -> pl.DataFrame:
    """Rows of the 22 weeks before those."""
    return of_weeks(finished, week_on, RECENT_WEEKS + BEFORE_WEEKS, RECENT_WEEKS + 1)
