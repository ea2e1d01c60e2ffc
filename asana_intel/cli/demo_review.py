"""The demo's Monday review: what a plan says of overload and its mending, and a person who is first. Writes no plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from asana_intel.changes.canonical import parsed
from asana_intel.changes.ledger import PlanRow, StoredPlan, following
from asana_intel.changes.progress import FINAL
from asana_intel.cli.sandbox_process import SandboxProcess
from asana_intel.storage.tables import TableStore

REVIEWS = ("load_review", "team_load_review")
MOVES = ("set_assignee", "set_dates")
MOVES_WANTED = 2
"""Moves that are to be applied before, or beside which, a person takes one into their own hands."""
_SHOWN = 2


@dataclass
class MondayReview:
    """What became of overload in the weeks played so far.

    Args:
        sandbox: The company.
        tables: The tables, for names.
        reviews: Review tasks that were written.
        moved: Tasks that were moved.
        left: Why each move that a person was first on was left alone.
    """

    sandbox: SandboxProcess
    tables: TableStore
    reviews: int = 0
    moved: int = 0
    left: list[str] = field(default_factory=list[str])
    _told: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])  # plan and key of rows
    _over: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def before(self, plan: StoredPlan) -> list[str]:
        """Tell of a plan that was approved, and let a person be first on one of its moves where others remain."""
        news = [row for row in plan.rows if row.state == "planned" and row.decision == "approved"]
        rows = [row for row in news if (row.plan_id, row.row_key) not in self._told]
        self._told |= {(row.plan_id, row.row_key) for row in rows}
        lines = [*self._overloads(rows), *self._proposals(_moves(rows))]
        chosen = self._contested(_moves(rows))
        if chosen is not None:
            self._edit(chosen)
            lines.append("who has one of these tasks changes it before ours is written")
        return lines

    def after(self, plan: StoredPlan) -> list[str]:
        """Tell what became of it."""
        news = [row for row in plan.rows if row.state in FINAL and (row.plan_id, row.row_key) not in self._over]
        self._over |= {(row.plan_id, row.row_key) for row in news}
        self.reviews += sum(row.field in REVIEWS and row.state == "done" for row in news)
        done = {row.target_gid for row in _moves(news) if row.state == "done"}
        self.moved += len(done)
        lines = [f"moved as approved: {_count(len(done), 'task')}"] if done else []
        for row in _moves(news):
            if row.state in {"stale", "overridden"} and row.after_key is None:
                self.left.append(self._with_names(row.error or row.state))
                lines.append(f"left to a person who was first: {self.left[-1]}")
        return lines

    def _overloads(self, rows: list[PlanRow]) -> list[str]:
        bodies = [parsed(row.new_value) for row in rows if row.field in REVIEWS]
        people = {person for body in bodies for person, _ in body["overloads"]}
        if not people:
            return []
        is_news = [
            f"  {line}"
            for line in bodies[0]["notes"].split("\n\n")[0].splitlines()
            if not line.startswith("- ")
        ]  # fmt: skip
        told = _count(len(people), "likely overloaded person", "likely overloaded people")
        return [f"Monday review: {told} in the weeks to come, first", *is_news]

    def _proposals(self, moves: list[PlanRow]) -> list[str]:
        roots = [row for row in moves if row.after_key is None]
        if not roots:
            return []
        more = [f"  {row.reason}" for row in roots[:_SHOWN]]
        return [f"proposed and approved: {_count(len(roots), 'move')}, first", *more]

    def _contested(self, rows: list[PlanRow]) -> PlanRow | None:
        """A move of which nothing else follows, where enough others are written."""
        alone = [row for row in rows if row.after_key is None and not following(rows, [row.row_key])]
        others = len({row.target_gid for row in rows}) - 1
        is_time = not self.left and alone and self.moved + others >= MOVES_WANTED
        return alone[-1] if is_time else None

    def _edit(self, row: PlanRow) -> None:
        """As whoever has the task: they give it to somebody else, or promise it for a later day."""
        mine = self.tables.read("staging/tasks").filter(task_gid=row.target_gid)["assignee_gid"][0]
        if row.kind == "set_assignee":
            people = self.tables.read("marts/dim_person").sort("person_gid")["person_gid"]
            gone = [parsed(row.old_value), parsed(row.new_value)]
            self.sandbox.edit_task(row.target_gid, mine, assignee=people.filter(~people.is_in(gone))[0])
            return
        days = [date.fromisoformat(d["due_on"]) for d in map(parsed, (row.old_value, row.new_value)) if d]
        self.sandbox.edit_task(row.target_gid, mine, due_on=(max(days) + timedelta(days=7)).isoformat())

    def _with_names(self, text: str) -> str:
        names = dict(self.tables.read("marts/dim_person").select("person_gid", pl.col("name")).drop_nulls().iter_rows())
        return re.sub(r"\buser (\d+)", lambda found: names.get(found[1], found[0]), text)


def _moves(rows: Sequence[PlanRow]) -> list[PlanRow]:
    return [row for row in rows if row.capability == "capacity" and row.kind in MOVES]


def _count(n: int, one: str, many: str | None = None) -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
