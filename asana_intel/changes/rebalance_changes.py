"""Changes wanted so that nobody's week is too full: the proposed moves of tasks, as rows to approve. Pure.

Which moves those are is insights/rebalance's. A move and what it makes necessary are proposed together or not at all,
and nothing is proposed on a task that not everybody may read, or that people took back from us.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any

import polars as pl

from asana_intel.changes.backlog import Backlog
from asana_intel.changes.canonical import canonical
from asana_intel.changes.inputs import PlanInputs, PlanRules, Week
from asana_intel.changes.task_kinds import dates_value
from asana_intel.workload.groups import manager_of
from asana_intel.workload.load import OVERLOADS

Row = dict[str, Any]
MADE_BY = "rebalance_moves"
SPLIT = "split"
"""A move that nothing is written of: who gets which part of a task, people say in it."""
_FIELDS = ("assignee", "dates")


def load_moves(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """Rows of the moves that may be proposed, those first that relieve most, until those of a week are enough.

    What a move makes necessary follows from it: a row names the one without which it is not written. Of one person, and
    of those whom one manager answers for, only so many moves are proposed in a week.
    """
    if rules.moves <= len(inputs.moved_tasks) or inputs.rebalance_moves.is_empty():
        return
    desk, room = _Desk(inputs, week), _Room(inputs, week, rules)
    waiting = _most_relief_first(_groups(inputs.rebalance_moves), inputs.person_load)
    while (found := next((g for g in waiting if room.holds(g, waiting) and desk.may_move_all(g)), None)) is not None:
        waiting.remove(found)
        room.take(found)
        for move in found:
            yield from desk.rows(move)


def _most_relief_first(groups: list[list[Row]], load: pl.DataFrame) -> list[list[Row]]:
    """Groups by what each of their moves relieves: the hours it takes from above the limit, times the odds."""
    over = {
        (row["person_gid"], row["week_on"]): max(row["assigned_hours"] - OVERLOADS[0] * row["available_hours"], 0.0)
        for row in load.select("person_gid", "week_on", "assigned_hours", "available_hours").iter_rows(named=True)
    }

    def relief(group: list[Row]) -> float:
        own = [move for move in group if move["cascade_of_gid"] is None]
        hours = (
            min(move["moved_hours"], over.get((move["relieved_person_gid"], move["relieved_week_on"]), inf))
            for move in own
        )
        return sum(taken * move["p_before"] for taken, move in zip(hours, own, strict=True)) / len(group)

    return sorted(groups, key=lambda group: (-relief(group), group[0]["rank"]))


class _Room:
    """How many more moves a week holds: in all, of one person, and of the people of one manager."""

    def __init__(self, inputs: PlanInputs, week: Week, rules: PlanRules) -> None:
        self._teams, self._memberships, self._rules = week.teams, inputs.team_memberships, rules
        moved = inputs.tasks.filter(pl.col("task_gid").is_in(sorted(inputs.moved_tasks)))["assignee_gid"].drop_nulls()
        self._tasks, self._people = len(inputs.moved_tasks), Counter(moved)
        self._reviews = Counter(manager for person in moved for manager in self._managers_of({person}))

    def holds(self, group: list[Row], waiting: list[list[Row]]) -> bool:
        """Whether a group is not too many, and rests on none that waits: that its receivers give work away first."""
        people = _concerned(group)
        receivers = {move["to_person_gid"] for move in group}
        return (
            self._tasks + len(group) <= self._rules.moves
            and all(self._people[person] < self._rules.moves_a_person for person in people)
            and all(self._reviews[manager] < self._rules.moves_a_manager for manager in self._managers_of(people))
            and not any(
                other[0]["rank"] < group[0]["rank"] and other[0]["from_person_gid"] in receivers for other in waiting
            )
        )

    def take(self, group: list[Row]) -> None:
        """Count a group that is proposed."""
        people = _concerned(group)
        self._tasks += len(group)
        self._people.update(people)
        self._reviews.update(self._managers_of(people))

    def _managers_of(self, people: set[str]) -> set[str]:
        managers = {manager_of(p, self._teams.get(p), self._rules.managers, self._memberships) for p in people}
        return managers - {None}  # pyright: ignore[reportReturnType]


def _concerned(group: list[Row]) -> set[str]:
    """Whose work a group of moves changes."""
    people = {move[name] for move in group for name in ("from_person_gid", "to_person_gid")}
    return people - {None}


def _groups(moves: pl.DataFrame) -> list[list[Row]]:
    """Each move that relieves somebody itself with all that it makes necessary, in their order."""
    groups: dict[str, list[Row]] = {}
    home: dict[str, str] = {}
    for move in moves.filter(pl.col("kind") != SPLIT).sort("rank").to_dicts():
        gid: str = move["task_gid"]
        home[gid] = home.get(move["cascade_of_gid"], gid)
        groups.setdefault(home[gid], []).append(move)
    return list(groups.values())


@dataclass
class _Desk:
    """What a plan may say of moves, and the rows made so far."""

    inputs: PlanInputs
    week: Week
    last_row: dict[str, str] = field(default_factory=dict)  # task -> key of the last row of its move

    def __post_init__(self) -> None:
        self._writable = Backlog.of(self.inputs).tasks
        self._people = frozenset(self.inputs.people["person_gid"])
        self._tasks = {t["task_gid"]: t for t in self.inputs.tasks.filter(
            pl.col("task_gid").is_in(self.inputs.rebalance_moves["task_gid"].implode())).to_dicts()}  # fmt: skip

    def may_move_all(self, group: list[Row]) -> bool:
        """Whether a group of moves may be proposed: it follows from nothing outside, and moves no task twice."""
        gids = {move["task_gid"] for move in group}
        is_whole = group[0]["cascade_of_gid"] is None and len(gids) == len(group) and not gids & self.last_row.keys()
        return is_whole and all(map(self._may_move, group))

    def _may_move(self, move: Row) -> bool:
        """Whether a move may be proposed: on a task of everybody, as it stands, that nobody took back from us."""
        gid = move["task_gid"]
        is_open = move["is_public"] and gid in self._writable and gid not in self.inputs.moved_tasks
        if not is_open or not self._is_as_seen(move) or not self._is_sound(move):
            return False
        stands = {"assignee": canonical(move["from_person_gid"], "enum"), "dates": dates_value(self._tasks[gid])}
        return all(
            (gid, name) not in self.inputs.persons_fields
            and self.inputs.last_applied.get((gid, name), stands[name]) == stands[name]
            for name in _FIELDS
        )

    def _is_as_seen(self, move: Row) -> bool:
        task = self._tasks[move["task_gid"]]
        has_hour = task["due_at"] is not None or task["start_at"] is not None  # a day would take it away
        seen = ("start_on", "due_on")
        is_same = all(task[name] == move[name] for name in seen)
        return task["assignee_gid"] == move["from_person_gid"] and is_same and not has_hour

    def _is_sound(self, move: Row) -> bool:
        start, due = move["new_start_on"], move["new_due_on"]
        knows_both = move["to_person_gid"] is None or move["to_person_gid"] in self._people
        is_new = self._new_dates(move) is not None
        fits = not is_new or (due is not None and due >= self.week.today and (start is None or start <= due))
        return knows_both and fits and (is_new or self._new_person(move) is not None)

    def rows(self, move: Row) -> Iterator[Row]:
        """The rows of one move: who does the task, then when."""
        gid, after = move["task_gid"], self.last_row.get(move["cascade_of_gid"])
        person, dates = self._new_person(move), self._new_dates(move)
        wanted = [
            ("set_assignee", "assignee", canonical(move["from_person_gid"], "enum"), canonical(person, "enum")),
            ("set_dates", "dates", dates_value(self._tasks[gid]), dates),
        ]
        for kind, name, old, new in wanted:
            if new is None:
                continue
            row = self.week.row(
                kind, "capacity", ("task", gid), name, new, _reason(move), old_value=old,
                evidence=[gid, *([move["cascade_of_gid"]] if move["cascade_of_gid"] else [])],
                confidence=move["p_before"], made_by=MADE_BY, verbatim=True, after_key=after,
            )  # fmt: skip
            self.last_row[gid] = after = row["row_key"]
            yield row

    def _new_person(self, move: Row) -> str | None:
        to = move["to_person_gid"]
        return to if to != move["from_person_gid"] else None

    def _new_dates(self, move: Row) -> str | None:
        """Canonical dates after the move; None where they stay. A task keeps a date that it has."""
        wanted = {name: move[f"new_{name}"] or move[name] for name in ("start_on", "due_on")}
        new = dates_value(wanted)
        return new if new != dates_value({name: move[name] for name in wanted}) else None


def _reason(move: Row) -> str:
    said = move["reason"].rstrip(". ")
    when = f"the week of {move['relieved_week_on'].day} {move['relieved_week_on']:%b}"
    return (
        f"{said}. The odds of more than 110 % in {when} are {move['p_before']:.0%},"
        f" and {move['p_after']:.0%} after all moves."
    )
