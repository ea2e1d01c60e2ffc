"""What the pages on priority, triage, sprints and portfolios are made from, up to one week; arranges nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import polars as pl

from asana_intel.storage.contracts import CONTRACTS, empty_frame
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore
from asana_intel.storage.triage_answers import waiting

_WEEKLY = {
    "priority": "insights/task_priority",
    "effort": "insights/task_effort",
    "triage": "insights/task_triage",
    "proposal": "insights/sprint_proposal",
    "capacity": "insights/sprint_capacity",
    "outlook": "insights/sprint_outlook",
    "portfolio": "insights/portfolio_priority",
    "initiatives": "insights/initiative_outlook",
    "suggestions": "insights/suggestion_scores",
    "utilisation": "insights/team_utilisation",
    "shortage": "insights/capacity_cost",
    "headcount": "insights/headcount",
    "ramp": "insights/ramp_plan",
    "moves": "insights/rebalance_moves",
    "moved_weeks": "insights/rebalance_weeks",
    "move_limits": "insights/rebalance_limits",
}
_RETRO = {"retro": "insights/sprint_retro", "retro_tasks": "insights/sprint_retro_tasks"}
TASKS_LISTED = 200  # of those in order of priority; the page shows fewer
_PUBLIC = "public_to_workspace"
_WORK = {"task_gid": pl.String, "name": pl.String, "is_public": pl.Boolean}
# Columns that name a task: (frame, column), lists of gids too.
_NAMING = (
    ("listed", "task_gid"),
    ("listed", "cause_gid"),
    ("effort", "similar_gids"),
    ("triage", "task_gid"),
    ("triage", "duplicate_of_gid"),
    ("triage", "evidence_gids"),
    ("proposal", "task_gid"),
    ("proposal", "waits_for_gid"),
    ("retro_tasks", "task_gid"),
    ("moves", "task_gid"),
    ("moves", "cascade_of_gid"),
)


@dataclass(frozen=True)
class InsightFrames:
    """Frames of the stage insights, typed by their contracts; any of them may be empty.

    Args:
        priority: insights/task_priority of the week.
        effort: insights/task_effort of the week, of the first tasks by priority that everybody may read.
        triage: insights/task_triage of the week, without tasks that somebody answered or put off beyond it.
        proposal: insights/sprint_proposal of the week.
        capacity: insights/sprint_capacity of the week.
        outlook: insights/sprint_outlook of the week.
        portfolio: insights/portfolio_priority of the week.
        initiatives: insights/initiative_outlook of the week.
        suggestions: insights/suggestion_scores of the week.
        utilisation: insights/team_utilisation of the week.
        shortage: insights/capacity_cost of the week.
        headcount: insights/headcount of the week.
        ramp: insights/ramp_plan of the week.
        moves: insights/rebalance_moves of the week.
        moved_weeks: insights/rebalance_weeks of the week.
        move_limits: insights/rebalance_limits of the week.
        retro: insights/sprint_retro, of each team the sprint that ended last, by the week.
        retro_tasks: insights/sprint_retro_tasks of those.
        work: task_gid, name, is_public (everybody may read it) of every task that the others name.
        public_projects: Gids of projects that everybody may read.
    """

    priority: pl.DataFrame
    effort: pl.DataFrame
    triage: pl.DataFrame
    proposal: pl.DataFrame
    capacity: pl.DataFrame
    outlook: pl.DataFrame
    portfolio: pl.DataFrame
    initiatives: pl.DataFrame
    suggestions: pl.DataFrame
    utilisation: pl.DataFrame
    shortage: pl.DataFrame
    headcount: pl.DataFrame
    ramp: pl.DataFrame
    moves: pl.DataFrame
    moved_weeks: pl.DataFrame
    move_limits: pl.DataFrame
    retro: pl.DataFrame
    retro_tasks: pl.DataFrame
    work: pl.DataFrame
    public_projects: frozenset[str]


def no_insights() -> InsightFrames:
    """What there is before anything was computed."""
    frames = {name: empty_frame(CONTRACTS[key]) for name, key in (_WEEKLY | _RETRO).items()}
    return InsightFrames(**frames, work=pl.DataFrame(schema=_WORK), public_projects=frozenset())


def collect_insights(
    tables: TableStore, database: Database | None, week_on: date | None, also: Collection[str] = ()
) -> InsightFrames:
    """Read what the pages show of a week.

    Args:
        tables: The Delta tables; tables that do not exist yet count as empty.
        database: Holds people's answers to suggestions; None = nobody answered.
        week_on: Monday of the week to show; None = nothing was computed.
        also: Gids of which those that are tasks stand in `work`, too.
    """
    frames = {
        name: tables.read(key, partition=week_on) if week_on else tables.read(key).clear()
        for name, key in _WEEKLY.items()
    }
    if database is not None:
        frames["triage"] = waiting(frames["triage"], database)
    listed = frames["priority"].filter("is_public").sort("public_rank", "task_gid").head(TASKS_LISTED)
    frames["effort"] = frames["effort"].join(listed, on="task_gid", how="semi")
    frames["retro"] = _latest_sprints(tables.read(_RETRO["retro"]), week_on)
    sprint = ["as_of_on", "team_gid", "sprint"]
    frames["retro_tasks"] = tables.read(_RETRO["retro_tasks"]).join(frames["retro"], on=sprint, how="semi")
    projects = tables.read("staging/projects").filter(pl.col("privacy_setting") == _PUBLIC)["project_gid"]
    named = [_gids((frames | {"listed": listed})[frame], column) for frame, column in _NAMING]
    wanted = pl.concat([*named, pl.DataFrame({"task_gid": sorted(also)}, {"task_gid": pl.String})]).unique()
    work = _work(tables, wanted, frames["priority"], projects)
    return InsightFrames(**frames, work=work, public_projects=frozenset(projects))


def _latest_sprints(retro: pl.DataFrame, week_on: date | None) -> pl.DataFrame:
    if week_on is None:
        return retro.clear()
    return (
        retro.filter(pl.col("as_of_on") <= week_on)
        .sort("team_gid", "as_of_on", "ends_on", "sprint")
        .unique("team_gid", keep="last", maintain_order=True)
    )


def _work(tables: TableStore, wanted: pl.DataFrame, priority: pl.DataFrame, public_projects: pl.Series) -> pl.DataFrame:
    """Names of tasks; of an open one its score tells who may read it, of another the projects it is in."""
    in_public = (
        tables.scan("staging/task_projects")
        .filter(pl.col("project_gid").is_in(public_projects.implode()))
        .select("task_gid", is_in_public=True)
        .unique()
    )
    scored = priority.select("task_gid", scored_public="is_public").lazy()
    return (
        tables.scan("staging/tasks")
        .select("task_gid", "name")
        .join(wanted.lazy(), on="task_gid", how="semi")
        .join(in_public, on="task_gid", how="left")
        .join(scored, on="task_gid", how="left")
        .select("task_gid", "name", pl.coalesce("scored_public", "is_in_public", pl.lit(False)).alias("is_public"))
        .sort("task_gid")
        .collect()
        .cast(_WORK)  # pyright: ignore[reportArgumentType]
    )


def _gids(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    named = frame.select(task_gid=pl.col(column))
    is_list = isinstance(named.schema["task_gid"], pl.List)
    return (named.explode("task_gid") if is_list else named).drop_nulls()
