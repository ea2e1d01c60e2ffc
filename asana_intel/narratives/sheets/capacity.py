"""The fact sheet of a person's week that is likely too full: how full, because of what, and what would help.

It tells of one person's own load, and compares nobody. What only its assignee or a private project's members may read
is called a task of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from asana_intel.narratives.audience import public_projects, public_tasks
from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.sheets.grouping import Named, brief, counted, main_group
from asana_intel.narratives.wording import day, percent, plural, short_name
from asana_intel.settings import OVERLOAD_ODDS, OVERLOAD_WEEKS

PERSON = FactKind("person", Unit.entity, "whose week it is")
LOAD = FactKind("load", Unit.share, "hours of work over hours of time in the week")
WEEK = FactKind("week", Unit.day, "the week that is explained, by its Monday; its rest where it is running")
WEEK_NUMBER = FactKind("week_number", Unit.tally, "number of that week in the year")
ASSIGNED = FactKind("assigned", Unit.hours, "hours that the person's tasks are expected to take in the week")
AVAILABLE = FactKind("available", Unit.hours, "hours that the person has for them")
INFERRED = FactKind("inferred", Unit.share, "part of the assigned hours that nobody estimated")
CAUSE = FactKind("cause", Unit.entity, "tasks that fill the week, by what they share")
CAUSE_HOURS = FactKind("cause_hours", Unit.hours, "hours that they take in the week")
OVERLOAD = FactKind("overload", Unit.probability, "odds of a load above 110 %")
HELPER = FactKind("helper", Unit.entity, "the task whose absence or delay helps most")
ODDS_WITHOUT = FactKind("odds_without", Unit.probability, "odds of overload without it")
ODDS_LATER = FactKind("odds_later", Unit.probability, "odds of overload with it a week later")

HIDDEN = "a task of theirs"
_LEAST_FALL = 5
"""Points by which the odds must fall before a task is called a help."""
_LEAST_TOLD, _LEAST_HOURS = 0.01, 0.1
"""Part of the hours, and hours of a task, that are worth a word."""
_LEAST_SHARE = 0.25
"""Part of the week's hours from which a group of tasks is its cause."""
_TABLES = {
    "people": "marts/dim_person",
    "tasks": "staging/tasks",
    "places": "staging/task_projects",
    "projects": "staging/projects",
}
_LOAD, _CAUSES = "forecasts/person_load", "forecasts/load_causes"
READS = (_LOAD, _CAUSES, *_TABLES.values())
Row = Mapping[str, Any]


def sheets_of_week(read: Callable[..., pl.DataFrame], week_on: date, as_of: datetime) -> list[FactSheet]:
    """One sheet per person and coming week that is likely too full, by week and person.

    Args:
        read: Reads a table by key; with `partition`, the rows of that week.
        week_on: Week of the forecast, a Monday.
        as_of: Last instant the forecast knows anything of.
    """
    loads = likely_overloads(read(_LOAD, partition=week_on), week_on)
    if loads.is_empty():
        return []
    frames = {name: read(key) for name, key in _TABLES.items()}
    names = dict(frames["people"].select("person_gid", "name").iter_rows())
    tasks = _nameable(frames["tasks"], frames["places"], frames["projects"])
    causes: dict[tuple[str, date], list[Row]] = {}
    for cause in read(_CAUSES, partition=week_on).sort("rank", "task_gid").to_dicts():
        causes.setdefault((cause["person_gid"], cause["week_on"]), []).append(cause)
    return [
        FactSheet(
            Kind.capacity_cause,
            {"person_gid": load["person_gid"], "week_on": load["week_on"]},
            _facts(
                load,
                brief(names.get(load["person_gid"]) or "") or load["person_gid"],
                causes.get((load["person_gid"], load["week_on"]), []),
                tasks,
                as_of,
            ),
        )
        for load in loads.sort("week_on", "person_gid").to_dicts()
    ]


def likely_overloads(load: pl.DataFrame, from_on: date) -> pl.DataFrame:
    """Rows of forecasts/person_load that are likely above 110 %, of the next four weeks, the soonest first."""
    weeks = load.filter(pl.col("week_on") >= from_on)["week_on"].unique().sort().head(OVERLOAD_WEEKS)
    return load.filter(
        pl.col("week_on").is_in(weeks.implode())
        & (pl.col("available_hours") > 0)
        & (pl.col("p_over_110") >= OVERLOAD_ODDS)
    ).sort("week_on", -pl.col("p_over_110"), "person_gid")


def _nameable(tasks: pl.DataFrame, places: pl.DataFrame, projects: pl.DataFrame) -> dict[str, tuple[str, str | None]]:
    """Name, and name of a public project, of each task that everybody may read and that has a name."""
    public = public_projects(projects)
    seen = public_tasks(tasks, places, public)
    titles = dict(projects.select("project_gid", "name").iter_rows())
    of = {
        task: titles[project]
        for task, project in places.sort("project_gid", descending=True).select("task_gid", "project_gid").iter_rows()
        if project in public and short_name(titles.get(project) or "")
    }
    return {
        gid: (name, of.get(gid))
        for gid, name in tasks.select("task_gid", "name").iter_rows()
        if gid in seen and short_name(name or "")
    }


def _facts(
    load: Row, who: str, causes: Sequence[Row], names: Mapping[str, tuple[str, str | None]], as_of: datetime
) -> list[Fact]:
    gid, week_on = (load["person_gid"],), load["week_on"]
    assigned, available = load["assigned_hours"], load["available_hours"]
    rest = "the rest of " if week_on <= as_of.date() else ""
    facts = [
        Fact(PERSON, who, who, gid, is_required=True),
        Fact(LOAD, assigned / available, percent(assigned / available), gid, is_required=True),
        Fact(WEEK, week_on, f"{rest}the week of {day(week_on)}", gid, is_required=True),
        Fact(WEEK_NUMBER, week_on.isocalendar().week, f"week {week_on.isocalendar().week}", gid),
        Fact(ASSIGNED, assigned, _hours(assigned), gid),
        Fact(AVAILABLE, available, _hours(available), gid),
        Fact(OVERLOAD, load["p_over_110"], _odds(load["p_over_110"]), gid, is_required=True),
    ]
    if load["inferred_share"] is not None and load["inferred_share"] >= _LEAST_TOLD:
        inferred = load["inferred_share"]
        facts.append(Fact(INFERRED, inferred, percent(inferred), gid, is_required=True))
    return facts + _cause(causes, names, assigned, gid) + _help(load, causes, names, gid)


def _cause(
    causes: Sequence[Row], names: Mapping[str, tuple[str, str | None]], assigned: float, person: tuple[str, ...]
) -> list[Fact]:
    known = [c for c in causes if c["hours"] >= _LEAST_HOURS]
    named = [Named(c["task_gid"], *names[c["task_gid"]], c["hours"]) for c in known if c["task_gid"] in names]
    hidden = [c for c in known if c["task_gid"] not in names]
    group = main_group(named, _LEAST_SHARE * assigned)
    if hidden and (group is None or sum(c["hours"] for c in hidden) > group.hours):
        words = HIDDEN if len(hidden) == 1 else f"{counted(len(hidden))} tasks of theirs"
        return [Fact(CAUSE, words, words, person, is_required=True)]
    if group is None:
        return []
    gids = tuple(task.gid for task in group.tasks)
    return [
        Fact(CAUSE, group.words, group.words, gids, is_required=True),
        Fact(CAUSE_HOURS, group.hours, _hours(group.hours), gids),
    ]


def _help(
    load: Row, causes: Sequence[Row], names: Mapping[str, tuple[str, str | None]], person: tuple[str, ...]
) -> list[Fact]:
    """What helps most: a task a week later where that does nearly as much as without it, else without it."""

    def fall(odds: float) -> int:
        return round(100 * load["p_over_110"]) - round(100 * odds)

    helping = [c for c in causes if fall(c["p_without"]) >= _LEAST_FALL]
    if not helping:
        return []
    best = min(helping, key=lambda c: (c["p_without"], c["rank"]))
    is_named = best["task_gid"] in names
    name = brief(names[best["task_gid"]][0]) if is_named else HIDDEN
    source = (best["task_gid"],) if is_named else person
    is_later = fall(best["p_week_later"]) >= max(_LEAST_FALL, fall(best["p_without"]) - 1)
    kind, odds = (ODDS_LATER, best["p_week_later"]) if is_later else (ODDS_WITHOUT, best["p_without"])
    return [Fact(HELPER, name, name, source), Fact(kind, odds, _odds(odds), source)]


def _odds(share: float) -> str:
    """Odds that were simulated: what happened in every run, or in none, is still not certain."""
    return percent(min(max(share, 0.001), 0.999))


def _hours(hours: float) -> str:
    return plural(hours, "hour") if hours >= 1 else f"{hours:.1f} hours"
