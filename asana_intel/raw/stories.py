"""Keeping the stories of tasks and goals: there is no bulk list, so only changed objects are asked for theirs."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from asana_intel.raw.raw_table import RawTable
from asana_intel.raw.streams import Stream
from asana_intel.raw.walk import Question, Walk

BATCH = 5_000
_TARGET = "$.target.gid"


class StoryKeeper:
    """Stories during one sync.

    Args:
        walk: Reads the lists.
        table: `raw/stories`.
    """

    def __init__(self, walk: Walk, table: RawTable) -> None:
        self._walk = walk
        self._table = table

    def relist(self, stream: Stream, targets: pl.DataFrame) -> None:
        """Read the stories of some objects and merge them; stories that are no longer listed are marked as gone.

        Args:
            stream: Task or goal stories.
            targets: gid, and `is_known`: stories of it may be stored.
        """
        known = set(targets.filter("is_known")["gid"])
        relisted: list[str] = []
        for listed in self._walk.lists(Question(stream, gid) for gid in targets["gid"]):
            self._table.add(listed.rows)
            if listed.question.parent_gid in known:
                relisted.append(listed.question.parent_gid)
            if self._table.buffered >= BATCH:
                self._table.flush()
        self._table.flush()
        stored = self._table.referring_to(_TARGET, relisted)
        self._table.delete([gid for gid in stored if gid not in self._table.seen])

    def bury(self, targets: Collection[str]) -> None:
        """Mark the stories of objects that are gone as gone."""
        self._table.delete(self._table.referring_to(_TARGET, targets))
