"""The load of people: hours asked of each one's next weeks, odds that it is too much, and the tasks behind it.

Hours that people are likely to get done are the people section's. Listed by name, never ranked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.charts.load_band import BandWeek, load_band
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.evidence import Evidence, Told
from asana_intel.report.sections.links import AsanaObject, named, names_by_gid
from asana_intel.report.sections.roster import Roster
from asana_intel.settings import OVERLOAD_ODDS, OVERLOAD_WEEKS

Row = dict[str, Any]
WEEKS_DRAWN = 8
OVERLOADS_SHOWN = 60
_HAS_ROOM = "Underutilized"
# Upper ends of the load classes of the style sheet: load-1 … load-6.
_LOAD_STEPS = (0.5, 0.8, 1.0, 1.1, 1.3)
_LEAST_HOURS = 0.5  # worth a word
_ALL = 0.9995  # a share that rounds to 100.0 %


@dataclass(frozen=True)
class LoadCell:
    """One person in one week.

    `tentative` is what allocations promise without any task yet, `with_promises` the state of the week with it; both
    are empty where that is nothing.
    """

    hours: str
    band: str
    odds: str
    load: int
    is_overloaded: bool
    has_time_off: bool
    spoken: str
    tentative: str = ""
    with_promises: str = ""


@dataclass(frozen=True)
class TeamCell:
    """A team in one week: its load, and how many people are overloaded or have room."""

    hours: str
    counts: str
    load: int
    spoken: str


@dataclass(frozen=True)
class PersonLoad:
    """One row; `reason` stands instead of cells where there is no load to judge. The chart reaches eight weeks."""

    name: str
    cells: list[LoadCell | None]
    band: Markup
    effort: str
    mend: str | None
    reason: str | None


@dataclass(frozen=True)
class TeamLoad:
    """A team: its weeks and its people, by name; how many of all its people are likely overloaded, of how many."""

    name: str
    cells: list[TeamCell]
    people: list[PersonLoad]
    overloaded: int
    assessed: int


@dataclass(frozen=True)
class Cause:
    """A task that fills an overloaded week, and the odds of overload without it or with it a week later."""

    task: AsanaObject
    hours: str
    share: str
    is_inferred: bool
    without: str
    week_later: str


@dataclass(frozen=True)
class Overload:
    """One person's week that is likely too full."""

    name: str
    week: str
    words: str
    told: Told | None
    causes: list[Cause]


@dataclass(frozen=True)
class PromiseLine:
    """One person's week with an allocation: hours promised, of tasks, off and available, and the gaps, as text."""

    name: str
    week: str
    promised: str
    tasks: str
    off: str
    available: str
    without_tasks: str
    without_promise: str


@dataclass(frozen=True)
class LoadSection:
    """All of it; `overloaded_people` counts who is likely overloaded in one of the weeks; `drawn` weeks have a band."""

    weeks: list[date]
    drawn: list[date]
    running_week: date | None
    teams: list[TeamLoad]
    overloads: list[Overload]
    overloaded_weeks: int
    people: int
    shown: int
    overloaded_people: int
    assessed: int
    promises: list[PromiseLine] = field(default_factory=list[PromiseLine])


def load_section(inputs: ReportInputs) -> LoadSection:
    """Arrange the load of the next weeks, the running one included: odds of the first four, bands of eight."""
    drawn = sorted(set(inputs.load["week_on"].to_list()))[:WEEKS_DRAWN]
    weeks = drawn[:OVERLOAD_WEEKS]
    running = running_week(inputs.as_of_at, weeks)
    roster = Roster(inputs.people)
    by_person = _by_person(inputs.load)
    listed = roster.listed(by_person)
    shown = set(roster.shown(by_person))
    rows = [row for gid in listed for row in by_person[gid] if row["week_on"] in weeks]
    over = sorted((row for row in rows if is_overloaded(row)), key=lambda row: row["week_on"])
    told_of = [row for row in over if row["person_gid"] in shown]
    causes, names = _causes(inputs.load_causes), names_by_gid(inputs.tasks, "task_gid")
    told = _told(inputs)
    return LoadSection(
        weeks=weeks,
        drawn=drawn,
        running_week=running,
        teams=[
            TeamLoad(
                name,
                [_team_cell([by_person[gid] for gid in gids], week_on) for week_on in weeks],
                [_person(roster.name(gid), by_person[gid], weeks, drawn) for gid in gids if gid in shown],
                overloaded=len({row["person_gid"] for row in over} & set(gids)),
                assessed=sum(_reason(by_person[gid], weeks) is None for gid in gids),
            )
            for name, gids in roster.by_team(by_person).items()
        ],
        overloads=[
            _overload(roster.name(row["person_gid"]), row, running, told.get(_week_of(row)), causes, names)
            for row in told_of[:OVERLOADS_SHOWN]
        ],
        overloaded_weeks=len(told_of),
        people=len(listed),
        shown=len(shown),
        overloaded_people=len({row["person_gid"] for row in over}),
        assessed=sum(_reason(by_person[gid], weeks) is None for gid in listed),
        promises=[
            _promise(roster.name(row["person_gid"]), row)
            for row in rows
            if row["person_gid"] in shown and row["allocated_hours"] >= _LEAST_HOURS
        ],
    )


def is_overloaded(row: Row) -> bool:
    """Whether a load above 110 % of the hours available is at least as likely as not; never without any hour."""
    return bool(row["available_hours"]) and row["p_over_110"] >= OVERLOAD_ODDS


def load_class(load: float | None) -> int:
    """Class of the style sheet for a load: 0 unknown, 1 to 6."""
    return 0 if load is None else 1 + sum(load > step for step in _LOAD_STEPS)


def load_of(rows: Iterable[Row]) -> float | None:
    """Assigned over available hours of some people's week; None where no hour is available."""
    known = [row for row in rows if row["available_hours"] is not None]
    available = sum(row["available_hours"] for row in known)
    return sum(row["assigned_hours"] for row in known) / available if available else None


def hours_off(row: Row) -> float:
    """Working hours lost to holidays and time off, half an hour or more."""
    off = (row["holiday_hours"] or 0.0) + (row["time_off_hours"] or 0.0)
    return off if off >= _LEAST_HOURS else 0.0


def running_week(as_of_at: datetime | None, weeks: list[date]) -> date | None:
    """The week that has begun, of which only what is left counts; None where all are still to come."""
    return next((week_on for week_on in weeks[:1] if as_of_at and week_on <= as_of_at.date()), None)


def _by_person(load: pl.DataFrame) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for row in load.sort("person_gid", "week_on").iter_rows(named=True):
        rows.setdefault(row["person_gid"], []).append(row)
    return rows


def _reason(rows: list[Row], weeks: list[date]) -> str | None:
    if not any(row["available_hours"] for row in rows if row["week_on"] in weeks):
        return "no working hours in these weeks"
    return None if _is_known(rows) else "no open tasks"


def _is_known(rows: list[Row]) -> bool:
    """Whether anything is known of what somebody is to do."""
    return any(row["open_tasks"] or row["allocated_hours"] >= _LEAST_HOURS for row in rows)


def _person(name: str, rows: list[Row], weeks: list[date], drawn: list[date]) -> PersonLoad:
    by_week = {row["week_on"]: row for row in rows}
    cells = [_cell(by_week[week_on]) if week_on in by_week else None for week_on in weeks]
    effort, mend = _effort([row for row in rows if row["week_on"] in weeks])
    return PersonLoad(name, cells, _band(name, [by_week.get(on) for on in drawn]), effort, mend, _reason(rows, weeks))


def _band(name: str, rows: list[Row | None]) -> Markup:
    """The weeks of one person as a small chart."""
    return load_band(
        [
            BandWeek(
                _spoken(row),
                row["p10"],
                row["assigned_hours"],
                row["p90"],
                _promised(row),
                row["available_hours"],
                hours_off(row),
            )
            for row in rows
            if row is not None
        ],
        f"Hours of tasks of {name} against the hours available, week by week",
    )


def _spoken(row: Row) -> str:
    """A week without odds, in words."""
    week, off, promised = f"Week of {formats.short_day(row['week_on'])}", hours_off(row), _tentative(row)
    said = f"{week}: {_asked(row)}, 8 in 10 between {formats.hours(row['p10'])} and {formats.hours(row['p90'])} h"
    said += f", {formats.hours(off)} h off" if off else ""
    return said + (f", {promised} and not yet on tasks" if promised else "")


def _effort(rows: list[Row]) -> tuple[str, str | None]:
    """How much of the hours nobody estimated, and the mend where that is all of them."""
    assigned = sum(row["assigned_hours"] for row in rows)
    inferred = sum(row["assigned_hours"] * (row["inferred_share"] or 0.0) for row in rows)
    if not assigned:
        return formats.MISSING, None
    if inferred / assigned >= _ALL:
        return "nobody estimated these tasks", "fill in their estimated time in Asana"
    return (
        f"{formats.percent(1 - inferred / assigned)} estimated, {formats.percent(inferred / assigned)} inferred",
        None,
    )


def _cell(row: Row) -> LoadCell:
    off = hours_off(row)
    if not row["available_hours"]:
        spoken = f"Week of {formats.short_day(row['week_on'])}: no working hours"
        return LoadCell("no hours", "", "", 0, is_overloaded=False, has_time_off=off > 0, spoken=spoken)
    band = f"{formats.hours(row['p10'])}–{formats.hours(row['p90'])}"
    tentative = _tentative(row)
    with_promises = f"{str(row['state']).lower()} with it" if tentative and row["state"] else ""
    odds = f"{formats.odds(row['p_over_110'])} above 110{formats.NARROW}%"
    over = f"{odds}, {formats.odds(row['p_over_120'])} above 120{formats.NARROW}%"
    spoken = f"Week of {formats.short_day(row['week_on'])}: {_asked(row)}, 8 in 10 between {band} h, odds {over}"
    return LoadCell(
        hours=f"{formats.hours(row['assigned_hours'])} of {formats.hours(row['available_hours'])} h",
        band=f"{band} h",
        odds=f"{formats.odds(row['p_over_110'])} · {formats.odds(row['p_over_120'])}",
        load=load_class(row["load_pct"]),
        is_overloaded=is_overloaded(row),
        has_time_off=off > 0,
        spoken=spoken
        + (f", {formats.hours(off)} h off" if off else "")
        + (f", {tentative} and not yet on tasks, {with_promises}" if tentative else ""),
        tentative=tentative,
        with_promises=with_promises,
    )


def _tentative(row: Row) -> str:
    return f"{formats.hours(hours)} h promised" if (hours := _promised(row)) else ""


def _promised(row: Row) -> float:
    """Hours promised and not on tasks, half an hour or more."""
    hours = row["promised_without_tasks_hours"]
    return hours if hours >= _LEAST_HOURS else 0.0


def _promise(name: str, row: Row) -> PromiseLine:
    hours = ("allocated_hours", "assigned_hours", "available_hours")
    gaps = ("promised_without_tasks_hours", "tasks_without_promise_hours")
    promised, tasks, available, without_tasks, without_promise = (formats.number(row[n], 1) for n in (*hours, *gaps))
    off = formats.number(hours_off(row), 1)
    week = formats.short_day(row["week_on"])
    return PromiseLine(name, week, promised, tasks, off, available, without_tasks, without_promise)


def _asked(row: Row) -> str:
    return f"{formats.hours(row['assigned_hours'])} h on tasks of {formats.hours(row['available_hours'])} h available"


def _team_cell(people: list[list[Row]], week_on: date) -> TeamCell:
    """Only people with open tasks or allocations count as having room: of the others nothing is known."""
    pairs = [(rows, row) for rows in people for row in rows if row["week_on"] == week_on]
    over = sum(is_overloaded(row) for _, row in pairs)
    room = sum(row["state"] == _HAS_ROOM and _is_known(rows) for rows, row in pairs)
    load = load_of(row for _, row in pairs)
    return TeamCell(
        hours=formats.percent(load),
        counts=f"{over} over · {room} with room",
        load=load_class(load),
        spoken=f"Week of {formats.short_day(week_on)}: {formats.percent(load)} of the hours available are assigned, "
        f"{formats.count(over, 'person', 'people')} overloaded, {formats.count(room, 'person', 'people')} with room",
    )


def _causes(frame: pl.DataFrame) -> dict[tuple[str, date], list[Row]]:
    found: dict[tuple[str, date], list[Row]] = {}
    for row in frame.sort("rank", "task_gid").iter_rows(named=True):
        found.setdefault((row["person_gid"], row["week_on"]), []).append(row)
    return found


def _told(inputs: ReportInputs) -> dict[tuple[str, date], Told]:
    """What was written about the causes of a person's full week."""
    evidence = Evidence(inputs)
    return {
        _week_of(row): evidence.of("capacity_cause", f"{row['person_gid']}:{row['week_on']}", row)
        for row in inputs.capacity_causes.iter_rows(named=True)
    }


def _week_of(row: Row) -> tuple[str, date]:
    return row["person_gid"], row["week_on"]


def _overload(
    name: str,
    row: Row,
    running: date | None,
    told: Told | None,
    causes: dict[tuple[str, date], list[Row]],
    names: dict[str, str],
) -> Overload:
    is_running = row["week_on"] == running
    return Overload(
        name=name,
        week="rest of this week" if is_running else f"week of {formats.short_day(row['week_on'])}",
        words=f"{_asked(row)}, odds of more than 110{formats.NARROW}%: {formats.odds(row['p_over_110'])}",
        told=told,
        causes=[_cause(cause, names) for cause in causes.get(_week_of(row), [])],
    )


def _cause(row: Row, names: dict[str, str]) -> Cause:
    return Cause(
        task=named(row["task_gid"], names, "task"),
        hours=formats.number(row["hours"], 1),
        share=formats.percent(row["share_of_week"]),
        is_inferred=row["is_inferred"],
        without=formats.odds(row["p_without"]),
        week_later=formats.odds(row["p_week_later"]),
    )
