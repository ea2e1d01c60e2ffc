"""Stored tables with fresh rows of some tasks laid over them, in memory; nothing is read from Asana, none is stored.

The rows are made by the recipes of the staging stage from the tasks' records. The history tables know of these tasks
only what holds now: what was before is the next refresh's to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from asana_intel.live.reads import Fresh
from asana_intel.raw.records import dependency, frame_of, row_of
from asana_intel.staging.recipes import staged
from asana_intel.storage.contracts import CONTRACTS, empty_frame
from asana_intel.storage.contracts.contract import INSTANT

Read = Callable[..., pl.DataFrame]

OWNERS: Mapping[str, str] = {
    "staging/custom_field_values": "object_gid",
    "staging/tasks": "task_gid",
    "staging/task_projects": "task_gid",
    "staging/task_tags": "task_gid",
    "staging/task_followers": "task_gid",
    "staging/task_dependencies": "task_gid",
    "staging/task_lifetimes": "task_gid",
    "staging/task_completion_intervals": "task_gid",
    "staging/task_assignee_intervals": "task_gid",
    "staging/task_date_intervals": "task_gid",
    "staging/task_section_intervals": "task_gid",
    "staging/task_field_intervals": "task_gid",
}
"""Tables that a task's record tells of -> their column that names the task."""
_STORIES, _OF_STORIES = "staging/stories", "target_gid"
_STORED = "raw/custom_fields"
"""What the recipes need beside the tasks: how their fields are called and what they count."""


class Patched:
    """The tables with some tasks as they are now; each table is read once.

    Args:
        read: Reads a stored table by key; with `partition`, the rows of one week.
        fresh: Tasks as they are now.
        as_of: When that is.
    """

    def __init__(self, read: Read, fresh: Fresh, as_of: datetime) -> None:
        self._stored = read
        self._fresh = fresh
        self._as_of = as_of
        self._rows = staging_rows(read, fresh, as_of)
        self._kept: dict[tuple[str, date | None], pl.DataFrame] = {}

    def read(self, key: str, *, partition: date | None = None) -> pl.DataFrame:
        """The rows of a table."""
        if (key, partition) not in self._kept:
            self._kept[key, partition] = self._laid_over(key, partition)
        return self._kept[key, partition]

    def with_more(self, fresh: Fresh) -> Patched:
        """The same with further tasks as they are now."""
        return Patched(self._stored, self._fresh.joined(fresh), self._as_of)

    def _laid_over(self, key: str, partition: date | None) -> pl.DataFrame:
        stored = self._stored(key) if partition is None else self._stored(key, partition=partition)
        if key not in self._rows:
            return stored
        gone = self._fresh.gone
        replaced = gone.union(self._fresh.stories) if key == _STORIES else gone.union(self._fresh.tasks)
        owner = _OF_STORIES if key == _STORIES else OWNERS[key]
        return pl.concat(
            [stored.filter(~pl.col(owner).is_in(sorted(replaced))), self._rows[key].select(stored.columns)]
        )


def staging_rows(read: Read, fresh: Fresh, as_of: datetime) -> dict[str, pl.DataFrame]:
    """Rows of the staging tables that fresh records make.

    Args:
        read: Reads a stored table by key.
        fresh: Tasks as they are now.
        as_of: When that is.

    Returns:
        Table -> rows of its contract, of the tasks that are there.
    """
    records = [fresh.tasks[gid] for gid in sorted(fresh.tasks)]
    links = [dependency(r["gid"], other["gid"]) for r in records for other in r.get("dependencies") or ()]
    told = [story for gid in sorted(fresh.stories) for story in fresh.stories[gid]]
    made: dict[str, pl.DataFrame] = {
        "raw/tasks": _raw("tasks", records, as_of),
        "raw/task_dependencies": _raw("task_dependencies", links, as_of),
        "raw/stories": _raw("stories", told, as_of),
        _STORED: read(_STORED),
    }

    def scan(key: str) -> pl.LazyFrame:
        return (made[key] if key in made else empty_frame(CONTRACTS[key])).lazy()

    wanted = (*OWNERS, _STORIES)
    for name, cleaned in staged(scan, [key.removeprefix("staging/") for key in wanted]):
        key = f"staging/{name}"
        contract = CONTRACTS[key]
        made[key] = cleaned.frame.select(pl.col(c.name).cast(c.dtype) for c in contract.columns)
    return {key: made[key] for key in wanted}


def _raw(resource: str, records: list[dict[str, Any]], as_of: datetime) -> pl.DataFrame:
    """Rows of a raw table, as a sync at that moment would have them for objects it never saw before."""
    rows = {record["gid"]: row_of(resource, record) for record in records}
    now = pl.lit(as_of, INSTANT)
    return frame_of(resource, list(rows.values())).with_columns(
        first_seen_at=now, changed_at=now, deleted_at=pl.lit(None, INSTANT)
    )
