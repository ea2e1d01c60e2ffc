"""Tasks as they stood at `as_of`: the open ones and what was logged on them, and the finished ones. No forecast here.

Whether a task was there and open, whose it was and which dates it had, the history tables tell. Estimates, projects and
subtasks are those of today: a past week that is rebuilt sees them as they are now.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl

Read = Callable[[str], pl.DataFrame]

_FORGOTTEN_DAYS = 182
_OWN_TIME = "default_task"


def open_tasks(read: Read, as_of: datetime) -> pl.DataFrame:
    """Open, assigned tasks in the shape `load.plan_work` wants.

    What nobody touched for half a year, and is not due since, is no load. Milestones, approvals and tasks with
    subtasks have no effort of their own unless somebody estimated it.

    Args:
        read: Reads a table by key.
        as_of: Nothing later is used.
    """
    day_on = as_of.date()
    open_ones = _standing(read("staging/task_completion_intervals"), as_of).filter(~pl.col("is_completed"))
    owners = _standing(read("staging/task_assignee_intervals"), as_of).filter(pl.col("assignee_gid").is_not_null())
    dates = _standing(read("staging/task_date_intervals"), as_of)
    logged = read("staging/time_entries").filter(pl.col("entered_on") <= day_on).group_by("task_gid")
    touched_at = pl.max_horizontal(
        "created_at", "open_since", "owned_since", "dated_since",
        pl.when(pl.col("modified_at") <= as_of).then("modified_at"),
    )  # fmt: skip
    is_remembered = (touched_at.dt.date() >= day_on - timedelta(days=_FORGOTTEN_DAYS)) | (
        pl.col("due_on") >= day_on - timedelta(days=_FORGOTTEN_DAYS)
    ).fill_null(value=False)
    takes_time = (pl.col("subtype").fill_null(_OWN_TIME) == _OWN_TIME) & (pl.col("subtask_count").fill_null(0) == 0)
    return (
        read("staging/tasks")
        .filter(pl.col("created_at") <= as_of)
        .drop("assignee_gid", "start_on", "due_on", "is_completed")
        .join(_standing(read("staging/task_lifetimes"), as_of).select("task_gid"), on="task_gid", how="semi")
        .join(open_ones.select("task_gid", open_since="valid_from"), on="task_gid")
        .join(owners.select("task_gid", "assignee_gid", owned_since="valid_from"), on="task_gid")
        .join(dates.select("task_gid", "start_on", "due_on", dated_since="valid_from"), on="task_gid", how="left")
        .join(logged.agg(logged_hours=pl.col("hours").sum()), on="task_gid", how="left")
        .join(_project_of(read, day_on), on=["task_gid", "assignee_gid"], how="left")
        .filter(is_remembered, takes_time | pl.col("effort_hours").is_not_null())
        .select(
            "task_gid",
            "project_gid",
            "start_on",
            "due_on",
            "effort_hours",
            "logged_hours",
            person_gid="assignee_gid",
            created_on=pl.col("created_at").dt.date(),
        )
        .sort("task_gid")
    )


def finished_tasks(read: Read, as_of: datetime) -> pl.DataFrame:
    """Finished tasks in the shape `effort.learn_effort` wants.

    Args:
        read: Reads a table by key.
        as_of: Nothing later is used.
    """
    done = _standing(read("staging/task_completion_intervals"), as_of).filter("is_completed")
    return (
        read("staging/tasks")
        .join(done.select("task_gid", done_at="valid_from"), on="task_gid")
        .join(read("staging/task_projects").group_by("task_gid").agg(pl.col("project_gid").min()), "task_gid", "left")
        .select(
            "project_gid",
            "effort_hours",
            "actual_hours",
            person_gid="assignee_gid",
            created_on=pl.col("created_at").dt.date(),
            completed_on=pl.col("done_at").dt.date(),
        )
    )


def _standing(intervals: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    is_over = (pl.col("valid_to") <= as_of).fill_null(value=False)
    return intervals.filter(pl.col("valid_from") <= as_of, ~is_over)


def _project_of(read: Read, day_on: date) -> pl.DataFrame:
    """The project a task counts for: the first of its own in which its person has an allocation, else the first."""
    promised = (
        read("staging/allocations")
        .filter(pl.col("end_on") >= day_on)
        .select("project_gid", assignee_gid="person_gid", is_promised=pl.lit(value=True))
        .unique()
    )
    return (
        read("staging/task_assignee_intervals")
        .select("task_gid", "assignee_gid")
        .unique()
        .join(read("staging/task_projects").select("task_gid", "project_gid"), on="task_gid")
        .join(promised, on=["project_gid", "assignee_gid"], how="left")
        .sort("is_promised", "project_gid", nulls_last=True)
        .group_by("task_gid", "assignee_gid", maintain_order=True)
        .agg(pl.col("project_gid").first())
    )
