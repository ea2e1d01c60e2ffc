"""What one event changed: the tables before it and after it, and in which respects its tasks differ. No rule judges."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import polars as pl

from asana_intel.insights.priority.waiting import reach
from asana_intel.live.patch import Read

_COLUMN_KINDS = {
    "due_on": "due",
    "due_at": "due",
    "assignee_gid": "assignee",
    "like_count": "interest",
    "name": "interest",
    "effort_hours": "effort",
    "actual_minutes": "effort",
    "actual_hours": "effort",
}
_TABLE_KINDS = {
    "staging/task_dependencies": ("task_gid", "dependency"),
    "staging/task_followers": ("task_gid", "interest"),
    "staging/custom_field_values": ("object_gid", "interest"),
    "staging/stories": ("target_gid", "interest"),
}
_UNSCORED = {"modified_at", "permalink_url", "workspace_gid", "start_on", "start_at", "approval_status"}
"""Columns of a task that no score reads."""
CHANGED = "changed"


@dataclass(frozen=True)
class Moment:
    """An event, between two refreshes.

    Args:
        week_on: Monday of its week.
        as_of: When its tasks were read, Asana's time.
        before: Reads a table as the last refresh left it; with `partition`, the rows of one week.
        after: Reads it with the tasks as they are now.
        tasks: Tasks that were read, gone ones too.
    """

    week_on: date
    as_of: datetime
    before: Read
    after: Read
    tasks: frozenset[str]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """In which respects the tasks differ, as `insights.priority.touched` names them; none: nothing scored does."""
        old, new = (_of(read("staging/tasks"), "task_gid", self.tasks) for read in (self.before, self.after))
        found = {CHANGED} if self._moved else set[str]()
        both = old.join(new, on="task_gid", suffix="_now")
        for column in (c for c in old.columns if c not in {"task_gid", *_UNSCORED}):
            if both.select(pl.col(column).ne_missing(pl.col(f"{column}_now")).any()).item():
                found.add(_COLUMN_KINDS.get(column, CHANGED))
        for key, (owner, kind) in _TABLE_KINDS.items():
            then, now = (_of(read(key), owner, self.tasks) for read in (self.before, self.after))
            if not then.equals(now):
                found.add(kind)
        return frozenset(found)

    @cached_property
    def changed(self) -> frozenset[str]:
        """The tasks, both ends of the dependencies that came or went, and where they moved from and to.

        Of a task that came, went or moved: what lies above and below it, and the projects of all that is above it.
        """
        ends = {gid for pair in self._links(self.before) ^ self._links(self.after) for gid in pair}
        places = (
            {gid for read in (self.before, self.after) for gid in _around(read, self._moved)} if self._moved else ()
        )
        return self.tasks.union(ends, places)

    @cached_property
    def _moved(self) -> frozenset[str]:
        """Tasks that came or went, or stand elsewhere: below another task, or in other projects."""
        then, now = (self._standing(read) for read in (self.before, self.after))
        return frozenset(gid for gid in self.tasks if then.get(gid) != now.get(gid))

    def _standing(self, read: Read) -> dict[str, tuple[str | None, frozenset[str]]]:
        tasks = _of(read("staging/tasks"), "task_gid", self.tasks).select("task_gid", "parent_gid")
        places = _of(read("staging/task_projects"), "task_gid", self.tasks)
        projects: dict[str, set[str]] = {}
        for gid, project in places.select("task_gid", "project_gid").iter_rows():
            projects.setdefault(gid, set()).add(project)
        return {gid: (parent, frozenset(projects.get(gid, ()))) for gid, parent in tasks.iter_rows()}

    def _links(self, read: Read) -> set[tuple[str, str]]:
        ends = _of(read("staging/task_dependencies"), "task_gid", self.tasks)
        return set(ends.select("task_gid", "depends_on_gid").iter_rows())


def subtasks(read: Read, gids: Collection[str]) -> list[str]:
    """What stands directly below some tasks."""
    return _of(read("staging/tasks"), "parent_gid", gids)["task_gid"].to_list()


def _around(read: Read, gids: Iterable[str]) -> set[str]:
    """These tasks, all above and below them, and the projects of those above."""
    ups = read("staging/tasks").select("task_gid", "parent_gid").drop_nulls().rows()
    above = reach(ups, gids)
    projects = _of(read("staging/task_projects"), "task_gid", above)["project_gid"]
    return above.union(reach([(parent, child) for child, parent in ups], gids), projects)


def _of(rows: pl.DataFrame, owner: str, gids: Collection[str]) -> pl.DataFrame:
    """The rows of some objects, in an order of their own."""
    found = rows.filter(pl.col(owner).is_in(sorted(gids)))
    return found.sort([c for c, dtype in found.schema.items() if not dtype.is_nested()], nulls_last=True)
