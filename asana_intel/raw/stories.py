"""Keeping the stories of tasks and goals: there is no bulk list, so only changed objects are asked for theirs.

Nine of ten requests of a first sync are for stories. So they come last, those of open and lately changed tasks before
the others, when everything else is in the tables. What was not read, and what seems to be behind its object, is owed:
the next sync asks for it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import polars as pl

from asana_intel.clock import parse_instant
from asana_intel.raw.raw_table import RawTable
from asana_intel.raw.records import Row
from asana_intel.raw.second_look import SecondLook
from asana_intel.raw.story_debt import StoryDebt
from asana_intel.raw.streams import Stream
from asana_intel.raw.walk import Question, Walk

BATCH = 5_000
# Every change of a task makes a story, so a list whose newest story is older than its task may be behind. Some are
# not and look like it, so that this is only believed of recent changes, and only a few times.
BEHIND_AT_MOST = timedelta(days=1)
MOST_LOOKS = 2
_TARGET = "target_gid"
# So many objects' stories are repeated after a crash that leaves no pages behind.
_AT_ONCE = 10_000


class StoryKeeper:
    """Stories during one sync.

    Args:
        walk: Reads the lists.
        table: `raw/stories`.
        second_look: Asks for stories that their list does not show any more.
        debt: Whose stories earlier syncs owe.
        synced_at: Server time at the start of the sync.

    Attributes:
        seems_behind: The list of a changed task, read for the first time since, seemed to be behind.
    """

    def __init__(
        self, walk: Walk, table: RawTable, second_look: SecondLook, debt: StoryDebt, synced_at: datetime
    ) -> None:
        self._walk = walk
        self._table = table
        self._second_look = second_look
        self._debt = debt
        self._synced_at = synced_at
        self.seems_behind = False
        self._put_off: list[pl.DataFrame] = []

    @property
    def owed(self) -> list[str]:
        """Tasks and goals whose stories must be read although they did not change."""
        return self._debt.gids

    @property
    def unread(self) -> list[str]:
        """Those of them whose stories were not read since they changed."""
        return self._debt.unread

    def relist(self, stream: Stream, targets: pl.DataFrame, asked_anyway: Collection[str] = ()) -> None:
        """Read the stories of some objects and merge them; stories that are gone are marked so.

        Args:
            stream: Task or goal stories.
            targets: gid; `is_known`: stories of it may be stored; `modified_at`, where the objects have it.
            asked_anyway: Objects that every sync asks, so that nothing is owed of them.
        """
        wanted = targets["gid"].to_list()
        known = set(targets.filter("is_known")["gid"])
        modified = dict(targets.select("gid", "modified_at").iter_rows()) if "modified_at" in targets.columns else {}
        owed = {gid: self._debt.looks(gid) for gid in wanted if gid not in asked_anyway}
        relisted: list[str] = []
        for listed in self._walk.lists(Question(stream, gid) for gid in wanted):
            gid = listed.question.parent_gid
            self._table.add(listed.rows)
            if gid in known:
                relisted.append(gid)
            looks = owed.pop(gid, None)
            if looks is not None and self._may_be_behind(listed.rows, modified.get(gid), looks):
                owed[gid] = looks + 1
                self.seems_behind |= looks == 0 and gid in modified
            if self._table.buffered >= BATCH:
                self._table.flush()
        self._table.flush()
        self._delete_unlisted(relisted)
        self._debt.update(owed, [gid for gid in wanted if gid not in owed])

    def put_off(self, targets: pl.DataFrame) -> None:
        """Owe the stories of tasks that are about to be merged.

        Args:
            targets: gid, is_known, modified_at, completed.
        """
        wanted = targets.select("gid", "is_known", "modified_at", "completed")
        self._debt.update({gid: 0 for gid in wanted["gid"] if not self._debt.looks(gid)})
        self._put_off.append(wanted)

    def settle(self, stream: Stream, tasks: RawTable) -> None:
        """Read the stories that were put off, and those that a sync before this one put off and did not get to.

        Args:
            stream: Stories of tasks.
            tasks: Where it is known whether what is owed is a task that stands.
        """
        left = [gid for gid in self.unread if tasks.was_standing(gid)]
        owed = pl.DataFrame({"gid": left, "is_known": True}, schema={"gid": pl.String, "is_known": pl.Boolean})
        targets = pl.concat([*self._put_off, owed], how="diagonal").unique("gid", keep="first", maintain_order=True)
        self._put_off = []
        # What people work on first; what is long done can wait.
        by_priority = targets.sort("completed", "modified_at", descending=[False, True], nulls_last=True)
        for chunk in by_priority.iter_slices(_AT_ONCE):
            self.relist(stream, chunk)

    def bury(self, targets: Collection[str]) -> None:
        """Mark the stories of objects that are gone as gone."""
        self._table.delete(self._table.referring_to(_TARGET, targets))
        self._debt.update({}, targets)

    def _delete_unlisted(self, targets: Collection[str]) -> None:
        stored = self._table.referring_to(_TARGET, targets)
        unlisted = [gid for gid in stored if gid not in self._table.seen]
        self._table.delete(self._second_look.confirm("stories", unlisted))

    def _may_be_behind(self, rows: Iterable[Row], modified_at: str | None, looks: int) -> bool:
        if modified_at is None:  # a goal does not say when it changed: one more look
            return looks == 0
        newest = max((created_at for _, created_at, _ in (row.lifted for row in rows) if created_at), default=None)
        is_recent = parse_instant(modified_at) >= self._synced_at - BEHIND_AT_MOST
        is_older = newest is None or parse_instant(newest) < parse_instant(modified_at)
        return is_recent and is_older and looks < MOST_LOOKS
