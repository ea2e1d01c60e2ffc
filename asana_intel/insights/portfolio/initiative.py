"""What a new initiative would do to the current load, in several scenarios; nothing is planned or written here.

Each task goes to the person named, else to the one with the skill who would finish it first in the hours that open work
leaves free, largest first, and none before those it waits for. That gives the day on which all could be finished. If it
has to be finished by the wanted date instead, what does not fit in free hours is spread over the weeks until then, by
the hours people have: that is what goes above 100 %, and their lowest-scored open tasks of as many hours are what it
would displace. Weeks beyond the forecast of the load are like its mean.

Odds of the end come from 400 draws with the same people: each task takes its hours times a ratio of actual to estimated
hours of a finished task, and everybody's open work is above or below its mean by as much as its band tells, in all
weeks alike. The draws are the same in every scenario.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio.frames import checked, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HORIZON_WEEKS = 52
_WORKING_DAYS = 5
_ROUNDING_HOURS = 1e-6
LEAST_RATIOS = 30
"""Finished tasks with an estimate and hours, below which nothing is said of the odds."""
_DRAWS, _SEED = 400, 20_240_229
_BAND = 2 * 1.2815515655446004
"""Standard deviations between the 10th and the 90th percentile."""
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
LINKS: dict[str, pl.DataType] = {"task": pl.String(), "depends_on": pl.String()}
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
    "finish_p10_on": pl.Date(),
    "finish_p50_on": pl.Date(),
    "finish_p90_on": pl.Date(),
    "p_in_time": pl.Float64(),
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
_LAID: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "hours": pl.Float64(),
    "available_hours": pl.Float64(),
    "assigned_hours": pl.Float64(),
}
_DISPLACED: dict[str, pl.DataType] = {"scenario": pl.String()} | OPEN_TASKS


@dataclass(frozen=True)
class Scenario:
    """A way to go about an initiative.

    Attributes:
        name: What the rows of its results are called by.
        later_weeks: Weeks after the wanted start.
        is_after_sprint: It starts after the current sprint.
        free_share: Part of everybody's free hours that it may take, 0..1.
        has_one_more: With one more person, who has every skill and nothing to do yet.
    """

    name: str
    later_weeks: int = 0
    is_after_sprint: bool = False
    free_share: float = 1.0
    has_one_more: bool = False


SCENARIOS = (
    Scenario("now"),
    Scenario("after_sprint", is_after_sprint=True),
    Scenario("one_more", has_one_more=True),
)


@dataclass(frozen=True)
class Initiative:
    """What a new initiative would do.

    Attributes:
        outcomes: A row a scenario: scenario, starts_on, finish_on (null: not within a year, or nobody can do it),
            is_in_time, finish_p10_on, finish_p50_on and finish_p90_on (null: not within a year, or too little is
            known), p_in_time (odds of the wanted date; null: too little is known), fit (share of its hours that fit
            into free time by the wanted date, 0..1), reason.
        weeks: Person-weeks that it would bring above 100 %, if it has to be in time: scenario, person_gid (null: the
            one more), week_on, hours (of it), load_before, load_after (of the hours available).
        laid: Hours of everybody in the weeks from start to wanted date, if it has to be in time: scenario, person_gid
            (null: the one more), week_on, hours (of it), available_hours, assigned_hours (of other work).
        displaced: Open tasks that it would displace then, lowest score first: scenario, task_gid, person_gid, score,
            left_hours.
    """

    outcomes: pl.DataFrame
    weeks: pl.DataFrame
    laid: pl.DataFrame
    displaced: pl.DataFrame


@dataclass(frozen=True)
class _Crew:
    """People by week from a Monday on; shape (people, weeks). None is the one more.

    `spread` is the standard deviation of the assigned hours, `share` the part of free hours that may be taken.
    """

    people: list[str | None]
    first_on: dt.date
    available: Floats
    assigned: Floats
    spread: Floats
    share: float = 1.0

    @property
    def free(self) -> Floats:
        return self.share * np.maximum(self.available - self.assigned, 0.0)

    def free_if(self, row: int, deviations: Floats) -> Floats:
        """Free hours of one person, shape (draws, weeks), if all their open work is so many deviations off."""
        assigned = np.maximum(self.assigned[row] + deviations[:, None] * self.spread[row], 0.0)
        return self.share * np.maximum(self.available[row] - assigned, 0.0)


@dataclass(frozen=True)
class _Given:
    """A task: who does it (a row of the crew), its hours, and which of those before it in the list it waits for."""

    row: int
    hours: float
    waits: tuple[int, ...]


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
    links: pl.DataFrame | None = None,
    ratios: Sequence[float] = (),
    scenarios: Sequence[Scenario] = SCENARIOS,
) -> Initiative:
    """Score an initiative against the current load.

    Args:
        asks: Its tasks: task, hours, and skill or person_gid, or neither (null: anybody may do it).
        skills: person_gid, skill; a row for each.
        load: forecasts/person_load: person_gid, week_on, available_hours, assigned_hours, and p10 and p90 of these,
            where they are known.
        open_tasks: What people have to do: task_gid, person_gid, score (of insights/task_priority), left_hours.
        as_of: It cannot start before.
        start_on: Wanted start.
        due_on: Wanted end.
        sprint_ends_on: Last day of the current sprint; without it there is no scenario after it.
        links: task, depends_on: what each waits for, by its name in `asks`; None = nothing.
        ratios: Actual over estimated hours of finished tasks; fewer than 30 tell nothing of the odds.
        scenarios: What is looked at.

    Raises:
        PermanentError: A column is missing, hours are not above 0, a named person is not in the load, the dates are
            the wrong way round, or tasks wait for each other in a circle or for one that is not there.
    """
    wanted = _checked_asks(asks, checked(load, LOAD, "load"))
    waits = _waits(wanted, links)
    dates = pl.DataFrame({"due_on": [due_on]})
    refuse(dates, pl.col("due_on") < start_on, "dates", "due_on", f"a day on or after the start, {start_on}")
    crew = _crew(load, monday_of(as_of))
    able = checked(skills, SKILLS, "skills").drop_nulls()
    can = {(person, skill.casefold()) for person, skill in able.iter_rows()}
    backlog = checked(open_tasks, OPEN_TASKS, "open_tasks")
    outcomes, weeks, laid_out, displaced = [], [], [], []
    for scenario in scenarios:
        if scenario.is_after_sprint and sprint_ends_on is None:
            continue
        name, starts_on = scenario.name, max(start_on, as_of.date()) + scenario.later_weeks * WEEK
        if scenario.is_after_sprint and sprint_ends_on is not None:
            starts_on = max(starts_on, sprint_ends_on + dt.timedelta(days=1))
        people = replace(_with_one_more(crew) if scenario.has_one_more else crew, share=scenario.free_share)
        given, finish_on, lacking = _share_out(wanted, waits, people, can, starts_on)
        hours = np.zeros(len(people.people))
        for task in given:
            if task.hours:  # nobody does what nobody can
                hours[task.row] += task.hours
        laid, fit = _lay_out(hours, people, starts_on, due_on)
        over = _overloads(name, people, laid)
        odds = _odds(given, people, starts_on, due_on, () if lacking else ratios)
        reason = _reason(starts_on, finish_on, due_on, fit, over, lacking)
        outcomes.append((name, starts_on, finish_on, finish_on is not None and finish_on <= due_on, *odds, fit, reason))
        weeks += over
        laid_out += _laid_weeks(name, people, laid, starts_on, due_on)
        displaced += _displaced(name, over, people, backlog)
    return Initiative(
        pl.DataFrame(outcomes, schema=_OUTCOMES, orient="row"),
        pl.DataFrame(weeks, schema=_WEEKS, orient="row"),
        pl.DataFrame(laid_out, schema=_LAID, orient="row"),
        pl.DataFrame(displaced, schema=_DISPLACED, orient="row"),
    )


def _checked_asks(asks: pl.DataFrame, load: pl.DataFrame) -> pl.DataFrame:
    rows = checked(asks, ASKS, "asks")
    is_amount = ((pl.col("hours") > 0) & pl.col("hours").is_finite()).fill_null(value=False)
    refuse(rows, ~is_amount, "asks", "hours", "hours above 0")
    is_known = pl.col("person_gid").is_in(load["person_gid"].unique().implode()).fill_null(value=True)
    refuse(rows, ~is_known, "asks", "person_gid", "somebody of forecasts/person_load, or nobody")
    return rows.sort(pl.col("person_gid").is_null(), "hours", "task", descending=[False, True, False])


def _waits(asks: pl.DataFrame, links: pl.DataFrame | None) -> list[tuple[int, tuple[int, ...]]]:
    """Rows of the tasks in an order in which each comes after those it waits for, with the places of those."""
    import networkx as nx

    row_of = {task: row for row, task in enumerate(asks["task"])}
    graph = nx.DiGraph()
    graph.add_nodes_from(range(asks.height))
    for task, other in [] if links is None else checked(links, LINKS, "links").iter_rows():
        for name in (task, other):
            if name not in row_of:
                raise PermanentError(f"links: there is no task {name!r}", fix="name a task of the same initiative")
        graph.add_edge(row_of[other], row_of[task])
    try:
        order = list(nx.lexicographical_topological_sort(graph))
    except nx.NetworkXUnfeasible:
        circle = [asks["task"][before] for before, _ in nx.find_cycle(graph)]
        raise PermanentError(
            f"links: tasks wait for each other in a circle: {', '.join(circle)}", fix="take one of the links out"
        ) from None
    place = {row: at for at, row in enumerate(order)}
    return [(row, tuple(sorted(place[before] for before in graph.predecessors(row)))) for row in order]


def _crew(load: pl.DataFrame, first_on: dt.date) -> _Crew:
    """Everybody's weeks; those that the forecast does not reach are like the mean of those it does."""
    known = checked(load, LOAD, "load").with_columns(spread=_spread(load))
    people = known["person_gid"].drop_nulls().unique().sort().to_list()
    weeks = np.full((3, len(people), HORIZON_WEEKS), np.nan)  # available, assigned, spread
    row_of = {person: row for row, person in enumerate(people)}
    for person, week_on, *hours in known.drop_nulls().iter_rows():
        week = (week_on - first_on) // WEEK
        if 0 <= week < HORIZON_WEEKS:
            weeks[:, row_of[person], week] = hours
    for row in weeks.reshape(-1, HORIZON_WEEKS):
        there = row[~np.isnan(row)]
        row[np.isnan(row)] = there.mean() if there.size else 0.0
    return _Crew(people, first_on, weeks[0], weeks[1], weeks[2])


def _spread(load: pl.DataFrame) -> pl.Series:
    """Standard deviation of the assigned hours; 0 where the load has no band."""
    if not {"p10", "p90"} <= set(load.columns):
        return pl.repeat(0.0, load.height, dtype=pl.Float64, eager=True)
    return ((load["p90"] - load["p10"]) / _BAND).cast(pl.Float64).fill_null(0.0).clip(0.0)


def _with_one_more(crew: _Crew) -> _Crew:
    """With somebody who has every skill, nothing to do yet, and the hours of most."""
    own = np.median(crew.available, axis=0, keepdims=True) if crew.people else np.zeros((1, HORIZON_WEEKS))
    nothing = np.zeros_like(own)
    return _Crew(
        [*crew.people, None],
        crew.first_on,
        np.vstack([crew.available, own]),
        np.vstack([crew.assigned, nothing]),
        np.vstack([crew.spread, nothing]),
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
    asks: pl.DataFrame,
    waits: list[tuple[int, tuple[int, ...]]],
    crew: _Crew,
    can: set[tuple[str, str]],
    starts_on: dt.date,
) -> tuple[list[_Given], dt.date | None, list[str]]:
    """Who does what, the day all is finished in free time, and skills that nobody has."""
    window = _window(crew.first_on, starts_on, None)
    room = crew.free * window
    left, given, ends, lacking = room.copy(), list[_Given](), list[float](), set[str]()
    for at, befores in waits:
        _, amount, skill, person = asks.row(at)
        fits = [
            row
            for row, one in enumerate(crew.people)
            if (one == person if person else one is None or skill is None or (one, skill.casefold()) in can)
        ]
        if not fits:
            lacking.add(skill or "")
            ends.append(float(HORIZON_WEEKS))
            given.append(_Given(0, 0.0, befores))
            continue
        after = max((ends[before] for before in befores), default=0.0)
        usable = _usable(left[fits], room[fits], np.full(len(fits), after))
        done = _finish(usable, room[fits], np.full(len(fits), amount))
        best = int(done.argmin())
        _take(left[fits[best]], usable[best], np.float64(amount))
        ends.append(float(done[best]))
        given.append(_Given(fits[best], amount, befores))
    last = max(ends, default=0.0)
    is_open = bool(lacking) or last >= HORIZON_WEEKS or not ends
    return given, None if is_open else _day(crew.first_on, window, last), sorted(lacking)


def _odds(
    given: list[_Given], crew: _Crew, starts_on: dt.date, due_on: dt.date, ratios: Sequence[float]
) -> tuple[dt.date | None, dt.date | None, dt.date | None, float | None]:
    """Days by which it is finished in one, five and nine of ten draws, and how many are in time."""
    if len(ratios) < LEAST_RATIOS or not given:
        return None, None, None, None
    chance = np.random.default_rng(_SEED)
    others = sum(person is not None for person in crew.people)
    deviations = chance.standard_normal((_DRAWS, others + 1))  # the one more comes last, with or without them
    factors = np.sort(np.asarray(ratios))[chance.integers(0, len(ratios), (_DRAWS, len(given)))]
    window = _window(crew.first_on, starts_on, None)
    room = {g.row: crew.free_if(g.row, deviations[:, g.row]) * window for g in given}
    left, ends = {row: hours.copy() for row, hours in room.items()}, []
    for at, task in enumerate(given):
        after = np.max([ends[before] for before in task.waits], axis=0) if task.waits else np.zeros(_DRAWS)
        usable, amount = _usable(left[task.row], room[task.row], after), task.hours * factors[:, at]
        ends.append(_finish(usable, room[task.row], amount))
        _take(left[task.row], usable, amount[:, None])
    last = np.sort(np.max(ends, axis=0))
    days = [None if at >= HORIZON_WEEKS else _day(crew.first_on, window, float(at)) for at in last]
    p10, p50, p90 = (days[int(share * _DRAWS) - 1] for share in (0.1, 0.5, 0.9))
    return p10, p50, p90, sum(day is not None and day <= due_on for day in days) / _DRAWS


def _usable(left: Floats, room: Floats, after: Floats) -> Floats:
    """What is left of free hours, shape (cases, weeks), after an instant each: week, and part of its hours gone."""
    gone = np.clip(after[:, None] - np.arange(HORIZON_WEEKS), 0.0, 1.0)
    return np.minimum(left, room * (1 - gone))


def _take(left: Floats, usable: Floats, amount: Floats | np.float64) -> None:
    """Take an amount from what is left, as early as it is usable."""
    before = usable.cumsum(axis=-1) - usable
    left -= np.minimum(usable, np.maximum(amount - before, 0.0))


def _finish(usable: Floats, room: Floats, amount: Floats) -> Floats:
    """When amounts are done in usable hours: week, and part of its free hours gone; shapes (cases, weeks), (cases,)."""
    total = usable.cumsum(axis=1)
    reached = total >= amount[:, None] - _ROUNDING_HOURS
    week, case = reached.argmax(axis=1), np.arange(len(amount))
    there, whole = usable[case, week], room[case, week]
    taken = whole - there + amount - (total[case, week] - there)
    part = np.divide(taken, whole, out=np.zeros_like(taken), where=whole > _ROUNDING_HOURS)
    return np.where(reached.any(axis=1), week + np.clip(part, 0.0, 1 - _ROUNDING_HOURS), float(HORIZON_WEEKS))


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


def _laid_weeks(scenario: str, crew: _Crew, laid: Floats, starts_on: dt.date, due_on: dt.date) -> list[tuple]:
    """Everybody's weeks between the two days."""
    weeks = np.flatnonzero(_window(crew.first_on, starts_on, due_on))
    return [
        (scenario, person, crew.first_on + int(week) * WEEK, float(laid[row, week]), float(crew.available[row, week]),
         float(crew.assigned[row, week]))
        for row, person in enumerate(crew.people)
        for week in weeks
    ]  # fmt: skip


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


def _reason(
    starts_on: dt.date,
    finish_on: dt.date | None,
    due_on: dt.date,
    fit: float,
    over: list[tuple],
    lacking: list[str],
) -> str:
    """One sentence."""
    if lacking:
        return f"Nobody has the skill {', '.join(lacking)}."
    if starts_on > due_on:
        return "It would start after the day on which it is due."
    if finish_on is None:
        return "Free hours do not hold it within a year."
    end = f"{finish_on.day} {finish_on:%b %Y}"
    if finish_on <= due_on:
        return f"Free hours hold it: it could be finished on {end}."
    weeks = f"{len(over)} week{'s' * (len(over) != 1)} of people above 100 %"
    late = f"In free hours it would be finished on {end}"
    if not over:
        return f"{late}; to be in time, {100 * (1 - fit):.0f} % of it would go beyond these, and nobody above 100 %."
    return f"{late}; to be in time, {100 * (1 - fit):.0f} % of it would bring {weeks}."
