"""When tasks can be expected to end: their people's queues, then what waits for what; load and odds are elsewhere.

A person does what is due first; what has no due date comes last. So many of their hours are spent on tasks as
`portfolio.schedule` counts for everybody (six of eight), and a task begins when those of the tasks before it are gone,
on its start date at the soonest. From there on the critical path of `portfolio.schedule` speaks: what a task waits
for, its subtasks, other projects. A task that has nobody begins as soon as its links let it, as there; one that a
change took from its person has no end until somebody has it, nor has what waits for it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.portfolio.schedule import FOCUS_HOURS, TASKS, schedule_work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asana_intel.workload.working_time import WorkingTime

FOCUS_SHARE = FOCUS_HOURS / 8
NEVER = dt.date(2500, 1, 1)
"""Stands for a start that nothing leads to."""
QUEUE: dict[str, pl.DataType] = {"task_gid": pl.String(), "queue_on": pl.Date()}
_WEEK_DAYS = 7


def queue_starts(tasks: pl.DataFrame, time: WorkingTime, today: dt.date) -> pl.DataFrame:
    """The day on which each task's person gets to it.

    Args:
        tasks: Columns of `base.TASKS`; those that load nobody have no row in the result.
        time: Everybody's days from today on; later weeks are like the last of them.
        today: First day.

    Returns:
        Columns of `QUEUE`; a person without any hour at the end of the time never gets to what is left.
    """
    ordered = tasks.filter("loads", pl.col("person_gid").is_not_null()).sort(
        "person_gid", "due_on", "task_gid", nulls_last=True
    )
    row_of = {person: row for row, person in enumerate(time.persons)}
    elapsed = FOCUS_SHARE * time.elapsed
    hours, days, start = ordered["left_hours"].fill_null(0.0).to_numpy(), np.empty(ordered.height), 0
    for person, count in ordered.group_by("person_gid", maintain_order=True).len().iter_rows():
        own = hours[start : start + count]
        spent = elapsed[row_of[person]] if person in row_of else np.zeros(1)
        days[start : start + count] = _days_until(own.cumsum() - own, spent)
        start += count
    begins = pl.lit(today) + pl.duration(days=pl.col("days").floor().cast(pl.Int64, strict=False))
    return ordered.select("task_gid", days=pl.Series(days, dtype=pl.Float64)).select(
        "task_gid", queue_on=pl.when(pl.col("days").is_finite()).then(begins).otherwise(pl.lit(NEVER)).cast(pl.Date)
    )


def _days_until(before: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
    """Days from today until so many hours are spent; infinite where they never are."""
    inside = np.searchsorted(elapsed, before, side="right") - 1
    days = elapsed.size - 1
    a_week = elapsed[-1] - elapsed[max(days - _WEEK_DAYS, 0)]
    if a_week <= 0:
        return np.where(inside < days, inside, np.inf)
    return np.where(inside < days, inside, days + np.maximum(before - elapsed[-1], 0.0) / a_week * _WEEK_DAYS)


def expected_finish(
    tasks: pl.DataFrame,
    links: pl.DataFrame,
    homes: pl.DataFrame,
    queue: pl.DataFrame,
    as_of: dt.datetime,
    working_days: Sequence[int],
) -> pl.DataFrame:
    """When each task can be expected to end.

    Args:
        tasks: Columns of `base.TASKS`.
        links: As for `schedule_work`.
        homes: As for `schedule_work`.
        queue: Columns of `QUEUE`; the whole of a task with subtasks waits for nobody.
        as_of: Work begins on its day.
        working_days: 1 = Monday to 7 = Sunday.

    Returns:
        task_gid, finish_on (null: never as it stands), by gid.
    """
    parts = tasks.select(task_gid="parent_gid").drop_nulls().unique()
    begins = queue.join(parts, on="task_gid", how="anti")
    rows = tasks.join(begins, on="task_gid", how="left").with_columns(
        start_on=pl.max_horizontal("start_on", "queue_on")
    )
    laid = schedule_work(rows.select(list(TASKS)), links, homes, as_of, working_days=working_days)
    end = pl.col("early_finish_on")
    return laid.select("task_gid", finish_on=pl.when(end < pl.lit(NEVER)).then(end))
