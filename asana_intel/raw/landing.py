"""Where listed records land: rows to their raw tables, tasks down to the last subtask, then their stories.

What is asked for, and in which order, is decided by crawl.py and catch_up.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl

from asana_intel.raw import streams
from asana_intel.raw.raw_table import RawTable
from asana_intel.raw.records import Record, Row, dependency, field_setting, row_of
from asana_intel.raw.second_look import SecondLook
from asana_intel.raw.stories import StoryKeeper
from asana_intel.raw.walk import Fact, Listed, Question, Walk
from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES

BATCH = 5_000
# Fewer tasks, which are wide.
TASK_BATCH = 2_000


class Landing:
    """The raw tables of one sync, and the rules by which records enter them.

    Args:
        walk: Reads lists.
        second_look: Reads what no list showed.
        tables: Raw table of each resource.
        stories: Keeps the table of stories.
        synced_at: Server time at the start of the sync.
        relist_stories: Read the stories of every task and goal that lands, not only of changed ones.
    """

    def __init__(
        self,
        walk: Walk,
        second_look: SecondLook,
        tables: Mapping[str, RawTable],
        stories: StoryKeeper,
        synced_at: datetime,
        *,
        relist_stories: bool = False,
    ) -> None:
        self.walk = walk
        self.second_look = second_look
        self.tables = tables
        self.stories = stories
        self.synced_at = synced_at
        self._relist_stories = relist_stories

    def land(self, resource: str, rows: Sequence[Row]) -> None:
        """Take rows; goals wait for their stories."""
        table = self.tables[resource]
        table.add(rows)
        if table.buffered >= BATCH and resource != "goals":
            table.flush()

    def land_all(self, questions: Iterable[Question]) -> None:
        """Read lists of anything but tasks and stories, and take what they show."""
        for listed in self.walk.lists(questions):
            self.land(listed.question.stream.resource, listed.rows)

    def settings_of(self, table: str, record: Record) -> Question | None:
        """Take the settings inside a container's record; the question to ask where it does not show them."""
        if "custom_field_settings" not in record:
            return Question(streams.CUSTOM_FIELD_SETTINGS[table], record["gid"])
        kind = streams.CONTAINERS[table]
        inside = (field_setting(record["gid"], kind, s) for s in record["custom_field_settings"] or ())
        self.land("custom_field_settings", [row_of("custom_field_settings", s) for s in inside])
        return None

    def take_down(
        self, listings: Iterable[Listed], asked: set[str], take: Callable[[Listed], None] | None = None
    ) -> None:
        """Take tasks down to the last subtask.

        Args:
            listings: Lists of tasks.
            asked: Tasks whose subtasks were read, which grows.
            take: What is done with each list; `take_tasks` otherwise.
        """
        while True:
            parents: dict[str, None] = {}
            for listed in listings:
                (take or self.take_tasks)(listed)
                parents.update((fact.gid, None) for fact in listed.facts if fact.subtasks and fact.gid not in asked)
            if not parents:
                return
            asked.update(parents)
            stream = streams.SUBTASKS if take is None else streams.LIGHT_SUBTASKS
            listings = self.walk.lists(Question(stream, gid) for gid in parents)

    def take_tasks(self, listed: Listed) -> None:
        """Take tasks and their dependencies."""
        self.take_dependencies(listed.facts)
        self.tables["tasks"].add(listed.rows)
        if self.tables["tasks"].buffered >= TASK_BATCH:
            self.merge_tasks()

    def take_dependencies(self, facts: Iterable[Fact]) -> None:
        """Take the links of tasks to those they wait for."""
        self.land("task_dependencies", [row_of("task_dependencies", dependency(*ends)) for ends in _waits(facts)])

    def merge_tasks(self) -> None:
        """Merge the tasks taken so far; the stories of those that changed are owed from before that moment."""
        self.stories.put_off(self._to_relist(self.tables["tasks"].pending()))
        self.tables["tasks"].flush()

    def read_task_stories(self) -> None:
        """Read the stories of the tasks that changed, once all tasks are in."""
        self.stories.settle(streams.TASK_STORIES, self.tables["tasks"])

    def merge_goals(self, goals: Sequence[Record], asked: Collection[str] | None = None) -> None:
        """Merge goals after their stories.

        Goals have no time of change, and a comment does not change them: all open ones are asked for their stories,
        unless it is known which ones have new ones.

        Args:
            goals: Records.
            asked: Goals whose stories must be read, where that is known.
        """
        pending = self.tables["goals"].pending()
        if asked is None:
            always = [goal["gid"] for goal in goals if goal.get("status") not in CLOSED_GOAL_STATUSES]
            self.stories.relist(streams.GOAL_STORIES, self._to_relist(pending, always), asked_anyway=always)
        else:
            told = pending.filter(pl.col("gid").is_in([*asked, *self.stories.unread]))
            self.stories.relist(streams.GOAL_STORIES, told)
        self.tables["goals"].flush()

    def bury(self, resource: str, gids: Collection[str], at: Mapping[str, datetime] | None = None) -> None:
        """Mark rows as gone, and the stories of tasks and goals with them; `at`: when each went, where known."""
        if resource in ("tasks", "goals"):
            self.stories.bury(gids)
        self.tables[resource].delete(gids, at)

    def _to_relist(self, pending: pl.DataFrame, always: Sequence[str] = ()) -> pl.DataFrame:
        """Those of the rows to be merged whose stories must be read."""
        if self._relist_stories:
            return pending
        return pending.filter(pl.col("differs") | pl.col("gid").is_in([*always, *self.stories.owed]))


def _waits(facts: Iterable[Fact]) -> Iterator[tuple[str, str]]:
    return ((fact.gid, other) for fact in facts for other in fact.waits_for)
