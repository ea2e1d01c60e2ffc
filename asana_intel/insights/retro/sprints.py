"""Which sprints ended in the week before, and which tasks were in them; how they went is not judged here.

A sprint is a section or a project whose name says so. It begins with the dates of its project, else on the day on which
most of its tasks came in; it lasts as long as the sprints before it did in the middle. Two weeks in which no
sprint of a team ran are a block of their own: promised is what is due in it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.clock import WEEK
from asana_intel.insights.work import EVERYBODY, OURS
from asana_intel.storage.standing import LATER, Read

if TYPE_CHECKING:
    from asana_intel.work_settings import RetroSettings

READS = (
    "staging/tasks",
    "staging/task_lifetimes",
    "staging/task_completion_intervals",
    "staging/task_date_intervals",
    "staging/task_section_intervals",
    "staging/projects",
    "staging/sections",
)
SPRINTS: dict[str, pl.DataType] = {
    "team_gid": pl.String(),
    "sprint": pl.String(),
    "starts_on": pl.Date(),
    "ends_on": pl.Date(),
    "is_block": pl.Boolean(),
    "is_public": pl.Boolean(),
    "place_gid": pl.String(),
}
KEY = ("team_gid", "sprint")
_BLOCKS_FROM = date(2001, 1, 1)
_BLOCK = timedelta(days=14)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Place:
    """A section or project that is a sprint."""

    gid: str
    series: str
    team_gid: str
    name: str
    project_name: str
    is_public: bool
    starts_on: date
    ends_on: date | None


def sprints_ended(read: Read, week_on: date, as_of: datetime, settings: RetroSettings) -> pl.DataFrame:
    """The sprints of every team that ended in the week before, so that a Monday looks back on what is over.

    Args:
        read: Reads a table by key.
        week_on: A Monday.
        as_of: Nothing later is used.
        settings: What a sprint is called, and how long it lasts where nothing tells.

    Returns:
        team_gid, sprint, starts_on, ends_on, is_block, is_public, place_gid (section or project; null of a block),
        and the instants start_at, commit_at (what is in it then was promised) and end_at.
    """
    places = _places(read, as_of, settings)
    named = _named(places, settings)
    rows = [*named, *_blocks(read, week_on, named)]
    frame = pl.DataFrame(rows, schema=SPRINTS, orient="row").with_columns(
        start_at=_midnight("starts_on"),
        commit_at=_midnight("starts_on") + pl.when("is_block").then(timedelta()).otherwise(_DAY),
        end_at=_midnight("ends_on") + _DAY - timedelta(microseconds=1),
    )
    return frame.filter(
        pl.col("ends_on").is_between(week_on - WEEK, week_on, closed="left"), pl.col("end_at") <= as_of
    ).sort("team_gid", "sprint")


def sprint_tasks(read: Read, sprints: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The tasks of sprints, with what is known of them at the end.

    Args:
        read: Reads a table by key.
        sprints: From `sprints_ended`.
        as_of: Nothing later is used.

    Returns:
        team_gid, sprint, task_gid, entered_at (into the sprint), was_committed, was_done; tasks that were deleted by
        the end or done before the start are not in it.
    """
    entries = pl.concat([_entries_by_place(read, sprints, as_of), _entries_by_due_date(read, sprints)])
    by_sprint = sprints.select(*KEY, "start_at", "commit_at", "end_at")
    tasks = entries.group_by(*KEY, "task_gid").agg(pl.col("was_committed").any(), pl.col("entered_at").min())
    known = tasks.join(by_sprint, on=list(KEY))
    ours = read("staging/tasks").filter(pl.col("notes").fill_null("").str.contains(OURS))
    alive = _at("end_at", known, read("staging/task_lifetimes")).select(*KEY, "task_gid")
    done = _at("end_at", known, read("staging/task_completion_intervals").filter("is_completed"))
    return (
        known.join(ours, on="task_gid", how="anti")
        .join(alive, on=[*KEY, "task_gid"], how="semi")
        .join(done.select(*KEY, "task_gid", done_at="valid_from"), on=[*KEY, "task_gid"], how="left")
        .filter((pl.col("done_at") >= pl.col("start_at")).fill_null(value=True))
        .select(*KEY, "task_gid", "entered_at", "was_committed", was_done=pl.col("done_at").is_not_null())
        .sort(*KEY, "task_gid")
    )


def _at(instant: str, tasks: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """Rows of an intervals table that held at an instant of each row's own."""
    pairs = tasks.select(*KEY, "task_gid", instant).join(intervals, on="task_gid")
    return pairs.filter(pl.col("valid_from") <= pl.col(instant), pl.col("valid_to").fill_null(LATER) > pl.col(instant))


def _midnight(day: str) -> pl.Expr:
    return pl.col(day).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _places(read: Read, as_of: datetime, settings: RetroSettings) -> list[_Place]:
    """Sections and projects that are sprints, with the day each began."""
    is_sprint = re.compile(settings.pattern, re.IGNORECASE)
    projects = {row["project_gid"]: row for row in read("staging/projects").to_dicts() if row["team_gid"]}
    named = {
        gid: (project, project["name"], project["team_gid"], project["start_on"], project["due_on"])
        for gid, project in projects.items()
        if is_sprint.search(project["name"] or "")
    }
    for section in read("staging/sections").to_dicts():
        project = projects.get(section["project_gid"])
        if project and is_sprint.search(section["name"] or ""):
            named[section["section_gid"]] = (project, section["name"], project["project_gid"], None, None)
    stays = read("staging/task_section_intervals").filter(pl.col("valid_from") <= as_of)
    planned = _planning_days(stays, list(named))
    return [
        _Place(
            gid,
            series,
            project["team_gid"],
            name,
            project["name"] or gid,
            project["privacy_setting"] == EVERYBODY,
            start_on if start_on and due_on else planned[gid],
            due_on if start_on and due_on else None,
        )
        for gid, (project, name, series, start_on, due_on) in sorted(named.items())
        if gid in planned
    ]


def _planning_days(stays: pl.DataFrame, gids: list[str]) -> dict[str, date]:
    """The day on which most tasks came into each place; the first of several."""
    both = [stays.select("task_gid", "valid_from", place=column) for column in ("project_gid", "section_gid")]
    entered = (
        pl.concat(both)
        .filter(pl.col("place").is_in(gids))
        .group_by("place", "task_gid")
        .agg(day=pl.col("valid_from").min().dt.date())
    )
    days = entered.group_by("place", "day").len().sort("place", "len", "day", descending=[False, True, False])
    return dict(days.unique("place", keep="first", maintain_order=True).select("place", "day").iter_rows())


def _named(places: list[_Place], settings: RetroSettings) -> list[tuple]:
    """Sprints of each series in order."""
    rows, labels = [], _labels(places)
    for series in sorted({place.series for place in places}):
        own = sorted((p for p in places if p.series == series), key=lambda p: (p.starts_on, p.gid))
        for i, place in enumerate(own):
            gaps = [(b.starts_on - a.starts_on).days for a, b in pairwise(own[: i + 1]) if b.starts_on > a.starts_on]
            days = round(median(gaps)) if gaps else settings.sprint_days
            ends_on = place.ends_on or place.starts_on + timedelta(days=days - 1)
            rows.append(
                (place.team_gid, labels[place.gid], place.starts_on, ends_on, False, place.is_public, place.gid)
            )
    return rows


def _labels(places: list[_Place]) -> dict[str, str]:
    """What each is called: its name; where a team has two of it, with the project, and if need be with the gid."""
    labels = {place.gid: place.name for place in places}
    for more in ("project_name", "gid"):
        counts = Counter((place.team_gid, labels[place.gid]) for place in places)
        for place in places:
            if counts[place.team_gid, labels[place.gid]] > 1:
                labels[place.gid] = f"{place.name} ({getattr(place, more)})"
    return labels


def _blocks(read: Read, week_on: date, named: list[tuple]) -> list[tuple]:
    """The two weeks that end before a week, for teams of which no sprint ran in them."""
    starts_on = week_on - 2 * WEEK
    if (starts_on - _BLOCKS_FROM) % _BLOCK:
        return []
    ends_on = starts_on + _BLOCK - _DAY
    with_sprints = {team for team, _, begins_on, over_on, *_ in named if begins_on <= ends_on and over_on >= starts_on}
    teams = sorted(set(read("staging/projects")["team_gid"].drop_nulls()) - with_sprints)
    label = f"two weeks to {ends_on.day} {ends_on:%b %Y}"
    return [(team, label, starts_on, ends_on, True, True, None) for team in teams]


def _entries_by_place(read: Read, sprints: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Tasks that stood in the section or project of a sprint while it ran."""
    stays = read("staging/task_section_intervals").filter(pl.col("valid_from") <= as_of)
    both = [
        stays.select("task_gid", "valid_from", "valid_to", place_gid=column)
        for column in ("project_gid", "section_gid")
    ]
    left_at = pl.col("valid_to").fill_null(LATER)
    return (
        pl.concat(both)
        .join(sprints.drop_nulls("place_gid"), on="place_gid")
        .filter(pl.col("valid_from") <= pl.col("end_at"), left_at > pl.col("start_at"))
        .select(
            *KEY,
            "task_gid",
            was_committed=(pl.col("valid_from") < pl.col("commit_at")) & (left_at >= pl.col("commit_at")),
            entered_at="valid_from",
        )
    )


def _entries_by_due_date(read: Read, sprints: pl.DataFrame) -> pl.DataFrame:
    """Tasks of a team that were due in a block when it began (promised) or ended, or were done in it."""
    teams = read("staging/projects").select("project_gid", "team_gid")
    stays = read("staging/task_section_intervals").join(teams, on="project_gid")
    here = (
        sprints.filter("is_block")
        .join(stays, on="team_gid")
        .filter(pl.col("valid_from") <= pl.col("end_at"), pl.col("valid_to").fill_null(LATER) > pl.col("start_at"))
        .select(*KEY, "starts_on", "ends_on", "start_at", "end_at", "task_gid")
        .unique()
    )
    dates = read("staging/task_date_intervals").select("task_gid", "due_on", "valid_from", "valid_to")
    days = here.select(*KEY, "task_gid", "starts_on", "ends_on")
    due = {
        instant: _at(instant, here, dates)
        .join(days, on=[*KEY, "task_gid"])
        .filter(pl.col("due_on").is_between("starts_on", "ends_on"))
        for instant in ("start_at", "end_at")
    }
    done = read("staging/task_completion_intervals").filter("is_completed")
    finished = here.join(done, on="task_gid").filter(pl.col("valid_from").is_between("start_at", "end_at"))
    columns = [*KEY, "task_gid"]
    return pl.concat(
        [
            due["start_at"].select(*columns, was_committed=pl.lit(value=True), entered_at=pl.col("start_at")),
            due["end_at"].select(*columns, was_committed=pl.lit(value=False), entered_at="valid_from"),
            finished.select(*columns, was_committed=pl.lit(value=False), entered_at=pl.col("end_at")),
        ]
    )
