"""Which moves of each task are possible at all, and what each changes; which of them are made is decided elsewhere.

- reassign, split: to somebody else who may do the task, in the same days; half of the hours in a split.
- shift: the whole window later by whole weeks. What has no due date, or is overdue, may always; other tasks by their
  slack, or where delays are allowed.
- resequence: later start or earlier end, on a week's boundary, within the window.

Days in which nobody could do the work are not offered, unless it has no better ones now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.rebalance.problem import NOBODY, Problem, following, minutes
from asana_intel.workload.load import CATCH_UP_DAYS, UNDATED_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from asana_intel.insights.rebalance.case import Case

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

REASSIGN, SHIFT, SPLIT, RESEQUENCE = KINDS = ("reassign", "shift", "split", "resequence")
SPLIT_PART = 0.5
CHAIN_TASKS = 400
"""Open tasks up to which also those move that only make room for others."""
LEAST_SPLIT_HOURS = 8.0
"""Hours below which a task is not worth two people."""
BEGUN_COST = {REASSIGN: 1000, SPLIT: 500, SHIFT: 500, RESEQUENCE: 500}
"""What it costs to move a task that somebody has begun; a week's delay costs 100."""
SCORE_COST, WEEK_COST, HOUR_COST, FIT_COST, SPLIT_COST = 400, 100, 10, 200, 300
"""For a score of 100, a week later, an hour moved, a person whose fit is 0, and a second task that a split makes."""


_ROUNDING = 1e-6


@dataclass(frozen=True)
class Option:
    """One way to move one task.

    Attributes:
        task: Row of the task in the case.
        kind: One of `KINDS`.
        to: Row of the person who gets work, or NOBODY.
        first: First day of the window after it, counted from today.
        last: Last day.
        part: Share of the hours that goes to `to`.
        weeks: Weeks later.
        fit: Of `to`, 0..1.
    """

    task: int
    kind: str
    to: int
    first: int
    last: int
    part: float = 0.0
    weeks: int = 0
    fit: float = 1.0


def possible_moves(case: Case) -> tuple[list[Option], Problem]:
    """Every possible move, and the problem to choose of them, numbered alike."""
    options = [option for task in _movable(case) for option in _of_task(case, task)]
    problem = _problem(case, options)
    worth = np.flatnonzero(_is_worth_it(case, problem))
    return [options[row] for row in worth], problem.only(worth)


def _movable(case: Case) -> list[int]:
    """All tasks; in a larger company only those of overloaded people and those that wait for them."""
    if case.tasks.height <= CHAIN_TASKS:
        return list(range(case.tasks.height))
    own = set(np.flatnonzero(case.is_over[case.work.rows]).tolist())
    return sorted(own | following(case.links, own))


def _is_worth_it(case: Case, problem: Problem) -> NDArray[np.bool_]:
    """Moves that take enough from some weeks of the owner, or that a move of what the task waits for may need."""
    taken = np.maximum(-problem.own, 0).sum(axis=1)
    least = max(int(minutes(np.array(case.rules.least_hours))), 1)
    is_needed = np.isin(problem.task, problem.links[:, 0]) & ((problem.basis > 0) | problem.is_shift)
    return (taken >= least) | is_needed


def _problem(case: Case, options: list[Option]) -> Problem:
    task, to, first, last = (
        np.array([getattr(option, name) for option in options], dtype=np.int64)
        for name in ("task", "to", "first", "last")
    )
    part = np.array([option.part for option in options])
    work, owner = case.work, case.work.rows
    hours = case.left_hours[task]
    stays = shares(case, owner[task], first, last)
    now = work.shares[task]
    goes = shares(case, np.where(to == NOBODY, owner[task], to), first, last)
    own = (stays * (1 - part)[:, None] - now) * hours[:, None]
    moved = np.where(to == NOBODY, np.abs(own).sum(axis=1) / 2, part * hours)
    basis = np.where(case.starts_itself[task], first - work.first[task], last - work.last[task])
    return Problem(
        before=minutes(case.before),
        limit=minutes(case.limit),
        watched=case.rules.watched_weeks,
        owner=owner,
        task=task,
        to=to,
        own=minutes(own[:, :-1]),
        theirs=minutes((goes * (part * hours)[:, None])[:, :-1]),
        cost=_cost(case, options, moved),
        end=last - work.last[task],
        basis=basis,
        links=case.links,
        room=_room(case),
        is_shift=np.array([option.kind == SHIFT for option in options], dtype=bool),
    )


def shares(case: Case, rows: Ints, first: Ints, last: Ints) -> Floats:
    """Share of a task's hours that falls into each week, and beyond, for other people or days."""
    return replace(case.work, rows=rows, first=first, last=last).delayed_shares(0)


def _room(case: Case) -> Ints:
    """Days by which a blocker may end later: up to the day before what waits for it begins, or that it ends before."""
    waiting, blocker = case.links.T
    work = case.work
    begins = np.where(case.starts_itself[waiting], work.first[waiting], work.last[waiting])
    return np.maximum(begins - 1 - work.last[blocker], 0)


def _cost(case: Case, options: list[Option], moved: Floats) -> Ints:
    begun, score = (case.tasks[name].to_list() for name in ("is_begun", "score"))
    return np.array(
        [
            round(
                BEGUN_COST[option.kind] * begun[option.task]
                + SCORE_COST * score[option.task] / 100
                + WEEK_COST * option.weeks
                + HOUR_COST * hours
                + FIT_COST * (1 - option.fit)
                + SPLIT_COST * (option.kind == SPLIT)
            )
            for option, hours in zip(options, moved.tolist(), strict=True)
        ],
        dtype=np.int64,
    )


def _of_task(case: Case, task: int) -> Iterator[Option]:
    row = case.rows[task]
    if case.left_hours[task] <= 0:
        return
    if not row["keeps_person"]:
        yield from _to_others(case, task)
    if not row["keeps_dates"]:
        yield from _shifts(case, task, row)
        if row["due_on"] is not None and row["due"] >= 0:
            yield from _resequences(case, task)


def _to_others(case: Case, task: int) -> Iterator[Option]:
    first, last = int(case.work.first[task]), int(case.work.last[task])
    for person, fit in case.receivers.get(task, ()):
        if _holds(case, task, person, first, last):
            yield Option(task, REASSIGN, person, first, last, part=1.0, fit=fit)
        is_large = case.left_hours[task] >= LEAST_SPLIT_HOURS
        if case.rules.may_split and is_large and _holds(case, task, person, first, last, SPLIT_PART):
            yield Option(task, SPLIT, person, first, last, part=SPLIT_PART, fit=fit)


def _shifts(case: Case, task: int, row: dict) -> Iterator[Option]:
    work, owner = case.work, int(case.work.rows[task])
    first, last = int(work.first[task]), int(work.last[task])
    mondays = work.week_starts
    for weeks in range(1, case.rules.most_delay_weeks + 1):
        # What could begin today begins on a Monday; what has days of its own keeps its weekdays.
        later = int(mondays[0]) + 7 * weeks if first == 0 else first + 7 * weeks
        if row["due_on"] is None:
            end = later + UNDATED_DAYS - 1
        elif row["due"] < 0:
            end = case.last_working_day(owner, later, later + CATCH_UP_DAYS - 1)
        else:
            end = last + 7 * weeks
            if end > row["latest"]:
                return
        if end > row["before"]:
            return
        if end < case.days and _holds(case, task, owner, later, end):
            yield Option(task, SHIFT, NOBODY, later, end, weeks=weeks)


def _resequences(case: Case, task: int) -> Iterator[Option]:
    work, owner = case.work, int(case.work.rows[task])
    first, last = int(work.first[task]), int(work.last[task])
    for monday in work.week_starts.tolist():
        if not first < monday <= last:
            continue
        if _holds(case, task, owner, monday, last):
            yield Option(task, RESEQUENCE, NOBODY, monday, last)
        if _holds(case, task, owner, first, monday - 1):
            yield Option(task, RESEQUENCE, NOBODY, first, case.last_working_day(owner, first, monday - 1))


def _holds(case: Case, task: int, person: int, first: int, last: int, part: float = 1.0) -> bool:
    """Whether somebody has the time for a task in some days, or no less of it than its owner has now in its own."""
    work = case.work
    now = case.available(int(work.rows[task]), int(work.first[task]), int(work.last[task]))
    has = case.available(person, first, last)
    return has > 0 and has >= min(case.left_hours[task] * part / case.rules.limit, now) - _ROUNDING
