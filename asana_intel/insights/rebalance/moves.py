"""Chosen options as rows: who, when, what caused what, in which order; why in words is told elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.rebalance.options import RESEQUENCE, SHIFT
from asana_intel.insights.rebalance.problem import MINUTES, NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asana_intel.insights.rebalance.case import Case
    from asana_intel.insights.rebalance.options import Option
    from asana_intel.insights.rebalance.problem import Problem

MOVES: dict[str, pl.DataType] = {
    "rank": pl.Int64(),
    "kind": pl.String(),
    "task_gid": pl.String(),
    "from_person_gid": pl.String(),
    "to_person_gid": pl.String(),
    "moved_hours": pl.Float64(),
    "start_on": pl.Date(),
    "due_on": pl.Date(),
    "new_start_on": pl.Date(),
    "new_due_on": pl.Date(),
    "cascade_of_gid": pl.String(),
    "relieved_person_gid": pl.String(),
    "relieved_week_on": pl.Date(),
    "part": pl.Float64(),
    "weeks_later": pl.Int64(),
    "fit": pl.Float64(),
    "week_before_hours": pl.Float64(),
    "week_after_hours": pl.Float64(),
    "week_available_hours": pl.Float64(),
}


@dataclass(frozen=True)
class _Cause:
    """What a move is made for: the option that made it necessary (None: itself), and the week it relieves."""

    option: int | None
    person: int
    week: int


def moves_frame(case: Case, options: list[Option], problem: Problem, chosen: Sequence[int]) -> pl.DataFrame:
    """One row per chosen option, of the columns `MOVES`, in the order in which to make them.

    Those that relieve the earliest week come first, of these those that take most from it; what a move makes necessary
    follows it.
    """
    causes = {option: _cause(problem, options, chosen, option) for option in chosen}
    after = problem.after(chosen)
    rows = [
        _row(case, options[option], option, causes, options, problem, after) | {"rank": rank}
        for rank, option in enumerate(_ordered(problem, causes), start=1)
    ]
    return pl.DataFrame(rows, schema=MOVES)


def _cause(problem: Problem, options: list[Option], chosen: Sequence[int], option: int) -> _Cause:
    own, owner = problem.own[option], int(problem.owner[problem.task[option]])
    helps = np.where(problem.over[owner], -own, 0)
    blocker = _blocker(problem, chosen, option) if options[option].kind in (SHIFT, RESEQUENCE) else None
    if blocker is not None:
        return _Cause(blocker, owner, int(helps.argmax()))
    if helps.max() > 0:
        return _Cause(None, owner, int(helps.argmax()))
    # Somebody gives work away only to have room for other work.
    received = [one for one in chosen if problem.to[one] == owner]
    most = max(received, key=lambda one: (int(problem.theirs[one].sum()), -one), default=None)
    return _Cause(most, owner, int((-own).argmax()))


def _blocker(problem: Problem, chosen: Sequence[int], option: int) -> int | None:
    """The move that would not be allowed, were this one not made."""
    task = int(problem.task[option])
    of_task = {int(problem.task[one]): one for one in chosen}
    for (waiting, blocker), room in zip(problem.links.tolist(), problem.room.tolist(), strict=True):
        if waiting == task and blocker in of_task and problem.end[of_task[blocker]] > room:
            return of_task[blocker]
    return None


def _ordered(problem: Problem, causes: dict[int, _Cause]) -> list[int]:
    """Each move after the one it is caused by."""

    def key(option: int) -> tuple[int, int, int]:
        cause = causes[option]
        return cause.week, int(problem.own[option, cause.week]), option

    following: dict[int | None, list[int]] = {}
    for option in sorted(causes, key=key):
        following.setdefault(causes[option].option, []).append(option)
    order: list[int] = []
    waiting = list(reversed(following.get(None, [])))
    while waiting:
        option = waiting.pop()
        order.append(option)
        waiting += reversed(following.get(option, []))
    return order + [option for option in sorted(causes, key=key) if option not in set(order)]  # caused in a circle


def _row(
    case: Case,
    move: Option,
    option: int,
    causes: dict[int, _Cause],
    options: list[Option],
    problem: Problem,
    after: np.ndarray,
) -> dict:
    task = case.tasks.row(move.task, named=True)
    persons, gids, cause = case.work.time.persons, case.tasks["task_gid"], _root(causes, option)
    own = problem.own[option]
    moved = case.left_hours[move.task] * move.part if move.to != NOBODY else np.abs(own).sum() / 2 / MINUTES
    new_start_on, new_due_on = _new_dates(case, move, task)
    by = causes[option].option
    return {
        "kind": move.kind,
        "task_gid": task["task_gid"],
        "from_person_gid": task["person_gid"],
        "to_person_gid": None if move.to == NOBODY else persons[move.to],
        "moved_hours": float(moved),
        "start_on": task["start_on"],
        "due_on": task["due_on"],
        "new_start_on": new_start_on,
        "new_due_on": new_due_on,
        "cascade_of_gid": None if by is None else gids[options[by].task],
        "relieved_person_gid": persons[cause.person],
        "relieved_week_on": case.work.mondays[cause.week],
        "part": move.part,
        "weeks_later": move.weeks,
        "fit": move.fit,
        "week_before_hours": problem.before[cause.person, cause.week] / MINUTES,
        "week_after_hours": after[cause.person, cause.week] / MINUTES,
        "week_available_hours": float(case.weekly[cause.person, cause.week]),
    }


def _root(causes: dict[int, _Cause], option: int) -> _Cause:
    """The cause at the beginning of a chain of moves."""
    seen = {option}
    while (by := causes[option].option) is not None and by not in seen:
        seen.add(by)
        option = by
    return causes[option]


def _new_dates(case: Case, move: Option, task: dict) -> tuple:
    """Start and due date after a move: what a window does not change stays as it is, null too."""
    if move.to != NOBODY:
        return task["start_on"], task["due_on"]
    today, work = case.work.time.first_on, case.work
    start_on, due_on = today + timedelta(days=move.first), today + timedelta(days=move.last)
    if move.first == work.first[move.task]:
        start_on = task["start_on"]
    if move.last == work.last[move.task] or task["due_on"] is None:
        due_on = task["due_on"]
    return start_on, due_on
