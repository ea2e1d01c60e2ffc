"""Tasks as they stood at an instant, with who, where, when and what they wait for; nothing is judged here.

Whether a task was there and open, whose it was, which dates and which section it had, the history tables tell. Names,
notes, projects, followers, links between tasks and the hours that Asana counts on a task are those of the last sync: a
past week that is rebuilt sees them as they are now. (Lists of time entries do not say which task an entry is on.)
"""

from collections.abc import Callable
from datetime import date, datetime

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
    "staging/task_field_intervals",
    "staging/time_entries",
)
LATER = pl.datetime(9999, 1, 1, time_zone="UTC")
"""End of what still holds."""
OURS = r"\bAIW-[A-Z2-7]{12}\b"
"""The mark that tasks made by this product carry in their notes."""
EVERYBODY = "public_to_workspace"
"""Privacy of a project that everybody may read."""


def standing(intervals: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The rows of an intervals table that held at an instant."""
    return intervals.filter(pl.col("valid_from") <= as_of, pl.col("valid_to").fill_null(LATER) > as_of)


def open_work(read: Read, as_of: datetime) -> pl.DataFrame:
    """Tasks that were there and open.

    Args:
        read: Reads a table by key.
        as_of: Nothing later is used.

    Returns:
        One row per task: task_gid, name, notes, subtype, parent_gid, project_gid (the first; null = in none),
        section_gid (in that project), person_gid (assignee), created_by_gid, created_at, start_on, due_on,
        effort_hours (its estimate), logged_hours, subtask_count, like_count, permalink_url.
    """
    return _tasks(read, as_of, is_completed=False).drop("done_at")


def finished_work(read: Read, as_of: datetime) -> pl.DataFrame:
    """Tasks that were finished.

    Returns:
        Columns of `open_work`, and completed_at and actual_hours (logged by then, null where nothing was).
    """
    return (
        _tasks(read, as_of, is_completed=True)
        .with_columns(actual_hours=pl.when(pl.col("logged_hours") > 0).then("logged_hours"))
        .rename({"done_at": "completed_at"})
    )


def field_values(read: Read, as_of: datetime, name: str) -> pl.DataFrame:
    """Values that a custom field of that name had on tasks: task_gid, number, text, option_gid, set_at.

    Where no field has the name to the letter, words in brackets are no part of one: "Priority (1 is highest)" is a
    "Priority". What the brackets say of the values, the caller must know.
    """
    held = standing(read("staging/task_field_intervals"), as_of)
    return (
        held.filter(pl.col("field_name") == pl.lit(_field_meant(held["field_name"], name), pl.String))
        .select("task_gid", "option_gid", number="number_value", text="text_value", set_at="valid_from")
        .sort("task_gid", "set_at")
        .unique("task_gid", keep="last", maintain_order=True)
    )


def _field_meant(names: pl.Series, name: str) -> str | None:
    """The name among those of fields that is meant; None where none is."""
    known, wanted = names.drop_nulls().unique().sort().to_list(), name.strip().lower()
    exact = [one for one in known if one.strip().lower() == wanted]
    alike = [one for one in known if wanted and _plain(one) == _plain(name)]
    return next(iter(exact + alike), None)


def _plain(name: str) -> str:
    """A name without words in brackets."""
    return name.split("(")[0].strip().lower()


def _tasks(read: Read, as_of: datetime, *, is_completed: bool) -> pl.DataFrame:
    """Tasks in one state of completion."""
    state = standing(read("staging/task_completion_intervals"), as_of).filter(pl.col("is_completed") == is_completed)
    owners = standing(read("staging/task_assignee_intervals"), as_of)
    dates = standing(read("staging/task_date_intervals"), as_of)
    return (
        read("staging/tasks")
        .filter(pl.col("created_at") <= as_of)
        .drop("assignee_gid", "start_on", "due_on", "is_completed", "completed_at")
        .join(standing(read("staging/task_lifetimes"), as_of).select("task_gid"), on="task_gid", how="semi")
        .join(state.select("task_gid", done_at="valid_from"), on="task_gid")
        .join(owners.select("task_gid", person_gid="assignee_gid"), on="task_gid", how="left")
        .join(dates.select("task_gid", "start_on", "due_on"), on="task_gid", how="left")
        .join(_places(read, as_of), on="task_gid", how="left")
        .join(_logged(read, as_of.date()), on="task_gid", how="left")
        .select(
            "task_gid",
            "name",
            "notes",
            "subtype",
            "parent_gid",
            "project_gid",
            "section_gid",
            "person_gid",
            "created_by_gid",
            "created_at",
            "start_on",
            "due_on",
            "effort_hours",
            pl.coalesce("logged_hours", "actual_hours", pl.lit(0.0)).alias("logged_hours"),
            pl.col("subtask_count").fill_null(0),
            pl.col("like_count").fill_null(0),
            "permalink_url",
            "done_at",
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


def _logged(read: Read, day_on: date) -> pl.DataFrame:
    entries = read("staging/time_entries").filter(pl.col("entered_on") <= day_on, pl.col("task_gid").is_not_null())
    return entries.group_by("task_gid").agg(logged_hours=pl.col("hours").sum())
