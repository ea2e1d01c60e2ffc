"""Task hours that were asked for and done, week by week; what becomes of them later is forecast in `quarters`.

One unit for both: a task counts for the hours logged on it once it is done, else for its estimate, corrected by how
far estimates of the last year were off, else for the mean of its role's finished tasks. So a team that does what is
asked of it has the same hours on both sides, whether it logs its time or not.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.insights.headcount.roles import with_role
from asana_intel.insights.work import OURS, Read, finished_work, open_work

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_OWN_TIME = "default_task"
_YEAR = timedelta(days=365)
_LEAST_PAIRS = 20
"""Finished tasks with estimate and logged hours below which estimates are taken as they are."""
_FURTHEST_OFF = 5.0


def task_hours(read: Read, as_of: datetime, roles: pl.DataFrame) -> pl.DataFrame:
    """Every task that takes time of its own, with its hours as they could be known.

    Args:
        read: Reads a table by key.
        as_of: Nothing later is used.
        roles: From `roles_of_people`.

    Returns:
        task_gid, role (null: none), asked_on, done_on (null: open), due_on, hours; tasks of whose hours nothing can be
        said are left out.
    """
    unfinished = open_work(read, as_of).with_columns(
        completed_at=pl.lit(None, pl.Datetime("us", "UTC")), actual_hours=pl.lit(None, pl.Float64)
    )
    finished = finished_work(read, as_of).select(unfinished.columns)
    doable = (pl.col("subtype").fill_null(_OWN_TIME) == _OWN_TIME) & (pl.col("subtask_count") == 0)
    ours = pl.col("notes").str.contains(OURS).fill_null(value=False)
    tasks = with_role(pl.concat([unfinished, finished]).filter(doable, ~ours), roles)
    recent = tasks.filter(pl.col("completed_at") > as_of - _YEAR)
    estimate = pl.when(pl.col("effort_hours") > 0).then(pl.col("effort_hours") * _correction(recent))
    known = pl.coalesce("actual_hours", estimate)
    usual = recent.select("role", hours=known).drop_nulls("hours")
    of_role = usual.group_by("role").agg(usual_hours=pl.col("hours").sort().mean())
    of_all = usual.select(pl.col("hours").sort().mean()).item()
    hours = pl.max_horizontal(pl.coalesce(known, "usual_hours", pl.lit(of_all, pl.Float64)), "logged_hours")
    return (
        tasks.join(of_role, on="role", how="left", nulls_equal=True)
        .select(
            "task_gid",
            "role",
            "due_on",
            asked_on=pl.col("created_at").dt.date(),
            done_on=pl.col("completed_at").dt.date(),
            hours=hours,
        )
        .filter(pl.col("hours") > 0)
        .sort("task_gid")
    )


def _correction(recent: pl.DataFrame) -> float:
    """Hours taken over hours estimated of finished tasks that have both."""
    both = recent.filter(pl.col("effort_hours") > 0, pl.col("actual_hours") > 0)
    if both.height < _LEAST_PAIRS:
        return 1.0
    taken, said = both.select(pl.col("actual_hours", "effort_hours").sort().sum()).row(0)
    return min(max(taken / said, 1 / _FURTHEST_OFF), _FURTHEST_OFF)


def by_week(days: Iterable[date | None], hours: Iterable[float], first_on: date, until_on: date) -> Floats:
    """Hours of each week from the Monday `first_on` to before `until_on`; other days and null ones do not count."""
    import numpy as np

    weeks = max((until_on - first_on) // WEEK, 0)
    sums = np.zeros(weeks)
    for day, value in zip(days, hours, strict=True):
        if day is not None and first_on <= day < until_on:
            sums[(day - first_on) // WEEK] += value
    return sums


def open_hours(tasks: pl.DataFrame, mondays: list[date]) -> list[float]:
    """Hours of the tasks that were open as each of these days began."""
    asked, done = pl.col("asked_on"), pl.col("done_on")
    return [
        tasks.filter(asked < day, done.is_null() | (done >= day)).select(pl.col("hours").sort().sum()).item()
        for day in mondays
    ]


def first_week(tasks: pl.DataFrame) -> date | None:
    """Monday of the first week in which something was asked for."""
    first = tasks.select(pl.col("asked_on").min()).item()
    return None if first is None else monday_of(first)
