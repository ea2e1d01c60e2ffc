"""The load of the people whom an edit gives work, as it was and as it is now, with the same luck; nobody else's.

What is not edited stays as the last refresh laid it out; an edited task is laid out by the rules of the refresh.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from asana_intel.forecasts.task_inputs import finished_tasks, open_tasks
from asana_intel.live.moment import Moment
from asana_intel.settings import ForecastSettings
from asana_intel.workload.effort import learn_effort
from asana_intel.workload.kept import KEPT_TASKS, restored_work
from asana_intel.workload.load import days_to_lay_out, forecast_load
from asana_intel.workload.working_time import WorkingTime, with_own_hours, working_time

KEPT = "forecasts/task_load"
_LAID = ["person_gid", "start_on", "due_on"]


@dataclass(frozen=True)
class LoadAfter:
    """The tasks of the people whom edits give work.

    Args:
        then: Their tasks as the last refresh laid them out: `KEPT_TASKS`.
        now: Their tasks with the edits.
        edited: Tasks of `now` whose assignee or dates are others than in `then`.
        first_on: Day of the last refresh, from which both are laid out.
        time: When these people work.
        weeks: Horizon in weeks, the running one included.
    """

    then: pl.DataFrame
    now: pl.DataFrame
    edited: pl.DataFrame
    first_on: date
    time: WorkingTime
    weeks: int

    @cached_property
    def before(self) -> pl.DataFrame:
        """`forecast_load` of `then`."""
        return self._load(self.then)

    @cached_property
    def after(self) -> pl.DataFrame:
        """`forecast_load` of `now`."""
        return self._load(self.now)

    def without(self, task_gid: str, person_gid: str) -> pl.DataFrame:
        """A person's load, were this one edit taken back."""
        others = self.now.filter(pl.col("task_gid") != task_gid)
        back = pl.concat([others, self.then.filter(task_gid=task_gid)]).filter(person_gid=person_gid)
        return self._load(back).filter(person_gid=person_gid)

    def absences(self) -> dict[str, tuple[date, date]]:
        """Edited task -> first and last day of its window, where its assignee is off on every working day of it."""
        work = restored_work(self.edited, self.time, self.weeks)
        off = self.time.time_off
        found: dict[str, tuple[date, date]] = {}
        for n, gid in enumerate(work.tasks["task_gid"]):
            row, days = work.rows[n], slice(work.first[n], work.last[n] + 1)
            if self.time.available[row, days].sum() <= 0 < off[row, days].sum():
                first, last = (self.first_on + timedelta(days=int(edge[n])) for edge in (work.first, work.last))
                found[gid] = (first, last)
        return found

    def _load(self, tasks: pl.DataFrame) -> pl.DataFrame:
        return forecast_load(restored_work(tasks, self.time, self.weeks))


def load_after(moment: Moment, settings: ForecastSettings) -> LoadAfter | None:
    """Lay out anew the people whom the edits of an event give work, or other days for it.

    What an edited task takes is learned from finished work, as the refresh does; what of the event is no edit of
    assignee or dates (an estimate, logged hours) is the refresh's.

    Args:
        moment: The event; `before` has the week's forecasts.
        settings: Horizon and working weeks, as of the refresh.

    Returns:
        None where there is no forecast of the week, or no edit.
    """
    kept = moment.before(KEPT, partition=moment.week_on)
    if kept.is_empty():
        return None
    first_on = kept["as_of_at"][0].date()
    tasks = kept.select(list(KEPT_TASKS))
    loading = _loading(moment)
    edited = _edited(moment, tasks, loading)
    if edited.is_empty():
        return None
    people = edited.select("person_gid").unique()
    gone = moment.tasks.difference(loading["task_gid"])
    unchanged = tasks.filter(~_is_in(gone.union(edited["task_gid"])))
    then, now = (frame.join(people, on="person_gid", how="semi") for frame in (tasks, pl.concat([unchanged, edited])))
    laid = pl.concat([then, now]).with_columns(created_on=pl.lit(None, pl.Date))
    days = days_to_lay_out(laid, first_on, settings.horizon_weeks)
    memberships, time_off = moment.before("staging/team_memberships"), moment.before("staging/time_off")
    own = with_own_hours(settings, moment.before("staging/custom_field_values"))
    time = working_time(people, memberships, time_off, own, first_on, days)
    return LoadAfter(then, now, edited, first_on, time, settings.horizon_weeks)


def _edited(moment: Moment, kept: pl.DataFrame, loading: pl.DataFrame) -> pl.DataFrame:
    """`KEPT_TASKS` of the tasks that load somebody else, or on other days, than the last refresh laid out."""
    laid = kept.select("task_gid", *_LAID)
    rows = loading.join(laid, on=["task_gid", *_LAID], how="anti", nulls_equal=True).sort("task_gid")
    if rows.is_empty():
        return pl.DataFrame(schema=KEPT_TASKS)
    effort = learn_effort(finished_tasks(moment.after, moment.as_of), moment.as_of.date()).of(rows)
    return rows.with_columns(
        pl.col("logged_hours").fill_null(0.0).clip(lower_bound=0.0),
        log_median=pl.Series(effort.median),
        log_below=pl.Series(effort.below),
        log_above=pl.Series(effort.above),
        is_inferred=pl.Series(effort.is_inferred),
    ).select(pl.col(name).cast(dtype) for name, dtype in KEPT_TASKS.items())


def _loading(moment: Moment) -> pl.DataFrame:
    """The tasks of the event that load somebody now."""
    has_effort = pl.col("effort_hours").is_null() | (pl.col("effort_hours") != 0)

    def of_these(key: str) -> pl.DataFrame:
        rows = moment.after(key)
        return rows.filter(_is_in(moment.tasks)) if "task_gid" in rows.columns else rows

    return open_tasks(of_these, moment.as_of).filter(has_effort)


def _is_in(gids: Collection[str]) -> pl.Expr:
    return pl.col("task_gid").is_in(sorted(gids))
