"""Which tasks changed since they were stored, by a narrow listing: time, parent, sections, subtasks. Reads no task."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from asana_intel.raw.landing import Landing
from asana_intel.raw.walk import Listed
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.contracts.raw import RESOURCES

_COMPARED = ("modified_at", "parent_gid", "section_gids", "num_subtasks")
_PLACES = [RESOURCES["tasks"][1].index(name) for name in _COMPARED]
_TYPES = CONTRACTS["raw/tasks"].schema
_SCHEMA = {"gid": pl.String, **{name: _TYPES[name] for name in _COMPARED}, "is_loose": pl.Boolean}
_BATCH = 20_000


class TaskMarks:
    """Marks of the tasks that a listing shows, to be compared with the stored ones.

    Args:
        landing: Takes the dependencies, which the listing shows whole, and is told which tasks were seen.
    """

    def __init__(self, landing: Landing) -> None:
        self._landing = landing
        self._frames: list[pl.DataFrame] = []
        self._rows: list[tuple[object, ...]] = []

    def take(self, listed: Listed) -> None:
        """Take the marks of one list."""
        self._landing.take_dependencies(listed.facts)
        self._landing.tables["tasks"].see(row.gid for row in listed.rows)
        for row, fact in zip(listed.rows, listed.facts, strict=True):
            self._rows.append((row.gid, *(row.lifted[place] for place in _PLACES), fact.is_loose))
        if len(self._rows) >= _BATCH:
            self._pack()

    def behind(self, told_until: datetime) -> pl.DataFrame:
        """Tasks that are stored otherwise, or not at all.

        Args:
            told_until: Up to when events were read; what changed later is behind for a good reason.

        Returns:
            gid; `is_lost`: events should have told of it. A task in no project and under no task has none.
        """
        self._pack()
        listed = pl.concat(self._frames).unique("gid", keep="first", maintain_order=True)
        stored = self._landing.tables["tasks"].standing(*_COMPARED)
        differing = listed.join(stored, on=["gid", *_COMPARED], how="anti", nulls_equal=True)
        changed_at = pl.col("modified_at").str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
        is_later = (changed_at >= told_until).fill_null(value=False)
        return differing.select("gid", is_lost=~pl.col("is_loose") & ~is_later)

    def _pack(self) -> None:
        self._frames.append(pl.DataFrame(self._rows, schema=_SCHEMA, orient="row"))
        self._rows = []
