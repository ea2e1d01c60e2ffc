"""What a new initiative would do to the current load, in two or three scenarios; nothing is planned or written here.

Each task goes to the person named, else to the one with the skill who would finish it first in the hours that open work
leaves free, largest first. That gives the day on which all could be finished. If it has to be finished by the wanted
date instead, what does not fit in free hours is spread over the weeks until then, by the hours people have: that is
what goes above 100 %, and their lowest-scored open tasks of as many hours are what it would displace. Weeks beyond the
forecast of the load are like its mean.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.insights.portfolio.frames import checked, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HORIZON_WEEKS = 52
_WORKING_DAYS = 5
_ROUNDING_HOURS = 1e-6
ASKS: dict[str, pl.DataType] = {
    "task": pl.String(),
    "hours": pl.Float64(),
    "skill": pl.String(),
    "person_gid": pl.String(),
}
SKILLS: dict[str, pl.DataType] = {"person_gid": pl.String(), "skill": pl.String()}
LOAD: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "available_hours": pl.Float64(),
    "assigned_hours": pl.Float64(),
}
OPEN_TASKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "person_gid": pl.String(),
    "score": pl.Float64(),
    "left_hours": pl.Float64(),
}
_OUTCOMES: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "starts_on": pl.Date(),
    "finish_on": pl.Date(),
    "is_in_time": pl.Boolean(),
    "fit": pl.Float64(),
    "reason": pl.String(),
}
_WEEKS: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "hours": pl.Float64(),
    "load_before": pl.Float64(),
    "load_after": pl.Float64(),
}
_DISPLACED: dict[str, pl.DataType] = {"scenario": pl.String()} | OPEN_TASKS


@dataclass(frozen=True)
class Initiative:
    """What a new initiative would do.

    Attributes:
        outcomes: A row a scenario: scenario (now, after_sprint, one_more), starts_on, finish_on (null: not within a
            year, or nobody can do it), is_in_time, fit (share of its hours that fit into free time by the wanted
            date, 0..1), reason.
        weeks: Person-weeks that it would bring above 100 %, if it has to be in time: scenario, person_gid (null: the
            one more), week_on, hours (of it), load_before, load_after (of the hours available).
        displaced: Open tasks that it would displace then, lowest score first: scenario, task_gid, person_gid, score,
            left_hours.
    """

    outcomes: pl.DataFrame
    weeks: pl.DataFrame
    displaced: pl.DataFrame


@dataclass(frozen=True)
class _Crew:
    """People by week from a Monday on; shape (people, weeks). None is the one more."""

    people: list[str | None]
    first_on: dt.date
    available: Floats
    assigned: Floats

    @property
    def free(self) -> Floats:
        return np.maximum(self.available - self.assigned, 0.0)


def score_initiative(
    asks: pl.DataFrame,
    skills: pl.DataFrame,
    load: pl.DataFrame,
    open_tasks: pl.DataFrame,
    as_of: dt.datetime,
    *,
    start_on: dt.date,
    due_on: dt.date,
    sprint_ends_on: dt.date | None = None,
) -> Initiative:
    """Score an initiative against the current load.

    Args:
        asks: Its tasks: task, hours, and skill or person_gid, or neither (null: anybody may do it).
        skills: person_gid, skill; a row for each.
        load: forecasts/person_load: person_gid, week_on, available_hours, assigned_hours.
        open_tasks: What people have to do: task_gid, person_gid, score (of insights/task_priority), left_hours.
        as_of: It cannot start before.
        start_on: Wanted start.
        due_on: Wanted end.
        sprint_ends_on: Last day of the current sprint; without it there is no scenario after it.

    Raises:
        PermanentError: A column is missing, hours are not above 0, a named person is not in the load, or the dates
            are the wrong way round.
    """
    wanted = _checked_asks(asks, checked(load, LOAD, "load"))
    dates = pl.DataFrame({"due_on": [due_on]})
    refuse(dates, pl.col("due_on") < start_on, "dates", "due_on", f"a day on or after the start, {start_on}")
    crew = _crew(checked(load, LOAD, "load"), monday_of(as_of))
    able = checked(skills, SKILLS, "skills").drop_nulls()
    can = {(person, skill.casefold()) for person, skill in able.iter_rows()}
    backlog = checked(open_tasks, OPEN_TASKS, "open_tasks")
    now = max(start_on, as_of.date())
    scenarios = [("now", now, crew)]
    if sprint_ends_on is not None:
        scenarios.append(("after_sprint", max(now, sprint_ends_on + dt.timedelta(days=1)), crew))
    scenarios.append(("one_more", now, _with_one_more(crew)))
    outcomes, weeks, displaced = [], [], []
    for name, starts_on, people in scenarios:
        hours, finish_on, lacking = _share_out(wanted, people, can, starts_on)
        laid, fit = _lay_out(hours, people, starts_on, due_on)
        over = _overloads(name, people, laid)
        outcomes.append((name, starts_on, finish_on, finish_on is not None and finish_on <= due_on, fit,
                         _reason(finish_on, due_on, fit, over, lacking)))  # fmt: skip
        weeks += over
        displaced += _displaced(name, over, people, backlog)
    return Initiative(
        pl.DataFrame(outcomes, schema=_OUTCOMES, orient="row"),
        pl.DataFrame(weeks, schema=_WEEKS, orient="row"),
        pl.DataFrame(displaced, schema=_DISPLACED, orient="row"),
    )


def _checked_asks(asks: pl.DataFrame, load: pl.DataFrame) -> pl.DataFrame:
    rows = checked(asks, ASKS, "asks")
    is_amount = ((pl.col("hours") > 0) & pl.col("hours").is_finite()).fill_null(value=False)
    refuse(rows, ~is_amount, "asks", "hours", "hours above 0")
    is_known = pl.col("person_gid").is_in(load["person_gid"].unique().implode()).fill_null(value=True)
    refuse(rows, ~is_known, "asks", "person_gid", "somebody of forecasts/person_load, or nobody")
    return rows.sort(pl.col("person_gid").is_null(), "hours", "task", descending=[False, True, False])


def _crew(load: pl.DataFrame, first_on: dt.date) -> _Crew:
    """Everybody's weeks; those that the forecast does not reach are like the mean of those it does."""
    people = load["person_gid"].drop_nulls().unique().sort().to_list()
    shape = (len(people), HORIZON_WEEKS)
    available, assigned = np.full(shape, np.nan), np.full(shape, np.nan)
    row_of = {person: row for row, person in enumerate(people)}
    for person, week_on, has, does in load.drop_nulls().iter_rows():
        week = (week_on - first_on) // WEEK
        if 0 <= week < HORIZON_WEEKS:
            available[row_of[person], week], assigned[row_of[person], week] = has, does
    for hours in (available, assigned):
        for row in hours:
            known = row[~np.isnan(row)]
            row[np.isnan(row)] = known.mean() if known.size else 0.0
    return _Crew(people, first_on, available, assigned)


def _with_one_more(crew: _Crew) -> _Crew:
    """With somebody who has every skill, nothing to do yet, and the hours of most."""
    own = np.median(crew.available, axis=0, keepdims=True) if crew.people else np.zeros((1, HORIZON_WEEKS))
    return _Crew(
        [*crew.people, None],
        crew.first_on,
        np.vstack([crew.available, own]),
        np.vstack([crew.assigned, np.zeros_like(own)]),
    )


def _window(first_on: dt.date, starts_on: dt.date, ends_on: dt.date | None) -> Floats:
    """Share of each week's working days that lies between two days, both included."""
    mondays = np.datetime64(first_on, "D") + 7 * np.arange(HORIZON_WEEKS)
    begin = np.maximum(mondays, np.datetime64(starts_on, "D"))
    end = mondays + 7
    if ends_on is not None:
        end = np.minimum(end, np.datetime64(ends_on, "D") + 1)
    return np.maximum(np.busday_count(begin, np.maximum(end, begin)), 0) / _WORKING_DAYS


def _share_out(
    asks: pl.DataFrame, crew: _Crew, can: set[tuple[str, str]], starts_on: dt.date
) -> tuple[Floats, dt.date | None, list[str]]:
    """Hours of the initiative by person, the day all is finished in free time, and skills that nobody has."""
    window = _window(crew.first_on, starts_on, None)
    room = crew.free * window
    left, hours, ends, lacking = room.copy(), np.zeros(len(crew.people)), [], set[str]()
    for _, amount, skill, person in asks.iter_rows():
        fits = [
            row
            for row, one in enumerate(crew.people)
            if (one == person if person else one is None or skill is None or (one, skill.casefold()) in can)
        ]
        if not fits:
            lacking.add(skill or "")
            continue
        at, row = min((_finish(left[row], room[row], amount), row) for row in fits)
        ends.append(at)
        hours[row] += amount
        left[row] -= np.minimum(left[row], np.maximum(amount - (left[row].cumsum() - left[row]), 0.0))
    last = max(ends, default=0.0)
    is_open = bool(lacking) or last >= HORIZON_WEEKS or not ends
    return hours, None if is_open else _day(crew.first_on, window, last), sorted(lacking)


def _finish(left: Floats, room: Floats, amount: float) -> float:
    """When an amount is done in what is left of a person's free hours: week, and part of its free hours gone."""
    reached = np.flatnonzero(left.cumsum() >= amount - _ROUNDING_HOURS)
    if not reached.size:
        return float(HORIZON_WEEKS)
    week = int(reached[0])
    taken = room[week] - left[week] + amount - left[:week].sum()
    return week + min(taken / room[week], 1 - _ROUNDING_HOURS) if room[week] > 0 else float(week)


def _day(first_on: dt.date, window: Floats, at: float) -> dt.date:
    """The working day on which a part of a week's free hours is gone; the window of the week ends on its Friday."""
    week = int(at)
    days = round(window[week] * _WORKING_DAYS)
    day = _WORKING_DAYS - days + min(int((at - week) * days + 1e-4), max(days - 1, 0))
    return first_on + week * WEEK + dt.timedelta(days=day)


def _lay_out(hours: Floats, crew: _Crew, starts_on: dt.date, due_on: dt.date) -> tuple[Floats, float]:
    """Hours by person and week if it has to be in time, and the share of them that is free."""
    window = _window(crew.first_on, starts_on, due_on)
    free, available = crew.free * window, crew.available * window
    before = free.cumsum(axis=1) - free
    laid = np.minimum(free, np.maximum(hours[:, None] - before, 0.0))
    more = hours - laid.sum(axis=1)
    there = available.sum(axis=1, keepdims=True)
    spread = np.divide(available, there, out=np.zeros_like(available), where=there > 0)
    fit = float(laid.sum() / hours.sum()) if hours.sum() else 0.0
    return laid + more[:, None] * spread, fit


def _overloads(scenario: str, crew: _Crew, laid: Floats) -> list[tuple]:
    """Person-weeks that the initiative brings, or keeps, above 100 %."""
    rows = []
    for row, week in np.argwhere(laid > _ROUNDING_HOURS):
        has, before = crew.available[row, week], crew.assigned[row, week]
        after = before + laid[row, week]
        if has > _ROUNDING_HOURS and after > has + _ROUNDING_HOURS:
            monday = crew.first_on + int(week) * WEEK
            rows.append((scenario, crew.people[row], monday, float(laid[row, week]), before / has, after / has))
    return rows


def _displaced(scenario: str, over: list[tuple], crew: _Crew, backlog: pl.DataFrame) -> list[tuple]:
    """The lowest-scored open tasks of each person, of at least the hours that are too many."""
    too_many: dict[str, float] = {}
    for _, person, week_on, hours, before, _ in over:
        has = crew.available[crew.people.index(person), (week_on - crew.first_on) // WEEK]
        if person is not None:
            too_many[person] = too_many.get(person, 0.0) + min(hours, hours + (before - 1) * has)
    rows = []
    for person, hours in sorted(too_many.items()):
        own = backlog.filter(pl.col("person_gid") == person, pl.col("left_hours") > 0).sort("score", "task_gid")
        before = own["left_hours"].cum_sum() - own["left_hours"]
        rows += [(scenario, *row) for row in own.filter(before < hours - _ROUNDING_HOURS).iter_rows()]
    return rows


def _reason(finish_on: dt.date | None, due_on: dt.date, fit: float, over: list[tuple], lacking: list[str]) -> str:
    """One sentence."""
    if lacking:
        return f"Nobody has the skill {', '.join(lacking)}."
    if finish_on is None:
        return "Free hours do not hold it within a year."
    end = f"{finish_on.day} {finish_on:%b %Y}"
    if finish_on <= due_on:
        return f"Free hours hold it: it could be finished on {end}."
    weeks = f"{len(over)} week{'s' * (len(over) != 1)} of people above 100 %"
    late = f"In free hours it would be finished on {end}"
    return f"{late}; to be in time, {100 * (1 - fit):.0f} % of it would bring {weeks}."
