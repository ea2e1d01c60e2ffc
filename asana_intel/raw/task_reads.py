"""Reading named tasks whole, with the fewest requests: search, lists of what changed, single reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from asana_intel.asana.fields import TASKS
from asana_intel.asana.reader import AsanaReader
from asana_intel.clock import parse_instant
from asana_intel.errors import PermanentError, SkippableError
from asana_intel.raw import streams
from asana_intel.raw.landing import Landing
from asana_intel.raw.records import Record
from asana_intel.raw.touched import Touched
from asana_intel.raw.walk import Listed, Question, listed_of

# Search is up to a minute behind: what changed shortly before the last sync may have been hidden from it.
OVERLAP = timedelta(minutes=2)
# An event may carry a moment shortly after the change that it tells of.
_SLACK = timedelta(seconds=2)
# So many changed tasks of one project, or subtasks of one task, are read as a list.
_WORTH_A_LIST = 3
_WORTH_A_LIST_BELOW = 2


class TaskReads:
    """Reads tasks, takes them and their subtasks, and finds those that are gone.

    Args:
        landing: Where they go.

    Attributes:
        search_refused: Why search is not there for us, once it was asked.
        needed: Pages of search that the tasks taken from it need at least.
    """

    def __init__(self, landing: Landing) -> None:
        self.search_refused: str | None = None
        self.needed = 0
        self._landing = landing
        self._tasks = landing.tables["tasks"]
        self._parents: dict[str, str | None] = {}
        self._deleted: Collection[str] = ()

    @cached_property
    def _stored(self) -> pl.DataFrame:
        """Standing tasks as they were when the first one was read: gid, parent_gid, modified_at."""
        return self._tasks.standing("parent_gid", "modified_at")

    def take(self, gids: Iterable[str], *, even_seen: bool = False) -> None:
        """Read each task alone, and take it; those that are gone are known to the landing's second look.

        Args:
            gids: Tasks.
            even_seen: Also those that a list showed, though not whole.
        """
        wanted = [gid for gid in gids if even_seen or gid not in self._tasks.seen]
        if not wanted:
            return
        self._take_records(self._landing.second_look.objects("tasks", wanted))
        gone = [gid for gid in wanted if gid in self._landing.second_look.gone("tasks")]
        below = self._stored.filter(pl.col("parent_gid").is_in(gone), ~pl.col("gid").is_in(gone))
        self.take(below["gid"])  # what lay below it went with it, or stands elsewhere now

    def take_touched(self, touched: Touched, reader: AsanaReader, workspace_gid: str, since: datetime | None) -> None:
        """Read what events told of, and what search knows to be changed besides.

        Args:
            touched: What events told.
            reader: Asana; asked for searches.
            workspace_gid: Where to search.
            since: When search was last asked; None: there is no search.
        """
        self._deleted = touched.deleted["tasks"].keys()
        found = self._search(reader, workspace_gid, since - OVERLAP) if since else {}
        stored = dict(self._stored.filter(pl.col("gid").is_in(list(found))).select("gid", "modified_at").iter_rows())
        fresh = {gid for gid, record in found.items() if _is_fresh(record, touched, stored)}
        self._take_records(record for gid, record in found.items() if gid in fresh)
        left = {gid: at for gid, at in touched.tasks.items() if gid not in fresh}
        self.needed += -(-len(fresh) // 100)
        for questions in self._lists_for(left, touched.homes):
            self._take(self._landing.walk.lists(questions))
        left = {gid: at for gid, at in left.items() if gid not in self._tasks.seen}
        self.take(left)

    def _search(self, reader: AsanaReader, workspace_gid: str, since: datetime) -> dict[str, Record]:
        found: dict[str, Record] = {}
        try:
            for record in reader.search_tasks(workspace_gid, TASKS, since):
                found[record["gid"]] = record
        except (SkippableError, PermanentError) as refused:
            self.search_refused = refused.message
        return found

    def _lists_for(self, left: Mapping[str, datetime], homes: Mapping[str, str]) -> Iterator[Sequence[Question]]:
        """Lists that show several of the tasks at once."""
        parents = dict(self._stored.filter(pl.col("gid").is_in(list(left))).select("gid", "parent_gid").iter_rows())
        by_project: dict[str, list[str]] = defaultdict(list)
        by_parent: dict[str, list[str]] = defaultdict(list)
        for gid in left:
            if parents.get(gid):
                by_parent[parents[gid]].append(gid)
            elif gid in homes:
                by_project[homes[gid]].append(gid)
        lists: list[Question] = []
        for project, gids in by_project.items():
            if len(gids) >= _WORTH_A_LIST:
                since = min(left[gid] for gid in gids) - _SLACK
                lists.append(Question(_changed_since(since), project))
        lists += [Question(streams.SUBTASKS, p) for p, gids in by_parent.items() if len(gids) >= _WORTH_A_LIST_BELOW]
        if lists:
            yield lists

    def _take_records(self, records: Iterable[Record]) -> None:
        # Each is taken as a list of one: what is read of its subtasks and dependencies is the same.
        self._take(listed_of(Question(streams.SUBTASKS, record["gid"]), [record]) for record in records)

    def _take(self, listings: Iterable[Listed]) -> None:
        """Take lists, and the subtasks of those of their tasks that have others than we know."""
        counts: dict[str, int] = {}
        for listed in listings:
            self._landing.take_tasks(listed)
            for fact in listed.facts:
                counts[fact.gid] = fact.subtasks
                self._parents[fact.gid] = fact.parent_gid
        if counts:
            self._take_unknown_subtasks(counts)

    def _take_unknown_subtasks(self, counts: Mapping[str, int]) -> None:
        known = self._children(counts)
        behind = [gid for gid, count in counts.items() if count != known.get(gid, 0)]
        if not behind:
            return
        self._take(self._landing.walk.lists(Question(streams.SUBTASKS, gid) for gid in behind))
        ours = self._stored.filter(pl.col("parent_gid").is_in(behind), ~pl.col("gid").is_in(list(self._deleted)))["gid"]
        self.take(ours)  # those that no list showed: moved away, or gone

    def _children(self, parents: Collection[str]) -> dict[str, int]:
        """How many standing subtasks of some tasks are stored or were taken."""
        gone = {*self._landing.second_look.gone("tasks"), *self._deleted}
        untouched = self._stored.filter(
            pl.col("parent_gid").is_in(list(parents)), ~pl.col("gid").is_in([*self._parents, *gone])
        )
        counts = dict(untouched.group_by("parent_gid").len().iter_rows())
        for parent in self._parents.values():
            if parent in parents:
                counts[parent] = counts.get(parent, 0) + 1
        return counts


def _is_fresh(record: Record, touched: Touched, stored: Mapping[str, str | None]) -> bool:
    """Whether what search gave is worth taking: not older than what is stored, nor than what was told."""
    gid = record["gid"]
    try:
        modified_at = parse_instant(str(record.get("modified_at")))
    except ValueError:
        return False
    told_at = touched.tasks.get(gid)
    if told_at is None:
        before = stored.get(gid)
        return gid not in touched.deleted["tasks"] and (before is None or parse_instant(before) < modified_at)
    return modified_at >= told_at - _SLACK and not (gid in touched.moved and gid in stored)


def _changed_since(moment: datetime) -> streams.Stream:
    since = moment.isoformat(timespec="milliseconds")
    return replace(streams.PROJECT_TASKS, label="changed_tasks", params={"modified_since": since})
