"""Why a task of a sprint was not done, by rule: the first that holds; nobody is blamed, and nothing is guessed.

blocked            what it waits for was open until the middle of the sprint, or longer
re-estimated       its estimate grew by a quarter or more during the sprint
waited in SECTION  it stood open in one section for half of the sprint, other than where work is done
came late          it came in after the middle of the sprint
no time logged     nobody ever logged time on it, while time was logged on other tasks of the sprint
unknown            none of these
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.retro.sprints import KEY

if TYPE_CHECKING:
    from asana_intel.storage.standing import Read
    from asana_intel.work_settings import RetroSettings

READS = (
    "staging/task_completion_intervals",
    "staging/task_dependencies",
    "staging/task_field_intervals",
    "staging/stories",
)
GREW_BY = 1.25
LONG_WAIT = 0.5
"""Share of the sprint in one section from which a task waited there."""
FINISHED = r"\b(done|completed?|closed|finished)\b"
"""Names of sections for what is finished."""
_AT_WORK = re.compile(rf"progress|doing|develop|\bactive\b|\bwip\b|{FINISHED}", re.IGNORECASE)
_TASK = [*KEY, "task_gid"]


def causes_of(read: Read, tasks: pl.DataFrame, stands: pl.DataFrame, settings: RetroSettings) -> pl.DataFrame:
    """Causes of what was not done.

    Args:
        read: Reads a table by key.
        tasks: team_gid, sprint, task_gid, entered_at, was_done, start_at, commit_at, end_at, is_logged (time was
            logged on it).
        stands: team_gid, sprint, task_gid, section_name, open_hours (in that section, during the sprint).
        settings: Names of the estimate fields.

    Returns:
        team_gid, sprint, task_gid, cause, for each task that was not done.
    """
    missed = tasks.filter(~pl.col("was_done")).with_columns(
        middle_at=pl.col("start_at") + (pl.col("end_at") - pl.col("start_at")) / 2
    )
    waited = (
        _waits(stands, missed)
        .sort("open_hours", "section_name", descending=[True, False])
        .unique(_TASK, keep="first", maintain_order=True)
    )
    blocked = _blocked(read, missed).with_columns(is_blocked=pl.lit(value=True))
    grown = _grown(read, missed, settings).with_columns(is_grown=pl.lit(value=True))
    logging = tasks.group_by(*KEY).agg(is_logging=pl.col("is_logged").any())
    return (
        missed.join(blocked, on=_TASK, how="left")
        .join(grown, on=_TASK, how="left")
        .join(waited.select(*_TASK, "section_name"), on=_TASK, how="left")
        .join(logging, on=list(KEY), how="left")
        .select(
            *_TASK,
            cause=pl.when("is_blocked")
            .then(pl.lit("blocked"))
            .when("is_grown")
            .then(pl.lit("re-estimated"))
            .when(pl.col("section_name").is_not_null())
            .then(pl.format("waited in {}", "section_name"))
            .when(pl.col("entered_at") > pl.col("middle_at"))
            .then(pl.lit("came late"))
            .when(pl.col("is_logging") & ~pl.col("is_logged"))
            .then(pl.lit("no time logged"))
            .otherwise(pl.lit("unknown")),
        )
    )


def _blocked(read: Read, missed: pl.DataFrame) -> pl.DataFrame:
    """Tasks that waited for one that was open in the middle of the sprint; a link without date was always there."""
    made = (
        read("staging/stories")
        .filter(pl.col("subtype") == "dependency_added")
        .group_by(task_gid="target_gid", depends_on_gid="dependency_gid")
        .agg(linked_at=pl.col("created_at").min())
    )
    links = read("staging/task_dependencies").join(made, on=["task_gid", "depends_on_gid"], how="left")
    is_open = read("staging/task_completion_intervals").filter(~pl.col("is_completed"))
    return (
        missed.join(links, on="task_gid")
        .filter((pl.col("linked_at") <= pl.col("middle_at")).fill_null(value=True))
        .join(is_open, left_on="depends_on_gid", right_on="task_gid")
        .filter(
            pl.col("valid_from") <= pl.col("middle_at"),
            (pl.col("valid_to") > pl.col("middle_at")).fill_null(value=True),
        )
        .select(_TASK)
        .unique()
    )


def _grown(read: Read, missed: pl.DataFrame, settings: RetroSettings) -> pl.DataFrame:
    """Tasks whose estimate at the end is larger than the one with which they came."""
    names = [name.lower() for name in settings.estimate_fields]
    values = read("staging/task_field_intervals").filter(
        pl.col("field_name").str.to_lowercase().is_in(names), pl.col("number_value") > 0
    )
    until = pl.col("valid_to").fill_null(pl.col("end_at"))
    during = (
        missed.join(values, on="task_gid")
        .filter(pl.col("valid_from") <= pl.col("end_at"), until >= pl.max_horizontal("commit_at", "entered_at"))
        .sort("valid_from")
        .group_by(*_TASK, "field_gid", maintain_order=True)
        .agg(first=pl.col("number_value").first(), last=pl.col("number_value").last())
    )
    return during.filter(pl.col("last") >= GREW_BY * pl.col("first")).select(_TASK).unique()


def _waits(stands: pl.DataFrame, missed: pl.DataFrame) -> pl.DataFrame:
    sections = stands["section_name"].unique()
    waiting = [name for name in sections if not _AT_WORK.search(name)]
    length = (pl.col("end_at") - pl.col("start_at")).dt.total_seconds() / 3600
    return (
        stands.filter(pl.col("section_name").is_in(waiting))
        .join(missed.select(*_TASK, "start_at", "end_at"), on=_TASK)
        .filter(pl.col("open_hours") >= LONG_WAIT * length)
    )
