"""Open and finished work as it stood at an instant, in the words of the insights; nothing is judged here.

What of it is as of then, and what as of the last sync, `storage.standing` says.
"""

from datetime import datetime

import polars as pl

from asana_intel.storage import standing as ground
from asana_intel.storage.standing import Read, standing, standing_tasks

READS = (*ground.READS, "staging/task_field_intervals")
OURS = r"\bAIW-[A-Z2-7]{12}\b"
"""The mark that tasks made by this product carry in their notes."""
EVERYBODY = "public_to_workspace"
"""Privacy of a project that everybody may read."""
_COLUMNS = (
    "task_gid", "name", "notes", "subtype", "parent_gid", "project_gid", "section_gid", "person_gid", "created_by_gid",
    "created_at", "start_on", "due_on", "effort_hours", "logged_hours", "subtask_count", "like_count", "permalink_url",
)  # fmt: skip


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
    return standing_tasks(read, as_of, is_completed=False).select(_COLUMNS)


def finished_work(read: Read, as_of: datetime) -> pl.DataFrame:
    """Tasks that were finished.

    Returns:
        Columns of `open_work`, and completed_at and actual_hours (logged on it, null where nothing was).
    """
    return standing_tasks(read, as_of, is_completed=True).select(
        *_COLUMNS, completed_at="state_since", actual_hours=pl.when(pl.col("logged_hours") > 0).then("logged_hours")
    )


def hours_left(hours: str = "effort_hours") -> pl.Expr:
    """Hours of a task less those logged on it, at least 0; null where the hours are."""
    return (pl.col(hours) - pl.col("logged_hours")).clip(0.0)


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
