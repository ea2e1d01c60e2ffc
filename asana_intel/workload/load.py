"""How much of each person's coming weeks their open tasks fill, and the odds that it is too much.

What a task takes comes from `effort`, when a person can work from `working_time`; which tasks fill a week is named in
`load_causes`. Work that nobody has yet is not in it: the odds speak of what is assigned today.

Rules, all of them on the person's own working time, so that time off moves work and adds none:
- What is left of a task falls evenly on the hours available from today, or its start, to its due date.
- Overdue work is due in the week that begins today. Work without a due date takes eight weeks from its start, or today.
- A due date before the start counts as the start. Where no hour is available in the whole window, the work is done in
  the week that begins on the first day with any.
- A due date later than the working time that is laid out, a year at most, counts as its last day.
- Logged hours count as done; what an open task still takes is the rest, given that it took more than was logged.

Every task has its own error, and each person one that all their tasks share, so that errors do not just cancel out.
A path draws both. Draws depend on the gids and the day alone: the same task has the same luck in every counterfactual.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.storage.conform import conform
from asana_intel.workload.effort import Effort

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from asana_intel.workload.effort import EffortModel
    from asana_intel.workload.working_time import WorkingTime

    Floats = NDArray[np.float64]
    Days = NDArray[np.int64]

OPEN_TASKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "person_gid": pl.String(),
    "project_gid": pl.String(),
    "created_on": pl.Date(),
    "start_on": pl.Date(),
    "due_on": pl.Date(),
    "effort_hours": pl.Float64(),
    "logged_hours": pl.Float64(),
}
UNDATED_DAYS = 56
CATCH_UP_DAYS = 7
MOST_DAYS = 371
SHARED_SPREAD = 0.4
"""Of the log error that all tasks of a person share."""
OVERLOADS = (1.1, 1.2)
PATHS = 1000
_FURTHEST_SCORE = 37.0  # further out the normal tail is zero in double precision
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Work:
    """Open tasks, and the days on which they are to be done.

    Attributes:
        tasks: `OPEN_TASKS` less created_on, sorted by person and task.
        effort: Their distributions, in the same order.
        rows: Row of each one's person in `time`.
        first: First day of its window, counted from the first day of `time`.
        last: Its last day.
        time: When people work.
        mondays: Weeks of the horizon; the first may have begun.
    """

    tasks: pl.DataFrame
    effort: Effort
    rows: Days
    first: Days
    last: Days
    time: WorkingTime
    mondays: list[datetime.date]

    @cached_property
    def week_starts(self) -> Days:
        """First day of each week, counted from the first day of `time`; that of the running week may lie before it."""
        return np.array([(monday - self.time.first_on).days for monday in self.mondays], dtype=np.int64)

    @cached_property
    def expected(self) -> Floats:
        """Mean hours left of each task."""
        means = [self.hours(person, rows).mean(axis=1) for person, rows in self.by_person()]
        return np.concatenate(means) if means else np.empty(0)

    @cached_property
    def shares(self) -> Floats:
        """Share of what is left of each task that falls into each week, and beyond them all: (tasks, weeks + 1)."""
        return self.delayed_shares(0)

    def delayed_shares(self, days_later: int) -> Floats:
        """The shares, were every window some days later."""
        elapsed = self.time.elapsed
        days = elapsed.shape[1] - 1
        first = np.minimum(self.first + days_later, days)
        end = np.minimum(self.last + days_later + 1, days)
        before, until = elapsed[self.rows, first], elapsed[self.rows, end]
        for task in np.flatnonzero(until <= before):
            own = elapsed[self.rows[task]]
            first_day = np.searchsorted(own, before[task], side="right") - 1
            end[task] = min(first_day + CATCH_UP_DAYS, days)
            until[task] = own[end[task]]
        starts = self.week_starts
        from_day = np.clip(np.maximum(first[:, None], starts), 0, days)
        to_day = np.clip(np.minimum(end[:, None], starts + 7), 0, days)
        rows = self.rows[:, None]
        inside = np.where(to_day > from_day, elapsed[rows, to_day] - elapsed[rows, from_day], 0.0)
        window = (until - before)[:, None]
        shares = np.divide(inside, window, out=np.zeros(inside.shape), where=window > 0)
        return np.column_stack([shares, np.clip(1.0 - shares.sum(axis=1), 0.0, 1.0)])

    def available(self, rows: slice) -> Floats:
        """Hours available in each week to the person of these tasks."""
        return self.available_to(int(self.rows[rows.start]))

    def available_to(self, row: int) -> Floats:
        """Hours available in each week to the person of a row of `time`."""
        own = self.time.elapsed[row]
        starts, days = self.week_starts, own.size - 1
        return own[np.clip(starts + 7, 0, days)] - own[np.clip(starts, 0, days)]

    def by_person(self) -> Iterator[tuple[str, slice]]:
        """Each person who has tasks, and the rows of these."""
        counts = self.tasks.group_by("person_gid", maintain_order=True).len()
        start = 0
        for person, count in counts.iter_rows():
            yield person, slice(start, start + count)
            start += count

    def hours(self, person: str, rows: slice) -> Floats:
        """What is left of each task of a person on each path: (tasks, paths)."""
        as_of = self.time.first_on
        shared = SHARED_SPREAD * _scores(f"{person}|{as_of}")
        gids = self.tasks["task_gid"][rows]
        own = np.stack([_scores(f"{person}|{gid}|{as_of}") for gid in gids])
        median = self.effort.median[rows, None] + shared
        below, above = self.effort.below[rows, None], self.effort.above[rows, None]
        logged = self.tasks["logged_hours"][rows].to_numpy()[:, None]
        is_begun = logged[:, 0] > 0
        own[is_begun] = _beyond(own[is_begun], median[is_begun], below[is_begun], above[is_begun], logged[is_begun])
        return np.maximum(np.exp(median + np.where(own < 0, below, above) * own) - logged, 0.0)


def days_to_lay_out(tasks: pl.DataFrame, as_of: datetime.date, weeks: int) -> int:
    """How many days of working time `plan_work` needs: the horizon and every task's window, but a year at most.

    Args:
        tasks: As for `plan_work`.
        as_of: Today.
        weeks: Horizon in weeks.
    """
    last = conform(tasks, OPEN_TASKS, "tasks").select(_window(as_of)).select(pl.col("last").max()).item()
    return min(max((last or 0) + 1, 7 * weeks), MOST_DAYS)


def _window(as_of: datetime.date) -> list[pl.Expr]:
    """First and last day on which a task is to be done, counted from today."""
    first = (pl.col("start_on") - as_of).dt.total_days().fill_null(0).clip(lower_bound=0)
    due = (pl.col("due_on") - as_of).dt.total_days()
    last = (
        pl.when(due.is_null())
        .then(first + UNDATED_DAYS - 1)
        .when(due < 0)
        .then(first + CATCH_UP_DAYS - 1)
        .otherwise(pl.max_horizontal(due, first))
    )
    return [first.alias("first"), last.alias("last")]


def plan_work(tasks: pl.DataFrame, model: EffortModel, time: WorkingTime, weeks: int) -> Work:
    """Lay open tasks into their people's working time, from the first day of `time` on.

    Args:
        tasks: task_gid, person_gid, project_gid, created_on, start_on, due_on, effort_hours, logged_hours; dates and
            hours may be null. Tasks created after the first day of `time` are left out, and so are those of nobody,
            of people without a row in `time`, and with an effort of zero. One gid counts once.
        model: What finished work teaches.
        time: When people work; its first day is today, and `days_to_lay_out` says how far it should reach.
        weeks: Horizon in weeks, the running one included.

    Raises:
        PermanentError: A column is missing or of a wrong type.
    """
    as_of = time.first_on
    rows = pl.DataFrame({"person_gid": time.persons}, schema={"person_gid": pl.String}).with_row_index("row")
    known = (
        conform(tasks, OPEN_TASKS, "tasks")
        .filter(pl.col("created_on").is_null() | (pl.col("created_on") <= as_of))
        .filter(pl.col("task_gid").is_not_null(), pl.col("effort_hours").is_null() | (pl.col("effort_hours") != 0))
        .drop("created_on")
        .sort(pl.all())
        .unique("task_gid", keep="first")
        .with_columns(pl.col("logged_hours").fill_null(0.0).clip(lower_bound=0.0))
        .join(rows, on="person_gid")
        .sort("person_gid", "task_gid")
    )
    return lay_out(known, model.of(known), time, weeks)


def lay_out(known: pl.DataFrame, effort: Effort, time: WorkingTime, weeks: int) -> Work:
    """Lay tasks whose effort is known into their people's working time.

    Args:
        known: `OPEN_TASKS` less created_on, and `row` of each one's person in `time`; sorted by person and task.
        effort: Their distributions, in the same order.
        time: When people work; its first day is today.
        weeks: Horizon in weeks, the running one included.
    """
    as_of = time.first_on
    window = known.select(_window(as_of))
    days = time.scheduled.shape[1]
    monday = as_of - timedelta(days=as_of.weekday())
    return Work(
        tasks=known.drop("row"),
        effort=effort,
        rows=known["row"].to_numpy().astype(np.int64),
        first=window["first"].to_numpy().astype(np.int64),
        last=np.minimum(window["last"].to_numpy(), days - 1).astype(np.int64),
        time=time,
        mondays=[monday + n * _WEEK for n in range(weeks)],
    )


def forecast_load(work: Work, overload_above: float = 1.1, underused_below: float = 0.8) -> pl.DataFrame:
    """The load of everybody in the working time, tasks or not.

    Args:
        work: From `plan_work`.
        overload_above: Load over availability that counts as overload.
        underused_below: Load below which somebody has room.

    Returns:
        Per person and week, in this order, what the hours of the running week are counted from today: person_gid,
        week_on; working_hours, holiday_hours, time_off_hours, available_hours; assigned_hours (mean), p10, p90,
        load_pct; estimated_share and inferred_share of the assigned hours; open_tasks; p_over_110, p_over_120,
        p_overload (beyond `overload_above`), state (Underutilized, At Capacity or Overloaded, as the median load
        is) and p_state. Load and state are null where no
        hour is available, the shares where none is assigned.
    """
    weeks = len(work.mondays)
    drawn = {
        person: _week_figures(work, person, rows, overload_above, underused_below) for person, rows in work.by_person()
    }
    idle = np.tile([0.0] * (len(_FIGURES) - 1) + [1.0], (weeks, 1))
    persons = work.time.persons
    figures = (
        np.concatenate([drawn.get(person, idle) for person in persons])
        if len(persons)
        else np.empty((0, len(_FIGURES)))
    )
    week_on = pl.Series("week_on", work.mondays, pl.Date)
    state, p_state = state_of(pl.col("p_overload"), pl.col("p_underused"))
    frame = persons.to_frame().join(week_on.to_frame(), how="cross", maintain_order="left_right")
    return (
        frame.with_columns(pl.Series(name, figures[:, n], pl.Float64) for n, name in enumerate(_FIGURES))
        .join(work.time.by_week(), on=["person_gid", "week_on"], how="left", maintain_order="left")
        .with_columns(pl.col(_TIMES).fill_null(0.0))
        .with_columns(
            pl.col("open_tasks").cast(pl.Int64),
            load_pct=_ratio("assigned_hours", "available_hours"),
            estimated_share=_ratio("estimated_hours", "assigned_hours"),
            inferred_share=1 - _ratio("estimated_hours", "assigned_hours"),
        )
        .with_columns(state=state, p_state=p_state)
        .drop("estimated_hours", "p_underused")
    )


_TIMES = ["working_hours", "holiday_hours", "time_off_hours", "available_hours"]
_FIGURES = (
    "assigned_hours",
    "p10",
    "p90",
    "estimated_hours",
    "open_tasks",
    "p_over_110",
    "p_over_120",
    "p_overload",
    "p_underused",
)


def _week_figures(work: Work, person: str, rows: slice, over: float, under: float) -> Floats:
    """`_FIGURES` of a person's weeks: (weeks, figures)."""
    shares = work.shares[rows, :-1]
    hours = work.hours(person, rows)
    total = shares.T @ hours
    mean = hours.mean(axis=1)
    estimated = shares.T @ np.where(work.effort.is_inferred[rows], 0.0, mean)
    available = work.available(rows)[:, None]
    low, high = np.quantile(total, [0.1, 0.9], axis=1)
    odds = [(total > limit * available).mean(axis=1) for limit in (*OVERLOADS, over)]
    room = (total < under * available).mean(axis=1)
    return np.column_stack([shares.T @ mean, low, high, estimated, (shares > 0).sum(axis=0), *odds, room])


def _ratio(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def state_of(over: pl.Expr, under: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """State of a week by its median load, and its probability; both null where no hour is available.

    Args:
        over: Probability of overload.
        under: Probability of room.
    """
    between = (1 - over - under).clip(lower_bound=0.0)
    state = pl.when(over > 0.5).then(pl.lit("Overloaded")).when(under > 0.5).then(pl.lit("Underutilized"))
    odds = pl.when(over > 0.5).then(over).when(under > 0.5).then(under)
    works = pl.when(pl.col("available_hours") > 0)
    return works.then(state.otherwise(pl.lit("At Capacity"))), works.then(odds.otherwise(between))


def _scores(name: str) -> Floats:
    """A thousand standard normal scores in an order that the name alone decides: every quantile is hit once."""
    seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
    return _normal_scores()[np.random.default_rng(seed).permutation(PATHS)]


@cache
def _normal_scores() -> Floats:
    from scipy.special import ndtri

    return ndtri((np.arange(PATHS) + 0.5) / PATHS)


def _beyond(own: Floats, median: Floats, below: Floats, above: Floats, logged: Floats) -> Floats:
    """The scores of tasks that took more than was logged: the same luck among the outcomes that are left."""
    from scipy.special import ndtr, ndtri

    passed = np.log(logged) - median
    passed /= np.where(passed < 0, below, above)
    return -ndtri(ndtr(-own) * ndtr(-np.minimum(passed, _FURTHEST_SCORE)))
