"""The tasks of the load: open ones with an assignee, and finished ones to learn from. No forecast here.

How tasks stood at `as_of`, and what of them is known as of the last sync alone, is `storage.standing`'s.
"""

from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.storage.standing import Read, standing_tasks

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
    touched_at = pl.max_horizontal(
        "created_at", "state_since", "owned_since", "dated_since",
        pl.when(pl.col("modified_at") <= as_of).then("modified_at"),
    )  # fmt: skip
    is_remembered = (touched_at.dt.date() >= day_on - timedelta(days=_FORGOTTEN_DAYS)) | (
        pl.col("due_on") >= day_on - timedelta(days=_FORGOTTEN_DAYS)
    ).fill_null(value=False)
    takes_time = (pl.col("subtype").fill_null(_OWN_TIME) == _OWN_TIME) & (pl.col("subtask_count") == 0)
    return (
        standing_tasks(read, as_of, is_completed=False)
        .filter(pl.col("person_gid").is_not_null(), is_remembered, takes_time | pl.col("effort_hours").is_not_null())
        .drop("project_gid")
        .join(_project_of(read, day_on), on=["task_gid", "person_gid"], how="left", maintain_order="left")
        .select(
            "task_gid",
            "project_gid",
            "start_on",
            "due_on",
            "effort_hours",
            "logged_hours",
            "person_gid",
            created_on=pl.col("created_at").dt.date(),
        )
    )


def finished_tasks(read: Read, as_of: datetime) -> pl.DataFrame:
    """Finished tasks in the shape `effort.learn_effort` wants.

    Args:
        read: Reads a table by key.
        as_of: Nothing later is used.
    """
    return standing_tasks(read, as_of, is_completed=True).select(
        "project_gid",
        "effort_hours",
        "actual_hours",
        "person_gid",
        created_on=pl.col("created_at").dt.date(),
        completed_on=pl.col("state_since").dt.date(),
    )


def _project_of(read: Read, day_on: date) -> pl.DataFrame:
    """The project a task counts for: the first of its own in which its person has an allocation, else the first."""
    promised = (
        read("staging/allocations")
        .filter(pl.col("end_on") >= day_on)
        .select("project_gid", "person_gid", is_promised=pl.lit(value=True))
        .unique()
    )
    return (
        read("staging/task_assignee_intervals")
        .select("task_gid", person_gid="assignee_gid")
        .unique()
        .join(read("staging/task_projects").select("task_gid", "project_gid"), on="task_gid")
        .join(promised, on=["project_gid", "person_gid"], how="left")
        .sort("is_promised", "project_gid", nulls_last=True)
        .group_by("task_gid", "person_gid", maintain_order=True)
        .agg(pl.col("project_gid").first())
    )
