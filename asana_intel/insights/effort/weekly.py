"""Effort of all open tasks in a week, from the tables of their work; the estimating itself is done elsewhere."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from asana_intel.insights.effort.estimate import SCHEMA, estimate_effort
from asana_intel.insights.work import field_values, finished_work, hours_left, open_work
from asana_intel.storage.standing import Read
from asana_intel.work_settings import EffortSettings

_OWN_TIME = "default_task"


def task_effort(read: Read, week_on: date, as_of: datetime, settings: EffortSettings) -> pl.DataFrame:
    """Hours of every open task that takes time of its own, and story points where it has none and others have some.

    Args:
        read: Reads a table by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Names of the custom fields.

    Returns:
        The columns of insights/task_effort, by task_gid. A task is left out where nothing at all is known of its hours:
        no estimate, and no finished task with time logged.
    """
    kinds = _kinds(read, as_of, settings)
    doable = (pl.col("subtype").fill_null(_OWN_TIME) == _OWN_TIME) & (pl.col("subtask_count") == 0)
    todo = _described(open_work(read, as_of).filter(doable), kinds)
    done = _described(finished_work(read, as_of), kinds)
    hours = estimate_effort(todo, done.rename({"actual_hours": "actual"}), as_of, "hours", settings.embeddings)
    return (
        todo.select("task_gid", "logged_hours", estimated_hours="estimate")
        .join(
            hours.select(
                "task_gid",
                "method",
                pl.col("p10", "p50", "p90").name.suffix("_hours"),
                similar_gids="evidence_gids",
                similar_efforts="evidence_values",
            ),
            on="task_gid",
        )
        .join(_points(read, todo, done, as_of, settings), on="task_gid", how="left")
        .filter(pl.col("p50_hours").is_not_null())
        .with_columns(
            as_of_on=pl.lit(week_on),
            as_of_at=pl.lit(as_of).cast(pl.Datetime("us", "UTC")),
            left_p50_hours=hours_left("p50_hours"),
        )
        .sort("task_gid")
    )


def _points(
    read: Read, todo: pl.DataFrame, done: pl.DataFrame, as_of: datetime, settings: EffortSettings
) -> pl.DataFrame:
    """Story points of open tasks without any, from all tasks that people gave points: known when they gave them."""
    given = field_values(read, as_of, settings.points_field).filter(pl.col("number") >= 0)
    work = pl.concat([todo, done.select(todo.columns)]).drop("estimate")
    history = work.join(given.select("task_gid", actual="number", known_at="set_at"), on="task_gid")
    asked = todo.drop("estimate").join(given, on="task_gid", how="anti")
    points = pl.DataFrame(schema=SCHEMA)
    if not history.is_empty():
        points = estimate_effort(asked, history, as_of, "points", settings.embeddings)
    return points.select("task_gid", pl.col("p10", "p50", "p90").name.suffix("_points"))


def _described(work: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """Tasks in the words of `estimate_effort`."""
    return work.join(kinds, on="task_gid", how="left").rename(
        {"created_by_gid": "requester_gid", "effort_hours": "estimate"}
    )


def _kinds(read: Read, as_of: datetime, settings: EffortSettings) -> pl.DataFrame:
    """Category and sub-category of tasks: task_gid, category, subcategory."""
    names = {"category": settings.category_field, "subcategory": settings.subcategory_field}
    category, subcategory = (
        field_values(read, as_of, name).select("task_gid", pl.coalesce("option_gid", "text").alias(column))
        for column, name in names.items()
    )
    return category.join(subcategory, on="task_gid", how="full", coalesce=True)
