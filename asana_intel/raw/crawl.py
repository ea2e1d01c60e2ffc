"""The order in which a workspace is read, and when a missing row is looked for and called gone.

Containers and people come first, then what hangs on them, then tasks down to the last subtask. The stories of changed
tasks and goals are merged before the tasks and goals themselves: a crash in between makes the next sync repeat them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from asana_intel.raw import streams
from asana_intel.raw.raw_table import RawTable
from asana_intel.raw.records import Record, Row, dependency, field_setting, row_of
from asana_intel.raw.second_look import SecondLook
from asana_intel.raw.stories import StoryKeeper
from asana_intel.raw.streams import CONTAINERS, Stream
from asana_intel.raw.walk import Fact, Listed, Question, Walk, listed_of
from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES

BATCH = 5_000
# Fewer tasks, since their stories are read in between: this much is repeated after a crash.
TASK_BATCH = 2_000

# Raw table -> raw tables whose rows its lists are read for.
_PARENTS: dict[str, set[str]] = {
    "task_dependencies": {"tasks"},
    "status_updates": set(CONTAINERS),
    "custom_field_settings": set(CONTAINERS),
} | {
    stream.resource: {*stream.parents}
    for stream in (
        streams.TEAM_MEMBERSHIPS,
        streams.SECTIONS,
        streams.PROJECT_MEMBERSHIPS,
        streams.PORTFOLIO_ITEMS,
        streams.GOAL_RELATIONSHIPS,
        streams.OOO_ENTRIES,
    )
}
_PARENTS["tasks"] = {"projects", "users"}
_LINKS = {"task_dependencies", "portfolio_items", "custom_field_settings"}
# Nothing hangs on these; where they are missing is found out at the end.
_LEAVES = [
    "team_memberships", "workspace_memberships", "project_memberships", "sections", "tags", "custom_fields",
    "goal_relationships", "status_updates", "time_periods", "time_tracking_entries", "ooo_entries", "allocations",
]  # fmt: skip


class Crawl:
    """One reading of a workspace.

    Args:
        walk: Reads lists.
        second_look: Reads what no list showed.
        tables: Raw table of each resource.
        stories: Keeps the table of stories.
        workspace: The workspace's record.
        relist_stories: Read the stories of every task and goal, not only of changed ones.
    """

    def __init__(
        self,
        walk: Walk,
        second_look: SecondLook,
        tables: dict[str, RawTable],
        stories: StoryKeeper,
        workspace: Record,
        *,
        relist_stories: bool,
    ) -> None:
        self.goals: list[Record] = []
        self._walk = walk
        self._second_look = second_look
        self._tables = tables
        self._workspace = workspace
        self._relist_stories = relist_stories
        self._stories = stories
        self._gids: dict[str, list[str]] = {"users": [], "teams": []}
        self._containers: dict[str, list[Record]] = {name: [] for name in CONTAINERS}

    def run(self) -> None:
        """Read and merge everything."""
        self._tables["workspaces"].add([row_of("workspaces", self._workspace)])
        self._tables["workspaces"].flush()
        self._read_roots()
        self._read_links()
        self._read_tasks()
        self._merge_goals()
        self._finish()

    def _read_roots(self) -> None:
        here = self._workspace["gid"]
        self._take_roots(Question(stream, here) for stream in streams.ROOTS)
        if self._is_refused("portfolios"):
            self._take_roots([Question(streams.OWN_PORTFOLIOS, here)])
        for resource in (*self._gids, *CONTAINERS):
            self._look_for_roots(resource)
        if self._is_refused("allocations"):
            self._land_all(self._per_container("projects", streams.PROJECT_ALLOCATIONS))
        self.goals = self._containers["goals"]

    def _look_for_roots(self, resource: str) -> None:
        """Look for what a root list did not show; what is there is read on from."""
        for record in self._second_look.objects(resource, self._missing(resource)):
            if resource in CONTAINERS:
                self._land(resource, [row_of(resource, record)])
                self._containers[resource].append(record)
            else:
                self._gids[resource].append(record["gid"])

    def _take_roots(self, questions: Iterable[Question]) -> None:
        for listed in self._walk.lists(questions):
            resource = listed.question.stream.resource
            self._land(resource, listed.rows)
            if resource in CONTAINERS:
                self._containers[resource] += [fact.record for fact in listed.facts if fact.record is not None]
            elif resource in self._gids:
                self._gids[resource] += [fact.gid for fact in listed.facts]

    def _is_refused(self, label: str) -> bool:
        """Whether a root list was refused for what was asked; its account is dropped, for another way is tried."""
        account = self._walk.accounts[label]
        if not (account.is_unavailable and account.refused):
            return False
        self._walk.forget(label)
        return True

    def _read_links(self) -> None:
        questions = [
            *(Question(streams.TEAM_MEMBERSHIPS, gid) for gid in self._gids["teams"]),
            *self._per_container("projects", streams.SECTIONS),
            *self._per_container("projects", streams.PROJECT_MEMBERSHIPS),
            *self._per_container("portfolios", streams.PORTFOLIO_ITEMS),
            *self._per_container("goals", streams.GOAL_RELATIONSHIPS),
            *(Question(streams.OOO_ENTRIES, gid) for gid in self._gids["users"]),
        ]
        for table, kind in CONTAINERS.items():
            for record in self._containers[table]:
                # A parent without a current status update never had one, or lost them all.
                if record.get("current_status_update", "not told"):
                    questions.append(Question(streams.STATUS_UPDATES[table], record["gid"]))
                if "custom_field_settings" in record:
                    inside = (field_setting(record["gid"], kind, s) for s in record["custom_field_settings"] or ())
                    self._land("custom_field_settings", [row_of("custom_field_settings", s) for s in inside])
                else:
                    questions.append(Question(streams.CUSTOM_FIELD_SETTINGS[table], record["gid"]))
        self._land_all(questions)

    def _read_tasks(self) -> None:
        questions = [
            *self._per_container("projects", streams.PROJECT_TASKS),
            *(Question(streams.ASSIGNED_TASKS, gid) for gid in self._gids["users"]),
        ]
        asked: set[str] = set()
        self._take_down(self._walk.lists(questions), asked)
        missing = self._second_look.objects("tasks", self._missing("tasks"))
        # Each is taken as a list of one: what is read of its subtasks and dependencies is the same.
        self._take_down([listed_of(Question(streams.SUBTASKS, task["gid"]), [task]) for task in missing], asked)
        self._merge_tasks()

    def _take_down(self, listings: Iterable[Listed], asked: set[str]) -> None:
        """Take tasks down to the last subtask; `asked` are those whose subtasks were read, which grows."""
        while True:
            parents: dict[str, None] = {}
            for listed in listings:
                self._take_tasks(listed)
                parents.update((fact.gid, None) for fact in listed.facts if fact.has_subtasks and fact.gid not in asked)
            if not parents:
                return
            asked.update(parents)
            listings = self._walk.lists(Question(streams.SUBTASKS, gid) for gid in parents)

    def _take_tasks(self, listed: Listed) -> None:
        tasks = self._tables["tasks"]
        links = [row_of("task_dependencies", dependency(*ends)) for ends in _dependencies(listed.facts)]
        self._land("task_dependencies", links)
        tasks.add(listed.rows)
        if tasks.buffered >= TASK_BATCH:
            self._merge_tasks()

    def _merge_tasks(self) -> None:
        pending = self._tables["tasks"].pending()
        self._stories.relist(streams.TASK_STORIES, self._to_relist(pending))
        self._tables["tasks"].flush()

    def _merge_goals(self) -> None:
        """Goals have no time of change, and a comment does not change them: open ones are always asked."""
        still_open = [goal["gid"] for goal in self.goals if goal.get("status") not in CLOSED_GOAL_STATUSES]
        pending = self._tables["goals"].pending()
        self._stories.relist(streams.GOAL_STORIES, self._to_relist(pending, still_open), still_open)
        self._tables["goals"].flush()

    def _to_relist(self, pending: pl.DataFrame, always: Sequence[str] = ()) -> pl.DataFrame:
        """Those of the rows to be merged whose stories must be read."""
        if self._relist_stories:
            return pending
        return pending.filter(pl.col("differs") | pl.col("gid").is_in([*always, *self._stories.owed]))

    def _finish(self) -> None:
        for resource, table in self._tables.items():
            table.flush()
            if resource in _LEAVES:
                self._second_look.confirm(resource, self._missing(resource))
            elif resource in _LINKS:
                self._second_look.links(resource, table.records(self._missing(resource)))
            gone = [gid for gid in self._second_look.gone(resource) if gid not in table.seen]
            if resource in ("tasks", "goals"):
                self._stories.bury(gone)
            table.delete(gone)

    def _missing(self, resource: str) -> list[str]:
        """Standing rows that no list showed, where the lists could have shown them."""
        return self._tables[resource].unlisted() if self._is_complete(resource) else []

    def _is_complete(self, resource: str) -> bool:
        """Every list that could have shown a row was read to its end, and so were those of its parents."""
        if self._walk.failed(resource) or resource in self._second_look.unsure:
            return False
        return all(self._is_complete(parent) for parent in _PARENTS.get(resource, set()))

    def _land_all(self, questions: Iterable[Question]) -> None:
        for listed in self._walk.lists(questions):
            self._land(listed.question.stream.resource, listed.rows)

    def _land(self, resource: str, rows: Sequence[Row]) -> None:
        table = self._tables[resource]
        table.add(rows)
        if table.buffered >= BATCH and resource != "goals":
            table.flush()

    def _per_container(self, table: str, stream: Stream) -> list[Question]:
        return [Question(stream, record["gid"]) for record in self._containers[table]]


def _dependencies(facts: Iterable[Fact]) -> Iterator[tuple[str, str]]:
    return ((fact.gid, other) for fact in facts for other in fact.waits_for)
