"""Changes wanted so that nobody's week is too full: the proposed moves of tasks, as rows to approve. Pure.

Which moves those are is insights/rebalance's. A move and what it makes necessary are proposed together or not at all,
and nothing is proposed on a task that not everybody may read, or that people took back from us.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from asana_intel.changes.backlog import Backlog
from asana_intel.changes.canonical import canonical
from asana_intel.changes.inputs import PlanInputs, PlanRules, Week
from asana_intel.changes.task_kinds import dates_value

Row = dict[str, Any]
MADE_BY = "rebalance_moves"
SPLIT = "split"
"""A move that nothing is written of: who gets which part of a task, people say in it."""
_FIELDS = ("assignee", "dates")


def load_moves(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """Rows of the moves that may be proposed, in their order, until those of a week are enough.

    What a move makes necessary follows from it: a row names the one without which it is not written.
    """
    room = rules.moves - len(inputs.moved_tasks)
    if room <= 0 or inputs.rebalance_moves.is_empty():
        return
    desk = _Desk(inputs, week)
    for group in _groups(inputs.rebalance_moves):
        if not desk.may_move_all(group):
            continue
        if len(group) > room:
            return  # later moves may rest on this one
        room -= len(group)
        for move in group:
            yield from desk.rows(move)


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
