"""The people section: expected hours by person and week, grouped by team. Listed by name, never ranked."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs

Row = dict[str, Any]
WEEKS_SHOWN = 8
WEEKS_AHEAD = 4
PEOPLE_SHOWN = 400
OVERLOAD_ODDS = 0.50
_NO_TEAM = "No team"
# Upper ends of the load classes of the style sheet: load-1 … load-6.
_LOAD_STEPS = (0.5, 0.8, 1.0, 1.1, 1.3)


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
    """All of it; `overloaded_people` counts who is likely overloaded in one of the next four weeks."""

    weeks: list[date]
    teams: list[TeamStrip]
    people: int
    shown: int
    overloaded_people: int
    unassessed: int


def people_section(inputs: ReportInputs) -> PeopleSection:
    """Arrange the capacity forecast of the report's week."""
    weekly = inputs.capacity.filter(pl.col("week_on").is_not_null()).sort("week_on")
    weeks = sorted(set(weekly["week_on"].to_list()))[:WEEKS_SHOWN]
    people = {p["person_gid"]: p for p in inputs.people.iter_rows(named=True)}
    by_person = _by_person(inputs.capacity)
    listed = sorted(by_person, key=lambda gid: (*_listing_key(people.get(gid, {})), gid))
    shown = listed[:PEOPLE_SHOWN]
    teams: dict[str, list[str]] = {}
    for gid in listed:
        teams.setdefault(people.get(gid, {}).get("team_name") or _NO_TEAM, []).append(gid)
    return PeopleSection(
        weeks=weeks,
        teams=[_team(name, gids, set(shown), by_person, people, weeks) for name, gids in teams.items()],
        people=len(listed),
        shown=len(shown),
        overloaded_people=sum(_is_overloaded_soon(by_person[gid], weeks) for gid in listed),
        unassessed=sum(_reason(by_person[gid]) is not None for gid in listed),
    )


def _by_person(capacity: pl.DataFrame) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for row in capacity.iter_rows(named=True):
        rows.setdefault(row["person_gid"], []).append(row)
    return rows


def _listing_key(person: Row) -> tuple[bool, str, str]:
    return (person.get("team_name") is None, person.get("team_name") or "", (person.get("name") or "").casefold())


def _team(
    name: str,
    gids: list[str],
    shown: set[str],
    by_person: dict[str, list[Row]],
    people: dict[str, Row],
    weeks: list[date],
) -> TeamStrip:
    strips = [
        _person(people.get(gid, {}).get("name") or f"Person {gid}", by_person[gid], weeks)
        for gid in gids
        if gid in shown
    ]
    return TeamStrip(name, _team_total(name, [by_person[gid] for gid in gids], weeks), strips)


def _person(name: str, rows: list[Row], weeks: list[date]) -> PersonStrip:
    reason = _reason(rows)
    by_week = {row["week_on"]: row for row in rows}
    most_available = max((row["available_hours"] or 0.0 for row in rows if row["week_on"]), default=0.0)
    horizon = by_week.get(None)
    return PersonStrip(
        name=name,
        cells=[_cell(by_week.get(week_on), most_available) for week_on in weeks],
        total=f"{formats.hours(horizon['mean'])} ({_band(horizon)})" if horizon and not reason else formats.MISSING,
        reason=reason,
    )


def _reason(rows: list[Row]) -> str | None:
    if any(row["status"] == "assessed" for row in rows):
        return None
    return next((row["reason"] for row in rows if row["reason"]), "not assessed; no reason was recorded")


def _cell(row: Row | None, most_available: float) -> WeekCell | None:
    if row is None or row["status"] != "assessed":
        return None
    available = row["available_hours"]
    return WeekCell(
        hours=formats.hours(row["mean"]),
        band=_band(row),
        load=_load_class(row["load_pct"]),
        load_said=formats.percent(row["load_pct"]),
        is_overloaded=_is_overloaded(row),
        has_time_off=available is not None and available < most_available - 0.05,
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
    if row["p_overload"] is not None:
        parts.append(f"odds of overload {formats.odds(row['p_overload'])}")
    return ", ".join(parts)


def _load_class(load: float | None) -> int:
    return 0 if load is None else 1 + sum(load > step for step in _LOAD_STEPS)


def _is_overloaded(row: Row) -> bool:
    return row["p_overload"] is not None and row["p_overload"] >= OVERLOAD_ODDS


def _is_overloaded_soon(rows: list[Row], weeks: list[date]) -> bool:
    if not weeks:
        return False
    until = weeks[0] + timedelta(weeks=WEEKS_AHEAD)
    return any(_is_overloaded(row) for row in rows if row["week_on"] and row["week_on"] < until)


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
    known = [row for row in rows if row["assigned_hours"] is not None]
    assigned = sum(row["assigned_hours"] for row in known)
    gets_done = sum(row["p50"] or row["mean"] for row in known)
    load = assigned / gets_done if gets_done else None
    overloaded = sum(_is_overloaded(row) for row in rows)
    said = f"Week of {formats.short_day(week_on)}: {formats.hours(expected)} h expected, "
    return WeekCell(
        hours=formats.hours(expected),
        band=f"{overloaded} over" if overloaded else "",
        load=_load_class(load),
        load_said=formats.percent(load),
        is_overloaded=False,
        has_time_off=False,
        spoken=said
        + f"{formats.hours(assigned)} h assigned, {formats.count(overloaded, 'person', 'people')} overloaded",
    )
