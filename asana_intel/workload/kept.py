"""Laid-out work as tables that are kept, and back: the same tasks, days and luck. Nothing is laid out or drawn here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.storage.conform import conform
from asana_intel.workload.effort import Effort
from asana_intel.workload.load import Work, lay_out
from asana_intel.workload.working_time import WorkingTime

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT_TASKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "person_gid": pl.String(),
    "project_gid": pl.String(),
    "start_on": pl.Date(),
    "due_on": pl.Date(),
    "effort_hours": pl.Float64(),
    "logged_hours": pl.Float64(),
    "log_median": pl.Float64(),
    "log_below": pl.Float64(),
    "log_above": pl.Float64(),
    "is_inferred": pl.Boolean(),
}
KEPT_DAYS: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "day_on": pl.Date(),
    "working_hours": pl.Float64(),
    "holiday_hours": pl.Float64(),
    "time_off_hours": pl.Float64(),
}


def kept_tasks(work: Work) -> pl.DataFrame:
    """Tasks with their windows and distributions: `KEPT_TASKS`, first_on, last_on and left_hours (the mean)."""
    day = pl.lit(work.time.first_on)
    return work.tasks.with_columns(
        first_on=day + pl.duration(days=pl.lit(pl.Series(work.first))),
        last_on=day + pl.duration(days=pl.lit(pl.Series(work.last))),
        left_hours=pl.Series(work.expected, dtype=pl.Float64),
        log_median=pl.Series(work.effort.median, dtype=pl.Float64),
        log_below=pl.Series(work.effort.below, dtype=pl.Float64),
        log_above=pl.Series(work.effort.above, dtype=pl.Float64),
        is_inferred=pl.Series(work.effort.is_inferred, dtype=pl.Boolean),
    )


def kept_days(time: WorkingTime) -> pl.DataFrame:
    """Everybody's days: `KEPT_DAYS`, by person and day."""
    days = [time.first_on + timedelta(days=n) for n in range(time.scheduled.shape[1])]
    grid = time.persons.to_frame().join(
        pl.Series("day_on", days, pl.Date).to_frame(), how="cross", maintain_order="left_right"
    )
    return grid.with_columns(
        working_hours=pl.Series(time.scheduled.ravel(), dtype=pl.Float64),
        holiday_hours=pl.Series(time.holiday.ravel(), dtype=pl.Float64),
        time_off_hours=pl.Series(time.time_off.ravel(), dtype=pl.Float64),
    )


def restored_time(days: pl.DataFrame) -> WorkingTime:
    """Working time from what `kept_days` gave, changed or not.

    Args:
        days: Columns of `KEPT_DAYS`; every person has a row for every day.

    Raises:
        PermanentError: There is no day, or somebody lacks one or has it twice.
    """
    known = conform(days, KEPT_DAYS, "days").sort("person_gid", "day_on")
    persons = known["person_gid"].unique().sort()
    calendar = known["day_on"].unique().sort()
    wanted = pl.DataFrame({"person_gid": persons}).join(
        pl.DataFrame({"day_on": calendar}), how="cross", maintain_order="left_right"
    )
    if not known.height or not known.select("person_gid", "day_on").equals(wanted):
        raise PermanentError(
            "days: somebody lacks a day or has it twice, or there is none",
            fix="pass every person's rows of forecasts/person_days of one week",
        )
    shape = (len(persons), len(calendar))
    hours = (known[name].fill_null(0.0).to_numpy().reshape(shape) for name in list(KEPT_DAYS)[2:])
    return WorkingTime(persons, calendar[0], *hours)


def restored_work(tasks: pl.DataFrame, time: WorkingTime, weeks: int) -> Work:
    """Lay out kept tasks again, changed or not: who does them, when, and how much is in them.

    Args:
        tasks: Columns of `KEPT_TASKS`, one row per task. Those of people without a row in `time` are left out.
        time: From `restored_time`, or other; its first day is today.
        weeks: Horizon in weeks, the running one included.

    Raises:
        PermanentError: A column is missing or of a wrong type.
    """
    rows = pl.DataFrame({"person_gid": time.persons}, schema={"person_gid": pl.String}).with_row_index("row")
    known = (
        conform(tasks, KEPT_TASKS, "tasks")
        .with_columns(pl.col("logged_hours").fill_null(0.0))
        .join(rows, on="person_gid")
        .sort("person_gid", "task_gid")
    )

    def numbers(name: str) -> NDArray[np.float64]:
        return known[name].to_numpy().astype(np.float64)

    effort = Effort(
        numbers("log_median"), numbers("log_below"), numbers("log_above"), known["is_inferred"].to_numpy().astype(bool)
    )
    return lay_out(known.drop("log_median", "log_below", "log_above", "is_inferred"), effort, time, weeks)
