"""The two tables of a week's retrospectives, put together from sprints, hours, waits, causes and themes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.retro import causes, sprints
from asana_intel.insights.retro.causes import FINISHED, causes_of
from asana_intel.insights.retro.sprints import KEY, sprint_tasks, sprints_ended
from asana_intel.insights.retro.themes import LEAST_PEOPLE, LEAST_TASKS, themes_of
from asana_intel.insights.work import EVERYBODY
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.standing import LATER

if TYPE_CHECKING:
    from datetime import date, datetime

    from asana_intel.storage.standing import Read
    from asana_intel.work_settings import RetroSettings

READS = tuple(dict.fromkeys((*sprints.READS, *causes.READS, "staging/task_assignee_intervals", "staging/users")))
_TASK = [*KEY, "task_gid"]
_MOST_COMMENTS = 20_000
_PUBLIC = pl.col("privacy_setting") == EVERYBODY


@dataclass(frozen=True)
class Retro:
    """insights/sprint_retro and insights/sprint_retro_tasks of one week."""

    sprints: pl.DataFrame
    tasks: pl.DataFrame


def look_back(read: Read, week_on: date, as_of: datetime, settings: RetroSettings) -> Retro:
    """How the sprints went that ended in the week before a Monday.

    Args:
        read: Reads a table by key.
        week_on: A Monday.
        as_of: Nothing later is used; estimates, names, links without a story and the hours that Asana counts on a
            task are those of the last sync.
        settings: What a sprint is.
    """
    ended = sprints_ended(read, week_on, as_of, settings)
    tasks = _with_hours(read, sprint_tasks(read, ended, as_of), ended)
    stands = _stands(read, tasks, ended)
    tasks = tasks.join(causes_of(read, tasks, stands, settings), on=_TASK, how="left", maintain_order="left")
    as_of_columns = {"as_of_on": pl.lit(week_on), "as_of_at": pl.lit(as_of)}
    rows = (
        ended.join(_counts(tasks), on=list(KEY), maintain_order="left")
        .join(_bottlenecks(stands), on=list(KEY), how="left", maintain_order="left")
        .join(_themes(read, tasks, ended), on=list(KEY), how="left", maintain_order="left")
        .with_columns(**as_of_columns)
        .with_columns(reason=_reason())
    )
    return Retro(
        rows.select(CONTRACTS["insights/sprint_retro"].schema.names()),
        tasks.with_columns(**as_of_columns).select(CONTRACTS["insights/sprint_retro_tasks"].schema.names()),
    )


def _with_hours(read: Read, tasks: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """Person, estimate and logged hours of each task, and the instants of its sprint."""
    known = tasks.join(
        ended.select(*KEY, "starts_on", "ends_on", "start_at", "commit_at", "end_at"), on=list(KEY)
    ).join(
        read("staging/tasks").select("task_gid", estimated_hours="effort_hours", counted_hours="actual_hours"),
        on="task_gid",
        how="left",
    )
    owners = (
        known.select(*_TASK, "end_at")
        .join(read("staging/task_assignee_intervals"), on="task_gid")
        .filter(pl.col("valid_from") <= pl.col("end_at"), pl.col("valid_to").fill_null(LATER) > pl.col("end_at"))
        .select(*_TASK, person_gid="assignee_gid")
    )
    return (
        known.join(owners, on=_TASK, how="left")
        .with_columns(
            # When they were logged Asana does not tell: on what went on they may be of a later sprint.
            actual_hours=pl.when("was_done").then("counted_hours"),
            is_logged=(pl.col("counted_hours") > 0).fill_null(value=False),
        )
        .sort(_TASK)
    )


def _stands(read: Read, tasks: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """Hours each task stood open in each section during the sprint.

    Sections of projects that not everybody may see, and the section that is the sprint itself, are left out.
    """
    public = read("staging/projects").filter(_PUBLIC).select("project_gid")
    names = (
        read("staging/sections")
        .join(public, on="project_gid", how="semi")
        .select("section_gid", section_name="name")
        .drop_nulls()
    )
    within = tasks.select(*_TASK, "start_at", "end_at").join(ended.select(*KEY, "place_gid"), on=list(KEY))
    stays = (
        within.join(read("staging/task_section_intervals"), on="task_gid")
        .filter((pl.col("section_gid") != pl.col("place_gid")).fill_null(value=True))
        .join(names, on="section_gid")
        .select(*_TASK, "section_name", from_at=_begun(), to_at=_ended())
        .filter(pl.col("from_at") < pl.col("to_at"))
    )
    is_open = (
        read("staging/task_completion_intervals")
        .filter(~pl.col("is_completed"))
        .select("task_gid", "valid_from", "valid_to")
    )
    first = pl.max_horizontal("from_at", "valid_from")
    last = pl.min_horizontal("to_at", pl.col("valid_to").fill_null(LATER))
    return (
        stays.join(is_open, on="task_gid")
        .with_columns(hours=(last - first).dt.total_seconds() / 3600)
        .filter(pl.col("hours") > 0)
        .group_by(*_TASK, "section_name")
        .agg(open_hours=pl.col("hours").sum())
        .sort(*_TASK, "section_name")
    )


def _begun() -> pl.Expr:
    return pl.max_horizontal("valid_from", "start_at")


def _ended() -> pl.Expr:
    return pl.min_horizontal(pl.col("valid_to").fill_null(LATER), "end_at")


def _counts(tasks: pl.DataFrame) -> pl.DataFrame:
    """What was promised, done, added and rolled over, and the estimates against the hours logged; a row a sprint."""
    both = pl.col("was_done") & (pl.col("estimated_hours") > 0) & (pl.col("actual_hours") > 0)
    hours = pl.col("estimated_hours").drop_nulls()
    return tasks.group_by(KEY).agg(
        committed_tasks=pl.col("was_committed").sum().cast(pl.Int64),
        done_tasks=pl.col("was_done").sum().cast(pl.Int64),
        added_tasks=(~pl.col("was_committed")).sum().cast(pl.Int64),
        rolled_tasks=(~pl.col("was_done")).sum().cast(pl.Int64),
        committed_hours=_sum(hours.filter(pl.col("was_committed").filter(pl.col("estimated_hours").is_not_null()))),
        done_hours=_sum(hours.filter(pl.col("was_done").filter(pl.col("estimated_hours").is_not_null()))),
        estimate_ratio=(pl.col("actual_hours") / pl.col("estimated_hours")).filter(both).median(),
        estimated_tasks=both.fill_null(value=False).sum().cast(pl.Int64),
    )


def _sum(hours: pl.Expr) -> pl.Expr:
    return pl.when(hours.len() > 0).then(hours.sum())


def _bottlenecks(stands: pl.DataFrame) -> pl.DataFrame:
    """The section in which the tasks of each sprint stood open longest, in the middle; of at least three tasks.

    One for what is finished is none, though tasks may be ticked off late there.
    """
    return (
        stands.filter(~pl.col("section_name").str.contains(f"(?i){FINISHED}"))
        .group_by(*KEY, "section_name")
        .agg(bottleneck_hours=pl.col("open_hours").median(), tasks=pl.len())
        .filter(pl.col("tasks") >= LEAST_TASKS)
        .sort(*KEY, "bottleneck_hours", "section_name", descending=[False, False, True, False])
        .unique(KEY, keep="first", maintain_order=True)
        .select(*KEY, "bottleneck_hours", bottleneck="section_name")
    )


def _themes(read: Read, tasks: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """Themes of each sprint, from what everybody may read and was written by its end."""
    public = read("staging/projects").filter(_PUBLIC).select("project_gid")
    readable = (
        read("staging/task_section_intervals").join(public, on="project_gid", how="semi").select("task_gid").unique()
    )
    comments = (
        read("staging/stories")
        .filter(pl.col("subtype") == "comment_added", pl.col("text").is_not_null(), pl.col("author_gid").is_not_null())
        .select("story_gid", "author_gid", "created_at", "text", task_gid="target_gid")
        .join(readable, on="task_gid", how="semi")
        .sort("created_at", "story_gid")
    )
    names = read("staging/users")["name"].drop_nulls().sort().to_list()
    rows = []
    for team_gid, sprint, start_at, end_at in ended.select(*KEY, "start_at", "end_at").iter_rows():
        own = tasks.filter(pl.col("team_gid") == team_gid, pl.col("sprint") == sprint).select("task_gid")
        known = comments.filter(pl.col("created_at") <= end_at).tail(_MOST_COMMENTS)
        here = known.filter(pl.col("created_at") >= start_at).join(own, on="task_gid", how="semi")
        elsewhere = known.join(here.select("story_gid"), on="story_gid", how="anti")["text"].to_list()
        found = themes_of(here.select("task_gid", "author_gid", "text").rows(), elsewhere, names)
        rows.append((team_gid, sprint, found or None, here["author_gid"].n_unique()))
    schema = {"team_gid": pl.String(), "sprint": pl.String(), "themes": pl.List(pl.String), "people": pl.Int64()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _reason() -> pl.Expr:
    """What is left open, and why; null where everything could be said."""
    few = pl.col("people") < LEAST_PEOPLE
    parts = pl.concat_list(
        pl.when((pl.col("committed_tasks") == 0) & pl.col("is_block")).then(
            pl.lit("Nothing was promised: no task was due in these two weeks when they began.")
        ),
        pl.when((pl.col("committed_tasks") == 0) & ~pl.col("is_block")).then(
            pl.lit("Nothing was promised: no task was in it at its start.")
        ),
        pl.when(pl.col("estimated_tasks") == 0).then(
            pl.lit("Estimates cannot be judged: no task that was done has both an estimate and time logged.")
        ),
        pl.when(pl.col("bottleneck").is_null()).then(
            pl.lit(f"No bottleneck: no section held {LEAST_TASKS} of its tasks open.")
        ),
        pl.when(pl.col("themes").is_null() & few).then(
            pl.lit(f"No themes: fewer than {LEAST_PEOPLE} people wrote comments that everybody may read.")
        ),
        pl.when(pl.col("themes").is_null() & ~few).then(
            pl.lit(f"No themes: nothing was written by {LEAST_PEOPLE} people on {LEAST_TASKS} tasks.")
        ),
    ).list.drop_nulls()
    return pl.when(parts.list.len() > 0).then(parts.list.join(" "))
