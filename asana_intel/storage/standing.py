"""Tasks as they stood at an instant, with who, where, when and how long; nothing is judged or forecast here.

Whether a task was there and open, whose it was, which dates and which section it had, the history tables tell. Names,
notes, estimates, projects and subtasks are those of the last sync: a past week that is rebuilt sees them as they are
now. So are the hours that Asana counts on a finished task. On an open one they count only while the task was not
changed after the instant (logging time changes it): what was logged by then on one that was is not known, and is none.
Entries of time are no help: their lists do not say which task an entry is on.
"""

from collections.abc import Callable
from datetime import datetime

import polars as pl

Read = Callable[[str], pl.DataFrame]

READS = (
    "staging/tasks",
    "staging/task_lifetimes",
    "staging/task_completion_intervals",
    "staging/task_assignee_intervals",
    "staging/task_date_intervals",
    "staging/task_section_intervals",
    "staging/task_projects",
)
LATER = pl.datetime(9999, 1, 1, time_zone="UTC")
"""End of what still holds."""


def standing(intervals: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The rows of an intervals table that held at an instant."""
    return intervals.filter(pl.col("valid_from") <= as_of, pl.col("valid_to").fill_null(LATER) > as_of)


def standing_tasks(read: Read, as_of: datetime, *, is_completed: bool) -> pl.DataFrame:
    """Tasks that were there and open, or finished.

    Args:
        read: Reads a table by key.
        as_of: Nothing later is used, but for what is said above.
        is_completed: Which of the two.

    Returns:
        Columns of staging/tasks, where the following are those of the instant: person_gid (assignee), start_on, due_on,
        project_gid (the first; null = in none), section_gid (in that project), logged_hours (0 = none, or not known),
        and state_since, owned_since, dated_since: when completion, assignee and dates became so. By task_gid.
    """
    state = standing(read("staging/task_completion_intervals"), as_of).filter(pl.col("is_completed") == is_completed)
    owners = standing(read("staging/task_assignee_intervals"), as_of)
    dates = standing(read("staging/task_date_intervals"), as_of)
    is_counted = pl.lit(is_completed) | (pl.col("modified_at") <= as_of).fill_null(value=True)
    return (
        read("staging/tasks")
        .filter(pl.col("created_at") <= as_of)
        .drop("assignee_gid", "start_on", "due_on", "is_completed", "completed_at")
        .join(standing(read("staging/task_lifetimes"), as_of).select("task_gid"), on="task_gid", how="semi")
        .join(state.select("task_gid", state_since="valid_from"), on="task_gid")
        .join(owners.select("task_gid", person_gid="assignee_gid", owned_since="valid_from"), on="task_gid", how="left")
        .join(dates.select("task_gid", "start_on", "due_on", dated_since="valid_from"), on="task_gid", how="left")
        .join(_places(read, as_of), on="task_gid", how="left")
        .with_columns(
            pl.col("subtask_count", "like_count").fill_null(0),
            logged_hours=pl.when(is_counted).then("actual_hours").fill_null(0.0),
        )
        .sort("task_gid")
    )


def _places(read: Read, as_of: datetime) -> pl.DataFrame:
    """The first project of each task, and the section it stood in there."""
    sections = standing(read("staging/task_section_intervals"), as_of).select("task_gid", "project_gid", "section_gid")
    return (
        read("staging/task_projects")
        .select("task_gid", "project_gid")
        .sort("task_gid", "project_gid")
        .unique("task_gid", keep="first", maintain_order=True)
        .join(sections, on=["task_gid", "project_gid"], how="left")
        .unique("task_gid", keep="first", maintain_order=True)
    )
