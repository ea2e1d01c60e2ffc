"""Hours promised to projects in allocations, beside the hours of tasks there: both gaps. No odds here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.storage.conform import conform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.workload.load import Work

    Floats = NDArray[np.float64]

ALLOCATIONS: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "project_gid": pl.String(),
    "start_on": pl.Date(),
    "end_on": pl.Date(),
    "effort_type": pl.String(),
    "effort_value": pl.Float64(),
}
_KEYS = ["person_gid", "week_on"]


def promise_gaps(work: Work, allocations: pl.DataFrame) -> pl.DataFrame:
    """What was promised to projects in each week, and where promises and tasks do not meet.

    Args:
        work: From `load.plan_work`.
        allocations: person_gid, project_gid (null: to no project), start_on, end_on, effort_type (hours, a week, or
            percent), effort_value. They fall on working days, also those off: what was promised for them is a gap.

    Returns:
        Of people and weeks with a promise or a task: person_gid, week_on, allocated_hours,
        promised_without_tasks_hours and tasks_without_promise_hours; the gaps are added up by project, so that too
        much here does not hide too little there.

    Raises:
        PermanentError: A column is missing or of a wrong type.
    """
    tasks = _long(work, work.tasks.select("person_gid", "project_gid"), work.shares[:, :-1] * work.expected[:, None])
    given = known_allocations(work, allocations)
    promised = _long(work, given, promised_hours(work, given))
    is_promise, hours = pl.col("kind") == "promise", pl.col("hours")
    by_project = (
        pl.concat([promised.with_columns(kind=pl.lit("promise")), tasks.with_columns(kind=pl.lit("task"))])
        .group_by(*_KEYS, "project_gid")
        .agg(promised=hours.filter(is_promise).sum(), tasked=hours.filter(~is_promise).sum())
        .with_columns(gap=pl.col("promised") - pl.col("tasked"))
        .sort(*_KEYS, "project_gid")
    )
    return by_project.group_by(_KEYS, maintain_order=True).agg(
        allocated_hours=pl.col("promised").sum(),
        promised_without_tasks_hours=pl.col("gap").clip(lower_bound=0.0).sum(),
        tasks_without_promise_hours=(-pl.col("gap")).clip(lower_bound=0.0).sum(),
    )


def known_allocations(work: Work, allocations: pl.DataFrame) -> pl.DataFrame:
    """`ALLOCATIONS` of people who have working time, and `row` of each one's person there; in a fixed order.

    Raises:
        PermanentError: A column is missing or of a wrong type.
    """
    rows = pl.DataFrame({"person_gid": work.time.persons}, schema={"person_gid": pl.String}).with_row_index("row")
    given = conform(allocations, ALLOCATIONS, "allocations").drop_nulls(["person_gid", "start_on", "end_on"])
    return given.join(rows, on="person_gid").sort(ALLOCATIONS.keys())


def promised_hours(work: Work, given: pl.DataFrame, *, are_shares_of_available: bool = False) -> Floats:
    """Hours of each allocation in each week: (allocations, weeks).

    Args:
        work: From `load.plan_work`.
        given: From `known_allocations`.
        are_shares_of_available: Percents are of the hours available, not of the whole working week.
    """
    scheduled = np.pad(work.time.scheduled.cumsum(axis=1), ((0, 0), (1, 0)))
    rows = given["row"].to_numpy().astype(np.int64)
    days = scheduled.shape[1] - 1
    first, end = (
        given.select((pl.col(name) - work.time.first_on).dt.total_days())[name].to_numpy().astype(np.int64) + extra
        for name, extra in (("start_on", 0), ("end_on", 1))
    )
    starts = work.week_starts
    from_day = np.clip(np.maximum(first[:, None], starts), 0, days)
    to_day = np.maximum(np.clip(np.minimum(end[:, None], starts + 7), 0, days), from_day)
    whole = work.time.elapsed if are_shares_of_available else scheduled
    working, shared = (each[rows[:, None], to_day] - each[rows[:, None], from_day] for each in (scheduled, whole))
    week = scheduled[rows, min(7, days)]
    value = given["effort_value"].fill_null(0.0).clip(lower_bound=0.0).to_numpy()
    per_hour = np.divide(value, week, out=np.zeros(value.shape), where=week > 0)
    kind = given["effort_type"].to_numpy()
    is_hours, is_percent = ((kind == name)[:, None] for name in ("hours", "percent"))
    return np.where(is_hours, working * per_hour[:, None], np.where(is_percent, shared * (value / 100)[:, None], 0.0))


def _long(work: Work, owners: pl.DataFrame, hours: Floats) -> pl.DataFrame:
    """person_gid, project_gid, week_on, hours from hours of shape (owners, weeks)."""
    weeks = pl.Series("week_on", work.mondays, pl.Date).to_frame()
    rows = owners.select("person_gid", "project_gid").join(weeks, how="cross", maintain_order="left_right")
    return rows.with_columns(hours=pl.Series(hours.ravel(), dtype=pl.Float64)).filter(pl.col("hours") > 0)
