"""What rebalancing needs of a week, gathered from the tables; nothing is moved here.

Who may do a task besides its assignee: members of its project's team who have the skills it names and, where nothing
else is known of them, finished work like it; never how much of it or how fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.rebalance.case import RECEIVERS, TASKS
from asana_intel.insights.sprint.assignment import LEAST_FIT
from asana_intel.insights.sprint.inputs import READS as SPRINT_READS
from asana_intel.insights.sprint.inputs import WEEK_READS as SPRINT_WEEK_READS
from asana_intel.insights.sprint.inputs import gather, said
from asana_intel.insights.sprint.likeness import learn_likeness
from asana_intel.insights.work import EVERYBODY, Read, open_work
from asana_intel.insights.work import READS as WORK_READS

if TYPE_CHECKING:
    from datetime import datetime

    from asana_intel.insights.sprint.inputs import Inputs
    from asana_intel.settings import Settings

READS = tuple(sorted({*WORK_READS, *SPRINT_READS}))
WEEK_READS = (
    *SPRINT_WEEK_READS,
    "forecasts/person_days",
    "forecasts/task_load",
    "insights/project_schedule",
)
MANUAL_OVERRIDE = "Manual Override"
"""Field by which people keep an object as it is."""
_NO = ("", "no", "false", "0", "off", "none")
MOST_COMPARED = 1500
"""Open tasks that are compared with finished work: first those of overloaded people, then of their teams."""


@dataclass(frozen=True)
class Facts:
    """A week's inputs.

    Attributes:
        tasks: `case.TASKS`, and what reasons tell: name, team_gid, skills, is_public.
        days: forecasts/person_days.
        receivers: `case.RECEIVERS`, and example: the name of a finished task that is like it, which all may read.
        links: task_gid, depends_on_gid.
        names: person_gid, name.
    """

    tasks: pl.DataFrame
    days: pl.DataFrame
    receivers: pl.DataFrame
    links: pl.DataFrame
    names: pl.DataFrame


def gather_facts(read: Read, read_week: Read, as_of: datetime, settings: Settings) -> Facts:
    """Gather a week's inputs.

    Args:
        read: Reads a table by key.
        read_week: Reads the week's rows of a weekly table by key.
        as_of: Nothing later is used.
        settings: Their sections `rebalance`, `sprint` and `forecast`.
    """
    known = gather(read, read_week, as_of, settings)
    public = _public_projects(read)
    tasks = _tasks(read, read_week, known, public, as_of, settings)
    return Facts(
        tasks=tasks,
        days=read_week("forecasts/person_days"),
        receivers=_receivers(read, read_week, known, tasks, public, as_of, settings.forecast.overload_above),
        links=known.links.select("task_gid", "depends_on_gid"),
        names=read("staging/users").select("person_gid", "name"),
    )


def _public_projects(read: Read) -> pl.DataFrame:
    return read("staging/projects").filter(pl.col("privacy_setting") == EVERYBODY).select("project_gid")


def _public_tasks(read: Read, tasks: pl.DataFrame, public: pl.DataFrame) -> pl.Series:
    """Gids of the tasks that everybody may read, in their own projects or in the one above them."""
    own = read("staging/task_projects").select("task_gid", "project_gid")
    places = pl.concat([own, tasks.select("task_gid", "project_gid").drop_nulls()])
    return places.join(public, on="project_gid", how="semi")["task_gid"].unique().sort()


def _tasks(
    read: Read, read_week: Read, known: Inputs, public: pl.DataFrame, as_of: datetime, settings: Settings
) -> pl.DataFrame:
    loads = read_week("forecasts/task_load")
    slack = read_week("insights/project_schedule").group_by("task_gid").agg(pl.col("slack_days").min())
    facts = known.tasks.select("task_gid", "name", "team_gid", "score", "skills", "parent_gid")
    public_gids = _public_tasks(read, known.tasks, public)
    return (
        loads.join(facts, on="task_gid", how="left")
        .join(slack, on="task_gid", how="left")
        .join(_latest(read, known, as_of), on="task_gid", how="left")
        .join(_before(known, loads, as_of, read), on="task_gid", how="left")
        .join(_pins(read, known, as_of, settings), on="task_gid", how="left")
        .with_columns(
            pl.col("keeps_person", "keeps_dates").fill_null(value=False),
            is_public=pl.col("task_gid").is_in(public_gids.implode()),
        )
        .select(*TASKS, "name", "team_gid", "skills", "is_public")
        .sort("task_gid")
    )


def _latest(read: Read, known: Inputs, as_of: datetime) -> pl.DataFrame:
    """task_gid, latest_on: due day of its project or of the task above it, whichever is earlier."""
    projects = read("staging/projects").select("project_gid", project_due_on="due_on")
    above = open_work(read, as_of).select(parent_gid="task_gid", parent_due_on="due_on")
    return (
        known.tasks.select("task_gid", "project_gid", "parent_gid")
        .join(projects, on="project_gid", how="left")
        .join(above, on="parent_gid", how="left")
        .select("task_gid", latest_on=pl.min_horizontal("project_due_on", "parent_due_on"))
        .sort("task_gid")
    )


def _before(known: Inputs, loads: pl.DataFrame, as_of: datetime, read: Read) -> pl.DataFrame:
    """task_gid, before_on: first day of what waits for it and loads nobody, such as a milestone, or when it is due."""
    others = open_work(read, as_of).join(loads, on="task_gid", how="anti")
    dates = others.select("task_gid", before_on=pl.coalesce("start_on", "due_on"))
    waiting = known.links.join(dates, on="task_gid").drop_nulls("before_on")
    return (
        waiting.group_by("depends_on_gid")
        .agg(pl.col("before_on").min())
        .rename({"depends_on_gid": "task_gid"})
        .sort("task_gid")
    )


def _pins(read: Read, known: Inputs, as_of: datetime, settings: Settings) -> pl.DataFrame:
    """task_gid, keeps_person, keeps_dates."""
    override = said(read, as_of, MANUAL_OVERRIDE).filter(
        ~pl.col("said").str.strip_chars().str.to_lowercase().is_in(_NO)
    )
    word = pl.col("said").str.to_lowercase()
    pinned = said(read, as_of, settings.rebalance.pin_field).select(
        "task_gid", keeps_person=word.str.contains("person"), keeps_dates=word.str.contains("date")
    )
    own = known.tasks.filter(pl.col("pin_person_gid") == pl.col("person_gid"))
    both = {"keeps_person": pl.lit(value=True), "keeps_dates": pl.lit(value=True)}
    kept = pl.concat(
        [
            override.select("task_gid", **both),
            pinned,
            own.select("task_gid", **(both | {"keeps_dates": pl.lit(value=False)})),
        ]
    )
    return kept.group_by("task_gid").agg(pl.col("keeps_person", "keeps_dates").any()).sort("task_gid")


def _receivers(
    read: Read,
    read_week: Read,
    known: Inputs,
    tasks: pl.DataFrame,
    public: pl.DataFrame,
    as_of: datetime,
    overload_above: float,
) -> pl.DataFrame:
    """Members of the team of each task that matters, and how well it fits them."""
    chosen = _that_matter(read_week, tasks, overload_above)
    open_ones = known.tasks.join(chosen, on="task_gid", how="semi")
    likeness = learn_likeness(open_ones, known.finished, as_of)
    public_names = set(
        known.finished.filter(pl.col("task_gid").is_in(_public_tasks(read, known.finished, public).implode()))["name"]
    )
    members = (
        known.people.explode("team_gids")
        .select("person_gid", team_gid="team_gids", has="skills")
        .drop_nulls("team_gid")
    )
    pairs = (
        open_ones.select("task_gid", "team_gid", "person_gid", needs="skills")
        .join(members, on="team_gid", suffix="_to")
        .filter(pl.col("person_gid_to") != pl.col("person_gid").fill_null(""))
        .sort("task_gid", "person_gid_to")
    )
    rows = []
    for task, person, needs, has in pairs.select("task_gid", "person_gid_to", "needs", "has").iter_rows():
        wanted, skills = _folded(needs), _folded(has)
        like, example = likeness.of(task, person)
        fit = (1 + like) / 2 if wanted else like
        is_able = wanted <= skills and fit >= LEAST_FIT
        rows.append((task, person, fit, is_able, example if example in public_names else None))
    return pl.DataFrame(rows, schema={**RECEIVERS, "example": pl.String()}, orient="row")


def _that_matter(read_week: Read, tasks: pl.DataFrame, overload_above: float) -> pl.DataFrame:
    """task_gid of the tasks of teams with somebody overloaded, theirs first, as many as are compared."""
    load = read_week("forecasts/person_load").filter(
        pl.col("assigned_hours") > overload_above * pl.col("available_hours")
    )
    over = pl.col("person_gid").is_in(load["person_gid"].unique().implode())
    teams = tasks.filter(over)["team_gid"].drop_nulls().unique()
    return (
        tasks.filter(over | pl.col("team_gid").is_in(teams.implode()))
        .sort(over, "left_hours", "task_gid", descending=[True, True, False])
        .head(MOST_COMPARED)
        .select("task_gid")
    )


def _folded(skills: list[str] | None) -> frozenset[str]:
    return frozenset(skill.strip().casefold() for skill in skills or [] if skill and skill.strip())
