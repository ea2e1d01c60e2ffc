"""The base of what-ifs, read from the tables of a week; nothing is changed and nothing written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio import inputs as portfolio
from asana_intel.insights.priority import inputs as priority
from asana_intel.insights.scenario.base import TASKS, Base, base_of
from asana_intel.insights.sprint.inputs import people_skills
from asana_intel.workload.kept import KEPT_TASKS, restored_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from asana_intel.settings import Settings

    Read = Callable[..., pl.DataFrame]

_NORMAL_P90 = 1.2815515655446004
_LEAST_SPREAD, _LEAST_HOURS = 0.05, 0.01


def gather(read: Read, week_on: date, as_of: datetime, settings: Settings) -> Base:
    """The world of a week.

    Args:
        read: Reads a table by key; with `partition`, the rows of that week.
        week_on: Week of forecasts and insights, a Monday.
        as_of: Nothing later is used, nor than the instant at which the week's work was laid out.
        settings: Rubric, thresholds of load, working days, names of fields.

    Raises:
        PermanentError: The week has no laid-out work.
    """
    days = read("forecasts/person_days", partition=week_on)
    if days.is_empty():
        raise PermanentError(f"No laid-out work in the week of {week_on}", fix="run `asana-intel forecast`")
    as_of = min(as_of, days["as_of_at"][0])  # a later sync has other tasks and another today than the laid-out work
    effort = read("insights/task_effort", partition=week_on)
    tasks, links, homes = portfolio.schedule_frames(read, effort, as_of)
    return base_of(
        as_of,
        tasks=with_distributions(tasks, read("forecasts/task_load", partition=week_on), effort),
        time=restored_time(days),
        load=read("forecasts/person_load", partition=week_on),
        links=links,
        homes=homes,
        backlog=priority.gather(read, week_on, as_of, settings.priority),
        teams=read("staging/team_memberships"),
        skills=people_skills(read, settings.sprint.skills_field),
        settings=settings,
    )


def with_distributions(tasks: pl.DataFrame, task_load: pl.DataFrame, effort: pl.DataFrame) -> pl.DataFrame:
    """Open tasks with what they are likely to take: as laid out, else by the band of insights/task_effort.

    Args:
        tasks: task_gid, name, parent_gid, project_gid, person_gid, start_on, due_on, left_hours.
        task_load: forecasts/task_load.
        effort: insights/task_effort.

    Returns:
        Columns of `base.TASKS`.
    """
    laid = [name for name in KEPT_TASKS if name not in ("task_gid", "person_gid", "project_gid", "start_on", "due_on")]
    middle = pl.col("p50_hours").clip(_LEAST_HOURS)

    def spread(width: pl.Expr) -> pl.Expr:
        return (width / _NORMAL_P90).clip(_LEAST_SPREAD)

    likely = effort.select(
        "task_gid",
        effort_hours="estimated_hours",
        logged_hours=(pl.col("p50_hours") - pl.col("left_p50_hours")).clip(0.0),
        log_median=middle.log(),
        log_below=spread(middle.log() - pl.col("p10_hours").clip(_LEAST_HOURS).log()),
        log_above=spread(pl.col("p90_hours").clip(_LEAST_HOURS).log() - middle.log()),
        is_inferred=pl.col("estimated_hours").is_null(),
    )
    others = likely.join(task_load, on="task_gid", how="anti").with_columns(is_laid=pl.lit(value=False))
    known = pl.concat([task_load.select("task_gid", *laid, is_laid=pl.lit(value=True)), others])
    joined = tasks.drop("effort_hours", "logged_hours", strict=False).join(known, on="task_gid", how="left")
    is_laid, is_nobodys = pl.col("is_laid").fill_null(value=False), pl.col("person_gid").is_null()
    return joined.with_columns(
        pl.col("logged_hours").fill_null(0.0),
        pl.col("is_inferred").fill_null(value=True),
        loads=is_laid | (is_nobodys & pl.col("log_median").is_not_null()),
    ).select(list(TASKS))
