"""The order in which a whole workspace is read, and when a missing row is looked for and called gone.

Containers and people come first, then the tokens of the event streams, then what hangs on the containers, then tasks
down to the last subtask, and last their stories: what changes while that is read is told by the events of the next
sync. That the stories of a task are to be read is noted before the task is merged, and stories of goals are merged
before the goals: a crash in between makes the next sync read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from asana_intel.raw import streams
from asana_intel.raw.landing import Landing
from asana_intel.raw.records import Record, item_gid, row_of
from asana_intel.raw.streams import CONTAINERS, Stream
from asana_intel.raw.task_marks import TaskMarks
from asana_intel.raw.task_reads import TaskReads
from asana_intel.raw.walk import Listed, Question, listed_of

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
# So many gids fit into an address.
_MOST_LEFT_OUT = 200
_LINKS = {"task_dependencies", "portfolio_items", "custom_field_settings"}
# Nothing hangs on these; where they are missing is found out at the end.
_LEAVES = [
    "team_memberships", "workspace_memberships", "project_memberships", "sections", "tags", "custom_fields",
    "goal_relationships", "status_updates", "time_periods", "time_tracking_entries", "ooo_entries", "allocations",
]  # fmt: skip


class Crawl:
    """One reading of a whole workspace.

    Args:
        landing: Where records go.
        workspace: The workspace's record.
        portfolios: Gids of portfolios to read although no list shows them.
        is_light: Tasks are listed by what tells whether they changed, and only those that did are read whole.
        on_roots: Called with the projects and goals once they are listed, before what hangs on them is read.

    Attributes:
        lost: Tasks of which a light listing found that they were missing, behind or gone, and no event had told.
    """

    def __init__(
        self,
        landing: Landing,
        workspace: Record,
        portfolios: Sequence[str] = (),
        *,
        is_light: bool = False,
        on_roots: Callable[[Sequence[Record], Sequence[Record]], None] | None = None,
    ) -> None:
        self.lost: set[str] = set()
        self._landing = landing
        self._walk = landing.walk
        self._second_look = landing.second_look
        self._tables = landing.tables
        self._workspace = workspace
        self._portfolios = portfolios
        self._is_light = is_light
        self._on_roots = on_roots
        self._gids: dict[str, list[str]] = {"users": [], "teams": []}
        self._containers: dict[str, list[Record]] = {name: [] for name in CONTAINERS}

    @property
    def goals(self) -> list[Record]:
        """All goals, once `run` is done."""
        return self._containers["goals"]

    def run(self) -> None:
        """Read and merge everything."""
        self._tables["workspaces"].add([row_of("workspaces", self._workspace)])
        self._tables["workspaces"].flush()
        self._read_roots()
        if self._on_roots:
            self._on_roots(self._containers["projects"], self.goals)
        self._read_links()
        self._read_tasks()
        self._landing.merge_goals(self.goals)
        self._finish()
        self._landing.read_task_stories()

    def _read_roots(self) -> None:
        here = self._workspace["gid"]
        self._take_roots(Question(stream, here) for stream in streams.ROOTS)
        if self._is_refused("portfolios"):
            self._take_roots([Question(streams.OWN_PORTFOLIOS, here)])
        for resource in (*self._gids, *CONTAINERS):
            self._look_for_roots(resource, self._missing(resource))
        listed = {record["gid"] for record in self._containers["portfolios"]}
        self._look_for_roots("portfolios", [gid for gid in self._portfolios if gid not in listed])
        if self._is_refused("allocations"):
            self._landing.land_all(self._per_container("projects", streams.PROJECT_ALLOCATIONS))

    def _look_for_roots(self, resource: str, gids: Iterable[str]) -> None:
        """Look for what a root list did not show; what is there is read on from."""
        for record in self._second_look.objects(resource, gids):
            if resource in CONTAINERS:
                self._landing.land(resource, [row_of(resource, record)])
                self._containers[resource].append(record)
            else:
                self._gids[resource].append(record["gid"])

    def _take_roots(self, questions: Iterable[Question]) -> None:
        for listed in self._walk.lists(questions):
            resource = listed.question.stream.resource
            self._landing.land(resource, listed.rows)
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

    def _read_portfolio_items(self) -> None:
        """Read what portfolios hold; a portfolio of somebody else's may only be found inside another one."""
        unread = list(self._containers["portfolios"])
        known = {record["gid"] for record in unread}
        while unread:
            inside: dict[str, None] = {}
            for listed in self._walk.lists(Question(streams.PORTFOLIO_ITEMS, record["gid"]) for record in unread):
                self._landing.land("portfolio_items", listed.rows)
                items = (fact.record for fact in listed.facts if fact.record is not None)
                inside.update((item_gid(item), None) for item in items if item.get("resource_type") == "portfolio")
            before = len(self._containers["portfolios"])
            self._look_for_roots("portfolios", [gid for gid in inside if gid not in known])
            unread = self._containers["portfolios"][before:]
            known.update(inside)

    def _read_links(self) -> None:
        self._read_portfolio_items()
        questions = [
            *(Question(streams.TEAM_MEMBERSHIPS, gid) for gid in self._gids["teams"]),
            *self._per_container("projects", streams.SECTIONS),
            *self._per_container("projects", streams.PROJECT_MEMBERSHIPS),
            *self._per_container("goals", streams.GOAL_RELATIONSHIPS),
            *(Question(streams.OOO_ENTRIES, gid) for gid in self._gids["users"]),
        ]
        for table in CONTAINERS:
            for record in self._containers[table]:
                # A parent without a current status update never had one, or lost them all.
                if record.get("current_status_update", "not told"):
                    questions.append(Question(streams.STATUS_UPDATES[table], record["gid"]))
                if question := self._landing.settings_of(table, record):
                    questions.append(question)
        self._landing.land_all(questions)

    def _read_tasks(self) -> None:
        users = self._gids["users"]
        if self._is_light:
            self._read_changed_tasks(users)
        else:
            lists = self._per_container("projects", streams.PROJECT_TASKS)
            lists += [Question(streams.ASSIGNED_TASKS, gid) for gid in users]
            asked: set[str] = set()
            listings = chain(self._walk.lists(lists), self._loose_tasks(streams.LOOSE_TASKS))
            self._landing.take_down(listings, asked)
            missing = self._second_look.objects("tasks", self._missing("tasks"))
            # Each is taken as a list of one: what is read of its subtasks and dependencies is the same.
            self._landing.take_down([listed_of(Question(streams.SUBTASKS, t["gid"]), [t]) for t in missing], asked)
        self._landing.merge_tasks()

    def _loose_tasks(self, stream: Stream) -> Iterator[Listed]:
        """Search for tasks of nobody in no project; not every server knows `null`, but each knows its projects."""
        here = self._workspace["gid"]
        found = [*self._walk.lists([Question(stream, here)])]
        yield from found
        is_empty = bool(found) and not found[0].rows
        projects = [record["gid"] for record in self._containers["projects"]]
        if (is_empty or self._is_refused(stream.label)) and 0 < len(projects) <= _MOST_LEFT_OUT:
            in_none = {"projects.not": ",".join(projects), "is_subtask": "false"}
            yield from self._walk.lists([Question(replace(stream, params=in_none), here)])

    def _read_changed_tasks(self, users: Sequence[str]) -> None:
        lists = self._per_container("projects", streams.LIGHT_PROJECT_TASKS)
        lists += [Question(streams.LIGHT_ASSIGNED_TASKS, gid) for gid in users]
        marks = TaskMarks(self._landing)
        listings = chain(self._walk.lists(lists), self._loose_tasks(streams.LIGHT_LOOSE_TASKS))
        self._landing.take_down(listings, set(), marks.take)
        behind = marks.behind(self._landing.synced_at)
        reads = TaskReads(self._landing)
        reads.take(behind["gid"].to_list(), even_seen=True)
        self.lost.update(behind.filter("is_lost")["gid"])
        missing = self._missing("tasks")
        reads.take(missing)
        self.lost.update(gid for gid in missing if gid in self._second_look.gone("tasks"))

    def _finish(self) -> None:
        for resource, table in self._tables.items():
            table.flush()
            if resource in _LEAVES:
                self._second_look.confirm(resource, self._missing(resource))
            elif resource in _LINKS:
                self._second_look.links(resource, table.records(self._missing(resource)))
            self._landing.bury(resource, [gid for gid in self._second_look.gone(resource) if gid not in table.seen])

    def _missing(self, resource: str) -> list[str]:
        """Standing rows that no list showed, where the lists could have shown them."""
        return self._tables[resource].unlisted() if self._is_complete(resource) else []

    def _is_complete(self, resource: str) -> bool:
        """Every list that could have shown a row was read to its end, and so were those of its parents."""
        if self._walk.failed(resource) or resource in self._second_look.unsure:
            return False
        return all(self._is_complete(parent) for parent in _PARENTS.get(resource, set()))

    def _per_container(self, table: str, stream: Stream) -> list[Question]:
        return [Question(stream, record["gid"]) for record in self._containers[table]]
