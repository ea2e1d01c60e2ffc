"""The people section: expected hours by person and week, grouped by team; how full weeks are is `load`'s.

Listed by name, never ranked.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.load import (
    LoadSection,
    hours_off,
    is_overloaded,
    load_class,
    load_of,
    load_section,
)
from asana_intel.report.sections.roster import Roster

Row = dict[str, Any]
WEEKS_SHOWN = 8
# Of the load, not of the capacity: one table says how full a week is.
_LOAD_COLUMNS = ("available_hours", "assigned_hours", "load_pct", "holiday_hours", "time_off_hours", "p_over_110")


@dataclass(frozen=True)
class WeekCell:
    """One person (or team) in one week."""

    hours: str
    band: str
    load: int
    load_said: str
    is_overloaded: bool
    has_time_off: bool
    spoken: str


@dataclass(frozen=True)
class PersonStrip:
    """One row of the strip; `reason` stands instead of cells where nothing was assessed."""

    name: str
    cells: list[WeekCell | None]
    total: str
    reason: str | None


@dataclass(frozen=True)
class TeamStrip:
    """A team: its total and its people, by name."""

    name: str
    total: PersonStrip
    people: list[PersonStrip]


@dataclass(frozen=True)
class PeopleSection:
    """All of it."""

    weeks: list[date]
    teams: list[TeamStrip]
    people: int
    shown: int
    load: LoadSection


def people_section(inputs: ReportInputs) -> PeopleSection:
    """Arrange the capacity and the load of the report's week."""
    weekly = inputs.capacity.filter(pl.col("week_on").is_not_null())
    weeks = sorted(set(weekly["week_on"].to_list()))[:WEEKS_SHOWN]
    roster = Roster(inputs.people)
    by_person = _by_person(inputs)
    listed = roster.listed(by_person)
    shown = set(roster.shown(by_person))
    return PeopleSection(
        weeks=weeks,
        teams=[
            TeamStrip(
                name,
                _team_total(name, [by_person[gid] for gid in gids], weeks),
                [_person(roster.name(gid), by_person[gid], weeks) for gid in gids if gid in shown],
            )
            for name, gids in roster.by_team(by_person).items()
        ],
        people=len(listed),
        shown=len(shown),
        load=load_section(inputs),
    )


def _by_person(inputs: ReportInputs) -> dict[str, list[Row]]:
    """Weeks of each person, with the load of each."""
    load = inputs.load.select("person_gid", "week_on", *_LOAD_COLUMNS)
    capacity = inputs.capacity.drop(_LOAD_COLUMNS, strict=False).sort("person_gid", "week_on")
    rows: dict[str, list[Row]] = {}
    for row in capacity.join(load, on=["person_gid", "week_on"], how="left", maintain_order="left").iter_rows(
        named=True
    ):
        rows.setdefault(row["person_gid"], []).append(row)
    return rows


def _person(name: str, rows: list[Row], weeks: list[date]) -> PersonStrip:
    reason = _reason(rows)
    by_week = {row["week_on"]: row for row in rows}
    horizon = by_week.get(None)
    return PersonStrip(
        name=name,
        cells=[_cell(by_week.get(week_on)) for week_on in weeks],
        total=f"{formats.hours(horizon['mean'])} ({_band(horizon)})" if horizon and not reason else formats.MISSING,
        reason=reason,
    )


def _reason(rows: list[Row]) -> str | None:
    if any(row["status"] == "assessed" for row in rows):
        return None
    return next((row["reason"] for row in rows if row["reason"]), "not assessed; no reason was recorded")


def _cell(row: Row | None) -> WeekCell | None:
    if row is None or row["status"] != "assessed":
        return None
    return WeekCell(
        hours=formats.hours(row["mean"]),
        band=_band(row),
        load=load_class(row["load_pct"]),
        load_said=formats.percent(row["load_pct"]),
        is_overloaded=is_overloaded(row),
        has_time_off=hours_off(row) > 0,
        spoken=_spoken(row),
    )


def _band(row: Row) -> str:
    return f"{formats.hours(row['p10'])}–{formats.hours(row['p90'])}" if row["p10"] is not None else formats.MISSING


def _spoken(row: Row) -> str:
    parts = [f"Week of {formats.short_day(row['week_on'])}: {formats.hours(row['mean'])} h expected"]
    parts.append(f"8 in 10 weeks {_band(row)} h")
    for column, words in (("assigned_hours", "h assigned"), ("available_hours", "h available")):
        if row[column] is not None:
            parts.append(f"{formats.hours(row[column])} {words}")
    if row["p_over_110"] is not None:
        parts.append(f"odds of overload {formats.odds(row['p_over_110'])}")
    return ", ".join(parts)


def _team_total(name: str, members: list[list[Row]], weeks: list[date]) -> PersonStrip:
    """Sums over the assessed members; a team's band is not the sum of its people's and is left out."""
    assessed = [row for rows in members for row in rows if row["status"] == "assessed"]
    cells = [_team_cell([row for row in assessed if row["week_on"] == week_on], week_on) for week_on in weeks]
    total = sum(row["mean"] for row in assessed if row["week_on"] is None)
    return PersonStrip(name=name, cells=cells, total=formats.hours(total) if assessed else formats.MISSING, reason=None)


def _team_cell(rows: list[Row], week_on: date) -> WeekCell | None:
    if not rows:
        return None
    expected = sum(row["mean"] for row in rows)
    assigned = sum(row["assigned_hours"] or 0.0 for row in rows)
    load = load_of(rows)
    overloaded = sum(is_overloaded(row) for row in rows)
    said = f"Week of {formats.short_day(week_on)}: {formats.hours(expected)} h expected, "
    return WeekCell(
        hours=formats.hours(expected),
        band=f"{overloaded} over" if overloaded else "",
        load=load_class(load),
        load_said=formats.percent(load),
        is_overloaded=False,
        has_time_off=False,
        spoken=said
        + f"{formats.hours(assigned)} h assigned, {formats.count(overloaded, 'person', 'people')} overloaded",
    )
